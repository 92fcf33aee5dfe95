/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/consolidation.h"

#include <stdlib.h>

#include "base/array.h"
#include "sim/engine.h"

/* When pools are looked at, what is tried, and what becomes of it. Looks at which nothing can have
 * changed are left out: one is planned after each event, and where a node will then be quiet for
 * long enough. */

static const struct scaling_def *rule_of(const struct sim *sim, int32_t pool)
{
    const struct scaling_def *def = sim->scenario->pools[pool].scaling;
    return def && def->consolidation != CONSOLIDATION_OFF ? def : NULL;
}

/* ---- build ---- */

int consolidation_build(struct sim *sim, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    int32_t count = sim->scenario->pool_count;
    all->planned_us = TIME_NEVER;
    for (int32_t i = 0; i < count; i++)
        all->is_enabled |= rule_of(sim, i) != NULL;
    if (!all->is_enabled)
        return 0;
    if (array_reserve(&all->current, &all->pool_capacity, count, sizeof *all->current, err))
        return -1;
    for (int32_t i = 0; i < count; i++)
        all->current[i] = NO_INDEX;
    all->is_due = true;
    return 0;
}

void consolidation_release(struct sim *sim)
{
    struct consolidations *all = &sim->consolidations;
    free(all->items);
    free(all->nodes);
    free(all->current);
    free(all->candidates);
    free(all->ordered);
    free(all->movers);
    free(all->places);
    free(all->rooms);
    free(all->first_fit);
}

/* ---- planning ---- */

static int push(struct sim *sim, int64_t time_us, int32_t item, struct err *err)
{
    struct event event = {.time_us = time_us, .kind = ACTION_CONSOLIDATE, .subject = item};
    return sim_push(sim, EVENT_CLASS_NODE_SCALING, &event, err);
}

/* The first look at or after this instant. */
static int plan_look(struct sim *sim, int64_t not_before_us, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    int64_t number = (not_before_us + CONSOLIDATION_LOOK_US - 1) / CONSOLIDATION_LOOK_US;
    int64_t look_us = number * CONSOLIDATION_LOOK_US;
    if (look_us >= all->planned_us)
        return 0;
    all->planned_us = look_us;
    return push(sim, look_us, NO_INDEX, err);
}

int consolidation_plan_due(struct sim *sim, struct err *err)
{
    sim->consolidations.is_due = false;
    return plan_look(sim, sim->now_us, err);
}

/* ---- how many ---- */

static int32_t budget_of(const struct sim *sim, int32_t pool)
{
    const struct scaling_def *def = rule_of(sim, pool);
    const struct sim_pool *it = &sim->pools[pool];
    int64_t come = it->existing_count - it->coming_count;
    int64_t away = come - it->ready_count;
    int64_t most = def->budget_is_percent ? (come * def->budget + 99) / 100 : def->budget;
    return most > away ? (int32_t)(most - away) : 0;
}

/* The pool without these nodes, and with that which replaces them, has its minimum. */
static bool keeps_minimum(const struct sim *sim, int32_t pool, int32_t removed, bool is_replaced)
{
    const struct sim_pool *it = &sim->pools[pool];
    return it->ready_count + it->coming_count - removed + is_replaced >=
           sim->scenario->pools[pool].min_instances;
}

/* ---- candidates ---- */

static bool is_quiet(const struct sim *sim, int32_t node)
{
    const struct scaling_def *def = rule_of(sim, sim->nodes[node].def.pool);
    return sim->nodes[node].quiet_since_us + def->consolidate_after_us <= sim->now_us;
}

static bool may_all_move(const struct sim *sim, int32_t node)
{
    for (int32_t i = sim->sched.fleet.nodes[node].first_replica; i != NO_INDEX;
         i = sim->sched.replicas[i].next_on_node)
        if (sim->sched.replicas[i].state == REPLICA_NOMINATED ||
            sim->runners[sim->sched.replicas[i].runner].def->must_stay)
            return false;
    return true;
}

/* A node in this state, quiet or not yet. */
static bool may_go(const struct sim *sim, int32_t node, enum node_state state)
{
    return sim->sched.fleet.nodes[node].state == state && !sim->nodes[node].is_leaving &&
           sim->nodes[node].replica_count > 0 &&
           fleet_type_of(&sim->sched.fleet, node)->has_price && may_all_move(sim, node);
}

static bool may_go_empty(const struct sim *sim, int32_t node)
{
    return sim->nodes[node].idle_since_us != TIME_NEVER &&
           sim->sched.fleet.nodes[node].occupant_count == 0;
}

static int64_t disruption_of(const struct sim *sim, int32_t node)
{
    int64_t sum = 1;
    for (int32_t i = sim->sched.fleet.nodes[node].first_replica; i != NO_INDEX;
         i = sim->sched.replicas[i].next_on_node)
        if (sim->sched.replicas[i].state != REPLICA_TERMINATING)
            sum += sim->sched.runners[sim->sched.replicas[i].runner].priority + 1;
    return sum;
}

/* Dearest for each unit of disruption first; empty nodes, which cost none, the longest empty. */
static int compare_candidates(const void *left, const void *right)
{
    const struct consolidation_candidate *a = left;
    const struct consolidation_candidate *b = right;
    int128 of_a = (int128)a->price_micro * b->disruption;
    int128 of_b = (int128)b->price_micro * a->disruption;
    if (of_a != of_b)
        return of_a > of_b ? -1 : 1;
    if (a->idle_since_us != b->idle_since_us)
        return a->idle_since_us < b->idle_since_us ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static int add_candidate(struct sim *sim, int32_t node, bool is_empty, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    if (array_reserve(&all->candidates, &all->candidate_capacity, all->candidate_count + INT64_C(1),
                      sizeof *all->candidates, err))
        return -1;
    struct consolidation_candidate *added = &all->candidates[all->candidate_count++];
    *added = (struct consolidation_candidate){.node = node, .disruption = 1};
    if (is_empty) {
        added->idle_since_us = sim->nodes[node].idle_since_us;
        return 0;
    }
    added->price_micro = fleet_type_of(&sim->sched.fleet, node)->price_micro;
    added->disruption = disruption_of(sim, node);
    return 0;
}

/* The candidates of a pool in their order, as a list of nodes. Where some will be quiet later only,
 * a look is planned for then. */
static int gather_candidates(struct sim *sim, int32_t pool, bool are_empty, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    const struct scaling_def *def = rule_of(sim, pool);
    all->candidate_count = 0;
    for (int32_t i = sim->pools[pool].first_node; i != NO_INDEX; i = sim->nodes[i].next_in_pool) {
        if (are_empty ? !may_go_empty(sim, i) : !may_go(sim, i, NODE_READY))
            continue;
        int64_t quiet_at_us = sim->nodes[i].quiet_since_us + def->consolidate_after_us;
        if (quiet_at_us > sim->now_us ? plan_look(sim, quiet_at_us, err)
                                      : add_candidate(sim, i, are_empty, err))
            return -1;
    }
    if (all->candidate_count == 0)
        return 0;
    qsort(all->candidates, (size_t)all->candidate_count, sizeof *all->candidates,
          compare_candidates);
    if (array_reserve(&all->ordered, &all->ordered_capacity, all->candidate_count,
                      sizeof *all->ordered, err))
        return -1;
    for (int32_t i = 0; i < all->candidate_count; i++)
        all->ordered[i] = all->candidates[i].node;
    return 0;
}

/* ---- finding ---- */

struct found {
    int32_t pool, first, count; /* of the ordered candidates */
    enum consolidation_method method;
    struct consolidation_trial trial;
};

static int keep(struct sim *sim, const struct found *found, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    if (array_reserve(&all->items, &all->capacity, all->count + INT64_C(1), sizeof *all->items,
                      err) ||
        array_reserve(&all->nodes, &all->node_capacity, all->node_count + (int64_t)found->count,
                      sizeof *all->nodes, err))
        return -1;
    all->items[all->count] = (struct consolidation){
        .found_us = sim->now_us,
        .ended_us = TIME_NEVER,
        .pool = found->pool,
        .first_node = all->node_count,
        .node_count = found->count,
        .group = found->trial.group,
        .replacement = NO_INDEX,
        .method = found->method,
        .stage = CONSOLIDATION_WAITS,
    };
    for (int32_t i = 0; i < found->count; i++)
        all->nodes[all->node_count++] = all->ordered[found->first + i];
    all->current[found->pool] = all->count;
    return push(sim, sim->now_us + CONSOLIDATION_WAIT_US, all->count++, err);
}

static int try_candidates(struct sim *sim, struct found *found, struct err *err)
{
    struct trial_request request = {
        .nodes = &sim->consolidations.ordered[found->first],
        .count = found->count,
        .pool = found->pool,
        .extra_node = NO_INDEX,
    };
    found->trial = (struct consolidation_trial){.group = NO_INDEX};
    if (!keeps_minimum(sim, found->pool, found->count, true))
        return 0;
    if (consolidation_try(sim, &request, &found->trial, err))
        return -1;
    bool is_replaced = found->trial.group != NO_INDEX;
    found->trial.is_possible &= keeps_minimum(sim, found->pool, found->count, is_replaced);
    return 0;
}

/* As many as are too many. */
static int find_empty(struct sim *sim, int32_t pool, struct found *found, struct err *err)
{
    const struct sim_pool *it = &sim->pools[pool];
    int32_t most = it->ready_count + it->coming_count - node_scaling_target(sim, pool);
    int32_t budget = budget_of(sim, pool);
    *found = (struct found){.pool = pool, .method = CONSOLIDATE_EMPTY, .trial.group = NO_INDEX};
    if (gather_candidates(sim, pool, true, err))
        return -1;
    most = most < budget ? most : budget;
    found->count =
        most < sim->consolidations.candidate_count ? most : sim->consolidations.candidate_count;
    found->trial.is_possible = found->count > 0;
    return 0;
}

/* The longest prefix that is possible, as if all shorter ones were, too. */
static int find_multi(struct sim *sim, int32_t pool, struct found *best, struct err *err)
{
    int32_t least = 2;
    int32_t most = budget_of(sim, pool);
    if (most > CONSOLIDATION_NODES_MAX)
        most = CONSOLIDATION_NODES_MAX;
    if (most > sim->consolidations.candidate_count)
        most = sim->consolidations.candidate_count;
    *best = (struct found){.pool = pool};
    while (least <= most) {
        struct found found = {
            .pool = pool, .count = least + (most - least) / 2, .method = CONSOLIDATE_MULTI};
        if (try_candidates(sim, &found, err))
            return -1;
        if (!found.trial.is_possible) {
            most = found.count - 1;
            continue;
        }
        *best = found;
        least = found.count + 1;
    }
    return 0;
}

static int find_single(struct sim *sim, int32_t pool, struct found *found, struct err *err)
{
    int32_t count = budget_of(sim, pool) > 0 ? sim->consolidations.candidate_count : 0;
    *found = (struct found){.pool = pool};
    for (int32_t i = 0; i < count && !found->trial.is_possible; i++) {
        *found = (struct found){.pool = pool, .first = i, .count = 1, .method = CONSOLIDATE_SINGLE};
        if (try_candidates(sim, found, err))
            return -1;
    }
    return 0;
}

static int find(struct sim *sim, int32_t pool, struct err *err)
{
    struct found found;
    if (find_empty(sim, pool, &found, err))
        return -1;
    if (found.trial.is_possible)
        return keep(sim, &found, err);
    if (rule_of(sim, pool)->consolidation != CONSOLIDATION_UNDERUTILIZED)
        return 0;
    if (gather_candidates(sim, pool, false, err) || find_multi(sim, pool, &found, err) ||
        (!found.trial.is_possible && find_single(sim, pool, &found, err)))
        return -1;
    return found.trial.is_possible ? keep(sim, &found, err) : 0;
}

/* ---- doing it ---- */

static void end(struct sim *sim, struct consolidation *item, enum consolidation_stage stage)
{
    item->stage = stage;
    item->ended_us = sim->now_us;
    sim->consolidations.is_due = true;
}

/* Tells the nodes to go. Those with replicas stay until these have gone. */
static int remove_all(struct sim *sim, int32_t number, int32_t replica_count, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    struct consolidation *item = &all->items[number];
    item->replica_count = replica_count;
    end(sim, item, CONSOLIDATION_DONE);
    for (int32_t i = 0; i < item->node_count; i++)
        if (node_consolidate(sim, all->nodes[item->first_node + i], err))
            return -1;
    return 0;
}

/* Cordoned nodes take demand again. */
static int uncordon_all(struct sim *sim, const struct consolidation *item, struct err *err)
{
    for (int32_t i = 0; i < item->node_count; i++) {
        int32_t node = sim->consolidations.nodes[item->first_node + i];
        if (sim->nodes[node].is_cordoned && !sim->nodes[node].is_leaving &&
            sim->sched.fleet.nodes[node].state != NODE_REMOVED && node_uncordon(sim, node, err))
            return -1;
    }
    return 0;
}

static int give_up(struct sim *sim, int32_t number, enum consolidation_stage stage, struct err *err)
{
    end(sim, &sim->consolidations.items[number], stage);
    return uncordon_all(sim, &sim->consolidations.items[number], err);
}

static bool all_may_go(const struct sim *sim, const struct consolidation *item,
                       enum node_state state)
{
    for (int32_t i = 0; i < item->node_count; i++) {
        int32_t node = sim->consolidations.nodes[item->first_node + i];
        if (!may_go(sim, node, state) || (state == NODE_READY && !is_quiet(sim, node)))
            return false;
    }
    return true;
}

static int replace(struct sim *sim, int32_t number, const struct consolidation_trial *trial,
                   struct err *err)
{
    struct consolidation *item = &sim->consolidations.items[number];
    struct launch_request request = {
        .group = trial->group,
        .runner = NO_INDEX,
        .replica_count = trial->replica_count,
        .reason = LAUNCH_FOR_REPLACEMENT,
    };
    bool is_launched;
    if (node_launch(sim, &request, &is_launched, err))
        return -1;
    item->group = trial->group;
    if (!is_launched)
        return give_up(sim, number, CONSOLIDATION_UNMET, err);
    item->stage = CONSOLIDATION_REPLACES;
    item->replacement = sim->scaling.launches[sim->scaling.launch_count - 1].node;
    for (int32_t i = 0; i < item->node_count; i++)
        if (node_cordon(sim, sim->consolidations.nodes[item->first_node + i], err))
            return -1;
    return 0;
}

static struct trial_request request_of(const struct sim *sim, const struct consolidation *item)
{
    return (struct trial_request){
        .nodes = &sim->consolidations.nodes[item->first_node],
        .count = item->node_count,
        .pool = item->pool,
        .extra_node = item->replacement,
    };
}

/* Of those found empty, the ones that still are, as far as there are too many. */
static int remove_empty(struct sim *sim, int32_t number, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    struct consolidation *item = &all->items[number];
    const struct sim_pool *pool = &sim->pools[item->pool];
    int32_t most = pool->ready_count + pool->coming_count - node_scaling_target(sim, item->pool);
    int32_t budget = budget_of(sim, item->pool);
    int32_t kept = 0;
    most = most < budget ? most : budget;
    for (int32_t i = 0; i < item->node_count && kept < most; i++) {
        int32_t node = all->nodes[item->first_node + i];
        if (may_go_empty(sim, node) && is_quiet(sim, node))
            all->nodes[item->first_node + kept++] = node;
    }
    if (kept == 0)
        return give_up(sim, number, CONSOLIDATION_DROPPED, err);
    item->node_count = kept;
    return remove_all(sim, number, 0, err);
}

/* The wait is over: does it still hold? */
static int confirm(struct sim *sim, int32_t number, struct err *err)
{
    struct consolidation *item = &sim->consolidations.items[number];
    struct trial_request request = request_of(sim, item);
    struct consolidation_trial trial;
    if (!sim->sched.fleet.pools[item->pool].is_schedulable)
        return give_up(sim, number, CONSOLIDATION_DROPPED, err);
    if (item->method == CONSOLIDATE_EMPTY)
        return remove_empty(sim, number, err);
    if (!all_may_go(sim, item, NODE_READY) || budget_of(sim, item->pool) < item->node_count)
        return give_up(sim, number, CONSOLIDATION_DROPPED, err);
    if (consolidation_trials_begin(sim, err) || consolidation_try(sim, &request, &trial, err))
        return -1;
    if (!trial.is_possible ||
        !keeps_minimum(sim, item->pool, item->node_count, trial.group != NO_INDEX))
        return give_up(sim, number, CONSOLIDATION_DROPPED, err);
    if (trial.group != NO_INDEX)
        return replace(sim, number, &trial, err);
    item->group = NO_INDEX;
    return remove_all(sim, number, trial.replica_count, err);
}

int consolidation_replaced(struct sim *sim, int32_t node, bool has_come, struct err *err)
{
    const struct consolidations *all = &sim->consolidations;
    int32_t number = all->current[sim->nodes[node].def.pool];
    if (number == NO_INDEX || all->items[number].replacement != node ||
        all->items[number].stage != CONSOLIDATION_REPLACES)
        return 0;
    if (!has_come)
        return give_up(sim, number, CONSOLIDATION_UNMET, err);
    struct trial_request request = request_of(sim, &all->items[number]);
    struct consolidation_trial trial = {.group = NO_INDEX};
    if (all_may_go(sim, &all->items[number], NODE_DRAINED) &&
        (consolidation_trials_begin(sim, err) || consolidation_try(sim, &request, &trial, err)))
        return -1;
    return trial.is_possible ? remove_all(sim, number, trial.replica_count, err)
                             : give_up(sim, number, CONSOLIDATION_DROPPED, err);
}

/* ---- looking ---- */

/* Is something of the pool still going on? */
static int settle(struct sim *sim, int32_t pool, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    int32_t number = all->current[pool];
    const struct consolidation *item = number == NO_INDEX ? NULL : &all->items[number];
    if (!item || item->stage == CONSOLIDATION_WAITS)
        return 0;
    if (item->stage == CONSOLIDATION_REPLACES) {
        bool is_gone = sim->sched.fleet.nodes[item->replacement].state == NODE_REMOVED;
        return is_gone ? give_up(sim, number, CONSOLIDATION_UNMET, err) : 0;
    }
    bool is_over = true;
    for (int32_t i = 0; item->stage == CONSOLIDATION_DONE && i < item->node_count; i++)
        is_over &= sim->sched.fleet.nodes[all->nodes[item->first_node + i]].state == NODE_REMOVED;
    if (is_over)
        all->current[pool] = NO_INDEX;
    return 0;
}

static int look(struct sim *sim, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    all->planned_us = TIME_NEVER;
    if (consolidation_trials_begin(sim, err))
        return -1;
    for (int32_t i = 0; i < sim->scenario->pool_count; i++) {
        if (!rule_of(sim, i))
            continue;
        if (settle(sim, i, err))
            return -1;
        if (all->current[i] == NO_INDEX && sim->sched.fleet.pools[i].is_schedulable &&
            find(sim, i, err))
            return -1;
    }
    return 0;
}

int consolidation_run(struct sim *sim, int32_t item, struct err *err)
{
    return item == NO_INDEX ? look(sim, err) : confirm(sim, item, err);
}
