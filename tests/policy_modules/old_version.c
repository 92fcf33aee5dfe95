/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policy.h"

extern const struct policy stowage_policy;

const struct policy stowage_policy = {
    .api_version = POLICY_API_VERSION - 1,
    .name = "old",
    .summary = "built for an earlier version of policy.h",
};
