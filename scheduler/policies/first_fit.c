/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/policies.h"

#include <stddef.h>

/* First fit: the node with the lowest index on which the demand fits. All scores are equal, and the
 * rule for ties decides. Source: D. S. Johnson, "Near-optimal bin packing algorithms", MIT, 1973.
 */

const struct policy policy_first_fit = {
    .api_version = POLICY_API_VERSION,
    .name = "first-fit",
    .summary = "the first node, by index, on which the demand fits",
    .score = NULL,
};
