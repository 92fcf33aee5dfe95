/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/peak_instance.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "scheduler/fleet.h"

/* Resources of the instance. Devices are taken whole or as a share of one; their volume is what
 * they are asked for in all, also where a replica wants shares of several. A slot is what a replica
 * that wants a node for itself takes all of. */
enum {
    CPU = PEAK_CPU,
    MEMORY = PEAK_MEMORY,
    DEVICES = PEAK_DEVICES,
    VOLUME = PEAK_RESOURCE_COUNT,
    SLOTS,
    PEAK_RESOURCES,
};
enum { SLOTS_OF_A_NODE = 1000000 };

struct builder {
    struct instance *instance;
    const struct peak_demand *demand;
    struct fleet fleet; /* one group for each axis, to ask what suits what */
    int32_t *item_of;
    int32_t *item_of_shape; /* the item of a shape without max_per_node; -1: none yet */
    int32_t group_capacity;
};

static const char *const resource_names[] = {"cpu", "memory", "devices", "device volume", "slots"};
static const double resource_units[] = {0.001, 1, 0.001, 0.001, 1e-6};

static int64_t at_most(int64_t value)
{
    return value < INSTANCE_QUANTITY_MAX ? value : INSTANCE_QUANTITY_MAX;
}

/* ---- types ---- */

static int build_fleet(struct builder *builder, struct err *err)
{
    const struct scenario *scenario = builder->demand->scenario;
    struct fleet *fleet = &builder->fleet;
    int32_t number;
    if (fleet_init(fleet, &scenario->shapes, err) != 0)
        return -1;
    for (int32_t i = 0; i < scenario->type_count; i++)
        if (fleet_add_type(fleet, &scenario->types[i], &number, err) != 0)
            return -1;
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_def *def = &scenario->pools[i];
        struct pool pool = {.id = def->id, .is_schedulable = def->disabled_reason == NULL};
        if (fleet_add_pool(fleet, &pool, &number, err) != 0)
            return -1;
    }
    for (int32_t i = 0; i < builder->demand->axes->count; i++) {
        const struct plan_axis *axis = &builder->demand->axes->items[i];
        struct node_group group = {.pool = axis->pool, .type = axis->type};
        if (fleet_group(fleet, group, &number, err) != 0)
            return -1;
    }
    return 0;
}

static int build_types(struct builder *builder, struct err *err)
{
    const struct plan_axes *axes = builder->demand->axes;
    struct instance *instance = builder->instance;
    size_t count = (size_t)axes->count;
    instance->types = arena_alloc(&instance->arena, sizeof *instance->types * count);
    int64_t *offers = arena_alloc(&instance->arena, sizeof *offers * count * PEAK_RESOURCES);
    if (instance->types == NULL || offers == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < axes->count; i++, offers += PEAK_RESOURCES) {
        const struct plan_axis *axis = &axes->items[i];
        const struct node_type *type = &builder->demand->scenario->types[axis->type];
        offers[CPU] = type->is_unbounded ? INSTANCE_QUANTITY_MAX : at_most(type->cpu_milli);
        offers[MEMORY] = type->is_unbounded ? INSTANCE_QUANTITY_MAX : at_most(type->mem_bytes);
        offers[DEVICES] = offers[VOLUME] = (int64_t)type->device_count * SHARE_WHOLE;
        offers[SLOTS] = SLOTS_OF_A_NODE;
        instance->types[i] =
            (struct instance_type){.name = type->id,
                                   .alloc = offers,
                                   .price_nano = axis->price_micro * peak_boost(axes),
                                   .node_max = axis->high};
    }
    instance->type_count = axes->count;
    return 0;
}

/* ---- items ---- */

/* The least share of one device that the shape takes on any type that suits it. */
static int64_t least_share(const struct builder *builder, const struct shape *shape,
                           const bool *may_use)
{
    int64_t least = SHARE_WHOLE;
    for (int32_t i = 0; i < builder->demand->axes->count; i++) {
        const struct node_type *type =
            &builder->demand->scenario->types[builder->demand->axes->items[i].type];
        if (may_use[i] && shape_share_on(shape, type) < least)
            least = shape_share_on(shape, type);
    }
    return least;
}

static void set_request(const struct builder *builder, const struct shape *shape,
                        const bool *may_use, int64_t *request)
{
    int64_t share = least_share(builder, shape, may_use);
    request[CPU] = at_most(shape->cpu_milli);
    request[MEMORY] = at_most(shape->mem_bytes);
    request[VOLUME] = shape->device_count * share;
    bool is_one_kind = share == SHARE_WHOLE || shape->device_count <= 1;
    request[DEVICES] = is_one_kind ? request[VOLUME] : 0;
    request[SLOTS] = shape->packing == PACKING_ISOLATED ? SLOTS_OF_A_NODE : 1;
}

/* What is asked for of a runner, or of an entry of `arrivals`. */
struct ask {
    const struct runner_def *def;
    const char *name;
    int32_t count;
    bool is_generated;
};

static struct ask ask_of(const struct peak_demand *demand, int32_t number)
{
    const struct scenario *scenario = demand->scenario;
    if (number < scenario->runner_count) {
        const struct runner_def *def = &scenario->runners[number];
        return (struct ask){.def = def, .name = def->id, .count = demand->counts[number]};
    }
    int32_t entry = number - scenario->runner_count;
    const struct arrival_def *arrivals = &scenario->arrivals[entry];
    return (struct ask){.def = &arrivals->template,
                        .name = arrivals->name,
                        .count = demand->generated == NULL ? 0 : demand->generated[entry],
                        .is_generated = true};
}

static int add_item(struct builder *builder, const struct ask *ask, struct err *err)
{
    struct instance *instance = builder->instance;
    const struct shape *shape = &builder->demand->scenario->shapes.items[ask->def->shape];
    int32_t type_count = instance->type_count;
    bool *may_use = arena_alloc(&instance->arena, sizeof *may_use * (size_t)type_count);
    int64_t *request = arena_alloc(&instance->arena, sizeof *request * PEAK_RESOURCES);
    bool has_limit = shape->max_per_node > 0 && !ask->is_generated;
    if (may_use == NULL || request == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < type_count; i++)
        may_use[i] = fleet_group_misfits(&builder->fleet, shape, i) == 0;
    set_request(builder, shape, may_use, request);
    instance->items[instance->item_count++] = (struct instance_item){
        .id = ask->name,
        .demand = ask->count,
        .max_per_node = has_limit ? shape->max_per_node : INSTANCE_NO_LIMIT,
        .req = request,
        .may_use = may_use,
    };
    return 0;
}

/* Adds to the item of the shape, or makes one. */
static int add_ask(struct builder *builder, int32_t number, struct err *err)
{
    struct instance *instance = builder->instance;
    const struct ask ask = ask_of(builder->demand, number);
    builder->item_of[number] = -1;
    if (ask.count == 0)
        return 0;
    int32_t *item = &builder->item_of_shape[ask.def->shape];
    builder->item_of[number] = *item >= 0 ? *item : instance->item_count;
    if (*item >= 0) {
        instance->items[*item].demand += ask.count;
        return 0;
    }
    if (!shape_depends_on_runner(&builder->demand->scenario->shapes.items[ask.def->shape]))
        *item = instance->item_count;
    return add_item(builder, &ask, err);
}

static int build_items(struct builder *builder, struct err *err)
{
    const struct scenario *scenario = builder->demand->scenario;
    struct instance *instance = builder->instance;
    int32_t count = scenario->runner_count + scenario->arrival_count, capacity = 0;
    size_t size = (size_t)count + 1;
    instance->items = arena_alloc(&instance->arena, sizeof *instance->items * size);
    builder->item_of = arena_alloc(&instance->arena, sizeof *builder->item_of * size);
    if (instance->items == NULL || builder->item_of == NULL)
        return err_no_memory(err);
    if (array_reserve(&builder->item_of_shape, &capacity, scenario->shapes.count + INT64_C(1),
                      sizeof *builder->item_of_shape, err))
        return -1;
    for (int32_t i = 0; i < scenario->shapes.count; i++)
        builder->item_of_shape[i] = -1;
    for (int32_t i = 0; i < count; i++)
        if (add_ask(builder, i, err) != 0)
            return -1;
    return 0;
}

int peak_instance_make(struct instance *instance, const struct peak_demand *demand,
                       const int32_t **item_of, struct err *err)
{
    struct builder builder = {.instance = instance, .demand = demand};
    *instance = (struct instance){.name = demand->scenario->name,
                                  .resources = resource_names,
                                  .unit = resource_units,
                                  .resource_count = PEAK_RESOURCES,
                                  .device_resource = DEVICES,
                                  .device_units = SHARE_WHOLE,
                                  .has_prices = true};
    int result = build_fleet(&builder, err);
    if (result == 0)
        result = build_types(&builder, err);
    if (result == 0)
        result = build_items(&builder, err);
    fleet_release(&builder.fleet);
    free(builder.item_of_shape);
    *item_of = builder.item_of;
    if (result != 0)
        instance_release(instance);
    return result == 0 ? 0 : -1;
}
