/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "scheduler/policies/k8s.h"
#include "scheduler/policies/policies.h"

/* Kubernetes' MostAllocated: packs. Score: the mean over the resources of 100 * requested /
 * capacity, with the node's own capacity and the demand included in what is requested; whole
 * numbers, cut down at both divisions.
 *
 * Example: a node of 4 CPU and 16 GiB on which 1.5 CPU and 8 GiB would be requested:
 * 100 * 1.5 / 4 = 37 and 100 * 8 / 16 = 50; the score is 43.
 *
 * Source: kube-scheduler, plugin NodeResourcesFit, scoring strategy MostAllocated. */

static double score(const struct policy_context *context, int32_t node)
{
    const struct k8s_requests requests = k8s_requests(context, node, context->values[0].integer);
    int64_t sum = 0;
    for (int i = 0; i < requests.count; i++)
        sum += requests.requested[i] * K8S_SCORE_MAX / requests.capacity[i];
    return requests.count > 0 ? (double)(sum / requests.count) : 0.0;
}

const struct policy policy_k8s_most_allocated = {
    .api_version = POLICY_API_VERSION,
    .name = "k8s-most-allocated",
    .summary = "Kubernetes' MostAllocated: the node with the smallest free part",
    .parameters = k8s_parameters,
    .parameter_count = ARRAY_LEN(k8s_parameters),
    .score = score,
    .score_range = k8s_score_range,
};
