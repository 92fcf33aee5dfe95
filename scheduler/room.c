/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/fleet.h"

#include <assert.h>

/* What fits in the room of one node, and on which of its devices.
 *
 * Example: a node with devices of free shares 1000, 300, 500 and a shape that takes 250 of one
 * device. All three would do; the fullest is the second (300), so it is taken and the whole device
 * stays whole. A shape that takes two whole devices does not fit: only the first is unused. */

static bool device_fits(int64_t share_free_milli, int64_t mem_free_bytes, int64_t share_milli,
                        int64_t mem_bytes)
{
    return (share_free_milli >= share_milli) & (mem_free_bytes >= mem_bytes);
}

int32_t shape_share_by_memory(const struct shape *shape, const struct node_type *type)
{
    if (!type->has_device_mem || type->device_mem_bytes < shape->device_mem_bytes ||
        type->device_mem_bytes == 0)
        return SHARE_WHOLE;
    int64_t share_milli = SHARE_WHOLE * shape->device_mem_bytes / type->device_mem_bytes;
    return share_milli < 1 ? 1 : (int32_t)share_milli;
}

static bool has_devices_for(const struct room *room, const struct node_type *type,
                            const struct shape *shape)
{
    int32_t share_milli = shape_share_on(shape, type);
    int64_t mem_bytes = shape_device_mem_on(shape, type);
    int32_t found = 0;
    for (int32_t i = 0; i < room->device_count && found < shape->device_count; i++)
        if (device_fits(room->share_milli[i], room->device_mem_bytes[i], share_milli, mem_bytes))
            found++;
    return found >= shape->device_count;
}

int room_misfits(const struct room *room, const struct node_type *type, const struct shape *shape)
{
    int misfits = 0;
    if (shape->device_count > 0 && !has_devices_for(room, type, shape))
        misfits |= MISFIT_DEVICES;
    if (!type->is_unbounded && room->cpu_milli < shape->cpu_milli)
        misfits |= MISFIT_CPU;
    if (!type->is_unbounded && room->mem_bytes < shape->mem_bytes)
        misfits |= MISFIT_MEMORY;
    if (room->isolated_count > 0 ||
        (shape->packing == PACKING_ISOLATED && room->occupant_count > 0) ||
        (shape->max_per_node > 0 && room->same_runner_count >= shape->max_per_node))
        misfits |= MISFIT_PACKING;
    return misfits;
}

/* The devices that fit, as a bit mask. */
static uint64_t fitting_devices(const struct room *room, const struct node_type *type,
                                const struct shape *shape)
{
    int32_t share_milli = shape_share_on(shape, type);
    int64_t mem_bytes = shape_device_mem_on(shape, type);
    uint64_t fitting = 0;
    for (int32_t i = 0; i < room->device_count; i++)
        fitting |= (uint64_t)device_fits(room->share_milli[i], room->device_mem_bytes[i],
                                         share_milli, mem_bytes)
                   << i;
    return fitting;
}

/* The fullest of these devices. Whole devices are all equally full, so that the lowest index comes
 * first. */
static int32_t fullest_of(const struct room *room, uint64_t devices)
{
    int32_t best = __builtin_ctzll(devices);
    for (devices &= devices - 1; devices != 0; devices &= devices - 1) {
        int32_t device = __builtin_ctzll(devices);
        best = room->share_milli[device] < room->share_milli[best] ? device : best;
    }
    return best;
}

uint64_t room_choose_devices(const struct room *room, const struct node_type *type,
                             const struct shape *shape)
{
    uint64_t fitting = fitting_devices(room, type, shape), chosen = 0;
    for (int32_t i = 0; i < shape->device_count; i++) {
        assert(fitting != 0);
        uint64_t device = shape->sharing == SHARING_WHOLE
                              ? fitting & -fitting
                              : UINT64_C(1) << fullest_of(room, fitting);
        fitting &= ~device;
        chosen |= device;
    }
    return chosen;
}

/* The fullest of a few devices that has the share free, the lowest index on ties: the least of what
 * is left free, with the index below it. What is short of the share is less than nothing, and as an
 * unsigned number more than all others: so it is found without a branch, which nobody could guess.
 */
static uint64_t fullest_of_few(const int16_t *shares, int32_t share_milli)
{
    uint32_t least = UINT32_MAX;
    for (int32_t i = 0; i < NODE_DEVICES; i++) {
        uint32_t rank = (uint32_t)((shares[i] - share_milli) * NODE_DEVICES + i);
        least = rank < least ? rank : least;
    }
    assert(least < SHARE_WHOLE * NODE_DEVICES);
    return UINT64_C(1) << least % NODE_DEVICES;
}

/* The first of a few devices that nobody uses, `count` of them. */
static uint64_t first_unused_of_few(const int16_t *shares, int32_t count)
{
    uint64_t chosen = 0;
    for (int32_t i = 0; count > 0; i++) {
        assert(i < NODE_DEVICES);
        bool is_unused = shares[i] == SHARE_WHOLE;
        chosen |= (uint64_t)is_unused << i;
        count -= is_unused;
    }
    return chosen;
}

uint64_t fleet_choose_devices(const struct fleet *fleet, int32_t node, const struct shape *shape)
{
    const struct node *at = &fleet->nodes[node];
    struct room room;
    if (!at->has_many_devices && shape->sharing == SHARING_WHOLE)
        return first_unused_of_few(at->device_free_milli, shape->device_count);
    if (!at->has_many_devices && shape->sharing == SHARING_MILLI && shape->device_count == 1)
        return fullest_of_few(at->device_free_milli, shape->share_milli);
    fleet_room(fleet, node, &room);
    return room_choose_devices(&room, fleet_type_of(fleet, node), shape);
}

/* Adds `sign` times what the claim takes. */
static void room_change(struct room *room, const struct node_type *type, const struct claim *claim,
                        int32_t sign)
{
    const struct shape *shape = claim->shape;
    int32_t share_milli = shape_share_on(shape, type);
    int64_t mem_bytes = shape_device_mem_taken(shape);
    if (!type->is_unbounded) {
        room->cpu_milli += sign * shape->cpu_milli;
        room->mem_bytes += sign * shape->mem_bytes;
    }
    for (int32_t i = 0; i < room->device_count; i++) {
        if ((claim->devices >> i & 1) == 0)
            continue;
        room->share_milli[i] += sign * share_milli;
        room->device_mem_bytes[i] += sign * mem_bytes;
    }
    room->occupant_count -= sign;
    room->isolated_count -= shape->packing == PACKING_ISOLATED ? sign : 0;
}

void room_vacate(struct room *room, const struct node_type *type, const struct claim *claim)
{
    room_change(room, type, claim, 1);
}

void room_occupy(struct room *room, const struct node_type *type, const struct claim *claim)
{
    room_change(room, type, claim, -1);
}
