/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/policies.h"

/* Worst fit: the node on which most is left; it spreads load where best fit packs it. Score:
 * +mean(left / largest), the negative of best fit's. Kubernetes' LeastAllocated is its kin, but
 * divides by each node's own capacity.
 *
 * Source: D. S. Johnson, "Fast algorithms for bin packing", Journal of Computer and System Sciences
 * 8, 1974; the sum over several resources is best fit's. */

enum { VALUE_RESOURCES, VALUE_STEPS };

static const struct policy_parameter parameters[] = {
    [VALUE_RESOURCES] = {.name = "resources",
                         .meaning = "of what the most should be left",
                         .kind = PARAMETER_SET,
                         .initial = {.integer = COUNTS_ALL},
                         .names = counted_names,
                         .name_count = COUNTED_RESOURCES},
    [VALUE_STEPS] = {.name = "steps",
                     .meaning = "scores are cut down to so many steps; 0: not at all",
                     .kind = PARAMETER_INTEGER,
                     .initial = {.integer = 0},
                     .low = 0,
                     .high = 1e6},
};

static double score(const struct policy_context *context, int32_t node)
{
    double left = left_over(context, node, context->values[VALUE_RESOURCES].integer);
    return in_steps(left, context->values[VALUE_STEPS].integer);
}

static double node_part(const struct policy_context *context, int32_t node)
{
    return left_free(context, node, context->values[VALUE_RESOURCES].integer);
}

static double shape_part(const struct policy_context *context, int32_t group)
{
    return -left_asked(context, group, context->values[VALUE_RESOURCES].integer);
}

static bool is_sum_of_parts(const struct policy_value *values)
{
    return values[VALUE_STEPS].integer == 0;
}

const struct policy policy_worst_fit = {
    .api_version = POLICY_API_VERSION,
    .name = "worst-fit",
    .summary = "the node left with the most CPU, memory and device share",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .score = score,
    .node_part = node_part,
    .shape_part = shape_part,
    .is_sum_of_parts = is_sum_of_parts,
};
