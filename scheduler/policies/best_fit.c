/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/policies.h"

/* Best fit: the node on which least is left. With several resources "least" is a weighted sum: the
 * mean of what is left of CPU, memory and device share, each divided by the largest capacity of any
 * node type, so that large and small nodes compare by what is left and not by how full they are.
 * Score: -mean(left / largest).
 *
 * Source: the best-fit of "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with
 * Fragmentation Gradient Descent" (USENIX ATC 2023), which is Protean's (OSDI 2020), has CPU and
 * device share with weights of one half; memory is added here because runners are often bound by
 * it. */

static double score(const struct policy_context *context, int32_t node)
{
    return -left_over(context, node);
}

const struct policy policy_best_fit = {
    .api_version = POLICY_API_VERSION,
    .name = "best-fit",
    .summary = "the node left with the least CPU, memory and device share",
    .score = score,
};
