/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_POLICIES_H
#define STOWAGE_SCHEDULER_POLICIES_POLICIES_H

#include "scheduler/policy.h"

/* The policies that ship, one file each; listed by registry.c. */

extern const struct policy policy_first_fit;
extern const struct policy policy_best_fit;
extern const struct policy policy_worst_fit;
extern const struct policy policy_random;

#endif
