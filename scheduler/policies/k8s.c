/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/k8s.h"

const struct policy_parameter k8s_parameters[1] = {
    {.name = "resources",
     .meaning = "what counts, each alike",
     .kind = PARAMETER_SET,
     .initial = {.integer = COUNTS_CPU | COUNTS_MEMORY},
     .names = counted_names,
     .name_count = COUNTED_RESOURCES},
};

struct k8s_requests k8s_requests(const struct policy_context *context, int32_t node,
                                 int64_t counted)
{
    const struct amounts free = amounts_free(context, node);
    const struct amounts asked = amounts_asked(context, node);
    const struct amounts capacity = amounts_capacity(context, node);
    struct k8s_requests requests = {.count = 0};
    for (int i = 0; i < COUNTED_RESOURCES; i++) {
        if ((counted >> i & 1) == 0 || capacity.of[i] == 0)
            continue;
        requests.requested[requests.count] = capacity.of[i] - free.of[i] + asked.of[i];
        requests.capacity[requests.count] = capacity.of[i];
        requests.count++;
    }
    return requests;
}

void k8s_score_range(const struct policy_value *values, double *low, double *high)
{
    (void)values;
    *low = 0.0;
    *high = K8S_SCORE_MAX;
}
