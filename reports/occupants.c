/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/occupants.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/order.h"

bool replica_is_bound(const struct replica *replica)
{
    return replica->state == REPLICA_STARTING || replica->state == REPLICA_RUNNING ||
           replica->state == REPLICA_TERMINATING;
}

const char *replica_state_name(enum replica_state state)
{
    static const char *const names[] = {
        [REPLICA_NONE] = "none",
        [REPLICA_BLOCKED] = "blocked",
        [REPLICA_PENDING] = "pending",
        [REPLICA_NOMINATED] = "nominated",
        [REPLICA_STARTING] = "starting",
        [REPLICA_RUNNING] = "running",
        [REPLICA_TERMINATING] = "terminating",
    };
    assert((size_t)state < ARRAY_LEN(names));
    return names[state];
}

/* ---- the list ---- */

struct place { /* a sort key that ends in a unique pair (runner, ordinal) */
    int32_t node, runner, ordinal, replica;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    int order = order_int(a->node, b->node);
    if (order == 0)
        order = order_int(a->runner, b->runner);
    if (order == 0)
        order = order_int(a->ordinal, b->ordinal);
    return order;
}

static int32_t gather_places(const struct sim *sim, struct place *places)
{
    int32_t count = 0;
    for (int32_t i = 0; i < sim->sched.replica_count; i++) {
        const struct replica *replica = &sim->sched.replicas[i];
        if (!replica_is_bound(replica) && replica->state != REPLICA_NOMINATED)
            continue;
        if (places != NULL)
            places[count] = (struct place){replica->node, replica->runner, replica->ordinal, i};
        count++;
    }
    return count;
}

int occupants_list(const struct sim *sim, int32_t **occupants, int32_t *count, struct err *err)
{
    int32_t found = gather_places(sim, NULL);
    struct place *places = calloc((size_t)found + 1, sizeof *places);
    int32_t *list = calloc((size_t)found + 1, sizeof *list);
    if (places == NULL || list == NULL) {
        free(places);
        free(list);
        return err_no_memory(err);
    }
    gather_places(sim, places);
    qsort(places, (size_t)found, sizeof *places, compare_places);
    for (int32_t i = 0; i < found; i++)
        list[i] = places[i].replica;
    free(places);
    *occupants = list;
    *count = found;
    return 0;
}

/* ---- amounts ---- */

/* CPU and memory of unbounded nodes are not counted. */
static bool is_counted(const struct node_type *type, enum resource resource)
{
    return !type->is_unbounded || resource == RESOURCE_DEVICES || resource == RESOURCE_SHARE;
}

int64_t shape_takes(const struct shape *shape, const struct node_type *type, enum resource resource)
{
    if (!is_counted(type, resource))
        return 0;
    switch (resource) {
    case RESOURCE_CPU:
        return shape->cpu_milli;
    case RESOURCE_MEMORY:
        return shape->mem_bytes;
    case RESOURCE_DEVICES:
        return shape->device_count;
    case RESOURCE_SHARE:
        return shape->device_count == 0
                   ? 0
                   : (int64_t)shape->device_count * shape_share_on(shape, type);
    default:
        assert(resource != RESOURCE_COUNT);
        return 0;
    }
}

int64_t capacity_of_type(const struct node_type *type, enum resource resource)
{
    if (!is_counted(type, resource))
        return 0;
    switch (resource) {
    case RESOURCE_CPU:
        return type->cpu_milli;
    case RESOURCE_MEMORY:
        return type->mem_bytes;
    case RESOURCE_DEVICES:
        return type->device_count;
    case RESOURCE_SHARE:
        return (int64_t)type->device_count * SHARE_WHOLE;
    default:
        assert(resource != RESOURCE_COUNT);
        return 0;
    }
}

static void read_devices(const struct fleet *fleet, int32_t node, struct node_room *room)
{
    for (int32_t i = 0; i < fleet_type_of(fleet, node)->device_count; i++) {
        int32_t held = fleet_device_held(fleet, fleet->nodes[node].first_device + i);
        int32_t share_used = SHARE_WHOLE - fleet_shares(fleet, node)[i] - held;
        room->used[RESOURCE_SHARE] += share_used;
        room->held[RESOURCE_SHARE] += held;
        if (share_used > 0)
            room->used[RESOURCE_DEVICES]++;
        else if (held > 0)
            room->held[RESOURCE_DEVICES]++;
    }
}

void node_room_read(const struct fleet *fleet, int32_t node, struct node_room *room)
{
    const struct node *at = &fleet->nodes[node];
    const struct node_type *type = fleet_type_of(fleet, node);
    const struct node_held held = fleet_held(fleet, node);
    *room = (struct node_room){
        .used = {[RESOURCE_CPU] = type->cpu_milli - at->cpu_free_milli - held.cpu_milli,
                 [RESOURCE_MEMORY] = type->mem_bytes - at->mem_free_bytes - held.mem_bytes},
        .held = {[RESOURCE_CPU] = held.cpu_milli, [RESOURCE_MEMORY] = held.mem_bytes},
    };
    read_devices(fleet, node, room);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if (!is_counted(type, (enum resource)r))
            room->used[r] = room->held[r] = 0;
        room->free[r] = capacity_of_type(type, (enum resource)r) - room->used[r] - room->held[r];
    }
}

bool node_is_there(const struct node *node)
{
    return node->state == NODE_READY || node->state == NODE_DRAINED;
}
