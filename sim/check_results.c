/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <stdlib.h>

#include "base/array.h"

/* The results compared with each other, at the end of every run. Runners and nodes are many and
 * have left the cache by then, so each of the two tables is walked once, for all its sums. */

/* ---- runners ---- */

struct runner_sums {
    int64_t bound_count, evicted_count, evicting_count;
    int64_t taken_count, work_lost_us; /* by evictions, drains, moves and lost nodes */
    int128 cost[EXPENSE_COUNT];
    int128 cost_lost;
};

static void add_runner(struct runner_sums *sums, const struct metrics *metrics, int32_t runner)
{
    const struct runner_rare *rare = metrics_rare(metrics, runner);
    const struct runner_cost *cost = metrics_cost(metrics, runner);
    sums->bound_count += metrics->runners[runner].bound_count;
    sums->evicted_count += rare->evicted_count;
    sums->evicting_count += rare->evicting_count;
    sums->taken_count +=
        (int64_t)rare->evicted_count + rare->drained_count + rare->moved_count + rare->lost_count;
    sums->work_lost_us += rare->work_lost_us - rare->crashes.work_lost_us;
    for (int i = 0; i < EXPENSE_COUNT; i++)
        sums->cost[i] += cost->parts[i];
    sums->cost_lost += cost->lost;
}

/* Time below the floor, whoever caused it, = time with a floor that was not met. Preemption causes
 * none. */
static int check_blame(const struct runner_rare *rare, int32_t runner, struct err *err)
{
    int64_t below_us = 0;
    for (int i = 0; i < BLAME_COUNT; i++)
        below_us += rare->below_floor_us[i];
    if (below_us != rare->floor_by_live.asked_us - rare->floor_by_live.met_us)
        return check_contradiction(err, "time below the floor of runner", runner);
    if (rare->below_floor_us[BLAME_CONSOLIDATION] != 0)
        return check_contradiction(err, "consolidation under the floor of runner", runner);
    if (rare->below_floor_us[BLAME_PREEMPTION] != 0)
        return check_contradiction(err, "preemption under the floor of runner", runner);
    return 0;
}

/* Replicas that are down after a crash are live and do not run. */
static int check_crashes(const struct metrics *metrics, int32_t runner, struct err *err)
{
    const struct runner_stats *stats = &metrics->runners[runner];
    const struct runner_rare *rare = metrics_rare(metrics, runner);
    const struct crash_stats *crashes = &rare->crashes;
    if (crashes->at_start_count > crashes->count || crashes->work_lost_us > rare->work_lost_us ||
        crashes->down_us > stats->live.area - stats->running.area)
        return check_contradiction(err, "crashes of runner", runner);
    return 0;
}

static int check_runners(const struct sim *sim, struct runner_sums *sums, struct err *err)
{
    *sums = (struct runner_sums){0};
    for (int32_t i = 0; i < sim->metrics.runner_count; i++) {
        if (check_blame(metrics_rare(&sim->metrics, i), i, err) ||
            check_crashes(&sim->metrics, i, err))
            return -1;
        add_runner(sums, &sim->metrics, i);
    }
    return 0;
}

/* ---- nodes ---- */

struct scope_areas {
    int128 of[RESOURCE_COUNT]; /* of use of the nodes of the scope */
};

struct node_sums {
    int64_t bound_count, evicted_count, failure_count;
    int64_t down_us;
    int128 lives_us;
    struct scope_areas *areas; /* [scope_count]; owned */
};

/* It has replicas for no longer than it is up. */
static int check_busy(const struct sim *sim, int32_t node, struct err *err)
{
    const struct sim_node *it = &sim->nodes[node];
    int64_t end_us = it->removed_us == TIME_NEVER ? sim->now_us : it->removed_us;
    if (it->busy_us > end_us - it->added_us - it->down_us)
        return check_contradiction(err, "time with replicas of node", node);
    return 0;
}

static void add_node(const struct sim *sim, int32_t node, struct node_sums *sums)
{
    const struct sim_node *it = &sim->nodes[node];
    int32_t group = sim->sched.fleet.nodes[node].group;
    int32_t scopes[] = {0, 1 + it->def.pool, 1 + sim->metrics.pool_scope_count + group};
    sums->bound_count += it->bound_count;
    sums->evicted_count += it->evicted_count;
    sums->failure_count += it->failure_count;
    sums->down_us += it->down_us;
    sums->lives_us += (it->removed_us != TIME_NEVER ? it->removed_us : sim->now_us) - it->added_us;
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
        for (int j = 0; j < RESOURCE_COUNT; j++)
            sums->areas[scopes[i]].of[j] += sim_node_area(it, (enum resource)j);
}

/* sums->areas is the caller's also on -1. */
static int check_nodes(const struct sim *sim, struct node_sums *sums, struct err *err)
{
    int32_t capacity = 0;
    *sums = (struct node_sums){0};
    if (array_reserve(&sums->areas, &capacity, sim->metrics.scope_count, sizeof *sums->areas, err))
        return -1;
    for (int32_t i = 0; i < sim->node_count; i++) {
        if (check_busy(sim, i, err))
            return -1;
        add_node(sim, i, sums);
    }
    return 0;
}

/* ---- what must be equal ---- */

static int check_waits(const struct sim *sim, int32_t priority, struct err *err)
{
    const struct waits *waits = &sim->metrics.waits[priority];
    int128 sum = 0;
    for (int32_t i = 0; i < waits->later_count; i++)
        sum += waits->later_us[i];
    for (int32_t i = 0; i < waits->censored_count; i++)
        sum += waits->censored_us[i];
    int128 binned = 0;
    for (int i = 0; i < TIMELINE_BINS; i++)
        binned += waits->bin_queue[i];
    if (sum != waits->queue.area || binned != waits->queue.area || waits->queue.value != 0)
        return check_contradiction(err, "sum of waits = area under the queue of priority",
                                   priority);
    if (waits->gave_up_count + waits->withdrawn_count + waits->waiting_count !=
        waits->censored_count)
        return check_contradiction(err, "censored waits of priority", priority);
    return 0;
}

static int check_evictions(const struct sim *sim, const struct runner_sums *runners,
                           const struct node_sums *nodes, struct err *err)
{
    const struct metrics *metrics = &sim->metrics;
    int64_t between = 0;
    int64_t in_bins = 0;
    for (size_t i = 0; i < ARRAY_LEN(metrics->evictions_between); i++)
        for (size_t j = 0; j < ARRAY_LEN(metrics->evictions_between[i]); j++)
            between += metrics->evictions_between[i][j];
    for (int i = 0; i < TIMELINE_BINS; i++)
        in_bins += metrics->bins[i].evictions;
    int64_t count = metrics->eviction_count;
    if (between != count || runners->evicted_count != count || runners->evicting_count != count ||
        nodes->evicted_count != count || in_bins != count)
        return check_contradiction(err, "counts of evictions", metrics->eviction_count);
    return 0;
}

/* What runners are charged = what groups charge, and no more than what their nodes cost. */
static int check_expenses(const struct sim *sim, const struct runner_sums *runners, struct err *err)
{
    int128 by_group[EXPENSE_COUNT] = {0};
    for (int32_t i = 1 + sim->metrics.pool_scope_count; i < sim->metrics.scope_count; i++) {
        const struct scope *scope = &sim->metrics.scopes[i];
        const struct fleet *fleet = &sim->sched.fleet;
        const struct node_type *type = fleet_group_type(fleet, scope->group);
        int128 charged = 0;
        for (int j = 0; j < EXPENSE_COUNT; j++) {
            by_group[j] += scope->charged[j];
            charged += scope->charged[j];
        }
        if (charged > (type->has_price ? scope->nodes_up_or_down.area * type->price_micro : 0))
            return check_contradiction(err, "more is charged than nodes cost in group",
                                       scope->group);
    }
    for (int j = 0; j < EXPENSE_COUNT; j++)
        if (runners->cost[j] != by_group[j])
            return check_contradiction(err, "charged to runners = charged by groups", j);
    return 0;
}

/* What causes have taken = what runners have lost. */
static int check_losses(const struct metrics *metrics, const struct runner_sums *runners,
                        struct err *err)
{
    int64_t taken = 0;
    int64_t work_us = 0;
    int128 cost = metrics->cost_lost_by_crashes;
    for (int i = 0; i < BLAME_COUNT; i++) {
        taken += metrics->taken[i].replica_count;
        work_us += metrics->taken[i].work_lost_us;
        cost += metrics->cost_lost[i];
    }
    if (taken != runners->taken_count || work_us != runners->work_lost_us ||
        cost != runners->cost_lost ||
        metrics->taken[BLAME_PREEMPTION].replica_count != metrics->eviction_count)
        return check_contradiction(err, "losses by cause = losses of runners",
                                   (int32_t)(taken - runners->taken_count));
    return 0;
}

static int check_bound(const struct metrics *metrics, const struct runner_sums *runners,
                       const struct node_sums *nodes, struct err *err)
{
    int64_t by_wait = 0;
    int64_t in_bins = 0;
    for (size_t i = 0; i < ARRAY_LEN(metrics->waits); i++)
        by_wait += metrics->waits[i].at_once_count + metrics->waits[i].later_count;
    for (int i = 0; i < TIMELINE_BINS; i++)
        in_bins += metrics->bins[i].bound;
    int64_t count = runners->bound_count;
    if (count != nodes->bound_count || count != by_wait || count != in_bins)
        return check_contradiction(err, "counts of bound demands", (int32_t)count);
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
            return check_contradiction(err, "areas of use by node, time bin and scope of pool",
                                       scope->pool);
    }
    return 0;
}

static int check_scopes(const struct sim *sim, const struct node_sums *nodes, struct err *err)
{
    for (int32_t i = 0; i < sim->metrics.scope_count; i++)
        if (check_areas(&sim->metrics.scopes[i], &nodes->areas[i], err))
            return -1;
    return 0;
}

/* The time that nodes were down = the sum of how long their failures lasted. */
static int check_failures(const struct sim *sim, const struct node_sums *nodes, struct err *err)
{
    int64_t lasted_us = 0;
    for (int32_t i = 0; i < sim->failure_count; i++) {
        const struct node_failure *failure = &sim->failures[i];
        int64_t removed_us = sim->nodes[failure->node].removed_us;
        int64_t end_us = failure->end_us < removed_us ? failure->end_us : removed_us;
        lasted_us += (end_us < sim->now_us ? end_us : sim->now_us) - failure->time_us;
    }
    if (nodes->failure_count != sim->failure_count ||
        sim->metrics.node_failures != sim->failure_count)
        return check_contradiction(err, "counts of failures", sim->failure_count);
    if (nodes->down_us != lasted_us)
        return check_contradiction(err, "time down = lengths of failures", sim->failure_count);
    return 0;
}

/* What is paid for is the sum of the lives of all nodes. */
static int check_lives(const struct sim *sim, const struct node_sums *nodes, struct err *err)
{
    if (nodes->lives_us != sim->metrics.scopes[0].nodes_up_or_down.area)
        return check_contradiction(err, "node-time paid for = sum of the nodes' lives",
                                   sim->node_count);
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
            return check_contradiction(err, "time bins of the phase of nodes", i);
        nodes_us += phase->nodes.area;
        cost += phase->price.area;
        unpriced_us += phase->unpriced_nodes.area;
    }
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        const struct fleet *fleet = &sim->sched.fleet;
        const struct node_type *type = fleet_group_type(fleet, scope->group);
        nodes_us -= scope->nodes_up_or_down.area;
        cost -= type->has_price ? scope->nodes_up_or_down.area * type->price_micro : 0;
        unpriced_us -= type->has_price ? 0 : scope->nodes_up_or_down.area;
    }
    if (nodes_us != 0 || cost != 0 || unpriced_us != 0)
        return check_contradiction(err, "phases of nodes = their lives", sim->node_count);
    return 0;
}

static int check_sums(const struct sim *sim, const struct runner_sums *runners,
                      const struct node_sums *nodes, struct err *err)
{
    if (check_scopes(sim, nodes, err) || check_evictions(sim, runners, nodes, err) ||
        check_bound(&sim->metrics, runners, nodes, err) || check_failures(sim, nodes, err) ||
        check_losses(&sim->metrics, runners, err) || check_lives(sim, nodes, err) ||
        check_phases(sim, err) || check_expenses(sim, runners, err))
        return -1;
    return 0;
}

int sim_check_results(const struct sim *sim, struct err *err)
{
    struct runner_sums runners;
    struct node_sums nodes = {0};
    for (size_t i = 0; i < ARRAY_LEN(sim->metrics.waits); i++)
        if (check_waits(sim, (int32_t)i, err))
            return -1;
    int result = 0;
    if (check_runners(sim, &runners, err) || check_nodes(sim, &nodes, err) ||
        check_sums(sim, &runners, &nodes, err))
        result = -1;
    free(nodes.areas);
    return result == 0 ? traffic_check(sim, err) : -1;
}
