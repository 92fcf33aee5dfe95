/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/packing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/occupants.h"
#include "reports/stranding.h"

static const enum asked asked_of[RESOURCE_COUNT] = {
    [RESOURCE_CPU] = ASKED_CPU,
    [RESOURCE_MEMORY] = ASKED_MEMORY,
    [RESOURCE_DEVICES] = ASKED_DEVICES,
    [RESOURCE_SHARE] = ASKED_DEVICES,
};

/* ---- one node ---- */

static bool node_is_closed(const struct sim *sim, int32_t node)
{
    const struct fleet *fleet = &sim->sched.fleet;
    return fleet->nodes[node].state != NODE_READY ||
           !fleet->pools[fleet_pool_of(fleet, node)].is_schedulable;
}

/* Bits of the resources that are free on an open node and stranded there. */
static unsigned char find_stranded(struct stranding *stranding, const struct sim *sim, int32_t node,
                                   const struct node_room *room)
{
    bool fits[ASKED_COUNT];
    unsigned char bits = 0;
    for (int asked = 0; asked < ASKED_COUNT; asked++)
        fits[asked] = stranding_fits(stranding, sim, node, (enum asked)asked);
    for (int r = 0; r < RESOURCE_COUNT; r++)
        if (room->free[r] > 0 && !fits[asked_of[r]] && stranding->is_asked[asked_of[r]])
            bits |= (unsigned char)(1U << r);
    return bits;
}

struct node_facts {
    struct node_room room;
    bool is_closed, is_used;
    unsigned char stranded;
};

static void add_node(struct scope_packing *group, const struct node_type *type,
                     const struct node_facts *facts)
{
    group->node_count++;
    group->used_node_count += facts->is_used;
    group->closed_node_count += facts->is_closed;
    group->device_node_count += type->device_count > 0;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct packing_resource *sum = &group->resources[r];
        int64_t capacity = capacity_of_type(type, (enum resource)r);
        int64_t free_amount = facts->room.free[r];
        sum->capacity += capacity;
        sum->used += facts->room.used[r];
        sum->held += facts->room.held[r];
        sum->free += free_amount;
        sum->closed += facts->is_closed ? free_amount : 0;
        sum->stranded += facts->stranded >> r & 1U ? free_amount : 0;
        sum->used_nodes_capacity += facts->is_used ? capacity : 0;
    }
}

static void add_all_nodes(const struct sim *sim, const int32_t *bound_on_node,
                          struct stranding *stranding, struct packing_view *packing)
{
    const struct fleet *fleet = &sim->sched.fleet;
    struct scope_packing *groups = packing->scopes + 1 + sim->metrics.pool_scope_count;
    for (int32_t node = 0; node < sim->node_count; node++) {
        if (!node_is_there(&fleet->nodes[node]))
            continue;
        struct node_facts facts = {.is_closed = node_is_closed(sim, node),
                                   .is_used = bound_on_node[node] > 0};
        node_room_read(fleet, node, &facts.room);
        if (!facts.is_closed)
            facts.stranded = find_stranded(stranding, sim, node, &facts.room);
        packing->node_stranded[node] = facts.stranded;
        add_node(&groups[fleet->nodes[node].group], fleet_type_of(fleet, node), &facts);
    }
}

/* ---- sums over groups ---- */

static void add_packing(struct scope_packing *to, const struct scope_packing *from)
{
    to->node_count += from->node_count;
    to->used_node_count += from->used_node_count;
    to->closed_node_count += from->closed_node_count;
    to->device_node_count += from->device_node_count;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct packing_resource *sum = &to->resources[r];
        const struct packing_resource *part = &from->resources[r];
        sum->capacity += part->capacity;
        sum->used += part->used;
        sum->held += part->held;
        sum->free += part->free;
        sum->closed += part->closed;
        sum->stranded += part->stranded;
        sum->used_nodes_capacity += part->used_nodes_capacity;
    }
}

/* ---- fewest nodes by volume ---- */

struct stock { /* nodes of one type in one pool */
    int64_t capacity, count;
    int32_t pool, scope;
};

static int compare_stocks(const void *left, const void *right)
{
    const struct stock *a = left;
    const struct stock *b = right;
    if (a->capacity != b->capacity)
        return a->capacity < b->capacity ? 1 : -1;
    return (a->scope > b->scope) - (a->scope < b->scope);
}

static int64_t divide_up(int128 amount, int64_t unit)
{
    return (int64_t)((amount + unit - 1) / unit);
}

/* Takes from the largest nodes first. `left` and `nodes` are those of one scope. */
static void take_stock(const struct stock *stock, int128 *left, int64_t *nodes)
{
    if (*left <= 0 || stock->capacity <= 0)
        return;
    int64_t needed = divide_up(*left, stock->capacity);
    int64_t taken = needed < stock->count ? needed : stock->count;
    *nodes += taken;
    *left -= (int128)taken * stock->capacity;
}

static void bound_nodes(const struct sim *sim, struct packing_view *packing, enum resource resource,
                        struct stock *stocks, int128 *left)
{
    const struct metrics *metrics = &sim->metrics;
    int32_t stock_count = 0;
    for (int32_t i = 0; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        left[i] = packing->scopes[i].resources[resource].used;
        if (scope->group == NO_INDEX)
            continue;
        const struct fleet *fleet = &sim->sched.fleet;
        const struct node_type *type = fleet_group_type(fleet, scope->group);
        stocks[stock_count++] = (struct stock){.capacity = capacity_of_type(type, resource),
                                               .count = packing->scopes[i].node_count,
                                               .pool = scope->pool,
                                               .scope = i};
    }
    qsort(stocks, (size_t)stock_count, sizeof *stocks, compare_stocks);
    for (int32_t s = 0; s < stock_count; s++) {
        int32_t scopes[] = {0, 1 + stocks[s].pool, stocks[s].scope};
        for (size_t k = 0; k < 3; k++)
            take_stock(&stocks[s], &left[scopes[k]],
                       &packing->scopes[scopes[k]].resources[resource].nodes_bound);
    }
}

static int bound_all(const struct sim *sim, struct packing_view *packing, struct err *err)
{
    size_t count = (size_t)sim->metrics.scope_count;
    struct stock *stocks = calloc(count + 1, sizeof *stocks);
    int128 *left = calloc(count + 1, sizeof *left);
    bool has_memory = stocks != NULL && left != NULL;
    for (int r = 0; has_memory && r < RESOURCE_COUNT; r++)
        bound_nodes(sim, packing, (enum resource)r, stocks, left);
    for (size_t i = 0; has_memory && i < count; i++) {
        struct scope_packing *scope = &packing->scopes[i];
        scope->resources[RESOURCE_DEVICES].nodes_bound = -1;
        for (int r = 0; r < RESOURCE_COUNT; r++)
            if (scope->resources[r].nodes_bound > scope->nodes_bound)
                scope->nodes_bound = scope->resources[r].nodes_bound;
    }
    for (int32_t i = 1; has_memory && i <= sim->metrics.pool_scope_count; i++)
        packing->scopes[0].nodes_bound_in_pools += packing->scopes[i].nodes_bound;
    free(stocks);
    free(left);
    return has_memory ? 0 : err_no_memory(err);
}

/* ---- all ---- */

static int fill_packing(const struct sim *sim, const int32_t *bound_on_node,
                        struct packing_view *packing, struct err *err)
{
    struct stranding stranding;
    if (stranding_init(&stranding, sim, err) != 0)
        return -1;
    for (int r = 0; r < RESOURCE_COUNT; r++)
        packing->is_asked[r] = stranding.is_asked[asked_of[r]];
    add_all_nodes(sim, bound_on_node, &stranding, packing);
    stranding_release(&stranding);
    for (int32_t i = 1 + sim->metrics.pool_scope_count; i < sim->metrics.scope_count; i++) {
        add_packing(&packing->scopes[1 + sim->metrics.scopes[i].pool], &packing->scopes[i]);
        add_packing(&packing->scopes[0], &packing->scopes[i]);
    }
    return bound_all(sim, packing, err);
}

int packing_make(const struct sim *sim, const int32_t *bound_on_node, struct packing_view *packing,
                 struct err *err)
{
    *packing = (struct packing_view){
        .scopes = calloc((size_t)sim->metrics.scope_count + 1, sizeof *packing->scopes),
        .node_stranded = calloc((size_t)sim->node_count + 1, 1),
    };
    int result = packing->scopes == NULL || packing->node_stranded == NULL
                     ? err_no_memory(err)
                     : fill_packing(sim, bound_on_node, packing, err);
    if (result != 0)
        packing_release(packing);
    return result;
}

void packing_release(struct packing_view *packing)
{
    free(packing->scopes);
    free(packing->node_stranded);
    *packing = (struct packing_view){0};
}

double packing_used_share(const struct packing_resource *resource)
{
    return resource->used_nodes_capacity == 0
               ? (double)NAN
               : int128_ratio(resource->used, resource->used_nodes_capacity);
}
