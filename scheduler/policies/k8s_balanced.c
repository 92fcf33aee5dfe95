/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/array.h"
#include "scheduler/policies/k8s.h"
#include "scheduler/policies/policies.h"

/* Kubernetes' BalancedAllocation: the node on which the resources would be used most evenly. Score:
 * 100 * (1 - standard deviation of requested / capacity over the resources), cut down to a whole
 * number, with the node's own capacity and the demand included in what is requested.
 *
 * Example: a node of 4 CPU and 16 GiB on which 1.5 CPU and 8 GiB would be requested: the parts
 * 0.375 and 0.5 deviate by 0.0625 from their mean; the score is 93.
 *
 * Source: kube-scheduler, plugin NodeResourcesBalancedAllocation. */

static double deviation(const double *parts, int count)
{
    double mean = 0.0, squares = 0.0;
    if (count == 2)
        return fabs(parts[0] - parts[1]) / 2.0;
    for (int i = 0; i < count; i++)
        mean += parts[i] / (double)count;
    for (int i = 0; i < count; i++)
        squares += (parts[i] - mean) * (parts[i] - mean);
    return count > 0 ? sqrt(squares / (double)count) : 0.0;
}

static double score(const struct policy_context *context, int32_t node)
{
    const struct k8s_requests requests = k8s_requests(context, node, context->values[0].integer);
    double parts[COUNTED_RESOURCES];
    for (int i = 0; i < requests.count; i++)
        parts[i] = (double)requests.requested[i] / (double)requests.capacity[i];
    return floor((1.0 - deviation(parts, requests.count)) * K8S_SCORE_MAX);
}

const struct policy policy_k8s_balanced = {
    .api_version = POLICY_API_VERSION,
    .name = "k8s-balanced",
    .summary = "Kubernetes' BalancedAllocation: CPU and memory used to equal parts",
    .parameters = k8s_parameters,
    .parameter_count = ARRAY_LEN(k8s_parameters),
    .score = score,
    .score_range = k8s_score_range,
};
