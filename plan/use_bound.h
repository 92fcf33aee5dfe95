/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_USE_BOUND_H
#define STOWAGE_PLAN_USE_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/axis.h"
#include "plan/stays.h"
#include "plan/target.h"

/* What a target such as utilization_pct_cpu <= 60 says of the cost of a fleet: of what its nodes
 * offer over the whole run at most that share is taken. What is certainly on nodes (plan/stays.h)
 * takes so much, so the nodes offer at least that much by the share; and each unit costs at least
 * what it costs on the type that is cheapest for it, or on the next one where that is at its limit.
 *
 * Example: at least 30 cores are taken on the average, of 60 % at most: the fleet has 50 cores.
 * Nodes of 8 cores at $1 and of 4 at $0.60: $6.25 or more, in whole tenths of a dollar $6.40. */

struct use_limit {
    enum resource resource;
    double share; /* 0..1, that may be taken at most */
};

/* Is the target such a limit? */
bool use_limit_read(struct use_limit *limit, const struct target_set *targets, int32_t target);

struct use_bound_of { /* borrowed */
    const struct scenario *scenario;
    const struct plan_axes *axes; /* what nodes there may be, of kind AXIS_NODES */
    const struct stays *stays;
    bool is_mean; /* of what is paid in an hour, where pools scale: not rounded up */
};

/* In the unit of prices of axes; 0: there is none. Where not all that is allowed is enough, more
 * than that costs. *bound is of the nodes that are there by the axes, so where events add some, or
 * where there are nodes of pools that take no demand, it is 0. -1: memory. O(stays log stays). */
int use_bound_find(const struct use_bound_of *of, const struct use_limit *limit, int64_t *bound,
                   struct err *err);

#endif
