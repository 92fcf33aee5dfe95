/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

#include "base/array.h"

/* The life of a node: READY, DRAINED (cordoned or draining), DOWN, REMOVED. The callers see to it
 * that an event meets a node in a state in which it means something. */

static enum node_state state_of(const struct sim *sim, int32_t node)
{
    return sim->sched.fleet.nodes[node].state;
}

static int32_t pool_of(const struct sim *sim, int32_t node)
{
    const struct fleet *fleet = &sim->sched.fleet;
    return fleet->groups[fleet->nodes[node].group].pool;
}

void node_settle(struct sim *sim, int32_t node)
{
    struct sim_node *it = &sim->nodes[node];
    int64_t lasted_us = sim->now_us - it->state_since_us;
    if (state_of(sim, node) == NODE_DOWN)
        it->down_us += lasted_us;
    if (state_of(sim, node) == NODE_DRAINED)
        it->drained_us += lasted_us;
    if (state_of(sim, node) == NODE_COMING)
        it->coming_us += lasted_us;
    it->state_since_us = sim->now_us;
}

/* The phase of a node that exists; of a ready one, replicas or none. */
static enum node_phase phase_of(const struct sim *sim, int32_t node)
{
    switch (state_of(sim, node)) {
    case NODE_COMING:
        return sim->nodes[node].is_booting ? PHASE_BOOTING : PHASE_COMING;
    case NODE_DRAINED:
        return PHASE_DRAINING;
    case NODE_DOWN:
        return PHASE_FAILED;
    case NODE_READY:
    case NODE_REMOVED:
        break;
    }
    return PHASE_USED;
}

/* The node enters (or leaves) the phase. */
static struct phase_delta delta_of(const struct sim *sim, int32_t node, enum node_phase phase,
                                   int32_t by)
{
    const struct node_type *type = fleet_type_of(&sim->sched.fleet, node);
    return (struct phase_delta){
        .phase = phase,
        .nodes = by,
        .unpriced_nodes = type->has_price ? 0 : by,
        .price = type->has_price ? by * type->price_micro : 0,
    };
}

/* What of the pool's empty nodes is warm. */
static struct phase_delta warm_of(const struct sim *sim, int32_t pool)
{
    const struct pool_def *def = &sim->scenario->pools[pool];
    const struct sim_pool *it = &sim->pools[pool];
    int64_t idle = it->idle_count;
    int64_t warm = def->warm_instances < idle ? def->warm_instances : idle;
    if (warm == 0)
        return (struct phase_delta){.phase = PHASE_WARM};
    return (struct phase_delta){
        .phase = PHASE_WARM,
        .nodes = warm,
        .unpriced_nodes = it->idle_unpriced * warm / idle,
        .price = (int64_t)((int128)it->idle_price * warm / idle),
    };
}

/* What is warm of the pool now enters its phase, or leaves it. */
static void count_warm(struct sim *sim, int32_t pool, int64_t by)
{
    struct phase_delta warm = warm_of(sim, pool);
    warm.nodes *= by;
    warm.unpriced_nodes *= by;
    warm.price *= by;
    metrics_add_phase(&sim->metrics, &warm, sim->now_us);
}

static void count_phase(struct sim *sim, int32_t node, int32_t by)
{
    const struct phase_delta one = delta_of(sim, node, phase_of(sim, node), by);
    metrics_add_phase(&sim->metrics, &one, sim->now_us);
}

/* One empty node of the pool more or less. */
static void count_idle(struct sim *sim, int32_t node, int32_t by)
{
    struct sim_pool *pool = &sim->pools[pool_of(sim, node)];
    const struct phase_delta one = delta_of(sim, node, PHASE_EMPTY, by);
    pool->idle_count += by;
    pool->idle_unpriced += (int32_t)one.unpriced_nodes;
    pool->idle_price += one.price;
    sim->nodes[node].idle_since_us = by > 0 ? sim->now_us : TIME_NEVER;
    metrics_add_phase(&sim->metrics, &one, sim->now_us);
}

void node_count_in_pool(struct sim *sim, int32_t node, int32_t by)
{
    int32_t number = pool_of(sim, node);
    struct sim_pool *pool = &sim->pools[number];
    enum node_state state = state_of(sim, node);
    bool is_scaled = sim->scenario->pools[number].scaling != NULL;
    if (is_scaled)
        count_warm(sim, number, -1);
    pool->existing_count += state == NODE_REMOVED ? 0 : by;
    pool->ready_count += state == NODE_READY ? by : 0;
    pool->coming_count += state == NODE_COMING ? by : 0;
    if (state == NODE_READY && sim->nodes[node].replica_count == 0)
        count_idle(sim, node, by);
    if (state != NODE_REMOVED)
        count_phase(sim, node, by);
    if (!is_scaled)
        return;
    count_warm(sim, number, 1);
    sim->scaling.is_due = true;
}

/* It stays in its state, so that only a ready one is an empty one more or less. */
void node_turns_empty(struct sim *sim, int32_t node, bool is_empty)
{
    int32_t pool = pool_of(sim, node);
    bool is_scaled = sim->scenario->pools[pool].scaling != NULL;
    sim->scaling.is_due |= is_scaled;
    if (state_of(sim, node) != NODE_READY)
        return;
    if (is_scaled)
        count_warm(sim, pool, -1);
    count_idle(sim, node, is_empty ? 1 : -1);
    if (is_scaled)
        count_warm(sim, pool, 1);
}

static bool is_counted(enum node_state state)
{
    return state == NODE_READY || state == NODE_DRAINED;
}

static void set_state(struct sim *sim, int32_t node, enum node_state state)
{
    enum node_state before = state_of(sim, node);
    node_settle(sim, node);
    node_count_in_pool(sim, node, -1);
    sim_cancel(sim, &sim->nodes[node].plans);
    sim->nodes[node].quiet_since_us = sim->now_us;
    occupancy_count_node(sim, node, is_counted(state) - is_counted(before),
                         state == NODE_REMOVED ? -1 : 0);
    sched_set_node_state(&sim->sched, node, state);
    node_count_in_pool(sim, node, 1);
}

static int emit(struct sim *sim, enum record_kind kind, int32_t node, struct err *err)
{
    struct record record = record_of(kind);
    record.node = node;
    return sim_emit(sim, &record, err);
}

/* Nominated demands do not go to a node that takes no more. Leaves the node's list in sim->picks.
 */
static int turn_nominees_away(struct sim *sim, int32_t node, struct err *err)
{
    if (picks_of_node(sim, node, err))
        return -1;
    for (int32_t i = 0; i < sim->pick_count; i++)
        if (sim->sched.replicas[sim->picks[i].replica].state == REPLICA_NOMINATED &&
            replica_unnominate(sim, sim->picks[i].replica, err))
            return -1;
    return picks_of_node(sim, node, err);
}

int node_cordon(struct sim *sim, int32_t node, struct err *err)
{
    assert(state_of(sim, node) == NODE_READY);
    sim->nodes[node].is_cordoned = true;
    set_state(sim, node, NODE_DRAINED);
    if (emit(sim, RECORD_NODE_CORDONED, node, err))
        return -1;
    return turn_nominees_away(sim, node, err);
}

static int drain(struct sim *sim, int32_t node, const struct farewell *terms, struct err *err)
{
    assert(is_counted(state_of(sim, node)));
    sim->nodes[node].is_cordoned = true;
    if (state_of(sim, node) == NODE_READY)
        set_state(sim, node, NODE_DRAINED);
    if (emit(sim, RECORD_NODE_DRAINING, node, err) || turn_nominees_away(sim, node, err))
        return -1;
    for (int32_t i = 0; i < sim->pick_count; i++) {
        struct farewell farewell = *terms;
        farewell.replica = sim->picks[i].replica;
        if (sim->sched.replicas[farewell.replica].state != REPLICA_TERMINATING &&
            replica_drain(sim, &farewell, err))
            return -1;
    }
    return 0;
}

int node_drain(struct sim *sim, int32_t node, int64_t grace_us, struct err *err)
{
    struct farewell terms = {
        .cause = GONE_DRAINED,
        .grace_us = grace_us,
    };
    return drain(sim, node, &terms, err);
}

int node_upgrade(struct sim *sim, int32_t node, int64_t grace_us, struct err *err)
{
    struct farewell terms = {
        .cause = GONE_UPGRADED,
        .grace_us = grace_us,
    };
    return drain(sim, node, &terms, err);
}

/* Back in service, or back but cordoned as before. */
static int open(struct sim *sim, int32_t node, struct err *err)
{
    bool is_cordoned = sim->nodes[node].is_cordoned;
    set_state(sim, node, is_cordoned ? NODE_DRAINED : NODE_READY);
    if (emit(sim, is_cordoned ? RECORD_NODE_CORDONED : RECORD_NODE_READY, node, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

int node_uncordon(struct sim *sim, int32_t node, struct err *err)
{
    assert(sim->nodes[node].is_cordoned);
    sim->nodes[node].is_cordoned = false;
    return state_of(sim, node) == NODE_DRAINED ? open(sim, node, err) : 0;
}

int node_repair(struct sim *sim, int32_t node, struct err *err)
{
    assert(state_of(sim, node) == NODE_DOWN);
    sim->failures[sim->nodes[node].last_failure].end_us = sim->now_us;
    return open(sim, node, err);
}

int node_open(struct sim *sim, int32_t node, struct err *err)
{
    assert(state_of(sim, node) == NODE_COMING);
    return open(sim, node, err) || outages_node_added(sim, node, err) ? -1 : 0;
}

void node_boots(struct sim *sim, int32_t node)
{
    assert(state_of(sim, node) == NODE_COMING);
    node_count_in_pool(sim, node, -1);
    sim->nodes[node].is_booting = true;
    node_count_in_pool(sim, node, 1);
}

int node_is_free(struct sim *sim, int32_t node, struct err *err)
{
    struct sim_node *it = &sim->nodes[node];
    assert(it->replica_count == 0);
    if (upgrade_node_empty(sim, node, err))
        return -1;
    if (!it->is_leaving)
        return 0;
    set_state(sim, node, NODE_REMOVED);
    it->removed_us = sim->now_us;
    it->is_leaving = false;
    return emit(sim, RECORD_NODE_REMOVED, node, err);
}

int node_remove(struct sim *sim, int32_t node, int64_t grace_us, struct err *err)
{
    sim->nodes[node].is_leaving = true;
    if (is_counted(state_of(sim, node)) && node_drain(sim, node, grace_us, err))
        return -1;
    return node_vacated(sim, node, err);
}

int node_consolidate(struct sim *sim, int32_t node, struct err *err)
{
    struct farewell terms = {.cause = GONE_CONSOLIDATED, .grace_us = TIME_NEVER};
    if (!is_counted(state_of(sim, node)) || sim->nodes[node].is_leaving)
        return 0;
    sim->nodes[node].is_leaving = true;
    return drain(sim, node, &terms, err) || node_vacated(sim, node, err) ? -1 : 0;
}

int64_t node_draw_repair(const struct sim *sim, int32_t node, int32_t repair_after)
{
    if (repair_after == NO_INDEX)
        return TIME_NEVER;
    int32_t number = sim->nodes[node].failure_count + 1;
    struct rng rng = rng_stream(sim->seed, "repair", rng_pair(node, number));
    return sim->now_us + dist_sample_us(&sim->scenario->dists[repair_after], &rng);
}

static int plan_repair(struct sim *sim, int32_t node, int64_t repair_at_us, struct err *err)
{
    sim->nodes[node].repair_at_us = repair_at_us;
    if (repair_at_us == TIME_NEVER)
        return 0;
    struct event event = {
        .time_us = repair_at_us,
        .kind = ACTION_NODE_REPAIRED,
        .subject = node,
    };
    return sim_push(sim, EVENT_CLASS_NODE_READY, &event, err);
}

static int log_failure(struct sim *sim, int32_t node, int32_t failure, struct err *err)
{
    if (array_reserve(&sim->failures, &sim->failure_capacity, sim->failure_count + INT64_C(1),
                      sizeof *sim->failures, err))
        return -1;
    sim->nodes[node].last_failure = sim->failure_count;
    sim->failures[sim->failure_count++] = (struct node_failure){
        .time_us = sim->now_us,
        .end_us = TIME_NEVER,
        .work_lost_us = -sim->nodes[node].work_lost_us,
        .node = node,
        .failure = failure,
        .lost_count = sim->nodes[node].replica_count,
    };
    return 0;
}

int node_fail(struct sim *sim, const struct node_failing *failing, struct err *err)
{
    int32_t node = failing->node;
    assert(is_counted(state_of(sim, node)));
    struct sim_node *it = &sim->nodes[node];
    if (log_failure(sim, node, failing->failure, err))
        return -1;
    it->failure_count++;
    sim->metrics.node_failures++;
    if (emit(sim, RECORD_NODE_FAILED, node, err) || turn_nominees_away(sim, node, err))
        return -1;
    for (int32_t i = 0; i < sim->pick_count; i++)
        if (replica_lost(sim, sim->picks[i].replica, err))
            return -1;
    sim->failures[it->last_failure].work_lost_us += it->work_lost_us;
    set_state(sim, node, NODE_DOWN);
    if (upgrade_node_empty(sim, node, err))
        return -1;
    if (it->is_leaving)
        return node_vacated(sim, node, err);
    return plan_repair(sim, node, failing->repair_at_us, err);
}

int node_stay_down(struct sim *sim, int32_t node, int64_t repair_at_us, struct err *err)
{
    struct sim_node *it = &sim->nodes[node];
    assert(state_of(sim, node) == NODE_DOWN);
    if (repair_at_us <= it->repair_at_us)
        return 0;
    sim_cancel(sim, &it->plans);
    return plan_repair(sim, node, repair_at_us, err);
}

static int64_t notice_of(const struct sim *sim, int32_t failure)
{
    const struct scenario *scenario = sim->scenario;
    if (failure < scenario->failure_count)
        return scenario->failures[failure].notice_us;
    return scenario->spot_capacities[failure - scenario->failure_count].notice_us;
}

int node_reclaim(struct sim *sim, const struct node_failing *failing, struct err *err)
{
    int32_t node = failing->node;
    struct farewell terms = {
        .cause = GONE_RECLAIMED,
        .grace_us = TIME_NEVER,
        .grace_us_max = notice_of(sim, failing->failure),
        .is_limited = true,
    };
    struct event over = {
        .time_us = sim->now_us + terms.grace_us_max,
        .kind = ACTION_NODE_RECLAIMED,
        .subject = node,
    };
    struct event replaced = {
        .time_us = failing->repair_at_us,
        .kind = ACTION_NODE_REPLACED,
        .subject = node,
    };
    sim->nodes[node].is_leaving = true;
    sim->nodes[node].reclaimed_by = failing->failure;
    sim->metrics.node_reclaims++;
    if ((is_counted(state_of(sim, node)) && drain(sim, node, &terms, err)) ||
        node_vacated(sim, node, err))
        return -1;
    if (state_of(sim, node) != NODE_REMOVED && sim_push(sim, EVENT_CLASS_NODE_LOST, &over, err))
        return -1;
    if (failing->repair_at_us == TIME_NEVER)
        return 0;
    return sim_push(sim, EVENT_CLASS_NODE_READY, &replaced, err);
}

int node_reclaimed(struct sim *sim, int32_t node, struct err *err)
{
    struct node_failing failing = {
        .node = node, .failure = sim->nodes[node].reclaimed_by, .repair_at_us = TIME_NEVER};
    return node_fail(sim, &failing, err);
}

int node_replace(struct sim *sim, int32_t node, struct err *err)
{
    const struct node_def *gone = &sim->nodes[node].def;
    if (sim->scenario->pools[gone->pool].scaling)
        return 0;
    struct event_def like = {
        .pool = gone->pool, .type = gone->type, .zone = gone->zone, .count = 1};
    return node_add(sim, &like, err);
}

int node_add(struct sim *sim, const struct event_def *def, struct err *err)
{
    for (int32_t i = 0; i < def->count; i++) {
        struct node_def added = {
            .zone = def->zone,
            .pool = def->pool,
            .type = def->type,
            .ordinal = sim->pools[def->pool].next_ordinal,
        };
        int32_t node;
        if (sim_build_node(sim, &added, NODE_READY, &node, err) ||
            emit(sim, RECORD_NODE_ADDED, node, err) || outages_node_added(sim, node, err))
            return -1;
    }
    sim_plan_pass(sim);
    return 0;
}

int pool_set_schedulable(struct sim *sim, int32_t pool, bool is_schedulable, bool *had_effect,
                         struct err *err)
{
    *had_effect = sim->sched.fleet.pools[pool].is_schedulable != is_schedulable;
    if (!*had_effect)
        return 0;
    struct record record = record_of(RECORD_POOL_SET);
    record.node = pool;
    record.count = is_schedulable;
    sched_set_pool_schedulable(&sim->sched, pool, is_schedulable);
    if (sim_emit(sim, &record, err))
        return -1;
    if (is_schedulable) {
        sim_plan_pass(sim);
        return 0;
    }
    for (int32_t i = sim->pools[pool].first_node; i != NO_INDEX; i = sim->nodes[i].next_in_pool)
        if (turn_nominees_away(sim, i, err))
            return -1;
    return 0;
}
