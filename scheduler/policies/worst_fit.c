/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/policies.h"

/* Worst fit: the node on which most is left; it spreads load where best fit packs it. Score:
 * +mean(left / largest), the negative of best fit's. Kubernetes' LeastAllocated is its kin, but
 * divides by each node's own capacity. */

const struct policy policy_worst_fit = {
    .api_version = POLICY_API_VERSION,
    .name = "worst-fit",
    .summary = "the node left with the most CPU, memory and device share",
    .score = left_over,
};
