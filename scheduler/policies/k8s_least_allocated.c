/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "scheduler/policies/k8s.h"
#include "scheduler/policies/policies.h"

/* Kubernetes' LeastAllocated, its default: spreads. Score: the mean over the resources of
 * 100 * (capacity - requested) / capacity, with the node's own capacity and the demand included in
 * what is requested; whole numbers, cut down at both divisions.
 *
 * Example: a node of 4 CPU and 16 GiB on which 1.5 CPU and 8 GiB would be requested:
 * 100 * 2.5 / 4 = 62 and 100 * 8 / 16 = 50; the score is 56.
 *
 * Source: kube-scheduler, plugin NodeResourcesFit, scoring strategy LeastAllocated. */

static double score(const struct policy_context *context, int32_t node)
{
    const struct k8s_requests requests = k8s_requests(context, node, context->values[0].integer);
    int64_t sum = 0;
    for (int i = 0; i < requests.count; i++)
        sum +=
            (requests.capacity[i] - requests.requested[i]) * K8S_SCORE_MAX / requests.capacity[i];
    return requests.count > 0 ? (double)(sum / requests.count) : 0.0;
}

const struct policy policy_k8s_least_allocated = {
    .api_version = POLICY_API_VERSION,
    .name = "k8s-least-allocated",
    .summary = "Kubernetes' LeastAllocated: the node with the largest free part",
    .parameters = k8s_parameters,
    .parameter_count = ARRAY_LEN(k8s_parameters),
    .score = score,
    .score_range = k8s_score_range,
};
