/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policy.h"

extern const struct policy another_name;

const struct policy another_name = {
    .api_version = POLICY_API_VERSION,
    .name = "hidden",
    .summary = "under a name that nobody asks for",
};
