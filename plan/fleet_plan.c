/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/fleet_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/devices.h"

enum { DEVICE_DEMANDS_MAX = 512 };

int fleet_plan_init(struct fleet_plan *plan, const struct instance *instance, struct err *err)
{
    *plan = (struct fleet_plan){.instance = instance};
    plan->used = calloc((size_t)instance->type_count + 1, sizeof *plan->used);
    return plan->used ? 0 : err_no_memory(err);
}

void fleet_plan_release(struct fleet_plan *plan)
{
    free(plan->nodes);
    free(plan->room);
    free(plan->contents);
    free(plan->used);
    *plan = (struct fleet_plan){0};
}

int32_t fleet_plan_open(struct fleet_plan *plan, int32_t type, struct err *err)
{
    const struct instance *instance = plan->instance;
    int64_t resources = instance->resource_count;
    int64_t room_needed = (plan->node_count + INT64_C(1)) * resources;
    if (array_reserve(&plan->nodes, &plan->node_capacity, plan->node_count + INT64_C(1),
                      sizeof *plan->nodes, err) ||
        array_reserve(&plan->room, &plan->room_capacity, room_needed, sizeof *plan->room, err))
        return -1;
    memcpy(&plan->room[plan->node_count * resources], instance->types[type].alloc,
           (size_t)resources * sizeof *plan->room);
    plan->nodes[plan->node_count] = (struct plan_node){.type = type, .first = -1};
    plan->used[type]++;
    return plan->node_count++;
}

/* ---- limits between items ---- */

int item_limits_init(struct item_limits *limits, const struct instance *instance, struct err *err)
{
    size_t count = (size_t)instance->item_count + 1;
    *limits = (struct item_limits){.item = -1};
    limits->other_max = calloc(count, sizeof *limits->other_max);
    limits->own_max = calloc(count, sizeof *limits->own_max);
    if (!limits->other_max || !limits->own_max) {
        item_limits_release(limits);
        return err_no_memory(err);
    }
    for (int32_t i = 0; i < instance->item_count; i++)
        limits->other_max[i] = limits->own_max[i] = INSTANCE_NO_LIMIT;
    return 0;
}

void item_limits_release(struct item_limits *limits)
{
    free(limits->other_max);
    free(limits->own_max);
    *limits = (struct item_limits){0};
}

static void set_limits(struct item_limits *limits, const struct instance *instance, bool clears)
{
    const struct instance_item *item = &instance->items[limits->item];
    for (int32_t p = 0; p < item->pair_count; p++) {
        const struct item_pair *pair = &item->pairs[p];
        limits->other_max[pair->other] = clears ? INSTANCE_NO_LIMIT : pair->other_max;
        limits->own_max[pair->other] = clears ? INSTANCE_NO_LIMIT : pair->own_max;
    }
}

void item_limits_turn_to(struct item_limits *limits, const struct instance *instance, int32_t item)
{
    if (limits->item >= 0)
        set_limits(limits, instance, true);
    limits->item = item;
    set_limits(limits, instance, false);
}

/* ---- placing ---- */

/* The node's content as demands for devices of a type, with one `extra` item (-1: none). */
static bool devices_fit(const struct fleet_plan *plan, int32_t node, int32_t type, int32_t extra)
{
    const struct instance *instance = plan->instance;
    struct device_demand demands[DEVICE_DEMANDS_MAX];
    int32_t demand_count = 0, r = instance->device_resource;
    if (r < 0)
        return true;
    if (extra >= 0)
        demands[demand_count++] =
            (struct device_demand){.units = instance->items[extra].req[r], .count = 1};
    for (int32_t c = plan->nodes[node].first; c >= 0; c = plan->contents[c].next) {
        int64_t units = instance->items[plan->contents[c].item].req[r];
        if (units == 0)
            continue;
        if (demand_count == DEVICE_DEMANDS_MAX)
            return false;
        demands[demand_count++] =
            (struct device_demand){.units = units, .count = plan->contents[c].count};
    }
    int64_t devices = instance->types[type].alloc[r] / instance->device_units, ticks = 0;
    return devices_pack(demands, demand_count, devices, instance->device_units, &ticks) ==
           DEVICES_FIT;
}

bool fleet_plan_devices_fit(const struct fleet_plan *plan, int32_t node, int32_t type)
{
    return devices_fit(plan, node, type, -1);
}

static bool limits_allow(const struct fleet_plan *plan, int32_t node,
                         const struct item_limits *limits)
{
    const struct instance_item *item = &plan->instance->items[limits->item];
    int64_t own_max = item->max_per_node, own = 0;
    for (int32_t c = plan->nodes[node].first; c >= 0; c = plan->contents[c].next) {
        const struct plan_content *content = &plan->contents[c];
        if (content->item == limits->item)
            own = content->count;
        if (content->count > limits->other_max[content->item])
            return false;
        if (limits->own_max[content->item] < own_max)
            own_max = limits->own_max[content->item];
    }
    return own < own_max;
}

bool fleet_plan_takes(const struct fleet_plan *plan, int32_t node, const struct item_limits *limits)
{
    const struct instance *instance = plan->instance;
    const struct instance_item *item = &instance->items[limits->item];
    const int64_t *room = &plan->room[(int64_t)node * instance->resource_count];
    for (int32_t r = 0; r < instance->resource_count; r++) {
        if (item->req[r] > room[r])
            return false;
    }
    if (item->may_use && !item->may_use[plan->nodes[node].type])
        return false;
    bool takes_device = instance->device_resource >= 0 && item->req[instance->device_resource] > 0;
    return limits_allow(plan, node, limits) &&
           (!takes_device || devices_fit(plan, node, plan->nodes[node].type, limits->item));
}

int fleet_plan_put(struct fleet_plan *plan, int32_t node, int32_t item, struct err *err)
{
    const struct instance *instance = plan->instance;
    int32_t c = plan->nodes[node].first;
    while (c >= 0 && plan->contents[c].item != item)
        c = plan->contents[c].next;
    if (c < 0) {
        if (array_reserve(&plan->contents, &plan->content_capacity,
                          plan->content_count + INT64_C(1), sizeof *plan->contents, err))
            return -1;
        c = plan->content_count++;
        plan->contents[c] = (struct plan_content){.item = item, .next = plan->nodes[node].first};
        plan->nodes[node].first = c;
    }
    plan->contents[c].count++;
    for (int32_t r = 0; r < instance->resource_count; r++)
        plan->room[(int64_t)node * instance->resource_count + r] -= instance->items[item].req[r];
    return 0;
}

int128 fleet_plan_cost(const struct fleet_plan *plan)
{
    int128 cost = 0;
    for (int32_t n = 0; n < plan->node_count; n++)
        cost += plan->instance->types[plan->nodes[n].type].price_nano;
    return cost;
}

/* ---- checking ---- */

static int check_failed(struct err *err, const struct fleet_plan *plan, int32_t node,
                        const char *what)
{
    return err_set(err, ERR_SYSTEM,
                   "the plan is wrong (a mistake of this program): node %" PRId32 " of type %s: %s",
                   node, plan->instance->types[plan->nodes[node].type].name, what);
}

static int check_amounts(const struct fleet_plan *plan, int32_t node, struct err *err)
{
    const struct instance *instance = plan->instance;
    const struct instance_type *type = &instance->types[plan->nodes[node].type];
    for (int32_t r = 0; r < instance->resource_count; r++) {
        int128 amount = 0;
        for (int32_t c = plan->nodes[node].first; c >= 0; c = plan->contents[c].next)
            amount +=
                (int128)plan->contents[c].count * instance->items[plan->contents[c].item].req[r];
        if (amount > type->alloc[r])
            return check_failed(err, plan, node, "too much of a resource");
    }
    return devices_fit(plan, node, plan->nodes[node].type, -1)
               ? 0
               : check_failed(err, plan, node, "devices do not fit");
}

static int check_rules(const struct fleet_plan *plan, int32_t node, int64_t *here, struct err *err)
{
    const struct instance *instance = plan->instance;
    const char *fault = NULL;
    for (int32_t c = plan->nodes[node].first; c >= 0; c = plan->contents[c].next) {
        const struct plan_content *content = &plan->contents[c];
        const struct instance_item *item = &instance->items[content->item];
        if (content->count > item->max_per_node)
            fault = "more of an item than max_per_node";
        if (item->may_use && !item->may_use[plan->nodes[node].type])
            fault = "an item on a type that it may not use";
        if (here[content->item] != 0 || content->count <= 0)
            fault = "contents in disorder";
        here[content->item] = content->count;
    }
    for (int32_t c = plan->nodes[node].first; c >= 0; c = plan->contents[c].next) {
        const struct instance_item *item = &instance->items[plan->contents[c].item];
        for (int32_t p = 0; p < item->pair_count; p++) {
            if (here[item->pairs[p].other] > item->pairs[p].other_max)
                fault = "items together that must be apart";
        }
    }
    for (int32_t c = plan->nodes[node].first; c >= 0; c = plan->contents[c].next)
        here[plan->contents[c].item] = 0;
    return fault ? check_failed(err, plan, node, fault) : 0;
}

static int check_totals(const struct fleet_plan *plan, int64_t *placed, struct err *err)
{
    const struct instance *instance = plan->instance;
    memset(placed, 0, (size_t)instance->item_count * sizeof *placed);
    for (int32_t n = 0; n < plan->node_count; n++) {
        for (int32_t c = plan->nodes[n].first; c >= 0; c = plan->contents[c].next)
            placed[plan->contents[c].item] += plan->contents[c].count;
    }
    for (int32_t i = 0; i < instance->item_count; i++) {
        if (placed[i] != instance->items[i].demand)
            return err_set(err, ERR_SYSTEM,
                           "the plan is wrong (a mistake of this program): item %s: placed %" PRId64
                           " of %" PRId64,
                           instance->items[i].id, placed[i], instance->items[i].demand);
    }
    for (int32_t t = 0; t < instance->type_count; t++) {
        int64_t used = 0;
        for (int32_t n = 0; n < plan->node_count; n++)
            used += plan->nodes[n].type == t;
        if (used > instance->types[t].node_max)
            return err_set(err, ERR_SYSTEM,
                           "the plan is wrong (a mistake of this program): %" PRId64
                           " nodes of type %s of %" PRId64,
                           used, instance->types[t].name, instance->types[t].node_max);
    }
    return 0;
}

int fleet_plan_check(const struct fleet_plan *plan, struct err *err)
{
    int64_t *counts = calloc((size_t)plan->instance->item_count + 1, sizeof *counts);
    if (!counts)
        return err_no_memory(err);
    int result = 0;
    for (int32_t n = 0; n < plan->node_count && result == 0; n++) {
        result = check_amounts(plan, n, err);
        if (result == 0)
            result = check_rules(plan, n, counts, err);
    }
    if (result == 0)
        result = check_totals(plan, counts, err);
    free(counts);
    return result;
}
