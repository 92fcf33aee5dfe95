/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_rows.h"

#include <string.h>

/* Example: devices with 1000, 1000, 250 and 0 milli free, somebody on the node. The word is 1000 in
 * the lowest field and 2 in the middle one, 0 in the highest. A shape of two whole devices asks for
 * 1000 and 2 and passes; three whole ones ask for 3 and clear the guard of the middle field. */

enum { KIB_SHIFT = 10 };

static int32_t clamp(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

/* The largest free share and the unused devices. */
static inline uint32_t share_fields(const int16_t *shares, int32_t count)
{
    int16_t largest = 0, whole = 0;
    for (int32_t i = 0; i < count; i++) {
        largest = shares[i] > largest ? shares[i] : largest;
        whole = (int16_t)(whole + (shares[i] == SHARE_WHOLE));
    }
    return (uint32_t)largest | (uint32_t)whole << ROW_WHOLE_SHIFT;
}

/* Where a node has few devices, nothing is free on those that it does not have. */
static uint32_t device_word(const struct fleet *fleet, int32_t node)
{
    const struct node *at = &fleet->nodes[node];
    const int16_t *shares = fleet_shares(fleet, node);
    uint32_t fields = at->has_many_devices
                          ? share_fields(shares, fleet_type_of(fleet, node)->device_count)
                          : share_fields(shares, NODE_DEVICES);
    uint32_t is_empty = at->occupant_count == 0;
    return ROW_GUARDS | fields | is_empty << ROW_EMPTY_SHIFT;
}

struct row row_of_node(const struct fleet *fleet, int32_t node)
{
    const struct node *at = &fleet->nodes[node];
    struct row row = {.devices = device_word(fleet, node), .groups = UINT32_C(1) << at->group % 32};
    if (at->state != NODE_READY || at->isolated_count > 0) {
        row.cpu_milli = -1;
    } else if (fleet_type_of(fleet, node)->is_unbounded) {
        row.cpu_milli = row.mem_kib = INT32_MAX;
    } else {
        row.cpu_milli = clamp(at->cpu_free_milli);
        row.mem_kib = clamp(at->mem_free_bytes >> KIB_SHIFT);
    }
    return row;
}

/* At least the share that a shape takes of one device is free on some device. */
static uint32_t device_query(const struct shape *shape)
{
    uint32_t query = 0;
    if (shape->device_count > 0 && shape->sharing == SHARING_WHOLE)
        query = SHARE_WHOLE | (uint32_t)shape->device_count << ROW_WHOLE_SHIFT;
    else if (shape->device_count > 0)
        query = shape->sharing == SHARING_MILLI ? (uint32_t)shape->share_milli : 1;
    if (shape->packing == PACKING_ISOLATED)
        query |= UINT32_C(1) << ROW_EMPTY_SHIFT;
    return query;
}

/* Is nothing of what the shape asks lost in a row? */
static bool is_exact(const struct fleet *fleet, const struct shape *shape)
{
    bool is_one_share = shape->sharing == SHARING_MILLI && shape->device_count == 1;
    bool is_whole = shape->sharing == SHARING_WHOLE;
    return (shape->device_count == 0 || is_one_share || is_whole) &&
           !shape_depends_on_runner(shape) && fleet->group_count <= 32 &&
           shape->cpu_milli < INT32_MAX && shape->mem_bytes >> KIB_SHIFT < INT32_MAX &&
           shape->mem_bytes % (INT64_C(1) << KIB_SHIFT) == 0;
}

/* Those that suit; or all, where no other has the room, and all that is asked shows in a row. */
static uint32_t groups_query(const struct fleet *fleet, int32_t shape, bool is_exact)
{
    const int lacks_room = MISFIT_CPU | MISFIT_MEMORY | MISFIT_DEVICES;
    bool are_others_full = is_exact;
    uint32_t groups = 0;
    for (int32_t i = 0; i < fleet->group_count; i++) {
        if (fleet_suits(fleet, shape, i))
            groups |= UINT32_C(1) << i % 32;
        else if ((fleet_group_misfits(fleet, &fleet->shapes->items[shape], i) & lacks_room) == 0)
            are_others_full = false;
    }
    return are_others_full ? ROW_GROUPS_ALL : groups;
}

struct row_query row_query_of_shape(const struct fleet *fleet, int32_t shape)
{
    const struct shape *asked = &fleet->shapes->items[shape];
    struct row_query query = {.cpu_milli = clamp(asked->cpu_milli),
                              .mem_kib = clamp(asked->mem_bytes >> KIB_SHIFT),
                              .devices = device_query(asked),
                              .is_exact = is_exact(fleet, asked)};
    query.groups = groups_query(fleet, shape, query.is_exact);
    return query;
}

bool row_passes(const struct row_block *blocks, int32_t position, const struct row_query *query)
{
    const struct row_block *block = &blocks[position / ROW_LANES];
    int32_t lane = position % ROW_LANES;
    return block->cpu_milli[lane] >= query->cpu_milli && block->mem_kib[lane] >= query->mem_kib &&
           ((block->devices[lane] - query->devices) & ROW_GUARDS) == ROW_GUARDS &&
           (block->groups[lane] & query->groups) != 0;
}

/* Floats of one sign stand in the order of their bits. Without a branch, which would go either way.
 */
float float_at_least(double value)
{
    float nearest = (float)value + 0.0F; /* never -0 */
    uint32_t bits;
    memcpy(&bits, &nearest, sizeof bits);
    uint32_t is_below = (double)nearest < value;
    bits += nearest < 0.0F ? -is_below : is_below;
    memcpy(&nearest, &bits, sizeof nearest);
    return nearest;
}

float float_at_most(double value)
{
    return -float_at_least(-value);
}
