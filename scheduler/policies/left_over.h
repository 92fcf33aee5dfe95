/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_LEFT_OVER_H
#define STOWAGE_SCHEDULER_POLICIES_LEFT_OVER_H

#include <stdint.h>

#include "scheduler/policy.h"

/* How much of the node would be left after the demand is placed there, from 0 (nothing) to 1 (the
 * largest node of the fleet, empty): the mean, over those of CPU, memory and device share that the
 * fleet has at all, of (free after placement) / (largest capacity of any type in the fleet).
 * O(devices). */
double left_over(const struct policy_context *context, int32_t node);

#endif
