/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/sched.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scheduler/index.h"
#include "scheduler/transitions.h"
#include "scheduler/waiting.h"

/* Recomputes all that the scheduler keeps for speed (free and held room, counts, lists, the queue)
 * from what the replicas say, by the plainest code, and reports the first difference. */

static bool is_bound(const struct replica *replica)
{
    return replica->state == REPLICA_STARTING || replica->state == REPLICA_RUNNING ||
           replica->state == REPLICA_TERMINATING;
}

static int differs(struct err *err, const char *what, int32_t number, int64_t kept, int64_t found)
{
    return err_set(err, ERR_SYSTEM, "%s of %" PRId32 ": kept as %" PRId64 ", found to be %" PRId64,
                   what, number, kept, found);
}

/* ---- nodes ---- */

/* What of a node's capacity is left after bound replicas and what is held. */
static void expected_room(const struct sched *sched, int32_t node, struct room *left,
                          struct room *held)
{
    const struct node_type *type = fleet_type_of(&sched->fleet, node);
    *left = (struct room){.cpu_milli = type->cpu_milli,
                          .mem_bytes = type->mem_bytes,
                          .device_count = type->device_count};
    *held = (struct room){.device_count = type->device_count};
    for (int32_t i = 0; i < type->device_count; i++) {
        left->share_milli[i] = SHARE_WHOLE;
        left->device_mem_bytes[i] = type->device_mem_bytes;
    }
}

static void subtract_held(struct room *left, struct room *held, const struct room *amount)
{
    left->cpu_milli -= amount->cpu_milli;
    left->mem_bytes -= amount->mem_bytes;
    held->cpu_milli += amount->cpu_milli;
    held->mem_bytes += amount->mem_bytes;
    for (int32_t i = 0; i < left->device_count; i++) {
        left->share_milli[i] -= amount->share_milli[i];
        left->device_mem_bytes[i] -= amount->device_mem_bytes[i];
        held->share_milli[i] += amount->share_milli[i];
        held->device_mem_bytes[i] += amount->device_mem_bytes[i];
    }
}

static int compare_room(const struct sched *sched, int32_t node, const struct room *left,
                        const struct room *held, struct err *err)
{
    const struct node *at = &sched->fleet.nodes[node];
    const struct node_type *type = fleet_type_of(&sched->fleet, node);
    const struct node_held at_held = fleet_held(&sched->fleet, node);
    if (at->cpu_free_milli < 0 || at->cpu_free_milli != left->cpu_milli)
        return differs(err, "free CPU of node", node, at->cpu_free_milli, left->cpu_milli);
    if (at->mem_free_bytes < 0 || at->mem_free_bytes != left->mem_bytes)
        return differs(err, "free memory of node", node, at->mem_free_bytes, left->mem_bytes);
    if (at_held.cpu_milli != held->cpu_milli)
        return differs(err, "held CPU of node", node, at_held.cpu_milli, held->cpu_milli);
    if (at_held.mem_bytes != held->mem_bytes)
        return differs(err, "held memory of node", node, at_held.mem_bytes, held->mem_bytes);
    int64_t share_free_milli = 0;
    for (int32_t i = 0; i < left->device_count; i++)
        share_free_milli += left->share_milli[i];
    if (at->share_free_milli != share_free_milli)
        return differs(err, "free share of all devices of node", node, at->share_free_milli,
                       share_free_milli);
    for (int32_t i = 0; i < left->device_count; i++) {
        int32_t free_milli = fleet_shares(&sched->fleet, node)[i];
        int32_t held_milli = fleet_device_held(&sched->fleet, at->first_device + i);
        const struct device_mem mem = fleet_device_mem(&sched->fleet, at->first_device + i);
        if (free_milli < 0 || free_milli != left->share_milli[i])
            return differs(err, "free share on a device of node", node, free_milli,
                           left->share_milli[i]);
        if (mem.free_bytes < 0 || mem.free_bytes != left->device_mem_bytes[i])
            return differs(err, "free memory on a device of node", node, mem.free_bytes,
                           left->device_mem_bytes[i]);
        if (held_milli != held->share_milli[i])
            return differs(err, "held share on a device of node", node, held_milli,
                           held->share_milli[i]);
        if (mem.held_bytes != held->device_mem_bytes[i])
            return differs(err, "held memory on a device of node", node, mem.held_bytes,
                           held->device_mem_bytes[i]);
        if (free_milli == SHARE_WHOLE && mem.free_bytes != type->device_mem_bytes)
            return differs(err, "memory of an unused device of node", node, mem.free_bytes,
                           type->device_mem_bytes);
    }
    return 0;
}

static int check_occupant(const struct sched *sched, int32_t node, int32_t replica, struct err *err)
{
    const struct replica *occupant = &sched->replicas[replica];
    const struct shape *shape = &sched->fleet.shapes->items[sched->runners[occupant->runner].shape];
    int32_t device_count = fleet_type_of(&sched->fleet, node)->device_count;
    if (!is_bound(occupant) && occupant->state != REPLICA_NOMINATED)
        return err_set(err, ERR_SYSTEM, "replica %" PRId32 " is on node %" PRId32 " unbound",
                       replica, node);
    if (occupant->node != node)
        return differs(err, "node of replica", replica, occupant->node, node);
    if (__builtin_popcountll(occupant->devices) != shape->device_count)
        return differs(err, "devices of replica", replica, __builtin_popcountll(occupant->devices),
                       shape->device_count);
    if (device_count < SHAPE_DEVICES_MAX && occupant->devices >> device_count != 0)
        return err_set(err, ERR_SYSTEM,
                       "replica %" PRId32 " has devices beyond its node's %" PRId32, replica,
                       device_count);
    return 0;
}

/* Isolated means: nobody else is there but replicas that are on their way out. */
static int check_isolation(int32_t node, int32_t staying_count, int32_t isolated_staying_count,
                           struct err *err)
{
    if (isolated_staying_count > 0 && staying_count > 1)
        return err_set(err, ERR_SYSTEM,
                       "node %" PRId32 ": %" PRId32 " replicas beside an isolated one", node,
                       staying_count - 1);
    return 0;
}

static int check_node(const struct sched *sched, int32_t node, int64_t *occupant_total,
                      struct err *err)
{
    const struct node *at = &sched->fleet.nodes[node];
    const struct node_type *type = fleet_type_of(&sched->fleet, node);
    struct room left, held, amount;
    int32_t count = 0, isolated_count = 0, staying_count = 0, isolated_staying_count = 0;
    int32_t previous = -1;
    bool has_entry = at->enters_behind < 0;
    expected_room(sched, node, &left, &held);
    for (int32_t i = at->first_replica; i >= 0; i = sched->replicas[i].next_on_node) {
        const struct replica *occupant = &sched->replicas[i];
        const struct claim claim = replica_claim(sched, i);
        bool is_isolated = claim.shape->packing == PACKING_ISOLATED;
        if (check_occupant(sched, node, i, err))
            return -1;
        if (occupant->previous_on_node != previous)
            return differs(err, "previous on node of replica", i, occupant->previous_on_node,
                           previous);
        if (is_bound(occupant))
            room_occupy(&left, type, &claim);
        else {
            nominee_held(sched, i, &amount);
            subtract_held(&left, &held, &amount);
        }
        count++;
        has_entry = has_entry || i == at->enters_behind;
        isolated_count += is_isolated ? 1 : 0;
        if (occupant->state != REPLICA_TERMINATING) {
            staying_count++;
            isolated_staying_count += is_isolated ? 1 : 0;
        }
        previous = i;
    }
    *occupant_total += count;
    if (count != at->occupant_count)
        return differs(err, "occupants of node", node, at->occupant_count, count);
    if (!has_entry)
        return err_set(err, ERR_SYSTEM, "behind replica %" PRId32 " nobody enters node %" PRId32,
                       at->enters_behind, node);
    if (isolated_count != at->isolated_count)
        return differs(err, "isolated occupants of node", node, at->isolated_count, isolated_count);
    if (count > 0 && at->state != NODE_READY && at->state != NODE_DRAINED)
        return err_set(err, ERR_SYSTEM, "node %" PRId32 " is gone and has replicas", node);
    if (check_isolation(node, staying_count, isolated_staying_count, err))
        return -1;
    return compare_room(sched, node, &left, &held, err);
}

/* ---- replicas ---- */

static int check_nominee(const struct sched *sched, int32_t replica, struct err *err)
{
    const struct replica *nominee = &sched->replicas[replica];
    int32_t victims = 0, ready = 0;
    for (int32_t i = sched->fleet.nodes[nominee->node].first_replica; i >= 0;
         i = sched->replicas[i].next_on_node)
        victims += replica_is_pledged_to(&sched->replicas[i], replica) ? 1 : 0;
    for (int32_t i = 0; i < sched->ready_count; i++)
        ready += sched->ready_nominees[i] == replica ? 1 : 0;
    if (victims != nominee->victims_left)
        return differs(err, "victims of replica", replica, nominee->victims_left, victims);
    if (ready != (victims == 0 ? 1 : 0))
        return differs(err, "entries in ready_nominees of replica", replica, ready, victims == 0);
    return 0;
}

static int check_pledge(const struct sched *sched, int32_t replica, struct err *err)
{
    const struct replica *victim = &sched->replicas[replica];
    if (victim->state == REPLICA_NOMINATED || victim->pledged_to < 0)
        return 0;
    const struct replica *nominee = &sched->replicas[victim->pledged_to];
    if (victim->state != REPLICA_TERMINATING || nominee->state != REPLICA_NOMINATED ||
        nominee->node != victim->node)
        return err_set(err, ERR_SYSTEM, "replica %" PRId32 " is pledged to %" PRId32 " wrongly",
                       replica, victim->pledged_to);
    return 0;
}

static int check_replica(const struct sched *sched, int32_t number, struct err *err)
{
    const struct replica *replica = &sched->replicas[number];
    bool has_node = is_bound(replica) || replica->state == REPLICA_NOMINATED;
    if (has_node != (replica->node >= 0))
        return err_set(err, ERR_SYSTEM, "replica %" PRId32 " in state %d has node %" PRId32, number,
                       replica->state, replica->node);
    if (!has_node && (replica->queue_position >= 0) != (replica->state == REPLICA_PENDING))
        return err_set(err, ERR_SYSTEM, "replica %" PRId32 " in state %d, queue position %" PRId32,
                       number, replica->state, replica->queue_position);
    if (replica->state == REPLICA_NOMINATED && check_nominee(sched, number, err))
        return -1;
    return check_pledge(sched, number, err);
}

/* ---- runners ---- */

/* Counts of runners as the replicas have them; only the counts are used. */
static void count_replicas(const struct sched *sched, struct runner *counts)
{
    for (int32_t i = 0; i < sched->replica_count; i++) {
        struct runner *count = &counts[sched->replicas[i].runner];
        switch ((enum replica_state)sched->replicas[i].state) {
        case REPLICA_NONE:
            break;
        case REPLICA_BLOCKED:
            count->blocked++;
            break;
        case REPLICA_PENDING:
            count->pending++;
            break;
        case REPLICA_NOMINATED:
            count->nominated++;
            break;
        case REPLICA_STARTING:
        case REPLICA_RUNNING:
            count->live++;
            break;
        case REPLICA_TERMINATING:
            count->terminating++;
            break;
        }
    }
}

static int compare_counts(int32_t number, const struct runner *kept, const struct runner *found,
                          struct err *err)
{
    if (kept->live != found->live)
        return differs(err, "live replicas of runner", number, kept->live, found->live);
    if (kept->nominated != found->nominated)
        return differs(err, "nominated of runner", number, kept->nominated, found->nominated);
    if (kept->pending != found->pending)
        return differs(err, "pending of runner", number, kept->pending, found->pending);
    if (kept->blocked != found->blocked)
        return differs(err, "blocked of runner", number, kept->blocked, found->blocked);
    if (kept->terminating != found->terminating)
        return differs(err, "terminating of runner", number, kept->terminating, found->terminating);
    if ((kept->is_blocked ? kept->pending : kept->blocked) != 0)
        return err_set(err, ERR_SYSTEM, "runner %" PRId32 " has blocked and pending demands mixed",
                       number);
    return 0;
}

/* Is this pending demand in the bucket of its class, where it says it is? */
static int check_queued(const struct sched *sched, int32_t replica, enum demand_class class,
                        struct err *err)
{
    const struct replica *demand = &sched->replicas[replica];
    struct demand_key key = waiting_key(sched, demand->runner, class);
    int32_t number = demand_queue_find(&sched->queue, &key);
    if (number < 0 || demand->queue_position >= sched->queue.buckets[number].count ||
        sched->queue.buckets[number].heap[demand->queue_position] != replica)
        return err_set(err, ERR_SYSTEM, "replica %" PRId32 " is not in the bucket of its class",
                       replica);
    if (sched_class_of(sched, replica) != class)
        return differs(err, "class of replica", replica, sched_class_of(sched, replica), class);
    return 0;
}

/* The list of waiting demands is in order, and the first of it are core. */
static int check_waiting(const struct sched *sched, int32_t number, struct err *err)
{
    const struct runner *runner = &sched->runners[number];
    int32_t core_count = runner_core_demand(runner);
    int32_t rank = 0, previous = -1;
    for (int32_t i = runner->first_pending; i >= 0; i = sched->replicas[i].next_pending) {
        const struct replica *demand = &sched->replicas[i];
        if (demand->runner != number || demand->previous_pending != previous)
            return err_set(err, ERR_SYSTEM,
                           "the list of runner %" PRId32 " breaks at replica %" PRId32, number, i);
        if (previous >= 0 && !demand_precedes(&sched->replicas[previous], demand))
            return err_set(err, ERR_SYSTEM, "replica %" PRId32 " is out of order", i);
        if (demand->state == REPLICA_PENDING &&
            check_queued(sched, i, rank < core_count ? CLASS_CORE : CLASS_EXTRA, err))
            return -1;
        rank++;
        previous = i;
    }
    if (previous != runner->last_pending)
        return differs(err, "last waiting of runner", number, runner->last_pending, previous);
    if (rank != runner->pending + runner->blocked)
        return differs(err, "waiting of runner", number, runner->pending + runner->blocked, rank);
    if (core_count != runner->core_pending)
        return differs(err, "core demand of runner", number, runner->core_pending, core_count);
    return 0;
}

static int check_runners(const struct sched *sched, const struct runner *counts, struct err *err)
{
    int64_t evictable[10] = {0};
    for (int32_t i = 0; i < sched->runner_count; i++) {
        const struct runner *runner = &sched->runners[i];
        if (compare_counts(i, runner, &counts[i], err) || check_waiting(sched, i, err))
            return -1;
        evictable[runner->priority] += runner_budget(runner);
    }
    for (int32_t i = 0; i < 10; i++)
        if (evictable[i] != sched->evictable[i])
            return differs(err, "sum of budgets of priority", i, sched->evictable[i], evictable[i]);
    return 0;
}

/* ---- the queue ---- */

static int check_bucket(const struct sched *sched, int32_t number, struct err *err)
{
    const struct demand_bucket *bucket = &sched->queue.buckets[number];
    const struct demand_level *level =
        &sched->queue
             .levels[demand_queue_level(&sched->queue, bucket->key.class, bucket->key.priority)];
    if ((bucket->place_in_level >= 0) != (bucket->count > 0))
        return differs(err, "demands of bucket", number, bucket->count, bucket->place_in_level);
    if (bucket->count > 0 && (bucket->place_in_level >= level->count ||
                              level->buckets[bucket->place_in_level] != number))
        return err_set(err, ERR_SYSTEM, "bucket %" PRId32 " is not in its level", number);
    for (int32_t i = 1; i < bucket->count; i++)
        if (!demand_precedes(&sched->replicas[bucket->heap[(i - 1) / 2]],
                             &sched->replicas[bucket->heap[i]]))
            return err_set(err, ERR_SYSTEM, "bucket %" PRId32 " is no heap at %" PRId32, number, i);
    return 0;
}

static int check_queue(const struct sched *sched, struct err *err)
{
    int64_t demand_count = 0, pending_count = 0;
    for (int32_t i = 0; i < sched->queue.bucket_count; i++) {
        if (check_bucket(sched, i, err))
            return -1;
        demand_count += sched->queue.buckets[i].count;
    }
    for (int32_t i = 0; i < sched->runner_count; i++)
        pending_count += sched->runners[i].pending;
    if (demand_count != pending_count || demand_count != sched->queue.demand_count)
        return differs(err, "demands in the queue, pending", (int32_t)pending_count,
                       sched->queue.demand_count, demand_count);
    return 0;
}

/* ---- all ---- */

static int check_replicas(const struct sched *sched, struct err *err)
{
    int64_t placed = 0, occupants = 0;
    for (int32_t i = 0; i < sched->replica_count; i++) {
        if (sched->replicas[i].state == REPLICA_NONE)
            continue;
        if (check_replica(sched, i, err))
            return -1;
        placed += sched->replicas[i].node >= 0 ? 1 : 0;
    }
    for (int32_t node = 0; node < sched->fleet.node_count; node++)
        if (check_node(sched, node, &occupants, err))
            return -1;
    if (placed != occupants)
        return differs(err, "replicas with a node, in all nodes", sched->fleet.node_count, placed,
                       occupants);
    return 0;
}

int sched_check(const struct sched *sched, struct err *err)
{
    if (sched->floor_breach_count != 0)
        return err_set(err, ERR_SYSTEM, "%" PRId64 " evictions took a runner below its floor",
                       sched->floor_breach_count);
    struct runner *counts = calloc((size_t)sched->runner_count + 1, sizeof *counts);
    if (counts == NULL)
        return err_no_memory(err);
    count_replicas(sched, counts);
    int result = check_runners(sched, counts, err);
    if (result == 0)
        result = check_replicas(sched, err);
    if (result == 0)
        result = check_queue(sched, err);
    if (result == 0)
        result = index_check(sched, err);
    free(counts);
    return result;
}

int sched_check_no_fit(const struct sched *sched, struct err *err)
{
    for (int32_t i = 0; i < sched->queue.bucket_count; i++) {
        const struct demand_bucket *bucket = &sched->queue.buckets[i];
        uint64_t devices;
        if (bucket->count == 0)
            continue;
        int32_t node = sched_scan_nodes(sched, bucket->heap[0], &devices);
        if (node >= 0)
            return err_set(err, ERR_SYSTEM, "pending replica %" PRId32 " would fit node %" PRId32,
                           bucket->heap[0], node);
    }
    return 0;
}
