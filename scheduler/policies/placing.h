/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_PLACING_H
#define STOWAGE_SCHEDULER_POLICIES_PLACING_H

#include <stdint.h>

#include "scheduler/fragmentation.h"
#include "scheduler/policy.h"

/* For policies that compare what a node is worth before and after the demand is placed there, and
 * choose the device by the same measure. */

/* The room of a node, as it is or with the demand placed on trial. Not to be copied: `room` points
 * into `share_milli`. */
struct placing {
    struct fragment_room room;
    int64_t worth; /* by the rule */
    int32_t share_milli[SHAPE_DEVICES_MAX];
};

struct placing_rule {
    int64_t (*worth)(const struct policy_context *context, const struct fragment_room *room);
    double (*grade)(const struct policy_context *context, const struct placing *before,
                    const struct placing *after); /* higher is better */
};

struct placing_choice {
    double grade;
    uint64_t devices; /* bit mask */
};

/* The best way to place the demand on the node, on which it fits. A demand for a share tries each
 * device on which it fits, and takes the first of those with the highest grade; whole devices are
 * all alike. Calls `worth` at most once more than the node has devices of different free share. */
struct placing_choice placing_choose(const struct policy_context *context,
                                     const struct placing_rule *rule, int32_t node,
                                     const struct room *room);

#endif
