/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

/* What nodes have of replicas, as it is measured: per node, group, pool and fleet. A device counts
 * as used while at least one replica is on it.
 *
 * Group, pool and fleet follow each change, for how full they were at any time. A node is only
 * asked for its means at the end of the run, so what a replica had of it is counted once, when it
 * leaves. Its devices may have others, so what they were used is counted as it changes, in the way
 * of struct integral. */

void type_capacity(const struct node_type *type, int64_t capacity[RESOURCE_COUNT])
{
    capacity[RESOURCE_CPU] = type->is_unbounded ? 0 : type->cpu_milli;
    capacity[RESOURCE_MEMORY] = type->is_unbounded ? 0 : type->mem_bytes;
    capacity[RESOURCE_DEVICES] = type->device_count;
    capacity[RESOURCE_SHARE] = (int64_t)type->device_count * SHARE_WHOLE;
}

/* How many of the devices had no replica before the one that comes. */
static int64_t take_devices(struct sim_node *node, uint64_t devices)
{
    uint64_t fresh = devices & ~node->devices_in_use;
    node->devices_in_use |= devices;
    bool is_one_at_most = (fresh & (fresh - 1)) == 0;
    return is_one_at_most ? fresh != 0 : __builtin_popcountll(fresh);
}

/* How many of these devices have no replica any more: no replica has a share of 0. */
static int64_t give_devices(struct sim *sim, const struct occupancy *occupancy)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const int16_t *free_milli = fleet_shares(fleet, occupancy->node);
    int32_t first = fleet->nodes[occupancy->node].first_device;
    int64_t count = 0;
    for (uint64_t rest = occupancy->devices; rest != 0; rest &= rest - 1) {
        int32_t device = __builtin_ctzll(rest);
        if (free_milli[device] + fleet_device_held(fleet, first + device) < SHARE_WHOLE)
            continue;
        sim->nodes[occupancy->node].devices_in_use &= ~(UINT64_C(1) << device);
        count++;
    }
    return count;
}

/* What a replica of this shape has of a node of the group, as it is measured, but for devices. */
static struct usage_delta use_of(const struct sim *sim, const struct occupancy *occupancy)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct shape *shape = &fleet->shapes->items[occupancy->shape];
    int32_t group = fleet->nodes[occupancy->node].group;
    const struct node_type *type = fleet_group_type(fleet, group);
    struct usage_delta use = {.group = group};
    if (!type->is_unbounded) {
        use.used[RESOURCE_CPU] = shape->cpu_milli;
        use.used[RESOURCE_MEMORY] = shape->mem_bytes;
    }
    if (shape->device_count > 0)
        use.used[RESOURCE_SHARE] = (int64_t)shape->device_count * shape_share_on(shape, type);
    return use;
}

/* So many more of the node's devices are in use. */
static void count_devices(struct sim *sim, struct sim_node *node, int64_t by)
{
    node->used_area[RESOURCE_DEVICES] -= (int128)by * sim->now_us;
}

void occupancy_take(struct sim *sim, const struct occupancy *occupancy)
{
    struct sim_node *node = &sim->nodes[occupancy->node];
    struct usage_delta more = use_of(sim, occupancy);
    if (occupancy->devices != 0) {
        more.used[RESOURCE_DEVICES] = take_devices(node, occupancy->devices);
        count_devices(sim, node, more.used[RESOURCE_DEVICES]);
    }
    metrics_add_usage(&sim->metrics, &more, sim->now_us);
    node->quiet_since_us = sim->now_us;
    if (node->replica_count++ == 0) {
        node->busy_since_us = sim->now_us;
        node_turns_empty(sim, occupancy->node, false);
    }
    if (node->replica_count > node->replicas_max)
        node->replicas_max = node->replica_count;
}

/* What the replica had of the node since it was bound. */
static void add_areas(struct sim *sim, const struct occupancy *occupancy,
                      const int64_t used[RESOURCE_COUNT])
{
    int128_close *areas = sim->nodes[occupancy->node].used_area;
    int64_t lasted_us = sim->now_us - occupancy->bound_us;
    assert(lasted_us >= 0);
    areas[RESOURCE_CPU] += (int128)used[RESOURCE_CPU] * lasted_us;
    areas[RESOURCE_MEMORY] += (int128)used[RESOURCE_MEMORY] * lasted_us;
    areas[RESOURCE_SHARE] += (int128)used[RESOURCE_SHARE] * lasted_us;
}

void occupancy_settle(struct sim *sim, const struct occupancy *occupancy)
{
    const struct usage_delta use = use_of(sim, occupancy);
    add_areas(sim, occupancy, use.used);
}

void occupancy_give(struct sim *sim, const struct occupancy *occupancy)
{
    struct sim_node *node = &sim->nodes[occupancy->node];
    struct usage_delta less = use_of(sim, occupancy);
    add_areas(sim, occupancy, less.used);
    if (occupancy->devices != 0) {
        less.used[RESOURCE_DEVICES] = give_devices(sim, occupancy);
        count_devices(sim, node, -less.used[RESOURCE_DEVICES]);
    }
    for (int i = 0; i < RESOURCE_COUNT; i++)
        less.used[i] = -less.used[i];
    metrics_add_usage(&sim->metrics, &less, sim->now_us);
    node->quiet_since_us = sim->now_us;
    assert(node->replica_count > 0);
    if (--node->replica_count == 0) {
        node->busy_us += sim->now_us - node->busy_since_us;
        node_turns_empty(sim, occupancy->node, true);
    }
}

void occupancy_finish(struct sim *sim, int32_t node)
{
    struct sim_node *it = &sim->nodes[node];
    it->used_area[RESOURCE_DEVICES] +=
        (int128)__builtin_popcountll(it->devices_in_use) * sim->now_us;
    if (it->replica_count > 0)
        it->busy_us += sim->now_us - it->busy_since_us;
    it->busy_since_us = sim->now_us;
}

void occupancy_count_node(struct sim *sim, int32_t node, int32_t counted, int32_t existing)
{
    const struct fleet *fleet = &sim->sched.fleet;
    struct capacity_delta delta = {
        .group = fleet->nodes[node].group,
        .nodes = counted,
        .nodes_up_or_down = existing,
    };
    type_capacity(fleet_type_of(fleet, node), delta.capacity);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        delta.capacity[i] *= counted;
    metrics_add_capacity(&sim->metrics, &delta, sim->now_us);
}
