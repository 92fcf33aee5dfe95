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

int32_t shape_share_on(const struct shape *shape, const struct node_type *type)
{
    if (shape->sharing != SHARING_MEMORY)
        return shape->sharing == SHARING_WHOLE ? SHARE_WHOLE : shape->share_milli;
    if (!type->has_device_mem || type->device_mem_bytes < shape->device_mem_bytes ||
        type->device_mem_bytes == 0)
        return SHARE_WHOLE;
    int64_t share_milli = SHARE_WHOLE * shape->device_mem_bytes / type->device_mem_bytes;
    return share_milli < 1 ? 1 : (int32_t)share_milli;
}

int64_t shape_device_mem_on(const struct shape *shape, const struct node_type *type)
{
    if (shape->sharing == SHARING_WHOLE)
        return type->device_mem_bytes;
    return shape->sharing == SHARING_MEMORY ? shape->device_mem_bytes : 0;
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

/* Adds `sign` times what the claim takes. */
static void room_change(struct room *room, const struct node_type *type, const struct claim *claim,
                        int32_t sign)
{
    const struct shape *shape = claim->shape;
    int32_t share_milli = shape_share_on(shape, type);
    int64_t mem_bytes = shape_device_mem_on(shape, type);
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
