/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/left_over.h"

/* Example: the largest CPU of the fleet is 8000m and the largest memory 32 GiB, there are no
 * devices. A demand of 1000m and 2 GiB on a node with 3000m and 18 GiB free leaves 2000/8000 = 0.25
 * and 16/32 = 0.5; the mean is 0.375. */

static int64_t share_left_milli(const struct policy_context *context, int32_t node)
{
    const struct fleet *fleet = context->fleet;
    const struct node_type *type = fleet_type_of(fleet, node);
    const struct device *devices = &fleet->devices[fleet->nodes[node].first_device];
    int64_t left_milli = 0;
    for (int32_t i = 0; i < type->device_count; i++)
        left_milli += devices[i].share_free_milli;
    if (context->shape->device_count == 0)
        return left_milli;
    return left_milli -
           (int64_t)context->shape->device_count * shape_share_on(context->shape, type);
}

double left_over(const struct policy_context *context, int32_t node)
{
    const struct fleet *fleet = context->fleet;
    const struct node *at = &fleet->nodes[node];
    bool takes_room = !fleet_type_of(fleet, node)->is_unbounded;
    int64_t cpu_left_milli = at->cpu_free_milli - (takes_room ? context->shape->cpu_milli : 0);
    int64_t mem_left_bytes = at->mem_free_bytes - (takes_room ? context->shape->mem_bytes : 0);
    double sum = 0.0;
    int resources = 0;
    if (fleet->cpu_milli_max > 0) {
        sum += (double)cpu_left_milli / (double)fleet->cpu_milli_max;
        resources++;
    }
    if (fleet->mem_bytes_max > 0) {
        sum += (double)mem_left_bytes / (double)fleet->mem_bytes_max;
        resources++;
    }
    if (fleet->node_share_milli_max > 0) {
        sum += (double)share_left_milli(context, node) / (double)fleet->node_share_milli_max;
        resources++;
    }
    return resources > 0 ? sum / (double)resources : 0.0;
}
