/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_K8S_H
#define STOWAGE_SCHEDULER_POLICIES_K8S_H

#include "scheduler/policies/left_over.h"

/* What the three scores of kube-scheduler share: per resource the amount that would be requested on
 * the node with the demand on it, and the node's own capacity; resources that a node does not have
 * are left out. (kube-scheduler counts 100m and 200 MB for containers that request nothing; here a
 * request is what it says.) */
enum { K8S_SCORE_MAX = 100 };

struct k8s_requests {
    int64_t requested[COUNTED_RESOURCES], capacity[COUNTED_RESOURCES];
    int count; /* of the resources that count */
};
struct k8s_requests k8s_requests(const struct policy_context *context, int32_t node,
                                 int64_t counted);

/* The parameter `resources` with kube-scheduler's default of CPU and memory. */
extern const struct policy_parameter k8s_parameters[1];

/* 0 to K8S_SCORE_MAX. */
void k8s_score_range(const struct policy_value *values, double *low, double *high);

#endif
