/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/policies.h"

/* Clustering: replicas that take equally many devices go together. The kind of a demand is "share"
 * or the number of whole devices it takes. A node gets, out of 100,
 *   75  where all its occupants with devices are of the demand's kind,
 *   50  where some are,
 *   25  where it has no occupant with devices,
 *    0  where all are of other kinds,
 * and, so that fuller nodes go first, 25 * (largest - free) / largest cut down to a whole number,
 * with what is free of its device share and the largest of the fleet. Demands without devices find
 * all nodes alike.
 *
 * Source: GPU clustering of Gandiva (OSDI 2018) in the form of "Beware of Fragmentation" (USENIX
 * ATC 2023). */

static int32_t kind_of(const struct shape *shape, const struct node_type *type)
{
    return shape_share_on(shape, type) < SHARE_WHOLE ? 0 : shape->device_count;
}

struct company {
    bool has_same, has_other;
};

/* Who is there. O(occupants), less where both kinds come early. */
static struct company company_on(const struct policy_context *context, int32_t node)
{
    const struct fleet *fleet = context->fleet;
    const struct node_type *type = fleet_type_of(fleet, node);
    int32_t kind = kind_of(context->shape, type);
    struct company company = {false, false};
    int32_t at = fleet->nodes[node].first_replica;
    for (; at >= 0; at = context->replicas[at].next_on_node) {
        int32_t number = context->runners[context->replicas[at].runner].shape;
        const struct shape *shape = &fleet->shapes->items[number];
        if (shape->device_count == 0)
            continue;
        if (kind_of(shape, type) == kind)
            company.has_same = true;
        else
            company.has_other = true;
    }
    return company;
}

static double score(const struct policy_context *context, int32_t node)
{
    if (context->shape->device_count == 0)
        return 0.0;
    int64_t largest_milli = context->fleet->node_share_milli_max;
    int64_t free_milli = amounts_free(context, node).of[2];
    int64_t full = 25 * (largest_milli - free_milli) / largest_milli;
    struct company company = company_on(context, node);
    if (company.has_same)
        return (double)((company.has_other ? 50 : 75) + full);
    return (double)((company.has_other ? 0 : 25) + full);
}

static void score_range(const struct policy_value *values, double *low, double *high)
{
    (void)values;
    *low = 0.0;
    *high = 100.0;
}

const struct policy policy_gpu_clustering = {
    .api_version = POLICY_API_VERSION,
    .name = "gpu-clustering",
    .summary = "the node whose replicas take as many devices as the demand",
    .score = score,
    .score_range = score_range,
};
