/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/node_choice.h"

#include "base/array.h"

struct choice {
    struct plan_axes *nodes;
    const struct scenario *scenario;
};

static int add_type(struct choice *choice, int32_t pool, int32_t type, struct err *err)
{
    struct plan_axes *nodes = choice->nodes;
    const struct node_type *def = &choice->scenario->types[type];
    for (int32_t i = 0; i < nodes->count; i++)
        if (nodes->items[i].pool == pool && nodes->items[i].type == type)
            return 0;
    if (array_reserve(&nodes->items, &nodes->capacity, nodes->count + INT64_C(1),
                      sizeof *nodes->items, err))
        return -1;
    int64_t price = def->has_price ? def->price_micro : 0;
    nodes->items[nodes->count++] = (struct plan_axis){
        .kind = AXIS_NODES,
        .pool = pool,
        .type = type,
        .high = PLAN_NODES_MAX,
        .price_micro = nodes->is_priced ? price : 1,
    };
    return 0;
}

static int add_pool_types(struct choice *choice, int32_t pool, struct err *err)
{
    const struct scenario *scenario = choice->scenario;
    const struct pool_def *def = &scenario->pools[pool];
    for (int32_t i = 0; i < def->type_count; i++)
        if (add_type(choice, pool, def->types[i], err) != 0)
            return -1;
    for (int32_t i = 0; i < def->launch_type_count; i++)
        if (add_type(choice, pool, def->launch_types[i], err) != 0)
            return -1;
    for (int32_t i = 0; i < scenario->node_count; i++)
        if (scenario->nodes[i].pool == pool &&
            add_type(choice, pool, scenario->nodes[i].type, err) != 0)
            return -1;
    return 0;
}

int node_choice_make(struct plan_axes *nodes, const struct scenario *scenario,
                     const struct plan_axes *axes, struct err *err)
{
    struct choice choice = {nodes, scenario};
    *nodes = (struct plan_axes){.is_priced = axes->is_priced};
    for (int32_t i = 0; i < axes->count; i++)
        if (add_pool_types(&choice, axes->items[i].pool, err) != 0)
            return -1;
    return 0;
}
