/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

/* What nodes have of replicas, as it is measured: per node, group, pool and fleet. A device counts
 * as used while at least one replica is on it. */

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

/* How many of its devices have no replica but the one that goes, which the scheduler has not been
 * told yet: nothing is used there but its share, and no replica has a share of 0. */
static int64_t give_devices(struct sim *sim, const struct occupancy *occupancy, int32_t share_milli)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const int16_t *free_milli = fleet_shares(fleet, occupancy->node);
    int32_t first = fleet->nodes[occupancy->node].first_device;
    int64_t count = 0;
    for (uint64_t rest = occupancy->devices; rest != 0; rest &= rest - 1) {
        int32_t device = __builtin_ctzll(rest);
        int32_t used_milli =
            SHARE_WHOLE - free_milli[device] - fleet_device_held(fleet, first + device);
        assert(used_milli >= share_milli);
        if (used_milli > share_milli)
            continue;
        sim->nodes[occupancy->node].devices_in_use &= ~(UINT64_C(1) << device);
        count++;
    }
    return count;
}

/* One replica more (1) or less (-1) on the node. */
static void count_replica(struct sim *sim, int32_t number, int32_t by)
{
    struct sim_node *node = &sim->nodes[number];
    if (node->replica_count == 0) {
        node->busy_since_us = sim->now_us;
        node_turns_empty(sim, number, false);
    }
    node->replica_count += by;
    if (node->replica_count == 0) {
        node->busy_us += sim->now_us - node->busy_since_us;
        node_turns_empty(sim, number, true);
    }
    assert(node->replica_count >= 0);
    if (node->replica_count > node->replicas_max)
        node->replicas_max = node->replica_count;
}

/* Devices that the replica is the only one to use. */
static int64_t change_devices(struct sim *sim, const struct occupancy *occupancy,
                              int32_t share_milli, int32_t by)
{
    if (occupancy->devices == 0)
        return 0;
    if (by > 0)
        return take_devices(&sim->nodes[occupancy->node], occupancy->devices);
    return -give_devices(sim, occupancy, share_milli);
}

static void change(struct sim *sim, const struct occupancy *occupancy, int32_t by)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct node_type *type = fleet_type_of(fleet, occupancy->node);
    const struct shape *shape = &fleet->shapes->items[occupancy->shape];
    struct sim_node *node = &sim->nodes[occupancy->node];
    int64_t share_milli = occupancy->devices == 0 ? 0 : shape_share_on(shape, type);
    const struct usage_delta delta = {
        .group = fleet->nodes[occupancy->node].group,
        .used = {
            [RESOURCE_CPU] = type->is_unbounded ? 0 : by * shape->cpu_milli,
            [RESOURCE_MEMORY] = type->is_unbounded ? 0 : by * shape->mem_bytes,
            [RESOURCE_DEVICES] = change_devices(sim, occupancy, (int32_t)share_milli, by),
            [RESOURCE_SHARE] = by * shape->device_count * share_milli,
        }};
    metrics_add_usage(&sim->metrics, &delta, sim->now_us);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (delta.used[i] != 0)
            node_use_add(&node->used[i], delta.used[i], sim->now_us);
    node->quiet_since_us = sim->now_us;
    count_replica(sim, occupancy->node, by);
}

void occupancy_take(struct sim *sim, const struct occupancy *occupancy)
{
    change(sim, occupancy, 1);
}

void occupancy_give(struct sim *sim, const struct occupancy *occupancy)
{
    change(sim, occupancy, -1);
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
