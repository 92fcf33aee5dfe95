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

/* Adds `by` (1 or -1) users to the devices; how many devices are used more (or less) than before.
 */
static int64_t change_device_users(struct sim *sim, const struct occupancy *occupancy, int32_t by)
{
    int32_t *users = &sim->device_users[sim->sched.fleet.nodes[occupancy->node].first_device];
    int64_t change = 0;
    for (uint64_t rest = occupancy->devices; rest != 0; rest &= rest - 1) {
        int32_t *device = &users[__builtin_ctzll(rest)];
        int32_t before = *device;
        *device += by;
        assert(*device >= 0);
        change += (before == 0 || *device == 0) ? by : 0;
    }
    return change;
}

static void change(struct sim *sim, const struct occupancy *occupancy, int32_t by)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct node_type *type = fleet_type_of(fleet, occupancy->node);
    const struct shape *shape = &fleet->shapes->items[occupancy->shape];
    struct usage_delta delta = {
        .group = fleet->nodes[occupancy->node].group,
        .pool = fleet_pool_of(fleet, occupancy->node),
    };
    if (!type->is_unbounded) {
        delta.used[RESOURCE_CPU] = by * shape->cpu_milli;
        delta.used[RESOURCE_MEMORY] = by * shape->mem_bytes;
    }
    if (occupancy->devices != 0) {
        delta.used[RESOURCE_DEVICES] = change_device_users(sim, occupancy, by);
        delta.used[RESOURCE_SHARE] =
            (int64_t)by * shape->device_count * shape_share_on(shape, type);
    }
    metrics_add_usage(&sim->metrics, &delta, sim->now_us);
    struct sim_node *node = &sim->nodes[occupancy->node];
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (delta.used[i] != 0)
            integral_set(&node->used[i], node->used[i].value + delta.used[i], sim->now_us);
    node->quiet_since_us = sim->now_us;
    bool was_or_is_empty = node->replica_count == 0 || node->replica_count + by == 0;
    if (was_or_is_empty)
        node_count_in_pool(sim, occupancy->node, -1);
    if (node->replica_count == 0)
        node->busy_since_us = sim->now_us;
    node->replica_count += by;
    if (node->replica_count == 0)
        node->busy_us += sim->now_us - node->busy_since_us;
    if (was_or_is_empty)
        node_count_in_pool(sim, occupancy->node, 1);
    assert(node->replica_count >= 0);
    if (node->replica_count > node->replicas_max)
        node->replicas_max = node->replica_count;
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
