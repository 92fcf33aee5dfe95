/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_LEFT_OVER_H
#define STOWAGE_SCHEDULER_POLICIES_LEFT_OVER_H

#include <stdint.h>

#include "scheduler/policy.h"

/* The resources that a policy looks at, as the value of a PARAMETER_SET with these names. */
enum { COUNTS_CPU = 1 << 0, COUNTS_MEMORY = 1 << 1, COUNTS_DEVICES = 1 << 2, COUNTS_ALL = 7 };
enum { COUNTED_RESOURCES = 3 };
extern const char *const counted_names[COUNTED_RESOURCES]; /* cpu, memory, devices */

/* The same amounts for each of the resources, in the order of the names. */
struct amounts {
    int64_t of[COUNTED_RESOURCES]; /* milli-CPU, bytes, milli-devices over all devices of a node */
};

/* What is free on the node. */
struct amounts amounts_free(const struct policy_context *context, int32_t node);

/* What the demand would take there; of a node that is not bounded no CPU and no memory. */
struct amounts amounts_asked(const struct policy_context *context, int32_t node);

/* What the node's type has, and the most that any type of the fleet has. */
struct amounts amounts_capacity(const struct policy_context *context, int32_t node);
struct amounts amounts_largest(const struct fleet *fleet);

/* How much of the node would be left after the demand is placed there, from 0 (nothing) to 1 (the
 * largest node of the fleet, empty): the mean, over those of the counted resources that the fleet
 * has at all, of (free after placement) / (largest capacity of any type in the fleet); 0 where it
 * has none. */
double left_over(const struct policy_context *context, int32_t node, int64_t counted);

/* The two parts of it: left_over = left_free - left_asked, but for roundings. */
double left_free(const struct policy_context *context, int32_t node, int64_t counted);
double left_asked(const struct policy_context *context, int32_t group, int64_t counted);

/* floor(steps * value) / steps, or with steps 0 the value as it is: scores in steps are equal for
 * nodes that are nearly alike, and the order of the nodes decides among these. */
double in_steps(double value, int64_t steps);

#endif
