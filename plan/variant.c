/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/variant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct builder {
    struct plan_variant *variant;
    const struct scenario *scenario;
    const struct plan_axes *axes;
    const struct plan_point *point;
    const char **zones; /* of the pool at hand, each once, in the order of its nodes */
    int32_t zone_count, zone_capacity, node_capacity;
    int32_t next_ordinal; /* of the pool at hand */
};

bool plan_is_spot(const struct scenario *scenario, int32_t pool, int32_t type)
{
    return (type != NO_INDEX && scenario_type_is_spot(scenario, type)) ||
           (scenario->pools[pool].allows_spot && !scenario->pools[pool].allows_on_demand);
}

static int32_t lost_count(const struct builder *builder, int32_t axis)
{
    const int32_t *counts = builder->point->loss.counts;
    return counts != NULL ? counts[axis] : 0;
}

static bool is_lost(const struct builder *builder, const struct node_def *node)
{
    const struct plan_loss *loss = &builder->point->loss;
    if (loss->zone != NULL && node->zone != NULL && strcmp(loss->zone, node->zone) == 0)
        return true;
    return loss->is_spot && plan_is_spot(builder->scenario, node->pool, node->type);
}

static int add_node(struct builder *builder, const struct node_def *node, struct err *err)
{
    struct scenario *scenario = &builder->variant->scenario;
    if (array_reserve(&builder->variant->nodes, &builder->node_capacity,
                      scenario->node_count + INT64_C(1), sizeof *node, err))
        return -1;
    builder->variant->nodes[scenario->node_count++] = *node;
    return 0;
}

/* ---- fixed pools ---- */

static int keep_zone(struct builder *builder, const char *zone, struct err *err)
{
    for (int32_t i = 0; i < builder->zone_count; i++)
        if (strcmp(builder->zones[i], zone) == 0)
            return 0;
    if (array_reserve(&builder->zones, &builder->zone_capacity, builder->zone_count + INT64_C(1),
                      sizeof *builder->zones, err))
        return -1;
    builder->zones[builder->zone_count++] = zone;
    return 0;
}

/* The zones of the pool, and the first ordinal that is free. */
static int look_at_pool(struct builder *builder, int32_t pool, struct err *err)
{
    builder->zone_count = 0;
    builder->next_ordinal = 0;
    for (int32_t i = 0; i < builder->scenario->node_count; i++) {
        const struct node_def *node = &builder->scenario->nodes[i];
        if (node->pool != pool)
            continue;
        if (node->ordinal >= builder->next_ordinal)
            builder->next_ordinal = node->ordinal + 1;
        if (node->zone != NULL && keep_zone(builder, node->zone, err) != 0)
            return -1;
    }
    return 0;
}

static int add_unless_lost(struct builder *builder, const struct node_def *node, int32_t *left,
                           struct err *err)
{
    if (*left == 0)
        return 0;
    (*left)--;
    return is_lost(builder, node) ? 0 : add_node(builder, node, err);
}

static int add_axis_nodes(struct builder *builder, int32_t axis_number, struct err *err)
{
    const struct plan_axis *axis = &builder->axes->items[axis_number];
    int32_t left = builder->point->counts[axis_number] - lost_count(builder, axis_number);
    for (int32_t i = 0; i < builder->scenario->node_count; i++) {
        const struct node_def *node = &builder->scenario->nodes[i];
        if (node->pool == axis->pool && node->type == axis->type &&
            add_unless_lost(builder, node, &left, err) != 0)
            return -1;
    }
    for (int32_t i = 0; left > 0; i++) {
        struct node_def node = {
            .pool = axis->pool, .type = axis->type, .ordinal = builder->next_ordinal++};
        if (builder->zone_count > 0)
            node.zone = builder->zones[i % builder->zone_count];
        if (add_unless_lost(builder, &node, &left, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- scaling pools ---- */

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* What a pool that prefers spot can still have without it is on demand. */
static void lose_spot(struct pool_def *pool)
{
    pool->launch_types += pool->spot_launch_count;
    pool->launch_type_count -= pool->spot_launch_count;
    pool->spot_launch_count = 0;
}

static void set_bound(struct builder *builder, int32_t axis_number)
{
    const struct plan_axis *axis = &builder->axes->items[axis_number];
    struct pool_def *pool = &builder->variant->pools[axis->pool];
    int32_t count = builder->point->counts[axis_number] - lost_count(builder, axis_number);
    if (builder->point->loss.is_spot && plan_is_spot(builder->scenario, axis->pool, NO_INDEX))
        count = 0;
    else if (builder->point->loss.is_spot)
        lose_spot(pool);
    if (axis->kind == AXIS_MAX)
        pool->max_instances = count > 0 ? count : 0;
    if (axis->kind == AXIS_MIN)
        pool->min_instances = least(count, pool->max_instances);
    if (axis->kind == AXIS_WARM)
        pool->warm_instances = least(count, pool->max_instances);
}

static int add_given_nodes(struct builder *builder, int32_t pool, struct err *err)
{
    bool loses_spot = builder->point->loss.is_spot;
    int32_t left = builder->variant->pools[pool].scaling != NULL
                       ? builder->variant->pools[pool].max_instances
                       : INT32_MAX;
    for (int32_t i = 0; i < builder->scenario->node_count; i++) {
        const struct node_def *node = &builder->scenario->nodes[i];
        if (node->pool != pool || left-- <= 0)
            continue;
        bool is_kept = !loses_spot || !plan_is_spot(builder->scenario, pool, node->type);
        if (is_kept && add_node(builder, node, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- all of it ---- */

static int build_pool(struct builder *builder, int32_t pool, struct err *err)
{
    bool is_planned = false;
    if (look_at_pool(builder, pool, err) != 0)
        return -1;
    for (int32_t i = 0; i < builder->axes->count; i++) {
        const struct plan_axis *axis = &builder->axes->items[i];
        if (axis->pool != pool)
            continue;
        if (axis->kind != AXIS_NODES) {
            set_bound(builder, i);
            continue;
        }
        is_planned = true;
        if (add_axis_nodes(builder, i, err) != 0)
            return -1;
    }
    return is_planned ? 0 : add_given_nodes(builder, pool, err);
}

static int build(struct builder *builder, struct err *err)
{
    struct scenario *copy = &builder->variant->scenario;
    int32_t pool_capacity = 0;
    *copy = *builder->scenario;
    copy->node_count = 0;
    if (array_reserve(&builder->variant->pools, &pool_capacity, copy->pool_count,
                      sizeof *copy->pools, err))
        return -1;
    for (int32_t i = 0; i < copy->pool_count; i++)
        builder->variant->pools[i] = builder->scenario->pools[i];
    for (int32_t i = 0; i < copy->pool_count; i++)
        if (build_pool(builder, i, err) != 0)
            return -1;
    copy->pools = builder->variant->pools;
    copy->nodes = builder->variant->nodes;
    copy->pool_capacity = pool_capacity;
    copy->node_capacity = builder->node_capacity;
    return 0;
}

int plan_variant_make(struct plan_variant *variant, const struct scenario *scenario,
                      const struct plan_axes *axes, const struct plan_point *point, struct err *err)
{
    struct builder builder = {
        .variant = variant, .scenario = scenario, .axes = axes, .point = point};
    *variant = (struct plan_variant){0};
    int result = build(&builder, err);
    free(builder.zones);
    if (result != 0)
        plan_variant_release(variant);
    return result;
}

void plan_variant_release(struct plan_variant *variant)
{
    free(variant->nodes);
    free(variant->pools);
    *variant = (struct plan_variant){0};
}
