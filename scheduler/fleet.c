/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/fleet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

int fleet_init(struct fleet *fleet, const struct shape_table *shapes, struct err *err)
{
    (void)err;
    *fleet = (struct fleet){.shapes = shapes, .growth_version = 1};
    return 0;
}

void fleet_release(struct fleet *fleet)
{
    free(fleet->types);
    free(fleet->groups);
    free(fleet->pools);
    free(fleet->nodes);
    free(fleet->many_free_milli);
    free(fleet->device_held_milli);
    free(fleet->device_mem);
    free(fleet->held);
    free(fleet->suits);
    free(fleet->changed);
    *fleet = (struct fleet){0};
}

/* ---- building ---- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static double part_of(int64_t largest)
{
    return largest == 0 ? 0.0 : 1.0 / (double)largest;
}

int fleet_add_type(struct fleet *fleet, const struct node_type *type, int32_t *number,
                   struct err *err)
{
    assert(type->device_count >= 0 && type->device_count <= SHAPE_DEVICES_MAX);
    assert(type->cpu_milli >= 0 && type->mem_bytes >= 0 && type->device_mem_bytes >= 0);
    if (array_reserve(&fleet->types, &fleet->type_capacity, (int64_t)fleet->type_count + 1,
                      sizeof *fleet->types, err))
        return -1;
    fleet->types[fleet->type_count] = *type;
    fleet->cpu_milli_max = larger(fleet->cpu_milli_max, type->cpu_milli);
    fleet->mem_bytes_max = larger(fleet->mem_bytes_max, type->mem_bytes);
    if (type->device_count * SHARE_WHOLE > fleet->node_share_milli_max)
        fleet->node_share_milli_max = type->device_count * SHARE_WHOLE;
    fleet->part_of_largest[0] = part_of(fleet->cpu_milli_max);
    fleet->part_of_largest[1] = part_of(fleet->mem_bytes_max);
    fleet->part_of_largest[2] = part_of(fleet->node_share_milli_max);
    *number = fleet->type_count++;
    return 0;
}

int fleet_add_pool(struct fleet *fleet, const struct pool *pool, int32_t *number, struct err *err)
{
    if (array_reserve(&fleet->pools, &fleet->pool_capacity, (int64_t)fleet->pool_count + 1,
                      sizeof *fleet->pools, err))
        return -1;
    fleet->pools[fleet->pool_count] = *pool;
    *number = fleet->pool_count++;
    return 0;
}

int fleet_group(struct fleet *fleet, struct node_group group, int32_t *number, struct err *err)
{
    assert(group.pool >= 0 && group.pool < fleet->pool_count);
    assert(group.type >= 0 && group.type < fleet->type_count);
    for (int32_t i = 0; i < fleet->group_count; i++) {
        if (fleet->groups[i].pool == group.pool && fleet->groups[i].type == group.type) {
            *number = i;
            return 0;
        }
    }
    if (array_reserve(&fleet->groups, &fleet->group_capacity, (int64_t)fleet->group_count + 1,
                      sizeof *fleet->groups, err))
        return -1;
    fleet->groups[fleet->group_count] = group;
    *number = fleet->group_count++;
    return 0;
}

void fleet_forget_changes(struct fleet *fleet)
{
    for (int32_t i = 0; i < fleet->changed_count; i++)
        fleet->nodes[fleet->changed[i]].is_changed = false;
    fleet->changed_count = 0;
}

/* Room has grown on this node; -1: on several. */
static void note_growth(struct fleet *fleet, int32_t node)
{
    fleet->growth_version++;
    fleet->grown[fleet->growth_version % FLEET_GROWTHS] = node;
}

static int16_t *shares_of(struct fleet *fleet, struct node *node)
{
    return node->has_many_devices ? &fleet->many_free_milli[node->first_device]
                                  : node->device_free_milli;
}

static void add_devices(struct fleet *fleet, const struct node_type *type, struct node *node)
{
    for (int32_t i = 0; i < type->device_count; i++) {
        shares_of(fleet, node)[i] = SHARE_WHOLE;
        if (type->device_mem_bytes > 0)
            fleet->device_mem[fleet->device_count].free_bytes = type->device_mem_bytes;
        fleet->device_count++;
    }
}

static int reserve_devices(struct fleet *fleet, const struct node_type *type, struct err *err)
{
    int64_t needed = (int64_t)fleet->device_count + type->device_count;
    if (type->device_count > NODE_DEVICES &&
        array_reserve(&fleet->many_free_milli, &fleet->many_free_capacity, needed,
                      sizeof *fleet->many_free_milli, err))
        return -1;
    if (type->device_mem_bytes > 0 && array_reserve(&fleet->device_mem, &fleet->device_mem_capacity,
                                                    needed, sizeof *fleet->device_mem, err))
        return -1;
    return 0;
}

int fleet_add_node(struct fleet *fleet, int32_t group, enum node_state state, int32_t *number,
                   struct err *err)
{
    assert(group >= 0 && group < fleet->group_count);
    const struct node_type *type = fleet_group_type(fleet, group);
    if (array_reserve_on_lines(&fleet->nodes, &fleet->node_capacity, (int64_t)fleet->node_count + 1,
                               sizeof *fleet->nodes, err))
        return -1;
    if (reserve_devices(fleet, type, err))
        return -1;
    if (array_reserve(&fleet->changed, &fleet->changed_capacity, (int64_t)fleet->node_count + 1,
                      sizeof *fleet->changed, err))
        return -1;
    fleet->nodes[fleet->node_count] =
        (struct node){.cpu_free_milli = type->cpu_milli,
                      .mem_free_bytes = type->mem_bytes,
                      .group = group,
                      .share_free_milli = type->device_count * SHARE_WHOLE,
                      .first_device = fleet->device_count,
                      .first_replica = -1,
                      .enters_behind = -1,
                      .state = (uint8_t)state,
                      .has_many_devices = type->device_count > NODE_DEVICES};
    add_devices(fleet, type, &fleet->nodes[fleet->node_count]);
    *number = fleet->node_count++;
    fleet_touch(fleet, *number);
    note_growth(fleet, *number);
    return 0;
}

/* ---- which groups suit which shapes ---- */

const char *misfit_name(enum misfit misfit)
{
    static const char *const names[MISFIT_COUNT] = {"pool",        "node-state",    "arch",
                                                    "device-type", "device-memory", "devices",
                                                    "cpu",         "memory",        "packing"};
    for (int bit = 0; bit < MISFIT_COUNT; bit++)
        if ((int)misfit == 1 << bit)
            return names[bit];
    return "none";
}

int32_t fleet_pool_of(const struct fleet *fleet, int32_t node)
{
    return fleet->groups[fleet->nodes[node].group].pool;
}

static bool matches_device_type(const struct shape *shape, const struct node_type *type)
{
    if (shape->type_pattern_count == 0)
        return true;
    for (int32_t i = 0; i < shape->type_pattern_count; i++)
        for (int32_t k = 0; k < type->device_type_count; k++)
            if (text_matches_glob(shape->type_patterns[i], type->device_types[k]))
                return true;
    return false;
}

static bool matches_topology(const struct shape *shape, const struct node_type *type)
{
    if (shape->topology_count == 0)
        return true;
    for (int32_t i = 0; i < shape->topology_count; i++)
        for (int32_t k = 0; k < type->topology_count; k++)
            if (strcmp(shape->topologies[i], type->topologies[k]) == 0)
                return true;
    return false;
}

static int device_misfits(const struct shape *shape, const struct node_type *type)
{
    int misfits = 0;
    if (shape->device_count == 0)
        return 0;
    if (type->device_count < shape->device_count)
        misfits |= MISFIT_DEVICES;
    if (type->device_count == 0)
        return misfits;
    if (!matches_device_type(shape, type) || !matches_topology(shape, type))
        misfits |= MISFIT_DEVICE_TYPE;
    if (shape->device_mem_bytes > 0 &&
        (!type->has_device_mem || type->device_mem_bytes < shape->device_mem_bytes))
        misfits |= MISFIT_DEVICE_MEMORY;
    return misfits;
}

int fleet_group_misfits(const struct fleet *fleet, const struct shape *shape, int32_t group)
{
    int32_t pool = fleet->groups[group].pool;
    const struct node_type *type = fleet_group_type(fleet, group);
    int misfits = device_misfits(shape, type);
    if (!shape_names_pool(shape, pool) || !fleet->pools[pool].is_schedulable)
        misfits |= MISFIT_POOL;
    if (shape->arch != NULL && (type->arch == NULL || strcmp(shape->arch, type->arch) != 0))
        misfits |= MISFIT_ARCH;
    if (!type->is_unbounded && type->cpu_milli < shape->cpu_milli)
        misfits |= MISFIT_CPU;
    if (!type->is_unbounded && type->mem_bytes < shape->mem_bytes)
        misfits |= MISFIT_MEMORY;
    return misfits;
}

/* One byte of the matrix. */
static void fill_suits(struct fleet *fleet, int32_t shape, int32_t group)
{
    const struct shape *asked = &fleet->shapes->items[shape];
    fleet->suits[(size_t)shape * (size_t)fleet->suits_stride + (size_t)group] =
        fleet_group_misfits(fleet, asked, group) == 0;
}

/* A matrix with room for more groups in each row, empty. */
static int widen_suits(struct fleet *fleet, struct err *err)
{
    signed char *wider = NULL;
    int32_t capacity = 0;
    int32_t stride = fleet->group_count < 4 ? 8 : fleet->group_count * 2;
    if (array_reserve(&wider, &capacity, fleet->shapes->count, (size_t)stride, err))
        return -1;
    free(fleet->suits);
    fleet->suits = wider;
    fleet->suits_shape_capacity = capacity;
    fleet->suits_group_count = 0;
    fleet->suits_stride = stride;
    return 0;
}

int fleet_refresh_suits(struct fleet *fleet, struct err *err)
{
    int32_t shape_count = fleet->shapes->count;
    if (fleet_suits_are_current(fleet))
        return 0;
    if (fleet->group_count > fleet->suits_stride && widen_suits(fleet, err))
        return -1;
    if (fleet->suits_stride > 0 && array_reserve(&fleet->suits, &fleet->suits_shape_capacity,
                                                 shape_count, (size_t)fleet->suits_stride, err))
        return -1;
    for (int32_t shape = 0; shape < shape_count; shape++) {
        bool is_new = shape >= fleet->suits_shape_count;
        for (int32_t i = is_new ? 0 : fleet->suits_group_count; i < fleet->group_count; i++)
            fill_suits(fleet, shape, i);
    }
    fleet->suits_shape_count = shape_count;
    fleet->suits_group_count = fleet->group_count;
    return 0;
}

/* ---- room ---- */

void fleet_room(const struct fleet *fleet, int32_t node, struct room *room)
{
    const struct node *at = &fleet->nodes[node];
    const int16_t *shares = fleet_shares(fleet, node);
    room->cpu_milli = at->cpu_free_milli;
    room->mem_bytes = at->mem_free_bytes;
    room->occupant_count = at->occupant_count;
    room->isolated_count = at->isolated_count;
    room->same_runner_count = 0;
    room->device_count = fleet_type_of(fleet, node)->device_count;
    for (int32_t i = 0; i < room->device_count; i++)
        room->share_milli[i] = shares[i];
    bool has_mem = at->first_device < fleet->device_mem_capacity;
    for (int32_t i = 0; i < room->device_count; i++)
        room->device_mem_bytes[i] =
            has_mem ? fleet_device_mem(fleet, at->first_device + i).free_bytes : 0;
}

static bool devices_fit(const struct fleet *fleet, int32_t node, const struct shape *shape)
{
    const struct node_type *type = fleet_type_of(fleet, node);
    int32_t first = fleet->nodes[node].first_device;
    const int16_t *shares = fleet_shares(fleet, node);
    int32_t share_milli = shape_share_on(shape, type);
    int64_t mem_bytes = shape_device_mem_taken(shape); /* with a whole share comes all of it */
    int32_t found = 0;
    for (int32_t i = 0; i < type->device_count; i++)
        found += (shares[i] >= share_milli) &
                 (mem_bytes == 0 || fleet_device_mem(fleet, first + i).free_bytes >= mem_bytes);
    return found >= shape->device_count;
}

bool fleet_fits(const struct fleet *fleet, int32_t shape, int32_t node, int32_t same_runner_count)
{
    const struct node *at = &fleet->nodes[node];
    const struct shape *asked = &fleet->shapes->items[shape];
    if (at->state != NODE_READY || at->isolated_count > 0 || !fleet_suits(fleet, shape, at->group))
        return false;
    if (asked->packing == PACKING_ISOLATED && at->occupant_count > 0)
        return false;
    if (asked->max_per_node > 0 && same_runner_count >= asked->max_per_node)
        return false;
    if ((at->cpu_free_milli < asked->cpu_milli || at->mem_free_bytes < asked->mem_bytes) &&
        !fleet_type_of(fleet, node)->is_unbounded)
        return false;
    return asked->device_count == 0 || devices_fit(fleet, node, asked);
}

/* ---- moving room ---- */

static void add_share(int16_t *share_milli, int32_t change_milli)
{
    *share_milli = (int16_t)(*share_milli + change_milli);
    assert(*share_milli >= 0 && *share_milli <= SHARE_WHOLE);
}

/* To what is free on a device. */
static void add_device_mem(struct fleet *fleet, int32_t device, int64_t mem_bytes)
{
    if (mem_bytes == 0)
        return;
    fleet->device_mem[device].free_bytes += mem_bytes;
    assert(fleet->device_mem[device].free_bytes >= 0);
}

/* Adds `sign` times what the claim takes to what is free of CPU and memory, */
static void add_claim(struct fleet *fleet, const struct claim *claim, int32_t sign)
{
    struct node *at = &fleet->nodes[claim->node];
    fleet_touch(fleet, claim->node);
    if (fleet_type_of(fleet, claim->node)->is_unbounded)
        return;
    at->cpu_free_milli += sign * claim->shape->cpu_milli;
    at->mem_free_bytes += sign * claim->shape->mem_bytes;
    assert(at->cpu_free_milli >= 0);
    assert(at->mem_free_bytes >= 0);
}

/* and of its devices. */
static void add_claimed_devices(struct fleet *fleet, const struct claim *claim, int32_t sign)
{
    struct node *at = &fleet->nodes[claim->node];
    const struct node_type *type = fleet_type_of(fleet, claim->node);
    int32_t share_milli = sign * shape_share_on(claim->shape, type);
    int64_t mem_bytes = sign * shape_device_mem_taken(claim->shape);
    int16_t *shares = shares_of(fleet, at);
    for (uint64_t left = claim->devices; left != 0; left &= left - 1) {
        int32_t device = __builtin_ctzll(left);
        at->share_free_milli += share_milli;
        add_share(&shares[device], share_milli);
        add_device_mem(fleet, at->first_device + device, mem_bytes);
    }
}

static void add_free(struct fleet *fleet, int32_t node, const struct room *amount, int32_t sign)
{
    struct node *at = &fleet->nodes[node];
    fleet_touch(fleet, node);
    at->cpu_free_milli += sign * amount->cpu_milli;
    at->mem_free_bytes += sign * amount->mem_bytes;
    assert(at->cpu_free_milli >= 0);
    assert(at->mem_free_bytes >= 0);
    int16_t *shares = shares_of(fleet, at);
    for (int32_t i = 0; i < amount->device_count; i++) {
        at->share_free_milli += sign * amount->share_milli[i];
        add_share(&shares[i], sign * amount->share_milli[i]);
        add_device_mem(fleet, at->first_device + i, sign * amount->device_mem_bytes[i]);
    }
}

static void add_held(struct fleet *fleet, int32_t node, const struct room *amount, int32_t sign)
{
    const struct node *at = &fleet->nodes[node];
    assert(node < fleet->held_capacity);
    struct node_held *held = &fleet->held[node];
    fleet_touch(fleet, node);
    held->cpu_milli += sign * amount->cpu_milli;
    held->mem_bytes += sign * amount->mem_bytes;
    assert(held->cpu_milli >= 0);
    assert(held->mem_bytes >= 0);
    for (int32_t i = 0; i < amount->device_count; i++) {
        add_share(&fleet->device_held_milli[at->first_device + i], sign * amount->share_milli[i]);
        if (amount->device_mem_bytes[i] == 0)
            continue;
        struct device_mem *mem = &fleet->device_mem[at->first_device + i];
        mem->held_bytes += sign * amount->device_mem_bytes[i];
        assert(mem->held_bytes >= 0);
    }
}

void fleet_take(struct fleet *fleet, const struct claim *claim)
{
    add_claim(fleet, claim, -1);
    if (claim->devices != 0)
        add_claimed_devices(fleet, claim, -1);
}

void fleet_give(struct fleet *fleet, const struct claim *claim)
{
    add_claim(fleet, claim, 1);
    if (claim->devices != 0)
        add_claimed_devices(fleet, claim, 1);
    note_growth(fleet, claim->node);
}

void fleet_use_held(struct fleet *fleet, const struct claim *claim)
{
    struct room amount = {.device_count = fleet_type_of(fleet, claim->node)->device_count};
    room_vacate(&amount, fleet_type_of(fleet, claim->node), claim);
    add_held(fleet, claim->node, &amount, -1);
}

int fleet_hold(struct fleet *fleet, int32_t node, const struct room *amount, struct err *err)
{
    if (array_reserve(&fleet->held, &fleet->held_capacity, (int64_t)node + 1, sizeof *fleet->held,
                      err) ||
        array_reserve(&fleet->device_held_milli, &fleet->device_held_capacity,
                      (int64_t)fleet->nodes[node].first_device + amount->device_count,
                      sizeof *fleet->device_held_milli, err))
        return -1;
    add_free(fleet, node, amount, -1);
    add_held(fleet, node, amount, 1);
    return 0;
}

void fleet_unhold(struct fleet *fleet, int32_t node, const struct room *amount)
{
    add_held(fleet, node, amount, -1);
    add_free(fleet, node, amount, 1);
    note_growth(fleet, node);
}

/* ---- opening and closing ---- */

void fleet_set_node_state(struct fleet *fleet, int32_t node, enum node_state state)
{
    struct node *at = &fleet->nodes[node];
    assert(at->state != NODE_REMOVED || state == NODE_REMOVED);
    assert(state == NODE_READY || state == NODE_DRAINED || at->occupant_count == 0);
    if (state == NODE_READY && at->state != NODE_READY)
        note_growth(fleet, node);
    at->state = (uint8_t)state;
    fleet_touch(fleet, node);
}

void fleet_set_pool_schedulable(struct fleet *fleet, int32_t pool, bool is_schedulable)
{
    if (is_schedulable == fleet->pools[pool].is_schedulable)
        return;
    fleet->pools[pool].is_schedulable = is_schedulable;
    fleet->opening_version++;
    if (is_schedulable)
        note_growth(fleet, -1);
    for (int32_t node = 0; node < fleet->node_count; node++)
        if (fleet_pool_of(fleet, node) == pool)
            fleet_touch(fleet, node);
    for (int32_t group = 0; group < fleet->suits_group_count; group++)
        for (int32_t shape = 0; shape < fleet->suits_shape_count; shape++)
            if (fleet->groups[group].pool == pool)
                fill_suits(fleet, shape, group);
}
