/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include "base/array.h"

/* The life of one replica: asked for, bound, running, and the ways in which it goes. Each function
 * tells the scheduler, the metrics and the record of one step of it, and plans what comes next. */

/* ---- shared ---- */

static const struct runner_def *def_of(const struct sim *sim, int32_t replica)
{
    return sim->runners[sim->sched.replicas[replica].runner].def;
}

static struct record record_of_replica(const struct sim *sim, enum record_kind kind,
                                       int32_t replica)
{
    struct record record = record_of(kind);
    record.runner = sim->sched.replicas[replica].runner;
    record.ordinal = sim->sched.replicas[replica].ordinal;
    record.node = sim->sched.replicas[replica].node;
    return record;
}

static int emit_of_replica(struct sim *sim, enum record_kind kind, int32_t replica, struct err *err)
{
    struct record record = record_of_replica(sim, kind, replica);
    return sim_emit(sim, &record, err);
}

/* Of one that has no place: it may be nominated, or so by the end of the pass that made it. */
static int emit_of_demand(struct sim *sim, enum record_kind kind, int32_t replica, struct err *err)
{
    struct record record = record_of_replica(sim, kind, replica);
    record.node = NO_INDEX;
    return sim_emit(sim, &record, err);
}

/* Plans an event that is about the replica as it is planned now. */
static int push(struct sim *sim, enum event_action action, int32_t replica, int64_t time_us,
                struct err *err)
{
    static const enum event_class classes[ACTION_COUNT] = {
        [ACTION_GONE] = EVENT_CLASS_REPLICA_GONE,
        [ACTION_FINISHED] = EVENT_CLASS_REPLICA_GONE,
        [ACTION_STARTED] = EVENT_CLASS_REPLICA_READY,
        [ACTION_UNPROTECTED] = EVENT_CLASS_REPLICA_READY,
        [ACTION_GAVE_UP] = EVENT_CLASS_GIVE_UP,
    };
    struct event event = {
        .time_us = time_us,
        .kind = (int32_t)action,
        .subject = replica,
    };
    return sim_push(sim, classes[action], &event, err);
}

static void link_to_runner(struct sim *sim, int32_t replica)
{
    struct sim_runner *runner = &sim->runners[sim->sched.replicas[replica].runner];
    struct sim_replica *it = &sim->replicas[replica];
    it->previous_of_runner = NO_INDEX;
    it->next_of_runner = runner->first_replica;
    if (runner->first_replica != NO_INDEX)
        sim->replicas[runner->first_replica].previous_of_runner = replica;
    runner->first_replica = replica;
}

/* The slot is about to be free; what is planned for it is cancelled. */
static void forget(struct sim *sim, int32_t replica)
{
    struct sim_replica *it = &sim->replicas[replica];
    if (it->next_of_runner != NO_INDEX)
        sim->replicas[it->next_of_runner].previous_of_runner = it->previous_of_runner;
    if (it->previous_of_runner != NO_INDEX)
        sim->replicas[it->previous_of_runner].next_of_runner = it->next_of_runner;
    else
        sim->runners[sim->sched.replicas[replica].runner].first_replica = it->next_of_runner;
    sim_cancel(sim, &it->plans);
}

/* How long it has been running, which is lost when it has to go before its end. */
static int64_t work_us(const struct sim *sim, int32_t replica)
{
    const struct replica *it = &sim->sched.replicas[replica];
    return it->running_since == INT64_MAX ? 0 : sim->now_us - it->running_since;
}

/* What its runner loses when a live replica is so no longer. */
static struct runner_delta loss_of(const struct sim *sim, int32_t replica)
{
    const struct replica *it = &sim->sched.replicas[replica];
    return (struct runner_delta){
        .runner = it->runner,
        .live = -1,
        .running = it->running_since == INT64_MAX ? 0 : -1,
    };
}

static bool is_below_floor(const struct sim *sim, int32_t runner)
{
    return sim->metrics.runners[runner].live.value < metrics_rare(&sim->metrics, runner)->floor;
}

struct occupancy replica_occupancy(const struct sim *sim, int32_t replica)
{
    const struct replica *it = &sim->sched.replicas[replica];
    return (struct occupancy){
        .node = it->node,
        .shape = sim->sched.runners[it->runner].shape,
        .devices = it->devices,
        .bound_us = sim->replicas[replica].bound_us,
    };
}

/* ---- asked for ---- */

/* The books of a demand that the scheduler has made. */
static int replica_asked(struct sim *sim, int32_t replica, int32_t work, struct err *err)
{
    const struct replica *asked = &sim->sched.replicas[replica];
    if (array_reserve_on_lines(&sim->replicas, &sim->replica_capacity, sim->sched.replica_count,
                               sizeof *sim->replicas, err))
        return -1;
    struct sim_replica *it = &sim->replicas[replica];
    *it = (struct sim_replica){.plans = it->plans, .work = work};
    if (def_of(sim, replica)->duration != NO_INDEX)
        it->duration_us = duration_of_work_us(sim, asked->runner, work);
    link_to_runner(sim, replica);
    metrics_wait_begins(&sim->metrics, sim->sched.runners[asked->runner].priority, sim->now_us);
    if (emit_of_demand(sim, RECORD_DEMAND, replica, err))
        return -1;
    int64_t max_wait_us = def_of(sim, replica)->max_wait_us;
    if (max_wait_us != TIME_NEVER &&
        push(sim, ACTION_GAVE_UP, replica, asked->asked_at + max_wait_us, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

int replica_ask(struct sim *sim, const struct ask *ask, struct err *err)
{
    int32_t replica;
    if (sched_demand(&sim->sched, ask->runner, sim->now_us, &replica, err))
        return -1;
    return replica_asked(sim, replica, ask->work, err);
}

static struct wait_ended wait_of(const struct sim *sim, int32_t replica, enum wait_end end)
{
    const struct replica *it = &sim->sched.replicas[replica];
    return (struct wait_ended){
        .wait_us = sim->now_us - it->asked_at,
        .priority = sim->sched.runners[it->runner].priority,
        .end = end,
    };
}

/* Its wait ends without a place. */
static int end_wait(struct sim *sim, int32_t replica, enum wait_end end, struct err *err)
{
    const struct wait_ended wait = wait_of(sim, replica, end);
    return metrics_wait_ends(&sim->metrics, &wait, sim->now_us, err);
}

int replica_withdraw(struct sim *sim, int32_t replica, struct err *err)
{
    if (end_wait(sim, replica, WAIT_WITHDRAWN, err) ||
        emit_of_demand(sim, RECORD_WITHDRAWN, replica, err))
        return -1;
    forget(sim, replica);
    if (sched_withdraw(&sim->sched, replica, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

int replica_gave_up(struct sim *sim, int32_t replica, struct err *err)
{
    struct runner_delta delta = {.runner = sim->sched.replicas[replica].runner};
    struct runner_rare *rare;
    if (metrics_rare_row(&sim->metrics, delta.runner, &rare, err))
        return -1;
    rare->gave_up_count++;
    if (end_wait(sim, replica, WAIT_GAVE_UP, err) ||
        emit_of_demand(sim, RECORD_GAVE_UP, replica, err))
        return -1;
    forget(sim, replica);
    if (sched_withdraw(&sim->sched, replica, err) || runner_wishes_one_less(sim, &delta, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

/* ---- nominated, bound, running ---- */

int replica_nominated(struct sim *sim, const struct decision *decision, struct err *err)
{
    struct record record = record_of_replica(sim, RECORD_NOMINATED, decision->replica);
    record.node = decision->node;
    record.devices = decision->devices;
    record.class = decision->class;
    return sim_emit(sim, &record, err);
}

int replica_unnominate(struct sim *sim, int32_t replica, struct err *err)
{
    if (emit_of_replica(sim, RECORD_UNNOMINATED, replica, err) ||
        sched_unnominate(&sim->sched, replica, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

static int measure_wait(struct sim *sim, int32_t replica, struct err *err)
{
    const struct wait_ended wait = wait_of(sim, replica, WAIT_BOUND);
    int32_t runner = sim->sched.replicas[replica].runner;
    metrics_bin(&sim->metrics)->bound++;
    return metrics_runner_waited(&sim->metrics, runner, wait.wait_us, err) ||
                   metrics_wait_ends(&sim->metrics, &wait, sim->now_us, err)
               ? -1
               : 0;
}

/* What is drawn of a replica: from bound to running. */
static int64_t startup_us(const struct sim *sim, int32_t runner, int32_t ordinal)
{
    const struct runner_def *def = sim->runners[runner].def;
    const struct dist *dists = sim->scenario->dists;
    if (dists[def->startup].kind == DIST_CONSTANT && def->image_pull == NO_INDEX)
        return dist_is_nothing(&dists[def->startup]) ? 0
                                                     : dist_sample_us(&dists[def->startup], NULL);
    struct rng rng = rng_stream(sim->seed, "startup", rng_pair(runner, ordinal));
    int64_t us = dist_sample_us(&dists[def->startup], &rng);
    if (def->image_pull != NO_INDEX)
        us += dist_sample_us(&dists[def->image_pull], &rng);
    return us;
}

int64_t sim_stay_us(const struct sim *sim, int32_t runner, int32_t number)
{
    if (sim->runners[runner].def->duration == NO_INDEX)
        return TIME_NEVER;
    return startup_us(sim, runner, number) + duration_draw_us(sim, runner, number);
}

int replica_bound(struct sim *sim, const struct decision *decision, struct err *err)
{
    int32_t replica = decision->replica;
    struct record record = record_of_replica(sim, RECORD_BOUND, replica);
    record.node = decision->node;
    record.devices = decision->devices;
    record.class = decision->class;
    struct runner_delta delta = {.runner = record.runner, .live = 1};
    struct sim_replica *it = &sim->replicas[replica];
    sim_cancel(sim, &it->plans);
    it->bound_us = sim->now_us;
    it->version = sim->runners[record.runner].version;
    if (sim->nodes[decision->node].bound_count++ == 0)
        sim->nodes[decision->node].first_bound_us = sim->now_us;
    const struct occupancy occupancy = replica_occupancy(sim, replica);
    occupancy_take(sim, &occupancy);
    expense_begin(sim, replica);
    if (measure_wait(sim, replica, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err) ||
        sim_emit(sim, &record, err))
        return -1;
    int64_t us = startup_us(sim, record.runner, record.ordinal);
    return us == 0 ? sim_push_start(sim, replica, err)
                   : push(sim, ACTION_STARTED, replica, sim->now_us + us, err);
}

int replica_started(struct sim *sim, int32_t replica, struct err *err)
{
    const struct runner_def *def = def_of(sim, replica);
    struct runner_delta delta = {.runner = sim->sched.replicas[replica].runner, .running = 1};
    expense_settle(sim, replica, EXPENSE_RUNNING);
    sched_running(&sim->sched, replica, sim->now_us);
    if (traffic_replica(sim, replica, STATION_OPENS, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err) ||
        emit_of_replica(sim, RECORD_RUNNING, replica, err))
        return -1;
    if (def->duration != NO_INDEX &&
        push(sim, ACTION_FINISHED, replica, sim->now_us + sim->replicas[replica].duration_us, err))
        return -1;
    int64_t min_runtime_us = sim->scenario->scheduler.min_runtime_us;
    if (min_runtime_us == 0 || !sim->scenario->scheduler.preemption_enabled)
        return 0;
    return push(sim, ACTION_UNPROTECTED, replica, sim->now_us + min_runtime_us, err);
}

/* ---- going ---- */

static int begin_to_go(struct sim *sim, const struct farewell *farewell, struct err *err)
{
    struct sim_replica *it = &sim->replicas[farewell->replica];
    int64_t grace_us = farewell->grace_us != TIME_NEVER ? farewell->grace_us
                                                        : def_of(sim, farewell->replica)->grace_us;
    if (farewell->is_limited && grace_us > farewell->grace_us_max)
        grace_us = farewell->grace_us_max;
    sim_cancel(sim, &it->plans);
    crash_settle(sim, farewell->replica);
    it->cause = (uint8_t)farewell->cause;
    it->gone_at_us = sim->now_us + grace_us;
    expense_settle(sim, farewell->replica, EXPENSE_TERMINATING);
    return push(sim, ACTION_GONE, farewell->replica, it->gone_at_us, err);
}

int replica_dismiss(struct sim *sim, const struct farewell *farewell, struct err *err)
{
    int32_t replica = farewell->replica;
    struct runner_delta delta = loss_of(sim, replica);
    struct record record = record_of_replica(sim, RECORD_TERMINATING, replica);
    record.cause = farewell->cause;
    if (traffic_replica(sim, replica, STATION_CLOSES, err) || sim_emit(sim, &record, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err) ||
        sched_terminate(&sim->sched, replica, err))
        return -1;
    return begin_to_go(sim, farewell, err);
}

static enum blame blame_of(enum gone_cause cause)
{
    if (cause == GONE_RECLAIMED)
        return BLAME_RECLAIM;
    if (cause == GONE_UPGRADED)
        return BLAME_UPGRADE;
    return cause == GONE_CONSOLIDATED ? BLAME_CONSOLIDATION : BLAME_DRAIN;
}

/* The count of floors broken by those who ask a node's replicas to go. */
static int64_t *breaches_by(struct metrics *metrics, enum blame blame)
{
    if (blame == BLAME_RECLAIM)
        return &metrics->floor_breaches_by_reclaim;
    if (blame == BLAME_UPGRADE)
        return &metrics->floor_breaches_by_upgrade;
    return blame == BLAME_CONSOLIDATION ? &metrics->floor_breaches_by_consolidation
                                        : &metrics->floor_breaches_by_drain;
}

/* One that is asked to go with its node is asked for again at once, as is one that is evicted. */
int replica_drain(struct sim *sim, const struct farewell *farewell, struct err *err)
{
    struct ask again = {
        .runner = sim->sched.replicas[farewell->replica].runner,
        .work = sim->replicas[farewell->replica].work,
    };
    struct runner_rare *rare;
    if (metrics_rare_row(&sim->metrics, again.runner, &rare, err))
        return -1;
    enum blame blame = blame_of(farewell->cause);
    *(blame == BLAME_CONSOLIDATION ? &rare->moved_count : &rare->drained_count) += 1;
    int64_t lost_us = work_us(sim, farewell->replica);
    rare->work_lost_us += lost_us;
    expense_lost(sim, farewell->replica, lost_us, blame);
    if (replica_dismiss(sim, farewell, err))
        return -1;
    if (is_below_floor(sim, again.runner))
        *breaches_by(&sim->metrics, blame) += 1;
    metrics_blame(&sim->metrics, again.runner, blame);
    return replica_ask(sim, &again, err);
}

static struct eviction eviction_of(const struct sim *sim, const struct decision *decision)
{
    const struct replica *victim = &sim->sched.replicas[decision->replica];
    const struct replica *demand = &sim->sched.replicas[decision->demand];
    return (struct eviction){
        .time_us = sim->now_us,
        .work_lost_us = work_us(sim, decision->replica),
        .recovered_at_us = TIME_NEVER,
        .victim_runner = victim->runner,
        .victim_ordinal = victim->ordinal,
        .victim_work = sim->replicas[decision->replica].work,
        .demand_runner = demand->runner,
        .demand_ordinal = demand->ordinal,
        .node = decision->node,
        .chain_depth = decision->chain_depth,
        .running_before = (int32_t)sim->metrics.runners[victim->runner].running.value,
        .victim_priority = (int8_t)sim->sched.runners[victim->runner].priority,
        .demand_priority = (int8_t)sim->sched.runners[demand->runner].priority,
        .demand_class = (int8_t)decision->class,
        .was_starting = victim->running_since == INT64_MAX,
    };
}

int replica_evicted(struct sim *sim, const struct decision *decision, struct err *err)
{
    struct eviction eviction = eviction_of(sim, decision);
    struct runner_delta delta = loss_of(sim, decision->replica);
    struct record record = record_of_replica(sim, RECORD_EVICTED, decision->replica);
    record.cause = GONE_PREEMPTED;
    record.class = decision->class;
    record.other_runner = eviction.demand_runner;
    record.other_ordinal = eviction.demand_ordinal;
    record.depth = decision->chain_depth;
    struct farewell farewell = {
        .replica = decision->replica,
        .cause = GONE_PREEMPTED,
        .grace_us = TIME_NEVER,
    };
    sim->nodes[decision->node].evicted_count++;
    expense_lost(sim, decision->replica, eviction.work_lost_us, BLAME_PREEMPTION);
    if (traffic_replica(sim, decision->replica, STATION_CLOSES, err) ||
        sim_emit(sim, &record, err) || metrics_add_eviction(&sim->metrics, &eviction, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err) ||
        begin_to_go(sim, &farewell, err))
        return -1;
    sim->metrics.floor_breaches_by_preemption += is_below_floor(sim, delta.runner);
    metrics_blame(&sim->metrics, delta.runner, BLAME_PREEMPTION);
    int32_t work = sim->replicas[decision->replica].work;
    return replica_asked(sim, decision->replacement, work, err);
}

/* ---- gone ---- */

/* Gives back what a bound replica has and frees its slot. */
static int leave(struct sim *sim, int32_t replica, enum gone_cause cause, struct err *err)
{
    const struct occupancy occupancy = replica_occupancy(sim, replica);
    struct record record = record_of_replica(sim, RECORD_GONE, replica);
    record.cause = cause;
    if (traffic_replica(sim, replica, STATION_GOES, err) || sim_emit(sim, &record, err))
        return -1;
    expense_settle(sim, replica, EXPENSE_STARTING);
    crash_settle(sim, replica);
    forget(sim, replica);
    if (sched_gone(&sim->sched, replica, err))
        return -1;
    occupancy_give(sim, &occupancy);
    return 0;
}

int replica_gone(struct sim *sim, int32_t replica, struct err *err)
{
    int32_t node = sim->sched.replicas[replica].node;
    if (leave(sim, replica, (enum gone_cause)sim->replicas[replica].cause, err) ||
        node_vacated(sim, node, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

int replica_finished(struct sim *sim, int32_t replica, struct err *err)
{
    int32_t node = sim->sched.replicas[replica].node;
    struct runner_delta delta = loss_of(sim, replica);
    sim->metrics.runners[delta.runner].finished_count++;
    if (leave(sim, replica, GONE_FINISHED, err) || runner_wishes_one_less(sim, &delta, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err) ||
        node_vacated(sim, node, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

int replica_lost(struct sim *sim, int32_t replica, struct err *err)
{
    struct sim_replica *it = &sim->replicas[replica];
    if (sim->sched.replicas[replica].state == REPLICA_TERMINATING)
        return leave(sim, replica, (enum gone_cause)it->cause, err);
    struct ask again = {.runner = sim->sched.replicas[replica].runner, .work = it->work};
    struct runner_delta delta = loss_of(sim, replica);
    struct runner_rare *rare;
    if (metrics_rare_row(&sim->metrics, again.runner, &rare, err))
        return -1;
    int64_t lost_us = work_us(sim, replica);
    rare->lost_count++;
    rare->work_lost_us += lost_us;
    sim->nodes[sim->sched.replicas[replica].node].work_lost_us += lost_us;
    expense_lost(sim, replica, lost_us, BLAME_FAILURE);
    metrics_bin(&sim->metrics)->lost++;
    if (metrics_change_runner(&sim->metrics, &delta, sim->now_us, err) ||
        leave(sim, replica, GONE_NODE_LOST, err))
        return -1;
    sim->metrics.floor_breaches_by_loss += is_below_floor(sim, again.runner);
    metrics_blame(&sim->metrics, again.runner, BLAME_FAILURE);
    return replica_ask(sim, &again, err);
}
