/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "scheduler/policies/policies.h"

/* Random: every node on which the demand fits is equally likely. The score is a hash of (seed,
 * demand, node), read as a fraction in [0, 1): the largest of n independent uniform numbers is each
 * one with probability 1/n. Nothing is remembered between calls, so the choice for one demand does
 * not depend on how often others were asked, and a repeated question gets the same answer. */

static double score(const struct policy_context *context, int32_t node)
{
    uint64_t word = rng_mix(context->seed, context->demand, (uint64_t)node);
    return (double)(word >> 11) * 0x1p-53;
}

const struct policy policy_random = {
    .api_version = POLICY_API_VERSION,
    .name = "random",
    .summary = "any node on which the demand fits, each equally likely",
    .score = score,
};
