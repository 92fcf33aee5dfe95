/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

#include "base/array.h"

/* The state at time 0: the scheduler's fleet, the engine's tables, the first events. */

/* How many replicas of each shape the runners ask for, generated ones included: as a scheduler
 * knows it from its past. */
static int count_popularity(struct sim *sim, struct err *err)
{
    int32_t shape_count = sim->scenario->shapes.count;
    if (array_reserve(&sim->popular_shapes, &sim->popular_shape_capacity, shape_count,
                      sizeof *sim->popular_shapes, err))
        return -1;
    for (int32_t i = 0; i < shape_count; i++)
        sim->popular_shapes[i] = (struct popular_shape){.shape = i};
    for (int32_t i = 0; i < sim->runner_count; i++)
        sim->popular_shapes[sim->runners[i].def->shape].count += sim->runners[i].def->num_replicas;
    for (int32_t i = 0; i < shape_count; i++)
        if (sim->popular_shapes[i].count > 0)
            sim->popular_shapes[sim->popular_shape_count++] = sim->popular_shapes[i];
    return 0;
}

static int build_scheduler(struct sim *sim, struct err *err)
{
    const struct scenario *scenario = sim->scenario;
    struct popularity popularity = scenario->scheduler.popularity;
    if (popularity.count == 0)
        popularity = (struct popularity){sim->popular_shapes, sim->popular_shape_count};
    struct sched_options options = {
        .policy = sim->policy,
        .policy_values = sim->policy_values,
        .popularity = popularity,
        .order = scenario->scheduler.order,
        .preemption_enabled = scenario->scheduler.preemption_enabled,
        .evictions_are_granted = evictions_are_granted(scenario),
        .min_runtime_ticks = scenario->scheduler.min_runtime_us,
        .seed = sim->seed,
        .search = sim->options.search,
    };
    if (sched_init(&sim->sched, &options, &scenario->shapes, err))
        return -1;
    int32_t number;
    for (int32_t i = 0; i < scenario->type_count; i++) {
        if (fleet_add_type(&sim->sched.fleet, &scenario->types[i], &number, err))
            return -1;
        assert(number == i);
    }
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_def *def = &scenario->pools[i];
        struct pool pool = {.id = def->id, .is_schedulable = def->disabled_reason == NULL};
        if (fleet_add_pool(&sim->sched.fleet, &pool, &number, err))
            return -1;
        assert(number == i);
    }
    return 0;
}

static int add_group(struct sim *sim, int32_t pool, int32_t type, struct err *err)
{
    int32_t number;
    return fleet_group(&sim->sched.fleet, (struct node_group){.pool = pool, .type = type}, &number,
                       err);
}

/* All groups that a run can have, so that each has its scope of the metrics from the beginning:
 * what the pools allow, what is there, and what events add. */
static int build_groups(struct sim *sim, struct err *err)
{
    const struct scenario *scenario = sim->scenario;
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_def *pool = &scenario->pools[i];
        for (int32_t j = 0; j < pool->type_count; j++)
            if (add_group(sim, i, pool->types[j], err))
                return -1;
        for (int32_t j = 0; j < pool->launch_type_count; j++)
            if (add_group(sim, i, pool->launch_types[j], err))
                return -1;
    }
    for (int32_t i = 0; i < scenario->node_count; i++)
        if (add_group(sim, scenario->nodes[i].pool, scenario->nodes[i].type, err))
            return -1;
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].kind == EVENT_ADD_NODES &&
            add_group(sim, scenario->events[i].pool, scenario->events[i].type, err))
            return -1;
    return sched_refresh(&sim->sched, err);
}

static int build_pools(struct sim *sim, struct err *err)
{
    int32_t count = sim->scenario->pool_count;
    if (array_reserve(&sim->pools, &sim->pool_capacity, count, sizeof *sim->pools, err))
        return -1;
    for (int32_t i = 0; i < count; i++)
        sim->pools[i] = (struct sim_pool){.first_node = NO_INDEX, .last_node = NO_INDEX};
    return 0;
}

static void append_to_pool(struct sim *sim, int32_t node)
{
    const struct node_def *def = &sim->nodes[node].def;
    struct sim_pool *pool = &sim->pools[def->pool];
    if (pool->first_node == NO_INDEX)
        pool->first_node = node;
    else
        sim->nodes[pool->last_node].next_in_pool = node;
    pool->last_node = node;
    if (pool->next_ordinal <= def->ordinal)
        pool->next_ordinal = def->ordinal + 1;
}

int sim_build_node(struct sim *sim, const struct node_def *def, enum node_state state,
                   int32_t *node, struct err *err)
{
    struct fleet *fleet = &sim->sched.fleet;
    int32_t group;
    if (fleet_group(fleet, (struct node_group){.pool = def->pool, .type = def->type}, &group,
                    err) ||
        fleet_add_node(fleet, group, state, node, err) ||
        array_reserve_on_lines(&sim->nodes, &sim->node_capacity, *node + INT64_C(1),
                               sizeof *sim->nodes, err))
        return -1;
    assert(*node == sim->node_count);
    sim->sched.node_rows = (struct node_rows){sim->nodes, sizeof *sim->nodes, SIM_NODE_HOT_BYTES};
    struct sim_node *added = &sim->nodes[sim->node_count++];
    *added = (struct sim_node){
        .def = *def,
        .added_us = sim->now_us,
        .removed_us = TIME_NEVER,
        .state_since_us = sim->now_us,
        .first_bound_us = TIME_NEVER,
        .idle_since_us = TIME_NEVER,
        .next_in_pool = NO_INDEX,
        .reclaimed_by = NO_INDEX,
        .upgrade = NO_INDEX,
    };
    append_to_pool(sim, *node);
    scripted_node_added(sim, *node);
    occupancy_count_node(sim, *node, state == NODE_READY, 1);
    node_count_in_pool(sim, *node, 1);
    return 0;
}

static int build_nodes(struct sim *sim, struct err *err)
{
    int32_t node;
    for (int32_t i = 0; i < sim->scenario->node_count; i++)
        if (sim_build_node(sim, &sim->scenario->nodes[i], NODE_READY, &node, err) ||
            outages_node_added(sim, node, err))
            return -1;
    return 0;
}

static int build_runners(struct sim *sim, struct err *err)
{
    const struct scenario *scenario = sim->scenario;
    if (array_reserve_on_lines(&sim->runners, &sim->runner_capacity, scenario->runner_count,
                               sizeof *sim->runners, err))
        return -1;
    for (int32_t i = 0; i < scenario->runner_count; i++)
        sim->runners[i] = (struct sim_runner){
            .def = &scenario->runners[i],
            .generator = NO_INDEX,
            .arrival_us = scenario->runners[i].arrival_us,
        };
    sim->runner_count = scenario->runner_count;
    return arrivals_build(sim, err);
}

/* Runner numbers of the scheduler and of the engine are the same. */
static int introduce_runners(struct sim *sim, struct err *err)
{
    if (sched_expect_runners(&sim->sched, sim->runner_count, err))
        return -1;
    for (int32_t i = 0; i < sim->runner_count; i++) {
        struct sim_runner *runner = &sim->runners[i];
        const struct runner_def *def = runner->def;
        runner->departed_us = TIME_NEVER;
        runner->wish = def->num_replicas;
        runner->floor = def->floor;
        runner->min_replicas = def->min_replicas;
        runner->first_replica = NO_INDEX;
        runner->is_blocked = def->blocked_by != NULL;
        runner->is_disabled =
            def->deployment != NO_INDEX && sim->scenario->deployments[def->deployment].is_disabled;
        struct runner_terms terms = {
            .shape = def->shape,
            .priority = def->priority,
            .floor = def->floor,
            .is_blocked = runner->is_blocked,
            .may_preempt = def->may_preempt,
        };
        int32_t number;
        if (sched_add_runner(&sim->sched, &terms, &number, err))
            return -1;
        assert(number == i);
    }
    return 0;
}

static int build_metrics(struct sim *sim, struct err *err)
{
    struct metrics_size size = {
        .horizon_us = sim->end_us,
        .groups = sim->sched.fleet.groups,
        .group_count = sim->sched.fleet.group_count,
        .pool_count = sim->sched.fleet.pool_count,
        .runner_count = sim->runner_count,
        .has_prices = scenario_has_prices(sim->scenario),
        .keeps_changes = sim->options.keep_changes,
    };
    return metrics_init(&sim->metrics, &size, err);
}

/* Events of the file are few and go into the queue at once, in the order of the file; arrivals may
 * be millions and stay where they are. */
static int plan_first_events(struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->scenario->event_count; i++) {
        const struct event_def *def = &sim->scenario->events[i];
        struct event event = {.time_us = def->at_us, .kind = ACTION_SCRIPTED, .subject = i};
        if (sim_push(sim, scripted_class(def), &event, err))
            return -1;
    }
    arrivals_plan(sim);
    return 0;
}

int sim_build(struct sim *sim, struct err *err)
{
    if (build_runners(sim, err) || count_popularity(sim, err) || build_scheduler(sim, err) ||
        build_groups(sim, err) || build_pools(sim, err) || introduce_runners(sim, err) ||
        build_metrics(sim, err) || scripted_name_nodes(sim, err) || node_scaling_build(sim, err) ||
        consolidation_build(sim, err) || build_nodes(sim, err) || spot_capacity_build(sim, err) ||
        node_scaling_plan(sim, err) || consolidation_plan(sim, err))
        return -1;
    sim->is_followed =
        sim->scaling.is_enabled || sim->consolidations.is_enabled || sim->options.check;
    return plan_first_events(sim, err) || traffic_build(sim, err) ? -1 : 0;
}
