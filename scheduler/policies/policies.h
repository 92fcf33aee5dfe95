/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_POLICIES_H
#define STOWAGE_SCHEDULER_POLICIES_POLICIES_H

#include "scheduler/policy.h"

/* The policies that ship, one file each; listed by registry.c. */

extern const struct policy policy_best_fit, policy_first_fit, policy_worst_fit, policy_random;
extern const struct policy policy_dot_product, policy_gpu_clustering, policy_gpu_packing;
extern const struct policy policy_fgd, policy_stowage;
extern const struct policy policy_k8s_least_allocated, policy_k8s_most_allocated;
extern const struct policy policy_k8s_balanced;
extern const struct policy policy_cheapest, policy_weighted;

#endif
