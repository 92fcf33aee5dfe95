/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/explain.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/units.h"
#include "scheduler/node_search.h"
#include "scheduler/preemption.h"
#include "scheduler/transitions.h"
#include "scheduler/waiting.h"

/* Example. A demand of 2000m CPU and one device meets three nodes: the first has 1500m free and a
 * free device, the second 4000m and no device free, the third 1000m and no device free. Counts: cpu
 * on 2, devices on 2. The first two fail for one reason each; the first is short of 500/2000 of its
 * CPU, the second of 1/1 of its devices: the first is the nearest. */

/* A place and what it lacks. */
struct place {
    int32_t node, group;
    int misfits;
    struct room room; /* free now, or of an empty node of the group */
    const struct node_type *type;
};

/* ---- how much is lacking ---- */

static int32_t fitting_devices(const struct place *place, const struct shape *shape)
{
    int32_t share_milli = shape_share_on(shape, place->type);
    int64_t mem_bytes = shape_device_mem_on(shape, place->type);
    int32_t count = 0;
    for (int32_t i = 0; i < place->room.device_count; i++)
        if (place->room.share_milli[i] >= share_milli &&
            place->room.device_mem_bytes[i] >= mem_bytes)
            count++;
    return count;
}

static struct near_miss lack_of(const struct place *place, const struct shape *shape,
                                enum misfit misfit)
{
    struct near_miss lack = {
        .node = place->node, .group = place->node >= 0 ? -1 : place->group, .misfit = misfit};
    if (misfit == MISFIT_CPU) {
        lack.asked = shape->cpu_milli;
        lack.there = place->room.cpu_milli;
    } else if (misfit == MISFIT_MEMORY) {
        lack.asked = shape->mem_bytes;
        lack.there = place->room.mem_bytes;
    } else if (misfit == MISFIT_DEVICES) {
        lack.asked = shape->device_count;
        lack.there = fitting_devices(place, shape);
    } else if (misfit == MISFIT_DEVICE_MEMORY) {
        lack.asked = shape->device_mem_bytes;
        lack.there = place->type->device_mem_bytes;
    }
    return lack;
}

static double shortfall(const struct near_miss *lack)
{
    if (lack->asked == 0)
        return 1.0;
    return (double)(lack->asked - lack->there) / (double)lack->asked;
}

static struct near_miss worst_lack(const struct place *place, const struct shape *shape)
{
    struct near_miss worst = {.node = -1, .group = -1};
    bool is_first = true;
    for (int bit = 0; bit < MISFIT_COUNT; bit++) {
        if ((place->misfits & 1 << bit) == 0)
            continue;
        struct near_miss lack = lack_of(place, shape, (enum misfit)(1 << bit));
        if (is_first || shortfall(&lack) > shortfall(&worst))
            worst = lack;
        is_first = false;
    }
    return worst;
}

/* Counts one place that does not fit and keeps the nearest. */
static void add_place(struct explanation *explanation, const struct place *place,
                      const struct shape *shape, int *fewest_kinds)
{
    struct near_miss worst = worst_lack(place, shape);
    int kinds = __builtin_popcount((unsigned)place->misfits);
    bool is_nearest = explanation->place_count == 0 || kinds < *fewest_kinds ||
                      (kinds == *fewest_kinds && shortfall(&worst) < shortfall(&explanation->near));
    explanation->place_count++;
    for (int bit = 0; bit < MISFIT_COUNT; bit++)
        if ((place->misfits & 1 << bit) != 0)
            explanation->failed_count[bit]++;
    if (is_nearest) {
        explanation->near = worst;
        *fewest_kinds = kinds;
    }
}

/* ---- shapes ---- */

static void group_place(const struct fleet *fleet, const struct shape *shape, int32_t group,
                        struct place *place)
{
    place->node = -1;
    place->group = group;
    place->type = fleet_group_type(fleet, group);
    place->misfits = fleet_group_misfits(fleet, shape, group);
    place->room = (struct room){.cpu_milli = place->type->cpu_milli,
                                .mem_bytes = place->type->mem_bytes,
                                .device_count = place->type->device_count};
    for (int32_t i = 0; i < place->room.device_count; i++) {
        place->room.share_milli[i] = SHARE_WHOLE;
        place->room.device_mem_bytes[i] = place->type->device_mem_bytes;
    }
}

static bool has_node_for(const struct fleet *fleet, int32_t shape)
{
    for (int32_t node = 0; node < fleet->node_count; node++)
        if (fleet->nodes[node].state != NODE_REMOVED &&
            fleet_suits(fleet, shape, fleet->nodes[node].group))
            return true;
    return false;
}

static bool has_group_for(const struct fleet *fleet, int32_t shape)
{
    for (int32_t group = 0; group < fleet->group_count; group++)
        if (fleet_suits(fleet, shape, group))
            return true;
    return false;
}

static void explain_never(const struct fleet *fleet, const struct shape *shape,
                          struct explanation *explanation)
{
    int fewest_kinds = 0;
    struct place place;
    explanation->answer = FIT_NEVER;
    for (int32_t group = 0; group < fleet->group_count; group++) {
        if (!shape_names_pool(shape, fleet->groups[group].pool))
            continue;
        group_place(fleet, shape, group, &place);
        add_place(explanation, &place, shape, &fewest_kinds);
    }
}

void explain_shape(const struct fleet *fleet, int32_t shape, struct explanation *explanation)
{
    *explanation = (struct explanation){.near = {.node = -1, .group = -1}};
    if (!has_group_for(fleet, shape))
        explain_never(fleet, &fleet->shapes->items[shape], explanation);
    else
        explanation->answer = has_node_for(fleet, shape) ? FIT_NOW : FIT_NO_NODE;
}

/* ---- demands ---- */

/* By memory, a device that is too small as a whole is not also counted as one that is too full. */
static int node_misfits(const struct sched *sched, const struct place *place,
                        const struct shape *shape)
{
    int fixed = fleet_group_misfits(&sched->fleet, shape, place->group);
    int now = room_misfits(&place->room, place->type, shape);
    if ((fixed & MISFIT_DEVICE_MEMORY) != 0 && shape->sharing == SHARING_MEMORY)
        now &= ~MISFIT_DEVICES;
    if (sched->fleet.nodes[place->node].state != NODE_READY)
        now |= MISFIT_NODE_STATE;
    return fixed | now;
}

static void node_place(const struct sched *sched, int32_t runner, int32_t node, struct place *place)
{
    int32_t shape = sched->runners[runner].shape;
    place->node = node;
    place->group = sched->fleet.nodes[node].group;
    place->type = fleet_type_of(&sched->fleet, node);
    fleet_room(&sched->fleet, node, &place->room);
    place->room.same_runner_count = sched_same_runner_count(sched, runner, node);
    place->misfits = node_misfits(sched, place, &sched->fleet.shapes->items[shape]);
}

/* Could this replica be taken for the demand if there were no floors? */
static bool is_lesser(const struct sched *sched, const struct preemption_question *question,
                      int32_t replica)
{
    const struct replica *other = &sched->replicas[replica];
    int32_t priority = sched->runners[sched->replicas[question->replica].runner].priority;
    bool is_live = other->state == REPLICA_STARTING || other->state == REPLICA_RUNNING;
    bool is_old = sched->options.min_runtime_ticks == 0 ||
                  (other->state == REPLICA_RUNNING &&
                   question->now - other->running_since >= sched->options.min_runtime_ticks);
    return is_live && is_old && sched->runners[other->runner].priority < priority;
}

static bool would_fit_without_floors(const struct sched *sched,
                                     const struct preemption_question *question, int32_t node)
{
    int32_t runner = sched->replicas[question->replica].runner;
    int32_t shape = sched->runners[runner].shape;
    struct place place;
    if (sched->fleet.nodes[node].state != NODE_READY ||
        !fleet_suits(&sched->fleet, shape, sched->fleet.nodes[node].group))
        return false;
    node_place(sched, runner, node, &place);
    for (int32_t i = sched->fleet.nodes[node].first_replica; i >= 0;
         i = sched->replicas[i].next_on_node) {
        const struct claim claim = replica_claim(sched, i);
        if (is_lesser(sched, question, i) || preemption_may_evict(sched, question, i))
            room_vacate(&place.room, place.type, &claim);
    }
    return room_misfits(&place.room, place.type, &sched->fleet.shapes->items[shape]) == 0;
}

/* Would a pass ask for victims for this demand? */
static bool may_evict_now(const struct sched *sched, const struct preemption_question *question)
{
    int32_t runner = sched->replicas[question->replica].runner;
    if (!sched->options.preemption_enabled || !sched->runners[runner].may_preempt)
        return false;
    if (!sched->options.evictions_are_granted)
        return true;
    struct demand_key key = waiting_key(sched, runner, question->class);
    int32_t bucket = demand_queue_find(&sched->queue, &key);
    return bucket >= 0 && sched->queue.buckets[bucket].grant > 0;
}

static void explain_not_now(const struct sched *sched, const struct preemption_question *question,
                            struct explanation *explanation)
{
    int32_t runner = sched->replicas[question->replica].runner;
    const struct shape *shape = &sched->fleet.shapes->items[sched->runners[runner].shape];
    bool may_preempt = may_evict_now(sched, question);
    int fewest_kinds = 0;
    struct place place;
    explanation->answer = FIT_NOT_NOW;
    for (int32_t node = 0; node < sched->fleet.node_count; node++) {
        if (sched->fleet.nodes[node].state == NODE_REMOVED ||
            !shape_names_pool(shape, fleet_pool_of(&sched->fleet, node)))
            continue;
        node_place(sched, runner, node, &place);
        add_place(explanation, &place, shape, &fewest_kinds);
        if (may_preempt && would_fit_without_floors(sched, question, node))
            explanation->floor_blocked_nodes++;
    }
}

void explain_demand(const struct sched *sched, int32_t replica, int64_t now,
                    struct explanation *explanation)
{
    const struct replica *demand = &sched->replicas[replica];
    assert(demand->state >= REPLICA_BLOCKED && demand->state <= REPLICA_NOMINATED);
    *explanation = (struct explanation){.answer = FIT_BLOCKED, .near = {.node = -1, .group = -1}};
    if (demand->state == REPLICA_BLOCKED)
        return;
    explain_shape(&sched->fleet, sched->runners[demand->runner].shape, explanation);
    if (explanation->answer != FIT_NOW)
        return;
    uint64_t devices;
    explanation->near.node = sched_scan_nodes(sched, replica, &devices);
    if (explanation->near.node >= 0)
        return;
    const struct preemption_question question = {
        .replica = replica, .class = sched_class_of(sched, replica), .now = now};
    explain_not_now(sched, &question, explanation);
}

/* ---- as a sentence ---- */

struct sentence {
    char *out;
    size_t size, length; /* length: of what is there, below size */
};

static void append(struct sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct sentence *sentence, const char *format, ...)
{
    va_list args;
    size_t room = sentence->size - sentence->length;
    va_start(args, format);
    int written = vsnprintf(sentence->out + sentence->length, room, format, args);
    va_end(args);
    if (written > 0)
        sentence->length += (size_t)written < room ? (size_t)written : room - 1;
}

static void append_counts(struct sentence *sentence, const struct explanation *explanation,
                          const char *place)
{
    const char *separator = ": ";
    append(sentence, ": %" PRId32 " %s%s", explanation->place_count, place,
           plural_end(explanation->place_count));
    for (int bit = 0; bit < MISFIT_COUNT; bit++) {
        if (explanation->failed_count[bit] == 0)
            continue;
        append(sentence, "%s%s on %" PRId32, separator, misfit_name((enum misfit)(1 << bit)),
               explanation->failed_count[bit]);
        separator = ", ";
    }
}

static void append_lack(struct sentence *sentence, const struct near_miss *near)
{
    char lacking[UNITS_TEXT_SIZE], asked[UNITS_TEXT_SIZE];
    int64_t missing = near->asked - near->there;
    if (near->misfit == MISFIT_CPU)
        append(sentence, " lacks %" PRId64 "m of %" PRId64 "m CPU", missing, near->asked);
    else if (near->misfit == MISFIT_MEMORY)
        append(sentence, " lacks %s of %s memory", print_mem(missing, lacking),
               print_mem(near->asked, asked));
    else if (near->misfit == MISFIT_DEVICES)
        append(sentence, " lacks %" PRId64 " of %" PRId64 " devices", missing, near->asked);
    else if (near->misfit == MISFIT_DEVICE_MEMORY)
        append(sentence, " lacks %s of %s device memory", print_mem(missing, lacking),
               print_mem(near->asked, asked));
    else
        append(sentence, " fails on %s", misfit_name(near->misfit));
}

static void append_node(struct sentence *sentence, const struct explain_names *names, int32_t node)
{
    if (names != NULL && names->node_name != NULL)
        append(sentence, "node %s", names->node_name(names->context, node));
    else
        append(sentence, "node %" PRId32, node);
}

static void append_closed(struct sentence *sentence, const struct explain_names *names,
                          int32_t pool)
{
    const char *reason = names != NULL && names->closed_reason != NULL
                             ? names->closed_reason(names->context, pool)
                             : NULL;
    append(sentence, ", which takes no demand%s%s", reason != NULL ? ": " : "",
           reason != NULL ? reason : "");
}

static void append_nearest(struct sentence *sentence, const struct fleet *fleet,
                           const struct near_miss *near, const struct explain_names *names)
{
    append(sentence, "; nearest: ");
    if (near->node >= 0) {
        append_node(sentence, names, near->node);
        append_lack(sentence, near);
        return;
    }
    int32_t pool = fleet->groups[near->group].pool;
    append(sentence, "type %s in pool %s", fleet_group_type(fleet, near->group)->id,
           fleet->pools[pool].id);
    if (near->misfit == MISFIT_POOL && !fleet->pools[pool].is_schedulable)
        append_closed(sentence, names, pool);
    else
        append_lack(sentence, near);
}

void explain_print(const struct fleet *fleet, const struct explanation *explanation,
                   const struct explain_names *names, char *out, size_t size)
{
    struct sentence sentence = {.out = out, .size = size};
    assert(size > 0);
    switch (explanation->answer) {
    case FIT_BLOCKED:
        append(&sentence, "blocked: its runner may not be scheduled");
        break;
    case FIT_NOW:
        append(&sentence, "fits now");
        if (explanation->near.node >= 0) {
            append(&sentence, ": ");
            append_node(&sentence, names, explanation->near.node);
        }
        break;
    case FIT_NO_NODE:
        append(&sentence, "fits no node: the fleet has none of a type that could hold it");
        break;
    case FIT_NOT_NOW:
        append(&sentence, "does not fit now");
        append_counts(&sentence, explanation, "node");
        append_nearest(&sentence, fleet, &explanation->near, names);
        if (explanation->floor_blocked_nodes > 0)
            append(&sentence, "; floors protect what could be evicted on %" PRId32 " node%s",
                   explanation->floor_blocked_nodes, plural_end(explanation->floor_blocked_nodes));
        break;
    case FIT_NEVER:
        append(&sentence, "never fits");
        append_counts(&sentence, explanation, "node type");
        if (explanation->place_count > 0)
            append_nearest(&sentence, fleet, &explanation->near, names);
        break;
    }
}
