/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/policies.h"

#include <string.h>

#include "base/array.h"

static const struct policy *const policies[] = {
    &policy_best_fit,
    &policy_first_fit,
    &policy_worst_fit,
    &policy_random,
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
