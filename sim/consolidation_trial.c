/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "sim/engine.h"

/* Would the replicas of these nodes find room if the nodes went? First fit decreasing on what is
 * free elsewhere, on copies of the rooms that it changes; the fleet stays as it is. No
 * trial adds room to a node, so the first one on which a shape fits at all is looked for once a
 * look.
 *
 * Example. Three nodes of 4 cores hold replicas of 1, 1 and 3 cores. Without the first, its replica
 * goes to the second: the first may go. Without the first two, one goes to the third and one is
 * left: a type of 1 core would replace both if it cost less than they do together. */

/* ---- who has to move ---- */

static int compare_movers(const void *left, const void *right)
{
    const struct mover *a = left;
    const struct mover *b = right;
    for (size_t i = 0; i < ARRAY_LEN(a->size); i++)
        if (a->size[i] != b->size[i])
            return a->size[i] > b->size[i] ? -1 : 1;
    if (a->runner != b->runner)
        return a->runner < b->runner ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

static int add_mover(struct sim *sim, int32_t replica, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    const struct replica *it = &sim->sched.replicas[replica];
    if (array_reserve(&all->movers, &all->mover_capacity, all->mover_count + INT64_C(1),
                      sizeof *all->movers, err))
        return -1;
    struct mover *mover = &all->movers[all->mover_count++];
    *mover = (struct mover){
        .runner = it->runner,
        .ordinal = it->ordinal,
        .replica = replica,
        .shape = sim->sched.runners[it->runner].shape,
        .is_running = it->state == REPLICA_RUNNING,
    };
    shape_size(&sim->scenario->shapes.items[mover->shape], mover->size);
    return 0;
}

static int gather_movers(struct sim *sim, const struct trial_request *request, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    all->mover_count = 0;
    for (int32_t i = 0; i < request->count; i++) {
        all->places[request->nodes[i]].leaving = all->trial_number;
        for (int32_t j = sim->sched.fleet.nodes[request->nodes[i]].first_replica; j != NO_INDEX;
             j = sim->sched.replicas[j].next_on_node)
            if (sim->sched.replicas[j].state != REPLICA_TERMINATING && add_mover(sim, j, err))
                return -1;
    }
    if (all->mover_count > 0)
        qsort(all->movers, (size_t)all->mover_count, sizeof *all->movers, compare_movers);
    return 0;
}

/* No runner would have fewer running replicas than its floor. Those of one runner stand together,
 * since they are of one size. */
static bool keeps_floors(const struct sim *sim)
{
    const struct consolidations *all = &sim->consolidations;
    for (int32_t i = 0; i < all->mover_count;) {
        int32_t runner = all->movers[i].runner;
        int64_t left = sim->metrics.runners[runner].running.value;
        for (; i < all->mover_count && all->movers[i].runner == runner; i++)
            left -= all->movers[i].is_running;
        if (left < sim->runners[runner].floor)
            return false;
    }
    return true;
}

/* ---- existing nodes ---- */

static int32_t count_of_runner(const struct sim *sim, int32_t node, int32_t runner)
{
    int32_t count = 0;
    for (int32_t i = sim->sched.fleet.nodes[node].first_replica; i != NO_INDEX;
         i = sim->sched.replicas[i].next_on_node)
        count += sim->sched.replicas[i].runner == runner;
    return count;
}

/* The copy of the node's room, made when it is first needed; NULL: out of memory. */
static struct trial_room *room_of(struct sim *sim, int32_t node, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    struct trial_place *place = &all->places[node];
    if (place->changed == all->trial_number)
        return &all->rooms[place->room];
    if (array_reserve(&all->rooms, &all->room_capacity, all->room_count + INT64_C(1),
                      sizeof *all->rooms, err))
        return NULL;
    place->changed = all->trial_number;
    place->room = all->room_count;
    struct trial_room *made = &all->rooms[all->room_count++];
    made->node = node;
    fleet_room(&sim->sched.fleet, node, &made->room);
    return made;
}

/* Does the mover fit on the node, as the trial has left it? Those that the trial put there count
 * where a shape limits how many of its runner one node may have. */
static bool fits(const struct sim *sim, const struct mover *mover, int32_t node)
{
    const struct consolidations *all = &sim->consolidations;
    const struct trial_place *place = &all->places[node];
    const struct shape *shape = &sim->scenario->shapes.items[mover->shape];
    int32_t same = shape->max_per_node > 0 ? count_of_runner(sim, node, mover->runner) : 0;
    if (!fleet_fits(&sim->sched.fleet, mover->shape, node, same))
        return false;
    if (place->changed != all->trial_number)
        return true;
    struct room room = all->rooms[place->room].room;
    room.same_runner_count += same;
    return room_misfits(&room, fleet_type_of(&sim->sched.fleet, node), shape) == 0;
}

static void put(struct sim *sim, struct trial_room *to, const struct mover *mover)
{
    const struct shape *shape = &sim->scenario->shapes.items[mover->shape];
    const struct node_type *type = fleet_type_of(&sim->sched.fleet, to->node);
    struct claim claim = {
        .shape = shape, .node = to->node, .devices = room_choose_devices(&to->room, type, shape)};
    room_occupy(&to->room, type, &claim);
    to->room.same_runner_count++;
}

/* Movers of one runner come one after the other: rooms count those of the present one. */
static void forget_runner(struct consolidations *all)
{
    for (int32_t i = 0; i < all->room_count; i++)
        all->rooms[i].room.same_runner_count = 0;
}

/* The first node that takes the mover; NO_INDEX: none does. */
static int32_t find_place(struct sim *sim, const struct mover *mover, int32_t extra_node)
{
    struct consolidations *all = &sim->consolidations;
    bool may_skip = sim->scenario->shapes.items[mover->shape].max_per_node == 0;
    bool is_first = true;
    int32_t from = may_skip ? all->first_fit[mover->shape] : 0;
    for (int32_t node = from; node < sim->node_count; node++) {
        bool is_open = sim->sched.fleet.nodes[node].occupant_count > 0 || node == extra_node;
        if (!is_open || !fleet_fits(&sim->sched.fleet, mover->shape, node, 0))
            continue;
        if (is_first && may_skip)
            all->first_fit[mover->shape] = node;
        is_first = false;
        if (all->places[node].leaving != all->trial_number && fits(sim, mover, node))
            return node;
    }
    if (is_first && may_skip)
        all->first_fit[mover->shape] = sim->node_count;
    return NO_INDEX;
}

/* Puts all movers that find room; those that do not are left at the beginning of the list. */
static int place_movers(struct sim *sim, const struct trial_request *request, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    int32_t left = 0;
    for (int32_t i = 0; i < all->mover_count; i++) {
        struct mover mover = all->movers[i];
        if (i > 0 && all->movers[i - 1].runner != mover.runner)
            forget_runner(all);
        int32_t node = find_place(sim, &mover, request->extra_node);
        if (node == NO_INDEX) {
            all->movers[left++] = mover;
            continue;
        }
        struct trial_room *room = room_of(sim, node, err);
        if (!room)
            return -1;
        put(sim, room, &mover);
    }
    all->mover_count = left;
    return 0;
}

/* ---- one new node ---- */

static int128 price_of(const struct sim *sim, const struct trial_request *request)
{
    int128 sum = 0;
    for (int32_t i = 0; i < request->count; i++)
        sum += fleet_type_of(&sim->sched.fleet, request->nodes[i])->price_micro;
    return sum;
}

/* Is the type one of theirs, or spot as one of them is? */
static bool is_barred(const struct sim *sim, const struct trial_request *request, int32_t type)
{
    const struct fleet *fleet = &sim->sched.fleet;
    for (int32_t i = 0; i < request->count; i++) {
        int32_t old = fleet->groups[fleet->nodes[request->nodes[i]].group].type;
        if (old == type || (scenario_type_is_spot(sim->scenario, type) &&
                            scenario_type_is_spot(sim->scenario, old)))
            return true;
    }
    return false;
}

static bool takes_rest(const struct sim *sim, int32_t group)
{
    const struct consolidations *all = &sim->consolidations;
    const struct fleet *fleet = &sim->sched.fleet;
    const struct node_type *type = fleet_group_type(fleet, group);
    struct room room = room_of_empty(type);
    for (int32_t i = 0; i < all->mover_count; i++) {
        const struct mover *mover = &all->movers[i];
        const struct shape *shape = &sim->scenario->shapes.items[mover->shape];
        if (i > 0 && all->movers[i - 1].runner != mover->runner)
            room.same_runner_count = 0;
        if (!fleet_suits(fleet, mover->shape, group) || room_misfits(&room, type, shape) != 0)
            return false;
        struct claim claim = {.shape = shape, .devices = room_choose_devices(&room, type, shape)};
        room_occupy(&room, type, &claim);
        room.same_runner_count++;
    }
    return true;
}

/* The cheapest type of the pool of which one new node takes what is left; NO_INDEX: none is cheaper
 * than the nodes. */
static int pick_replacement(struct sim *sim, const struct trial_request *request, int32_t *best,
                            struct err *err)
{
    const struct pool_def *pool = &sim->scenario->pools[request->pool];
    int128 limit = price_of(sim, request);
    *best = NO_INDEX;
    for (int32_t i = 0; i < pool->launch_type_count; i++) {
        struct node_group key = {.pool = request->pool, .type = pool->launch_types[i]};
        const struct node_type *type = &sim->sched.fleet.types[key.type];
        int32_t group;
        if (fleet_group(&sim->sched.fleet, key, &group, err))
            return -1;
        if (!type->has_price || type->price_micro >= limit || is_barred(sim, request, key.type) ||
            !node_may_launch(sim, group) || !takes_rest(sim, group))
            continue;
        limit = type->price_micro;
        *best = group;
    }
    return 0;
}

/* ---- the whole ---- */

int consolidation_trials_begin(struct sim *sim, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    int32_t shape_count = sim->scenario->shapes.count;
    if (array_reserve(&all->places, &all->place_capacity, sim->node_count, sizeof *all->places,
                      err) ||
        array_reserve(&all->first_fit, &all->shape_capacity, shape_count, sizeof *all->first_fit,
                      err))
        return -1;
    for (int32_t i = 0; i < shape_count; i++)
        all->first_fit[i] = 0;
    return 0;
}

int consolidation_try(struct sim *sim, const struct trial_request *request,
                      struct consolidation_trial *trial, struct err *err)
{
    struct consolidations *all = &sim->consolidations;
    *trial = (struct consolidation_trial){.group = NO_INDEX};
    all->trial_number++;
    all->room_count = 0;
    if (gather_movers(sim, request, err))
        return -1;
    trial->replica_count = all->mover_count;
    if (!keeps_floors(sim))
        return 0;
    if (place_movers(sim, request, err))
        return -1;
    if (all->mover_count > 0 && request->extra_node == NO_INDEX &&
        pick_replacement(sim, request, &trial->group, err))
        return -1;
    trial->is_possible = all->mover_count == 0 || trial->group != NO_INDEX;
    return 0;
}
