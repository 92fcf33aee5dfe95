/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_PLACING_H
#define STOWAGE_SCHEDULER_POLICIES_PLACING_H

#include <stdint.h>

#include "scheduler/fragmentation.h"
#include "scheduler/policy.h"

/* For policies that compare what a node is worth before and after the demand is placed there, and
 * choose the device by the same measure. */

/* A demand on trial on a node. Not to be copied: the rooms point into `share_milli`. */
struct placing {
    struct fragment_room before; /* the room of the node as it is */
    int32_t cpu_after_milli;     /* its CPU with that of the demand taken, */
    int32_t taken_milli;         /* and what is taken of each device that it gets */
    int64_t worth_before;        /* by the rule, which fills in these two as it needs them */
    struct fragment_view view;
    int32_t share_milli[SHAPE_DEVICES_MAX];
};

/* The room once the demand is there and has these devices (bit mask). */
struct placing_end {
    struct fragment_room room;
    int32_t share_milli[SHAPE_DEVICES_MAX];
};
void placing_end(const struct placing *placing, uint64_t devices, struct placing_end *end);

struct placing_rule {
    void (*begin)(const struct policy_context *context, struct placing *placing);
    /* Of these devices; higher is better. */
    double (*grade)(const struct policy_context *context, const struct placing *placing,
                    uint64_t devices);
};

struct placing_choice {
    double grade;
    uint64_t devices; /* bit mask */
};

/* The best way to place the demand on the node, on which it fits, in this room, or, NULL, in what
 * is free there. A demand for a share tries each device on which it fits, and takes the first of
 * those with the highest grade; whole devices are all alike. Begins once and grades each device of
 * different free share once. */
struct placing_choice placing_choose(const struct policy_context *context,
                                     const struct placing_rule *rule, int32_t node,
                                     const struct room *room);

/* floor(gain / step), step above 0. */
static inline int64_t placing_steps(int64_t gain, int64_t step)
{
    return gain / step - (gain % step < 0);
}

#endif
