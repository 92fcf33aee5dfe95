/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/transitions.h"

#include <assert.h>

#include "base/array.h"
#include "scheduler/waiting.h"

/* Every change of a replica's state, with all that has to change along with it: the counts of its
 * runner, the list of its node, and the room.
 *
 * Example of a reservation. A node has 1000m CPU free and runs victims of 2000m and 1500m; the
 * demand wants 4000m. Nominated, it holds 4000 - (2000 + 1500) = 500m, and 500m stay free for
 * others. The first victim goes: 2000m come, it now holds 4000 - 1500 = 2500m, so all 2000m move
 * into what is held. The second goes: 1500m come and all of them are held: 4000m, the whole
 * request, and still 500m free. */

/* ---- slots ---- */

int replica_new(struct sched *sched, int32_t runner, int64_t asked_at, int32_t *replica,
                struct err *err)
{
    int32_t slot = sched->free_replica;
    if (slot >= 0) {
        sched->free_replica = sched->replicas[slot].next_on_node;
    } else {
        if (array_reserve_on_lines(&sched->replicas, &sched->replica_capacity,
                                   (int64_t)sched->replica_count + 1, sizeof *sched->replicas, err))
            return -1;
        slot = sched->replica_count++;
    }
    sched->replicas[slot] = (struct replica){.asked_at = asked_at,
                                             .running_since = INT64_MAX,
                                             .runner = runner,
                                             .ordinal = sched->runners[runner].next_ordinal,
                                             .node = -1,
                                             .next_on_node = -1,
                                             .next_pending = -1,
                                             .previous_pending = -1,
                                             .queue_position = -1,
                                             .pledged_to = -1};
    sched->runners[runner].next_ordinal++;
    *replica = slot;
    return waiting_add(sched, slot, err);
}

void replica_free(struct sched *sched, int32_t replica)
{
    sched->replicas[replica].state = REPLICA_NONE;
    sched->replicas[replica].next_on_node = sched->free_replica;
    sched->free_replica = replica;
}

/* ---- counts ---- */

void runner_budget_changed(struct sched *sched, int32_t runner, int32_t before)
{
    const struct runner *changed = &sched->runners[runner];
    int32_t after = runner_budget(changed);
    int32_t lower = before < after ? before : after;
    sched->evictable[changed->priority] += after - before;
    if (after > before)
        sched->eviction_version++;
    if (after == before || !sched->options.preemption_enabled ||
        (lower > 0 && lower >= sched->most_of_a_runner))
        return;
    for (int32_t at = changed->first_bound; at >= 0; at = sched->replicas[at].next_pending)
        fleet_touch(&sched->fleet, sched->replicas[at].node);
}

/* Live replicas of a runner by +1 or -1, with its budget. One without a floor may lose them all, so
 * its budget bounds nothing. */
static void runner_change_live(struct sched *sched, int32_t runner, int32_t change)
{
    struct runner *asking = &sched->runners[runner];
    int32_t before = runner_budget(asking);
    asking->live += change;
    assert(asking->live >= 0);
    if (asking->floor > 0) {
        runner_budget_changed(sched, runner, before);
        return;
    }
    sched->evictable[asking->priority] += change;
    if (change > 0)
        sched->eviction_version++;
}

/* ---- the bound replicas of a runner ---- */

/* The list is for preemption alone, and its neighbours are anywhere in memory: without preemption
 * nobody is on it. */
static void join_bound(struct sched *sched, int32_t replica)
{
    if (!sched->options.preemption_enabled)
        return;
    struct runner *owner = &sched->runners[sched->replicas[replica].runner];
    sched->replicas[replica].previous_pending = -1;
    sched->replicas[replica].next_pending = owner->first_bound;
    if (owner->first_bound >= 0)
        sched->replicas[owner->first_bound].previous_pending = replica;
    owner->first_bound = replica;
}

static void leave_bound(struct sched *sched, int32_t replica)
{
    const struct replica *leaving = &sched->replicas[replica];
    struct runner *owner = &sched->runners[leaving->runner];
    if (leaving->previous_pending >= 0)
        sched->replicas[leaving->previous_pending].next_pending = leaving->next_pending;
    else if (owner->first_bound == replica)
        owner->first_bound = leaving->next_pending;
    if (leaving->next_pending >= 0)
        sched->replicas[leaving->next_pending].previous_pending = leaving->previous_pending;
}

/* ---- the list of a node ---- */

static const struct shape *shape_of(const struct sched *sched, int32_t replica)
{
    int32_t runner = sched->replicas[replica].runner;
    return &sched->fleet.shapes->items[sched->runners[runner].shape];
}

struct claim replica_claim(const struct sched *sched, int32_t replica)
{
    return (struct claim){.shape = shape_of(sched, replica),
                          .node = sched->replicas[replica].node,
                          .devices = sched->replicas[replica].devices};
}

static bool is_isolated(const struct shape *shape)
{
    return shape->packing == PACKING_ISOLATED;
}

/* -1 for `previous`: the next one is the first; for `next`: there is none. */
static void set_next(struct sched *sched, struct node *node, int32_t previous, int32_t next)
{
    if (previous >= 0)
        sched->replicas[previous].next_on_node = next;
    else
        node->first_replica = next;
}

static void set_previous(struct sched *sched, int32_t next, int32_t previous)
{
    if (next >= 0)
        sched->replicas[next].previous_on_node = previous;
}

static void enter_node(struct sched *sched, int32_t replica, const struct claim *claim)
{
    struct replica *entering = &sched->replicas[replica];
    struct node *node = &sched->fleet.nodes[claim->node];
    int32_t previous = node->enters_behind;
    int32_t next = previous >= 0 ? sched->replicas[previous].next_on_node : node->first_replica;
    entering->node = claim->node;
    entering->devices = claim->devices;
    entering->previous_on_node = previous;
    entering->next_on_node = next;
    set_next(sched, node, previous, replica);
    set_previous(sched, next, replica);
    node->enters_behind = replica;
    node->occupant_count++;
    node->isolated_count += is_isolated(claim->shape);
}

static void leave_node(struct sched *sched, int32_t replica, const struct claim *claim)
{
    struct replica *leaving = &sched->replicas[replica];
    struct node *node = &sched->fleet.nodes[claim->node];
    set_next(sched, node, leaving->previous_on_node, leaving->next_on_node);
    set_previous(sched, leaving->next_on_node, leaving->previous_on_node);
    node->enters_behind = leaving->previous_on_node;
    node->occupant_count--;
    node->isolated_count -= is_isolated(claim->shape);
    leaving->node = -1;
    leaving->devices = 0;
    leaving->next_on_node = -1;
    leaving->previous_on_node = -1;
}

/* ---- what is held ---- */

static int64_t at_least_0(int64_t value)
{
    return value > 0 ? value : 0;
}

void nominee_held(const struct sched *sched, int32_t nominee, struct room *held)
{
    const struct claim request = replica_claim(sched, nominee);
    const struct node_type *type = fleet_type_of(&sched->fleet, request.node);
    int32_t at = sched->fleet.nodes[request.node].first_replica;
    *held = (struct room){.device_count = type->device_count};
    room_vacate(held, type, &request);
    for (; at >= 0; at = sched->replicas[at].next_on_node) {
        if (!replica_is_pledged_to(&sched->replicas[at], nominee))
            continue;
        const struct claim coming = replica_claim(sched, at);
        room_occupy(held, type, &coming);
    }
    held->cpu_milli = at_least_0(held->cpu_milli);
    held->mem_bytes = at_least_0(held->mem_bytes);
    for (int32_t i = 0; i < held->device_count; i++) {
        held->share_milli[i] = (int32_t)at_least_0(held->share_milli[i]);
        held->device_mem_bytes[i] = at_least_0(held->device_mem_bytes[i]);
    }
}

static int add_ready(struct sched *sched, int32_t nominee, struct err *err)
{
    if (array_reserve(&sched->ready_nominees, &sched->ready_capacity,
                      (int64_t)sched->ready_count + 1, sizeof *sched->ready_nominees, err))
        return -1;
    sched->ready_nominees[sched->ready_count++] = nominee;
    return 0;
}

static void remove_ready(struct sched *sched, int32_t nominee)
{
    int32_t at = 0;
    while (sched->ready_nominees[at] != nominee)
        at++;
    sched->ready_nominees[at] = sched->ready_nominees[--sched->ready_count];
}

/* ---- steps ---- */

static int start(struct sched *sched, int32_t replica, struct err *err)
{
    sched->replicas[replica].state = REPLICA_STARTING;
    join_bound(sched, replica);
    runner_change_live(sched, sched->replicas[replica].runner, 1);
    return waiting_settle(sched, sched->replicas[replica].runner, err);
}

/* A demand that has left the queue takes its seat. */
static int sit_down(struct sched *sched, int32_t replica, const struct seat *seat, struct err *err)
{
    const struct claim claim = {shape_of(sched, replica), seat->node, seat->devices};
    enter_node(sched, replica, &claim);
    fleet_take(&sched->fleet, &claim);
    return start(sched, replica, err);
}

int replica_bind(struct sched *sched, int32_t replica, const struct seat *seat, struct err *err)
{
    sched->replicas[replica].served_class = (uint8_t)sched_class_of(sched, replica);
    waiting_remove(sched, replica);
    return sit_down(sched, replica, seat, err);
}

int replica_bind_head(struct sched *sched, int32_t bucket, const struct seat *seat, struct err *err)
{
    const struct demand_bucket *from = &sched->queue.buckets[bucket];
    int32_t replica = from->heap[0];
    sched->replicas[replica].served_class = (uint8_t)from->key.class;
    waiting_remove_head(sched, bucket);
    return sit_down(sched, replica, seat, err);
}

int replica_bind_nominee(struct sched *sched, int32_t replica, struct err *err)
{
    const struct claim claim = replica_claim(sched, replica);
    assert(sched->replicas[replica].state == REPLICA_NOMINATED);
    assert(sched->replicas[replica].victims_left == 0);
    fleet_use_held(&sched->fleet, &claim);
    sched->replicas[replica].pledged_to = -1;
    sched->runners[sched->replicas[replica].runner].nominated--;
    return start(sched, replica, err);
}

int replica_nominate(struct sched *sched, const struct nomination *nomination, struct err *err)
{
    int32_t nominee = nomination->replica;
    struct room held;
    assert(nomination->victim_count > 0);
    sched->replicas[nominee].served_class = (uint8_t)sched_class_of(sched, nominee);
    waiting_remove(sched, nominee);
    const struct claim claim = {shape_of(sched, nominee), nomination->seat.node,
                                nomination->seat.devices};
    enter_node(sched, nominee, &claim);
    for (int32_t i = 0; i < nomination->victim_count; i++) {
        struct replica *victim = &sched->replicas[nomination->victims[i]];
        assert(victim->state == REPLICA_TERMINATING && victim->pledged_to < 0);
        assert(victim->node == nomination->seat.node);
        victim->pledged_to = nominee;
    }
    sched->replicas[nominee].state = REPLICA_NOMINATED;
    sched->replicas[nominee].victims_left = nomination->victim_count;
    sched->runners[sched->replicas[nominee].runner].nominated++;
    nominee_held(sched, nominee, &held);
    if (fleet_hold(&sched->fleet, nomination->seat.node, &held, err))
        return -1;
    return waiting_settle(sched, sched->replicas[nominee].runner, err);
}

void replica_drop_nomination(struct sched *sched, int32_t replica)
{
    struct replica *nominee = &sched->replicas[replica];
    struct room held;
    assert(nominee->state == REPLICA_NOMINATED);
    nominee_held(sched, replica, &held);
    fleet_unhold(&sched->fleet, nominee->node, &held);
    int32_t at = sched->fleet.nodes[nominee->node].first_replica;
    for (; at >= 0; at = sched->replicas[at].next_on_node)
        if (replica_is_pledged_to(&sched->replicas[at], replica))
            sched->replicas[at].pledged_to = -1;
    if (nominee->victims_left == 0)
        remove_ready(sched, replica);
    const struct claim claim = replica_claim(sched, replica);
    leave_node(sched, replica, &claim);
    nominee->pledged_to = -1;
    sched->runners[nominee->runner].nominated--;
}

int replica_terminate(struct sched *sched, int32_t replica, struct err *err)
{
    struct replica *ending = &sched->replicas[replica];
    assert(ending->state == REPLICA_STARTING || ending->state == REPLICA_RUNNING);
    ending->state = REPLICA_TERMINATING;
    sched->runners[ending->runner].terminating++;
    if (sched->options.preemption_enabled)
        fleet_touch(&sched->fleet, ending->node);
    runner_change_live(sched, ending->runner, -1);
    return waiting_settle(sched, ending->runner, err);
}

/* A victim's room moves into what is held for its nominee; the rest becomes free. */
static int give_to_nominee(struct sched *sched, int32_t victim, struct err *err)
{
    int32_t nominee = sched->replicas[victim].pledged_to;
    const struct claim claim = replica_claim(sched, victim);
    struct room held;
    nominee_held(sched, nominee, &held);
    fleet_unhold(&sched->fleet, claim.node, &held);
    fleet_give(&sched->fleet, &claim);
    sched->replicas[victim].pledged_to = -1;
    nominee_held(sched, nominee, &held);
    if (fleet_hold(&sched->fleet, claim.node, &held, err))
        return -1;
    sched->replicas[nominee].victims_left--;
    return sched->replicas[nominee].victims_left == 0 ? add_ready(sched, nominee, err) : 0;
}

int replica_leave(struct sched *sched, int32_t replica, struct err *err)
{
    int32_t runner = sched->replicas[replica].runner;
    const struct claim claim = replica_claim(sched, replica);
    assert(sched->replicas[replica].state >= REPLICA_STARTING);
    if (sched->replicas[replica].state == REPLICA_TERMINATING)
        sched->runners[runner].terminating--;
    else
        runner_change_live(sched, runner, -1);
    if (sched->replicas[replica].pledged_to < 0)
        fleet_give(&sched->fleet, &claim);
    else if (give_to_nominee(sched, replica, err))
        return -1;
    leave_bound(sched, replica);
    leave_node(sched, replica, &claim);
    replica_free(sched, replica);
    return waiting_settle(sched, runner, err);
}
