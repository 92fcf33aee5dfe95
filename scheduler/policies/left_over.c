/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/left_over.h"

#include <math.h>

/* Example: the largest CPU of the fleet is 8000m and the largest memory 32 GiB, there are no
 * devices. A demand of 1000m and 2 GiB on a node with 3000m and 18 GiB free leaves 2000/8000 = 0.25
 * and 16/32 = 0.5; the mean is 0.375. */

const char *const counted_names[COUNTED_RESOURCES] = {"cpu", "memory", "devices"};

struct amounts amounts_free(const struct policy_context *context, int32_t node)
{
    const struct node *at = &context->fleet->nodes[node];
    return (struct amounts){{at->cpu_free_milli, at->mem_free_bytes, at->share_free_milli}};
}

static struct amounts amounts_asked_of_type(const struct shape *shape, const struct node_type *type)
{
    bool takes_room = !type->is_unbounded;
    int64_t share_milli =
        shape->device_count == 0 ? 0 : (int64_t)shape->device_count * shape_share_on(shape, type);
    return (struct amounts){
        {takes_room ? shape->cpu_milli : 0, takes_room ? shape->mem_bytes : 0, share_milli}};
}

struct amounts amounts_asked(const struct policy_context *context, int32_t node)
{
    return amounts_asked_of_type(context->shape, fleet_type_of(context->fleet, node));
}

struct amounts amounts_capacity(const struct policy_context *context, int32_t node)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    return (struct amounts){
        {type->cpu_milli, type->mem_bytes, (int64_t)type->device_count * SHARE_WHOLE}};
}

struct amounts amounts_largest(const struct fleet *fleet)
{
    return (struct amounts){
        {fleet->cpu_milli_max, fleet->mem_bytes_max, fleet->node_share_milli_max}};
}

/* The mean of amount / largest over the counted resources that the fleet has. */
static double mean_part(const struct fleet *fleet, const struct amounts *amounts, int64_t counted)
{
    const struct amounts largest = amounts_largest(fleet);
    double sum = 0.0;
    int resources = 0;
    for (int i = 0; i < COUNTED_RESOURCES; i++) {
        if ((counted >> i & 1) == 0 || largest.of[i] == 0)
            continue;
        sum += (double)amounts->of[i] / (double)largest.of[i];
        resources++;
    }
    return resources > 0 ? sum / (double)resources : 0.0;
}

double left_over(const struct policy_context *context, int32_t node, int64_t counted)
{
    struct amounts left = amounts_free(context, node);
    const struct amounts asked = amounts_asked(context, node);
    for (int i = 0; i < COUNTED_RESOURCES; i++)
        left.of[i] -= asked.of[i];
    return mean_part(context->fleet, &left, counted);
}

/* mean_part of what is free, by products where that has quotients: asked of every node that has
 * changed, and roundings do not matter in it. */
double left_free(const struct policy_context *context, int32_t node, int64_t counted)
{
    static const double share_of_one[COUNTED_RESOURCES + 1] = {0.0, 1.0, 1.0 / 2.0, 1.0 / 3.0};
    const struct fleet *fleet = context->fleet;
    const struct amounts free = amounts_free(context, node);
    double sum = 0.0;
    int64_t resources = 0;
    for (int i = 0; i < COUNTED_RESOURCES; i++) {
        int64_t is_counted = counted >> i & (fleet->part_of_largest[i] > 0.0);
        sum += (double)(free.of[i] * is_counted) * fleet->part_of_largest[i];
        resources += is_counted;
    }
    return sum * share_of_one[resources];
}

double left_asked(const struct policy_context *context, int32_t group, int64_t counted)
{
    const struct fleet *fleet = context->fleet;
    const struct amounts asked =
        amounts_asked_of_type(context->shape, fleet_group_type(fleet, group));
    return mean_part(fleet, &asked, counted);
}

double in_steps(double value, int64_t steps)
{
    return steps == 0 ? value : floor((double)steps * value) / (double)steps;
}
