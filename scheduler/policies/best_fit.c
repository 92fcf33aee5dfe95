/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/policies.h"

/* Best fit: the node on which least is left. With several resources "least" is a weighted sum: the
 * mean of what is left of CPU, memory and device share, each divided by the largest capacity of any
 * node type, so that large and small nodes compare by what is left and not by how full they are.
 * Score: -mean(left / largest), with `steps` cut down to multiples of 1 / steps.
 *
 * Source: the best-fit of "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with
 * Fragmentation Gradient Descent" (USENIX ATC 2023), which is Protean's (OSDI 2020). There it has
 * CPU and device share with weights of one half and a hundred steps:
 * `best-fit:resources=cpu+devices,steps=100` is exactly that one. Memory is counted by default
 * because runners are often bound by it. */

enum { VALUE_RESOURCES, VALUE_STEPS };

static const struct policy_parameter parameters[] = {
    [VALUE_RESOURCES] = {.name = "resources",
                         .meaning = "of what the least should be left",
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
    int64_t steps = context->values[VALUE_STEPS].integer;
    return steps == 0 ? -left : in_steps(1.0 - left, steps) - 1.0;
}

static void score_range(const struct policy_value *values, double *low, double *high)
{
    (void)values;
    *low = -1.0;
    *high = 0.0;
}

static double node_part(const struct policy_context *context, int32_t node)
{
    return -left_free(context, node, context->values[VALUE_RESOURCES].integer);
}

static double shape_part(const struct policy_context *context, int32_t group)
{
    return left_asked(context, group, context->values[VALUE_RESOURCES].integer);
}

static bool is_sum_of_parts(const struct policy_value *values)
{
    return values[VALUE_STEPS].integer == 0;
}

const struct policy policy_best_fit = {
    .api_version = POLICY_API_VERSION,
    .name = "best-fit",
    .summary = "the node left with the least CPU, memory and device share",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .score = score,
    .node_part = node_part,
    .shape_part = shape_part,
    .is_sum_of_parts = is_sum_of_parts,
    .score_range = score_range,
};
