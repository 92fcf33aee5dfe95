/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policy.h"

static double score(const struct policy_context *context, int32_t node)
{
    (void)context;
    (void)node;
    return 0.0;
}

static bool is_sum_of_parts(const struct policy_value *values)
{
    (void)values;
    return true;
}

extern const struct policy stowage_policy;

const struct policy stowage_policy = {
    .api_version = POLICY_API_VERSION,
    .name = "partless",
    .summary = "a sum of parts that it does not name",
    .score = score,
    .is_sum_of_parts = is_sum_of_parts,
};
