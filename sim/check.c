/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include "base/array.h"

/* The books compared with each other after every event (options.check). What is kept incrementally
 * is counted anew here, in the most obvious way. */

int check_contradiction(struct err *err, const char *what, int32_t number)
{
    return err_set(err, ERR_SYSTEM, "contradiction: %s (%d)", what, number);
}

/* ---- runners ---- */

struct state_counts {
    int32_t of[REPLICA_TERMINATING + 1];
    int32_t all;
};

static int count_states(const struct sim *sim, int32_t runner, struct state_counts *counts,
                        struct err *err)
{
    *counts = (struct state_counts){0};
    int32_t previous = NO_INDEX;
    for (int32_t i = sim->runners[runner].first_replica; i != NO_INDEX;
         i = sim->replicas[i].next_of_runner) {
        if (sim->sched.replicas[i].runner != runner ||
            sim->replicas[i].previous_of_runner != previous)
            return check_contradiction(err, "list of the replicas of runner", runner);
        counts->of[sim->sched.replicas[i].state]++;
        counts->all++;
        previous = i;
    }
    return 0;
}

static int check_counts(const struct sim *sim, int32_t runner, const struct state_counts *counts,
                        struct err *err)
{
    const struct runner *scheduled = &sim->sched.runners[runner];
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    int32_t live = counts->of[REPLICA_STARTING] + counts->of[REPLICA_RUNNING];
    if (counts->of[REPLICA_NONE] > 0)
        return check_contradiction(err, "an unused replica in the list of runner", runner);
    if (scheduled->live != live || scheduled->pending != counts->of[REPLICA_PENDING] ||
        scheduled->blocked != counts->of[REPLICA_BLOCKED] ||
        scheduled->nominated != counts->of[REPLICA_NOMINATED] ||
        scheduled->terminating != counts->of[REPLICA_TERMINATING])
        return check_contradiction(err, "the scheduler's counts of runner", runner);
    if (stats->live.value != live || stats->running.value != counts->of[REPLICA_RUNNING])
        return check_contradiction(err, "the measured counts of runner", runner);
    return 0;
}

static int check_runner(const struct sim *sim, int32_t runner, struct err *err)
{
    const struct sim_runner *it = &sim->runners[runner];
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    struct state_counts counts;
    if (count_states(sim, runner, &counts, err) || check_counts(sim, runner, &counts, err))
        return -1;
    bool is_there = it->has_arrived && it->departed_us == TIME_NEVER;
    int32_t wanted = counts.all - counts.of[REPLICA_TERMINATING];
    if (wanted != (is_there ? it->wish : 0))
        return check_contradiction(err, "live + waiting = wish for runner", runner);
    if (stats->is_there != is_there || stats->wish.value != wanted)
        return check_contradiction(err, "the measured wish of runner", runner);
    int32_t floor = it->min_replicas < it->wish ? it->min_replicas : it->wish;
    if (it->floor != floor || sim->sched.runners[runner].floor != floor ||
        (is_there && metrics_rare(&sim->metrics, runner)->floor != floor))
        return check_contradiction(err, "the floor in force of runner", runner);
    return 0;
}

/* Durations are drawn ahead, several at once: is this the draw of its piece of work? */
static bool has_duration_of_work(const struct sim *sim, int32_t replica)
{
    int32_t runner = sim->sched.replicas[replica].runner;
    const struct sim_replica *it = &sim->replicas[replica];
    return sim->runners[runner].def->duration == NO_INDEX ||
           it->duration_us == duration_draw_us(sim, runner, it->work);
}

static int check_queues(const struct sim *sim, struct err *err)
{
    int64_t waiting[ARRAY_LEN(sim->metrics.waits)] = {0};
    int32_t used = 0;
    for (int32_t i = 0; i < sim->sched.replica_count; i++) {
        const struct replica *replica = &sim->sched.replicas[i];
        used += replica->state != REPLICA_NONE;
        if (replica->state == REPLICA_BLOCKED || replica->state == REPLICA_PENDING ||
            replica->state == REPLICA_NOMINATED)
            waiting[sim->sched.runners[replica->runner].priority]++;
        if (replica->state == REPLICA_TERMINATING && sim->replicas[i].gone_at_us < sim->now_us)
            return check_contradiction(err, "gone in time: replica", i);
        if (replica->state != REPLICA_NONE && replica->state != REPLICA_TERMINATING &&
            !has_duration_of_work(sim, i))
            return check_contradiction(err, "how long it takes: replica", i);
    }
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
        if (waiting[i] != sim->metrics.waits[i].queue.value)
            return check_contradiction(err, "length of the queue of priority", (int32_t)i);
    int32_t listed = 0;
    for (int32_t i = 0; i < sim->runner_count; i++) {
        const struct runner *runner = &sim->sched.runners[i];
        listed += runner->live + runner->pending + runner->blocked + runner->nominated +
                  runner->terminating;
    }
    return used == listed ? 0 : check_contradiction(err, "replicas in lists of runners", listed);
}

/* ---- nodes ---- */

/* What bound replicas have of a node, from the scheduler's books of free and held room. */
static void count_used(const struct sim *sim, int32_t number, int64_t used[RESOURCE_COUNT])
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct node *node = &fleet->nodes[number];
    const struct node_type *type = fleet_type_of(fleet, number);
    const struct node_held held = fleet_held(fleet, number);
    used[RESOURCE_CPU] = type->cpu_milli - node->cpu_free_milli - held.cpu_milli;
    used[RESOURCE_MEMORY] = type->mem_bytes - node->mem_free_bytes - held.mem_bytes;
    used[RESOURCE_DEVICES] = used[RESOURCE_SHARE] = 0;
    for (int32_t i = 0; i < type->device_count; i++) {
        int32_t share = SHARE_WHOLE - fleet_shares(fleet, number)[i] -
                        fleet_device_held(fleet, node->first_device + i);
        used[RESOURCE_DEVICES] += share > 0;
        used[RESOURCE_SHARE] += share;
    }
}

static int check_node(const struct sim *sim, int32_t node, struct err *err)
{
    int64_t used[RESOURCE_COUNT];
    int32_t bound = 0;
    count_used(sim, node, used);
    if (used[RESOURCE_DEVICES] != __builtin_popcountll(sim->nodes[node].devices_in_use))
        return check_contradiction(err, "the devices in use of node", node);
    for (int32_t i = sim->sched.fleet.nodes[node].first_replica; i != NO_INDEX;
         i = sim->sched.replicas[i].next_on_node)
        bound += sim->sched.replicas[i].state != REPLICA_NOMINATED;
    if (bound != sim->nodes[node].replica_count)
        return check_contradiction(err, "the number of replicas of node", node);
    if (sim->sched.fleet.nodes[node].state == NODE_DOWN &&
        sim->nodes[node].repair_at_us < sim->now_us)
        return check_contradiction(err, "repaired in time: node", node);
    bool is_removed = sim->sched.fleet.nodes[node].state == NODE_REMOVED;
    if (is_removed != (sim->nodes[node].removed_us != TIME_NEVER))
        return check_contradiction(err, "the removal of node", node);
    return 0;
}

static bool is_in_scope(const struct sim *sim, int32_t node, const struct scope *scope)
{
    const struct fleet *fleet = &sim->sched.fleet;
    return (scope->pool == NO_INDEX || scope->pool == fleet_pool_of(fleet, node)) &&
           (scope->group == NO_INDEX || scope->group == fleet->nodes[node].group);
}

static int check_scope(const struct sim *sim, int32_t number, struct err *err)
{
    const struct scope *scope = metrics_scope(&sim->metrics, number);
    int64_t used[RESOURCE_COUNT] = {0};
    int64_t there[RESOURCE_COUNT] = {0};
    int64_t counted = 0;
    int64_t existing = 0;
    for (int32_t i = 0; i < sim->node_count; i++) {
        if (!is_in_scope(sim, i, &sim->metrics.scopes[number]))
            continue;
        enum node_state state = sim->sched.fleet.nodes[i].state;
        bool is_counted = state == NODE_READY || state == NODE_DRAINED;
        int64_t capacity[RESOURCE_COUNT], used_here[RESOURCE_COUNT];
        type_capacity(fleet_type_of(&sim->sched.fleet, i), capacity);
        count_used(sim, i, used_here);
        counted += is_counted;
        existing += state != NODE_REMOVED;
        for (int j = 0; j < RESOURCE_COUNT; j++) {
            used[j] += used_here[j];
            there[j] += is_counted ? capacity[j] : 0;
        }
    }
    if (scope->nodes.value != counted || scope->nodes_up_or_down.value != existing)
        return check_contradiction(err, "the number of nodes of scope", number);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (scope->usage[i].used.value != used[i] || scope->usage[i].capacity.value != there[i])
            return check_contradiction(err, "use and capacity of scope", number);
    return 0;
}

/* Once an instant is over, no demand waits that a pass could have placed: no pass was forgotten. */
static int check_no_pass_is_due(const struct sim *sim, struct err *err)
{
    if (sim->now_us >= sim->end_us || sim_next_us(sim) == sim->now_us)
        return 0;
    if (sim->sched.ready_count > 0)
        return check_contradiction(err, "nominated demands left unbound", sim->sched.ready_count);
    return sched_check_no_fit(&sim->sched, err);
}

/* Cancelled events are counted as they are cancelled. */
static int check_events(const struct sim *sim, struct err *err)
{
    const struct event_filter filter = sim_event_filter(sim);
    if (event_queue_count_dead(&sim->events, &filter) != sim->events.dead_count)
        return check_contradiction(err, "number of cancelled events",
                                   (int32_t)sim->events.dead_count);
    return 0;
}

static int check_pool(const struct sim *sim, int32_t number, struct err *err)
{
    const struct sim_pool *pool = &sim->pools[number];
    struct sim_pool counted = {0};
    for (int32_t i = pool->first_node; i != NO_INDEX; i = sim->nodes[i].next_in_pool) {
        enum node_state state = sim->sched.fleet.nodes[i].state;
        bool is_idle = state == NODE_READY && sim->nodes[i].replica_count == 0;
        counted.existing_count += state != NODE_REMOVED;
        counted.ready_count += state == NODE_READY;
        counted.coming_count += state == NODE_COMING;
        counted.idle_count += is_idle;
        if (is_idle != (sim->nodes[i].idle_since_us != TIME_NEVER))
            return check_contradiction(err, "since when node is empty", i);
    }
    if (counted.existing_count != pool->existing_count ||
        counted.ready_count != pool->ready_count || counted.coming_count != pool->coming_count ||
        counted.idle_count != pool->idle_count)
        return check_contradiction(err, "the counted nodes of pool", number);
    return 0;
}

int sim_check(const struct sim *sim, struct err *err)
{
    if (sched_check(&sim->sched, err) || check_queues(sim, err) || check_events(sim, err))
        return -1;
    for (int32_t i = 0; i < sim->runner_count; i++)
        if (check_runner(sim, i, err))
            return -1;
    for (int32_t i = 0; i < sim->node_count; i++)
        if (check_node(sim, i, err))
            return -1;
    for (int32_t i = 0; i < sim->scenario->pool_count; i++)
        if (check_pool(sim, i, err))
            return -1;
    for (int32_t i = 0; i < sim->metrics.scope_count; i++)
        if (check_scope(sim, i, err))
            return -1;
    if (sim->metrics.floor_breaches_by_preemption != 0 || sim->sched.floor_breach_count != 0)
        return check_contradiction(err, "preemption under a floor", 1);
    if (sim->metrics.floor_breaches_by_consolidation != 0)
        return check_contradiction(err, "consolidation under a floor", 1);
    if (traffic_check(sim, err))
        return -1;
    return check_no_pass_is_due(sim, err);
}
