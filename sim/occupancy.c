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
    return __builtin_popcountll(fresh);
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

static void change(struct sim *sim, const struct occupancy *occupancy, int32_t by)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct node_type *type = fleet_type_of(fleet, occupancy->node);
    const struct shape *shape = &fleet->shapes->items[occupancy->shape];
    struct sim_node *node = &sim->nodes[occupancy->node];
    struct usage_delta delta = {
        .group = fleet->nodes[occupancy->node].group,
        .pool = fleet_pool_of(fleet, occupancy->node),
    };
    if (!type->is_unbounded) {
        delta.used[RESOURCE_CPU] = by * shape->cpu_milli;
        delta.used[RESOURCE_MEMORY] = by * shape->mem_bytes;
    }
    if (occupancy->devices != 0) {
        int32_t share_milli = shape_share_on(shape, type);
        delta.used[RESOURCE_DEVICES] = by > 0 ? take_devices(node, occupancy->devices)
                                              : -give_devices(sim, occupancy, share_milli);
        delta.used[RESOURCE_SHARE] = (int64_t)by * shape->device_count * share_milli;
    }
    metrics_add_usage(&sim->metrics, &delta, sim->now_us);
    sim_node_settle_use(node, sim->now_us);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        node->used[i].value += delta.used[i];
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
    struct usage_delta delta = {
        .group = fleet->nodes[node].group,
        .pool = fleet_pool_of(fleet, node),
        .nodes = counted,
        .nodes_up_or_down = existing,
    };
    type_capacity(fleet_type_of(fleet, node), delta.capacity);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        delta.capacity[i] *= counted;
    metrics_add_usage(&sim->metrics, &delta, sim->now_us);
}
