/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/policies.h"

#include <string.h>

#include "base/array.h"

static const struct policy *const policies[] = {
    &policy_best_fit,
    &policy_first_fit,
    &policy_worst_fit,
    &policy_random,
    &policy_dot_product,
    &policy_gpu_clustering,
    &policy_gpu_packing,
    &policy_fgd,
    &policy_stowage,
    &policy_k8s_least_allocated,
    &policy_k8s_most_allocated,
    &policy_k8s_balanced,
    &policy_cheapest,
    &policy_weighted,
};

const struct policy *const *policy_list(size_t *count)
{
    *count = ARRAY_LEN(policies);
    return policies;
}

const struct policy *policy_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    return NULL;
}
