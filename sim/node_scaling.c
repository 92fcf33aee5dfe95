/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/node_scaling.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "sim/engine.h"

/* ---- build ---- */

static const struct scaling_def *scaling_of(const struct sim *sim, int32_t pool)
{
    return sim->scenario->pools[pool].scaling;
}

/* The position in the list; behind all of it where it is not there. */
static int32_t rank_of(const char *id, const char *const *order, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (strcmp(order[i], id) == 0)
            return i;
    return count;
}

static int build_ranks(struct sim *sim, struct err *err)
{
    const struct scenario *scenario = sim->scenario;
    const struct scheduler_config *config = &scenario->scheduler;
    struct node_scaling *scaling = &sim->scaling;
    if (array_reserve(&scaling->type_rank, &scaling->type_rank_capacity, scenario->type_count,
                      sizeof *scaling->type_rank, err) ||
        array_reserve(&scaling->pool_rank, &scaling->pool_rank_capacity, scenario->pool_count,
                      sizeof *scaling->pool_rank, err))
        return -1;
    for (int32_t i = 0; i < scenario->type_count; i++) {
        const char *offered_as = scenario->type_extras[i].offered_as;
        scaling->type_rank[i] = rank_of(offered_as ? offered_as : scenario->types[i].id,
                                        config->performance_order, config->performance_count);
    }
    for (int32_t i = 0; i < scenario->pool_count; i++)
        scaling->pool_rank[i] =
            rank_of(scenario->pools[i].id, config->network_order, config->network_count);
    return 0;
}

int node_scaling_build(struct sim *sim, struct err *err)
{
    const struct scenario *scenario = sim->scenario;
    struct node_scaling *scaling = &sim->scaling;
    for (int32_t i = 0; i < scenario->pool_count; i++)
        scaling->is_enabled |= scaling_of(sim, i) != NULL;
    for (int32_t i = 0; i < scenario->deployment_count; i++)
        scaling->has_choices |= scenario->deployments[i].scheduling_choice != 0;
    if (!scaling->is_enabled)
        return 0;
    if (array_reserve(&scaling->out_until_us, &scaling->group_capacity,
                      sim->sched.fleet.group_count, sizeof *scaling->out_until_us, err) ||
        array_reserve(&scaling->expected_busy, &scaling->pool_capacity, scenario->pool_count,
                      sizeof *scaling->expected_busy, err) ||
        build_ranks(sim, err))
        return -1;
    scaling->is_due = true;
    return 0;
}

void node_scaling_release(struct sim *sim)
{
    scale_up_release(sim);
    free(sim->scaling.launches);
    free(sim->scaling.coming);
    free(sim->scaling.out_until_us);
    free(sim->scaling.expected_busy);
    free(sim->scaling.type_rank);
    free(sim->scaling.pool_rank);
}

/* ---- planning ---- */

static int plan_at(struct sim *sim, int64_t time_us, struct err *err)
{
    struct event event = {.time_us = time_us, .kind = ACTION_SCALE_NODES, .subject = NO_INDEX};
    return sim_push(sim, EVENT_CLASS_NODE_SCALING, &event, err);
}

int node_scaling_plan_due(struct sim *sim, struct err *err)
{
    struct node_scaling *scaling = &sim->scaling;
    if (scaling->is_planned || sim->now_us >= sim->end_us)
        return 0;
    scaling->is_planned = true;
    return plan_at(sim, sim->now_us, err);
}

/* ---- asking for a node ---- */

static bool draw(struct rng *rng, double probability)
{
    return rng_uniform(rng) < probability;
}

static bool is_out_of_stock(const struct sim *sim, struct node_group group, struct rng *rng)
{
    const struct scaling_def *def = scaling_of(sim, group.pool);
    bool of_spot = scenario_type_is_spot(sim->scenario, group.type);
    bool is_out = draw(rng, of_spot ? def->spot_stock_out : def->stock_out);
    for (int32_t i = 0; i < def->stock_out_count; i++) {
        const struct stock_out *out = &def->stock_outs[i];
        is_out |= out->from_us <= sim->now_us && sim->now_us < out->until_us &&
                  (of_spot ? out->of_spot : out->of_on_demand);
    }
    return is_out;
}

bool node_may_launch(const struct sim *sim, int32_t group)
{
    int32_t pool = sim->sched.fleet.groups[group].pool;
    return scaling_of(sim, pool) && sim->sched.fleet.pools[pool].is_schedulable &&
           sim->pools[pool].existing_count < sim->scenario->pools[pool].max_instances &&
           sim->scaling.out_until_us[group] <= sim->now_us;
}

/* The type is not asked for in this pool for a while. */
static int hold_off(struct sim *sim, int32_t group, struct err *err)
{
    int32_t pool = sim->sched.fleet.groups[group].pool;
    int64_t until_us = sim->now_us + scaling_of(sim, pool)->retry_after_us;
    sim->scaling.out_until_us[group] = until_us;
    return plan_at(sim, until_us, err);
}

static int keep_launch(struct sim *sim, const struct launch *launch, struct err *err)
{
    struct node_scaling *scaling = &sim->scaling;
    if (array_reserve(&scaling->launches, &scaling->launch_capacity,
                      scaling->launch_count + INT64_C(1), sizeof *scaling->launches, err) ||
        array_reserve(&scaling->coming, &scaling->coming_capacity,
                      scaling->coming_count + INT64_C(1), sizeof *scaling->coming, err))
        return -1;
    if (launch->outcome == LAUNCH_COMING)
        scaling->coming[scaling->coming_count++] = scaling->launch_count;
    scaling->launches[scaling->launch_count++] = *launch;
    return 0;
}

static int refuse(struct sim *sim, struct launch *launch, int32_t group, struct err *err)
{
    struct record record = record_of(RECORD_OUT_OF_STOCK);
    record.node = launch->pool;
    record.runner = launch->runner;
    launch->outcome = LAUNCH_OUT_OF_STOCK;
    launch->ended_us = sim->now_us;
    return keep_launch(sim, launch, err) || sim_emit(sim, &record, err) || hold_off(sim, group, err)
               ? -1
               : 0;
}

/* A node of the next zone in turn; of those where spot nodes are to be had. False: nowhere. */
static bool next_node(const struct sim *sim, struct node_group group, int32_t number,
                      struct node_def *out)
{
    const struct scaling_def *def = scaling_of(sim, group.pool);
    int32_t turns = def->zone_count > 0 ? def->zone_count : 1;
    for (int32_t i = 0; i < turns; i++) {
        *out = (struct node_def){
            .zone = def->zone_count > 0 ? def->zones[((int64_t)number + i) % turns] : NULL,
            .pool = group.pool,
            .type = group.type,
            .ordinal = sim->pools[group.pool].next_ordinal,
        };
        if (spot_capacity_allows(sim, out))
            return true;
    }
    return false;
}

/* When it will be there. */
struct coming_times {
    int64_t provision_us, boot_us;
};

static int plan_coming(struct sim *sim, int32_t node, const struct coming_times *times,
                       struct err *err)
{
    struct event boots = {
        .time_us = sim->now_us + times->provision_us,
        .kind = ACTION_NODE_BOOTS,
        .subject = node,
    };
    struct event comes = {
        .time_us = sim->now_us + times->provision_us + times->boot_us,
        .kind = ACTION_NODE_COMES,
        .subject = node,
    };
    if (times->boot_us > 0 && sim_push(sim, EVENT_CLASS_NODE_READY, &boots, err))
        return -1;
    return sim_push(sim, EVENT_CLASS_NODE_READY, &comes, err);
}

static int add_coming(struct sim *sim, struct launch *launch, const struct node_def *added,
                      const struct coming_times *times, struct err *err)
{
    struct record record = record_of(RECORD_NODE_LAUNCHED);
    record.runner = launch->runner;
    record.count = launch->replica_count;
    if (sim_build_node(sim, added, NODE_COMING, &launch->node, err) ||
        keep_launch(sim, launch, err))
        return -1;
    record.node = launch->node;
    if (sim_emit(sim, &record, err))
        return -1;
    return plan_coming(sim, launch->node, times, err);
}

int node_launch(struct sim *sim, const struct launch_request *request, bool *is_launched,
                struct err *err)
{
    struct node_group group = sim->sched.fleet.groups[request->group];
    const struct scaling_def *def = scaling_of(sim, group.pool);
    const struct dist *dists = sim->scenario->dists;
    int32_t number = sim->pools[group.pool].launch_count++;
    uint64_t index = rng_pair(group.pool, number);
    struct rng rng = rng_stream(sim->seed, "launch", index);
    struct coming_times times = {
        .provision_us = dist_sample_us(&dists[def->provision_delay], &rng),
    };
    times.boot_us = dist_sample_us(&dists[def->boot], &rng);
    struct node_def added;
    bool has_none = is_out_of_stock(sim, group, &rng);
    has_none |= !next_node(sim, group, number, &added);
    struct launch launch = {
        .asked_us = sim->now_us,
        .ended_us = TIME_NEVER,
        .pool = group.pool,
        .type = group.type,
        .node = NO_INDEX,
        .runner = request->runner,
        .replica_count = request->replica_count,
        .reason = request->reason,
        .will_fail = draw(&rng, def->provision_failure),
    };
    assert(node_may_launch(sim, request->group));
    *is_launched = !has_none;
    if (has_none)
        return refuse(sim, &launch, request->group, err);
    return add_coming(sim, &launch, &added, &times, err);
}

/* ---- it comes, or does not ---- */

/* Launches that are coming, without those that were removed meanwhile. */
void node_scaling_settle(struct sim *sim)
{
    struct node_scaling *scaling = &sim->scaling;
    int32_t kept = 0;
    for (int32_t i = 0; i < scaling->coming_count; i++) {
        struct launch *launch = &scaling->launches[scaling->coming[i]];
        if (launch->outcome == LAUNCH_COMING &&
            sim->sched.fleet.nodes[launch->node].state == NODE_REMOVED) {
            launch->outcome = LAUNCH_WITHDRAWN;
            launch->ended_us = sim->nodes[launch->node].removed_us;
        }
        if (launch->outcome == LAUNCH_COMING)
            scaling->coming[kept++] = scaling->coming[i];
    }
    scaling->coming_count = kept;
}

static struct launch *launch_of(struct sim *sim, int32_t node)
{
    struct node_scaling *scaling = &sim->scaling;
    for (int32_t i = 0; i < scaling->coming_count; i++)
        if (scaling->launches[scaling->coming[i]].node == node)
            return &scaling->launches[scaling->coming[i]];
    assert(false);
    return NULL;
}

/* It did not get ready. */
static int give_back(struct sim *sim, int32_t node, struct err *err)
{
    struct record record = record_of(RECORD_LAUNCH_FAILED);
    record.node = node;
    if (sim_emit(sim, &record, err) || hold_off(sim, sim->sched.fleet.nodes[node].group, err))
        return -1;
    return node_remove(sim, node, 0, err);
}

int node_comes(struct sim *sim, int32_t node, struct err *err)
{
    struct launch *launch = launch_of(sim, node);
    bool replaces = launch->reason == LAUNCH_FOR_REPLACEMENT;
    bool has_come = !launch->will_fail;
    launch->ended_us = sim->now_us;
    launch->outcome = has_come ? LAUNCH_READY : LAUNCH_FAILED;
    if (has_come ? node_open(sim, node, err) : give_back(sim, node, err))
        return -1;
    return replaces ? consolidation_replaced(sim, node, has_come, err) : 0;
}

/* ---- minima, warm nodes, empty nodes ---- */

static int32_t clamp(int64_t value, int32_t low, int32_t high)
{
    if (value > high)
        return high;
    return value < low ? low : (int32_t)value;
}

int32_t node_scaling_target(const struct sim *sim, int32_t pool)
{
    const struct pool_def *def = &sim->scenario->pools[pool];
    const struct sim_pool *it = &sim->pools[pool];
    int64_t busy = (int64_t)it->ready_count - it->idle_count + sim->scaling.expected_busy[pool];
    return clamp(busy + def->warm_instances, def->min_instances, def->max_instances);
}

/* The type of a node that no demand asks for; NO_INDEX: none is to be had. Spot ones first, where
 * they are preferred. */
static int type_to_fill_up(struct sim *sim, int32_t pool, int32_t *group, struct err *err)
{
    const struct pool_def *def = &sim->scenario->pools[pool];
    struct fleet *fleet = &sim->sched.fleet;
    const struct node_type *best = NULL;
    *group = NO_INDEX;
    for (int32_t i = 0; i < def->launch_type_count; i++) {
        struct node_group key = {.pool = pool, .type = def->launch_types[i]};
        const struct node_type *type = &fleet->types[key.type];
        int32_t number;
        if (best && i == def->spot_launch_count)
            break;
        if (fleet_group(fleet, key, &number, err))
            return -1;
        bool is_cheaper = !best || (type->has_price &&
                                    (!best->has_price || type->price_micro < best->price_micro));
        if (!node_may_launch(sim, number) ||
            (best && (def->scaling->expander != EXPANDER_CHEAPEST || !is_cheaper)))
            continue;
        best = type;
        *group = number;
    }
    return 0;
}

static int fill_up(struct sim *sim, int32_t pool, struct err *err)
{
    const struct pool_def *def = &sim->scenario->pools[pool];
    const struct sim_pool *it = &sim->pools[pool];
    int32_t target = node_scaling_target(sim, pool);
    while (it->ready_count + it->coming_count < target) {
        struct launch_request request = {.runner = NO_INDEX};
        bool is_below_min = it->ready_count + it->coming_count < def->min_instances;
        bool is_launched;
        request.reason = is_below_min ? LAUNCH_FOR_MIN : LAUNCH_FOR_WARM;
        if (type_to_fill_up(sim, pool, &request.group, err))
            return -1;
        if (request.group == NO_INDEX)
            return 0;
        if (node_launch(sim, &request, &is_launched, err))
            return -1;
    }
    return 0;
}

/* The ready node that has been empty longest; NO_INDEX: none is empty. */
static int32_t longest_idle(const struct sim *sim, int32_t pool)
{
    int32_t best = NO_INDEX;
    for (int32_t i = sim->pools[pool].first_node; i != NO_INDEX; i = sim->nodes[i].next_in_pool) {
        if (sim->nodes[i].idle_since_us == TIME_NEVER ||
            sim->sched.fleet.nodes[i].occupant_count > 0)
            continue;
        if (best == NO_INDEX || sim->nodes[i].idle_since_us <= sim->nodes[best].idle_since_us)
            best = i;
    }
    return best;
}

static int remove_idle(struct sim *sim, int32_t pool, struct err *err)
{
    struct sim_pool *it = &sim->pools[pool];
    const struct scaling_def *def = scaling_of(sim, pool);
    int32_t target = node_scaling_target(sim, pool);
    while (it->ready_count + it->coming_count > target && it->idle_count > 0 &&
           it->idle_check_us <= sim->now_us) {
        int32_t node = longest_idle(sim, pool);
        if (node == NO_INDEX)
            return 0;
        int64_t due_us = sim->nodes[node].idle_since_us + def->idle_timeout_us;
        if (due_us > sim->now_us) {
            it->idle_check_us = due_us;
            return plan_at(sim, due_us, err);
        }
        sim->scaling.removed_idle_count++;
        if (node_remove(sim, node, 0, err))
            return -1;
    }
    return 0;
}

int node_scaling_run(struct sim *sim, struct err *err)
{
    sim->scaling.is_planned = false;
    sim->scaling.is_due = false;
    sim->consolidations.is_due = true; /* what was out of stock may be had again */
    node_scaling_settle(sim);
    if (scale_up(sim, err))
        return -1;
    sim->scaling.is_due |= sim->scaling.is_interrupted;
    if (sim->scaling.is_interrupted)
        return 0;
    for (int32_t i = 0; i < sim->scenario->pool_count; i++)
        if (scaling_of(sim, i) && sim->sched.fleet.pools[i].is_schedulable &&
            (fill_up(sim, i, err) || remove_idle(sim, i, err)))
            return -1;
    return 0;
}
