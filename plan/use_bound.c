/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/use_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/divisor.h"
#include "plan/kind.h"

/* Sums are made in doubles, some thousand of them: so much is given away for their rounding. */
static const double ROUNDING = 1e-9;

bool use_limit_read(struct use_limit *limit, const struct target_set *targets, int32_t target)
{
    static const struct {
        const char *metric;
        enum resource resource;
    } uses[] = {{"utilization_pct_cpu", RESOURCE_CPU},
                {"utilization_pct_memory", RESOURCE_MEMORY},
                {"utilization_pct_devices", RESOURCE_DEVICES},
                {"utilization_pct_device_share", RESOURCE_SHARE}};
    const struct target *it = &targets->items[target];
    bool is_at_most =
        it->operator== TARGET_AT_MOST || it->operator== TARGET_BELOW || it->operator== TARGET_EQUAL;
    if (it->metric < 0 || !is_at_most || it->number <= 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(uses); i++)
        if (strcmp(targets->metrics.items[it->metric].metric->name, uses[i].metric) == 0) {
            *limit = (struct use_limit){uses[i].resource, it->number / 100};
            return true;
        }
    return false;
}

/* ---- what there is of a resource, and what is taken ---- */

static double offer_of(const struct node_type *type, enum resource resource)
{
    if (resource == RESOURCE_CPU)
        return type->is_unbounded ? HUGE_VAL : (double)type->cpu_milli;
    if (resource == RESOURCE_MEMORY)
        return type->is_unbounded ? HUGE_VAL : (double)type->mem_bytes;
    return (double)type->device_count * SHARE_WHOLE;
}

/* A device that is shared is taken by whoever is on it: by shares counts what is certain. */
static double request_of(const struct use_bound_of *of, int32_t kind, enum resource resource)
{
    const struct shape *shape = &of->scenario->shapes.items[kind_def(of->scenario, kind)->shape];
    int64_t least = SHARE_WHOLE;
    if (resource == RESOURCE_CPU)
        return (double)shape->cpu_milli;
    if (resource == RESOURCE_MEMORY)
        return (double)shape->mem_bytes;
    for (int32_t i = 0; i < of->axes->count; i++) {
        const struct node_type *type = &of->scenario->types[of->axes->items[i].type];
        if (type->device_count > 0 && shape_share_on(shape, type) < least)
            least = shape_share_on(shape, type);
    }
    return (double)shape->device_count * (double)least;
}

/* Are all nodes those of the axes, all the time? */
static bool has_other_nodes(const struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].kind == EVENT_ADD_NODES)
            return true;
    for (int32_t i = 0; i < scenario->pool_count; i++)
        if (scenario->pools[i].disabled_reason != NULL)
            return true;
    return false;
}

/* ---- on the average of the run ---- */

struct part {
    double amount; /* of one replica */
    int64_t count;
};

static int by_amount(const void *a, const void *b)
{
    const struct part *left = a, *right = b;
    return (left->amount < right->amount) - (left->amount > right->amount);
}

static double mean_of(const struct use_bound_of *of, const struct stay *stay,
                      enum resource resource)
{
    int64_t us = 0;
    for (int32_t i = stay->first_span; i < stay->first_span + stay->span_count; i++)
        us += of->stays->spans[i].until_us - of->stays->spans[i].from_us;
    return request_of(of, stay->kind, resource) * (double)us / (double)of->scenario->horizon_us;
}

/* What is certainly taken on the average, without the largest of those that may be missing. */
static int find_use(const struct use_bound_of *of, enum resource resource, double *use,
                    struct err *err)
{
    const struct stays *stays = of->stays;
    struct part *parts = calloc((size_t)stays->count + 1, sizeof *parts);
    int32_t part_count = 0;
    int64_t missing = stays->missing_max;
    if (parts == NULL)
        return err_no_memory(err);
    *use = 0;
    for (int32_t i = 0; i < stays->count; i++) {
        const struct stay *stay = &stays->items[i];
        double amount = mean_of(of, stay, resource);
        *use += stay->is_sure ? amount * stay->count : 0;
        if (!stay->is_sure)
            parts[part_count++] = (struct part){amount, stay->count};
    }
    if (part_count > 0)
        qsort(parts, (size_t)part_count, sizeof *parts, by_amount);
    for (int32_t i = 0; i < part_count; i++) {
        int64_t gone = parts[i].count < missing ? parts[i].count : missing;
        missing -= gone;
        *use += parts[i].amount * (double)(parts[i].count - gone);
    }
    free(parts);
    return 0;
}

/* ---- what it costs ---- */

/* The axis at which a unit is cheapest of those dearer than `above`, the first one after `last` of
 * equal ones; -1: there is none. */
static int32_t next_cheapest(const struct use_bound_of *of, enum resource resource, int32_t last)
{
    int32_t next = -1;
    double least = HUGE_VAL, above = -1;
    if (last >= 0)
        above = (double)of->axes->items[last].price_micro /
                offer_of(&of->scenario->types[of->axes->items[last].type], resource);
    for (int32_t i = 0; i < of->axes->count; i++) {
        const struct plan_axis *axis = &of->axes->items[i];
        double offer = offer_of(&of->scenario->types[axis->type], resource);
        double unit = (double)axis->price_micro / offer;
        bool is_later = unit > above || (i > last && !(unit < above));
        if (offer > 0 && is_later && unit < least) {
            least = unit;
            next = i;
        }
    }
    return next;
}

/* What so much of a resource costs at least. */
static double cost_of(const struct use_bound_of *of, enum resource resource, double amount)
{
    double cost = 0, unit = 0;
    for (int32_t i = next_cheapest(of, resource, -1); i >= 0 && amount > 0;
         i = next_cheapest(of, resource, i)) {
        const struct plan_axis *axis = &of->axes->items[i];
        double offer = offer_of(&of->scenario->types[axis->type], resource);
        double most = of->is_mean ? HUGE_VAL : offer * axis->high;
        unit = (double)axis->price_micro / offer;
        cost += (amount < most ? amount : most) * unit;
        amount -= amount < most ? amount : most;
    }
    return cost + amount * unit;
}

int use_bound_find(const struct use_bound_of *of, const struct use_limit *limit, int64_t *bound,
                   struct err *err)
{
    double use = 0;
    int64_t divisor = 0;
    *bound = 0;
    if (has_other_nodes(of->scenario))
        return 0;
    if (find_use(of, limit->resource, &use, err) != 0)
        return -1;
    double cost = cost_of(of, limit->resource, use / limit->share) * (1 - ROUNDING);
    if (!(cost > 0 && cost < 4e18))
        return 0;
    for (int32_t i = 0; i < of->axes->count; i++)
        if (of->axes->items[i].high > 0)
            divisor = common_divisor(of->axes->items[i].price_micro, divisor);
    if (of->is_mean || divisor == 0)
        *bound = (int64_t)floor(cost);
    else
        *bound = ((int64_t)ceil(cost) + divisor - 1) / divisor * divisor;
    return 0;
}
