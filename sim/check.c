/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <stdlib.h>

#include "base/array.h"

/* The books compared with each other, after every event (options.check) and at the end. What is
 * kept incrementally is counted anew here, in the most obvious way. */

static int contradiction(struct err *err, const char *what, int32_t number)
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
            return contradiction(err, "list of the replicas of runner", runner);
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
        return contradiction(err, "an unused replica in the list of runner", runner);
    if (scheduled->live != live || scheduled->pending != counts->of[REPLICA_PENDING] ||
        scheduled->blocked != counts->of[REPLICA_BLOCKED] ||
        scheduled->nominated != counts->of[REPLICA_NOMINATED] ||
        scheduled->terminating != counts->of[REPLICA_TERMINATING])
        return contradiction(err, "the scheduler's counts of runner", runner);
    if (stats->live.value != live || stats->running.value != counts->of[REPLICA_RUNNING])
        return contradiction(err, "the measured counts of runner", runner);
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
        return contradiction(err, "live + waiting = wish for runner", runner);
    if (stats->is_there != is_there || stats->wish.value != wanted)
        return contradiction(err, "the measured wish of runner", runner);
    int32_t floor = it->min_replicas < it->wish ? it->min_replicas : it->wish;
    if (it->floor != floor || sim->sched.runners[runner].floor != floor ||
        (is_there && stats->floor != floor))
        return contradiction(err, "the floor in force of runner", runner);
    return 0;
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
            return contradiction(err, "gone in time: replica", i);
    }
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
        if (waiting[i] != sim->metrics.waits[i].queue.value)
            return contradiction(err, "length of the queue of priority", (int32_t)i);
    int32_t listed = 0;
    for (int32_t i = 0; i < sim->runner_count; i++) {
        const struct runner *runner = &sim->sched.runners[i];
        listed += runner->live + runner->pending + runner->blocked + runner->nominated +
                  runner->terminating;
    }
    return used == listed ? 0 : contradiction(err, "replicas in lists of runners", listed);
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
        const struct device *device = &fleet->devices[node->first_device + i];
        int32_t share = SHARE_WHOLE - device->share_free_milli - device->share_held_milli;
        used[RESOURCE_DEVICES] += share > 0;
        used[RESOURCE_SHARE] += share;
    }
}

static int check_node(const struct sim *sim, int32_t node, struct err *err)
{
    int64_t used[RESOURCE_COUNT];
    int32_t bound = 0;
    count_used(sim, node, used);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (used[i] != sim->nodes[node].used[i].value)
            return contradiction(err, "what is used of node", node);
    for (int32_t i = sim->sched.fleet.nodes[node].first_replica; i != NO_INDEX;
         i = sim->sched.replicas[i].next_on_node)
        bound += sim->sched.replicas[i].state != REPLICA_NOMINATED;
    if (bound != sim->nodes[node].replica_count)
        return contradiction(err, "the number of replicas of node", node);
    if (sim->sched.fleet.nodes[node].state == NODE_DOWN &&
        sim->nodes[node].repair_at_us < sim->now_us)
        return contradiction(err, "repaired in time: node", node);
    bool is_removed = sim->sched.fleet.nodes[node].state == NODE_REMOVED;
    if (is_removed != (sim->nodes[node].removed_us != TIME_NEVER))
        return contradiction(err, "the removal of node", node);
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
    const struct scope *scope = &sim->metrics.scopes[number];
    int64_t used[RESOURCE_COUNT] = {0};
    int64_t there[RESOURCE_COUNT] = {0};
    int64_t counted = 0;
    int64_t existing = 0;
    for (int32_t i = 0; i < sim->node_count; i++) {
        if (!is_in_scope(sim, i, scope))
            continue;
        enum node_state state = sim->sched.fleet.nodes[i].state;
        bool is_counted = state == NODE_READY || state == NODE_DRAINED;
        int64_t capacity[RESOURCE_COUNT];
        type_capacity(fleet_type_of(&sim->sched.fleet, i), capacity);
        counted += is_counted;
        existing += state != NODE_REMOVED;
        for (int j = 0; j < RESOURCE_COUNT; j++) {
            used[j] += sim->nodes[i].used[j].value;
            there[j] += is_counted ? capacity[j] : 0;
        }
    }
    if (scope->nodes.value != counted || scope->nodes_up_or_down.value != existing)
        return contradiction(err, "the number of nodes of scope", number);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (scope->usage[i].used.value != used[i] || scope->usage[i].capacity.value != there[i])
            return contradiction(err, "use and capacity of scope", number);
    return 0;
}

/* Once an instant is over, no demand waits that a pass could have placed: no pass was forgotten. */
static int check_no_pass_is_due(const struct sim *sim, struct err *err)
{
    if (sim->now_us >= sim->end_us || event_queue_first_us(&sim->events) == sim->now_us)
        return 0;
    if (sim->sched.ready_count > 0)
        return contradiction(err, "nominated demands left unbound", sim->sched.ready_count);
    return sched_check_no_fit(&sim->sched, err);
}

/* Cancelled events are counted as they are cancelled. */
static int check_events(const struct sim *sim, struct err *err)
{
    const struct event_filter filter = sim_event_filter(sim);
    if (event_queue_count_dead(&sim->events, &filter) != sim->events.dead_count)
        return contradiction(err, "number of cancelled events", (int32_t)sim->events.dead_count);
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
            return contradiction(err, "since when node is empty", i);
    }
    if (counted.existing_count != pool->existing_count ||
        counted.ready_count != pool->ready_count || counted.coming_count != pool->coming_count ||
        counted.idle_count != pool->idle_count)
        return contradiction(err, "the counted nodes of pool", number);
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
        return contradiction(err, "preemption under a floor", 1);
    if (sim->metrics.floor_breaches_by_consolidation != 0)
        return contradiction(err, "consolidation under a floor", 1);
    if (traffic_check(sim, err))
        return -1;
    return check_no_pass_is_due(sim, err);
}

/* ---- results ---- */

static int check_waits(const struct sim *sim, int32_t priority, struct err *err)
{
    const struct waits *waits = &sim->metrics.waits[priority];
    int128 sum = 0;
    for (int32_t i = 0; i < waits->count; i++)
        sum += waits->bound_us[i];
    for (int32_t i = 0; i < waits->censored_count; i++)
        sum += waits->censored_us[i];
    int128 binned = 0;
    for (int i = 0; i < TIMELINE_BINS; i++)
        binned += waits->bin_queue[i];
    if (sum != waits->queue.area || binned != waits->queue.area || waits->queue.value != 0)
        return contradiction(err, "sum of waits = area under the queue of priority", priority);
    if (waits->gave_up_count + waits->withdrawn_count + waits->waiting_count !=
        waits->censored_count)
        return contradiction(err, "censored waits of priority", priority);
    return 0;
}

static int check_evictions(const struct sim *sim, struct err *err)
{
    const struct metrics *metrics = &sim->metrics;
    int64_t between = 0;
    int64_t victims = 0;
    int64_t makers = 0;
    int64_t on_nodes = 0;
    int64_t in_bins = 0;
    for (size_t i = 0; i < ARRAY_LEN(metrics->evictions_between); i++)
        for (size_t j = 0; j < ARRAY_LEN(metrics->evictions_between[i]); j++)
            between += metrics->evictions_between[i][j];
    for (int32_t i = 0; i < metrics->runner_count; i++) {
        victims += metrics->runners[i].evicted_count;
        makers += metrics->runners[i].evicting_count;
    }
    for (int32_t i = 0; i < sim->node_count; i++)
        on_nodes += sim->nodes[i].evicted_count;
    for (int i = 0; i < TIMELINE_BINS; i++)
        in_bins += metrics->bins[i].evictions;
    int64_t count = metrics->eviction_count;
    if (between != count || victims != count || makers != count || on_nodes != count ||
        in_bins != count)
        return contradiction(err, "counts of evictions", metrics->eviction_count);
    return 0;
}

/* Time below the floor, whoever caused it, = time with a floor that was not met. Preemption causes
 * none. */
static int check_blame(const struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->metrics.runner_count; i++) {
        const struct runner_stats *stats = &sim->metrics.runners[i];
        int64_t below_us = 0;
        for (int j = 0; j < BLAME_COUNT; j++)
            below_us += stats->below_floor_us[j];
        if (below_us != stats->floor_by_live.asked_us - stats->floor_by_live.met_us)
            return contradiction(err, "time below the floor of runner", i);
        if (stats->below_floor_us[BLAME_CONSOLIDATION] != 0)
            return contradiction(err, "consolidation under the floor of runner", i);
        if (stats->below_floor_us[BLAME_PREEMPTION] != 0)
            return contradiction(err, "preemption under the floor of runner", i);
    }
    return 0;
}

/* What runners are charged = what groups charge, and no more than what their nodes cost; no node
 * has replicas for longer than it is up. */
static int check_expenses(const struct sim *sim, struct err *err)
{
    int128 by_runner[EXPENSE_COUNT] = {0};
    for (int32_t i = 0; i < sim->metrics.runner_count; i++)
        for (int j = 0; j < EXPENSE_COUNT; j++)
            by_runner[j] += sim->metrics.runners[i].cost[j];
    for (int32_t i = 1 + sim->metrics.pool_scope_count; i < sim->metrics.scope_count; i++) {
        const struct scope *scope = &sim->metrics.scopes[i];
        const struct fleet *fleet = &sim->sched.fleet;
        const struct node_type *type = &fleet->types[fleet->groups[scope->group].type];
        int128 charged = 0;
        for (int j = 0; j < EXPENSE_COUNT; j++) {
            by_runner[j] -= scope->charged[j];
            charged += scope->charged[j];
        }
        if (charged > (type->has_price ? scope->nodes_up_or_down.area * type->price_micro : 0))
            return contradiction(err, "more is charged than nodes cost in group", scope->group);
    }
    for (int j = 0; j < EXPENSE_COUNT; j++)
        if (by_runner[j] != 0)
            return contradiction(err, "charged to runners = charged by groups", j);
    for (int32_t i = 0; i < sim->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        int64_t end_us = node->removed_us == TIME_NEVER ? sim->now_us : node->removed_us;
        if (node->busy_us > end_us - node->added_us - node->down_us)
            return contradiction(err, "time with replicas of node", i);
    }
    return 0;
}

/* What causes have taken = what runners have lost. */
static int check_losses(const struct sim *sim, struct err *err)
{
    const struct metrics *metrics = &sim->metrics;
    int64_t taken = 0;
    int64_t work_us = 0;
    int128 cost = metrics->cost_lost_by_crashes;
    for (int i = 0; i < BLAME_COUNT; i++) {
        taken += metrics->taken[i].replica_count;
        work_us += metrics->taken[i].work_lost_us;
        cost += metrics->cost_lost[i];
    }
    for (int32_t i = 0; i < metrics->runner_count; i++) {
        const struct runner_stats *stats = &metrics->runners[i];
        taken -= (int64_t)stats->evicted_count + stats->drained_count + stats->moved_count +
                 stats->lost_count;
        work_us += stats->crashes.work_lost_us - stats->work_lost_us;
        cost -= stats->cost_lost;
    }
    if (taken != 0 || work_us != 0 || cost != 0 ||
        metrics->taken[BLAME_PREEMPTION].replica_count != metrics->eviction_count)
        return contradiction(err, "losses by cause = losses of runners", (int32_t)taken);
    return 0;
}

/* Replicas that are down after a crash are live and do not run. */
static int check_crashes(const struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->metrics.runner_count; i++) {
        const struct runner_stats *stats = &sim->metrics.runners[i];
        const struct crash_stats *crashes = &stats->crashes;
        if (crashes->at_start_count > crashes->count ||
            crashes->work_lost_us > stats->work_lost_us ||
            crashes->down_us > stats->live.area - stats->running.area)
            return contradiction(err, "crashes of runner", i);
    }
    return 0;
}

static int check_bound(const struct sim *sim, struct err *err)
{
    int64_t by_runner = 0;
    int64_t by_node = 0;
    int64_t by_wait = 0;
    int64_t in_bins = 0;
    for (int32_t i = 0; i < sim->metrics.runner_count; i++)
        by_runner += sim->metrics.runners[i].bound_count;
    for (int32_t i = 0; i < sim->node_count; i++)
        by_node += sim->nodes[i].bound_count;
    for (size_t i = 0; i < ARRAY_LEN(sim->metrics.waits); i++)
        by_wait += sim->metrics.waits[i].count;
    for (int i = 0; i < TIMELINE_BINS; i++)
        in_bins += sim->metrics.bins[i].bound;
    if (by_runner != by_node || by_runner != by_wait || by_runner != in_bins)
        return contradiction(err, "counts of bound demands", (int32_t)by_runner);
    return 0;
}

/* Areas of use of the nodes of each scope, in one walk over the nodes; owned by the caller. */
struct scope_areas {
    int128 of[RESOURCE_COUNT];
};

static int sum_areas(const struct sim *sim, struct scope_areas **areas, struct err *err)
{
    int32_t capacity = 0;
    if (array_reserve(areas, &capacity, sim->metrics.scope_count, sizeof **areas, err))
        return -1;
    for (int32_t i = 0; i < sim->node_count; i++) {
        int32_t group = sim->sched.fleet.nodes[i].group;
        int32_t scopes[] = {0, 1 + sim->nodes[i].def.pool,
                            1 + sim->metrics.pool_scope_count + group};
        for (size_t j = 0; j < ARRAY_LEN(scopes); j++)
            for (int k = 0; k < RESOURCE_COUNT; k++)
                (*areas)[scopes[j]].of[k] += sim->nodes[i].used[k].area;
    }
    return 0;
}

static int check_areas(const struct scope *scope, const struct scope_areas *by_node,
                       struct err *err)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct usage *usage = &scope->usage[i];
        int128 used = 0;
        int128 capacity = 0;
        for (int j = 0; j < TIMELINE_BINS; j++) {
            used += usage->bin_used[j];
            capacity += usage->bin_capacity[j];
        }
        if (by_node->of[i] != usage->used.area || used != usage->used.area ||
            capacity != usage->capacity.area)
            return contradiction(err, "areas of use by node, time bin and scope of pool",
                                 scope->pool);
    }
    return 0;
}

static int check_scopes(const struct sim *sim, struct err *err)
{
    struct scope_areas *areas = NULL;
    int result = sum_areas(sim, &areas, err);
    for (int32_t i = 0; result == 0 && i < sim->metrics.scope_count; i++)
        result = check_areas(&sim->metrics.scopes[i], &areas[i], err);
    free(areas);
    return result;
}

/* The time that nodes were down = the sum of how long their failures lasted. */
static int check_failures(const struct sim *sim, struct err *err)
{
    int64_t by_node = 0;
    int64_t down_us = 0;
    int64_t lasted_us = 0;
    for (int32_t i = 0; i < sim->node_count; i++) {
        by_node += sim->nodes[i].failure_count;
        down_us += sim->nodes[i].down_us;
    }
    for (int32_t i = 0; i < sim->failure_count; i++) {
        const struct node_failure *failure = &sim->failures[i];
        int64_t removed_us = sim->nodes[failure->node].removed_us;
        int64_t end_us = failure->end_us < removed_us ? failure->end_us : removed_us;
        lasted_us += (end_us < sim->now_us ? end_us : sim->now_us) - failure->time_us;
    }
    if (by_node != sim->failure_count || sim->metrics.node_failures != sim->failure_count)
        return contradiction(err, "counts of failures", sim->failure_count);
    if (down_us != lasted_us)
        return contradiction(err, "time down = lengths of failures", sim->failure_count);
    return 0;
}

/* What is paid for is the sum of the lives of all nodes. */
static int check_lives(const struct sim *sim, struct err *err)
{
    int128 lives_us = 0;
    for (int32_t i = 0; i < sim->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        int64_t until_us = node->removed_us != TIME_NEVER ? node->removed_us : sim->now_us;
        lives_us += until_us - node->added_us;
    }
    if (lives_us != sim->metrics.scopes[0].nodes_up_or_down.area)
        return contradiction(err, "node-time paid for = sum of the nodes' lives", sim->node_count);
    return 0;
}

/* The phases of nodes together are the nodes' lives, and what they cost. */
static int check_phases(const struct sim *sim, struct err *err)
{
    const struct metrics *metrics = &sim->metrics;
    int128 nodes_us = 0;
    int128 cost = 0;
    int128 unpriced_us = 0;
    for (int i = 0; i < NODE_PHASE_COUNT; i++) {
        const struct phase_stats *phase = &metrics->phases[i];
        int128 binned = 0;
        for (int j = 0; j < TIMELINE_BINS; j++)
            binned += phase->bin_nodes[j];
        if (binned != phase->nodes.area)
            return contradiction(err, "time bins of the phase of nodes", i);
        nodes_us += phase->nodes.area;
        cost += phase->price.area;
        unpriced_us += phase->unpriced_nodes.area;
    }
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        const struct fleet *fleet = &sim->sched.fleet;
        const struct node_type *type = &fleet->types[fleet->groups[scope->group].type];
        nodes_us -= scope->nodes_up_or_down.area;
        cost -= type->has_price ? scope->nodes_up_or_down.area * type->price_micro : 0;
        unpriced_us -= type->has_price ? 0 : scope->nodes_up_or_down.area;
    }
    if (nodes_us != 0 || cost != 0 || unpriced_us != 0)
        return contradiction(err, "phases of nodes = their lives", sim->node_count);
    return 0;
}

int sim_check_results(const struct sim *sim, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(sim->metrics.waits); i++)
        if (check_waits(sim, (int32_t)i, err))
            return -1;
    if (check_scopes(sim, err) || check_evictions(sim, err) || check_bound(sim, err) ||
        check_failures(sim, err) || check_blame(sim, err) || check_crashes(sim, err) ||
        check_losses(sim, err) || check_lives(sim, err) || check_phases(sim, err) ||
        check_expenses(sim, err) || traffic_check(sim, err))
        return -1;
    return 0;
}
