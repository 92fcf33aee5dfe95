/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_AXIS_H
#define STOWAGE_PLAN_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "scenarios/scenario.h"

/* What a plan decides: a whole number for each of its axes. Of a fixed pool, how many nodes of each
 * of its instance types there are; of a pool that scales, its bounds and its warm nodes. */

enum { PLAN_NODES_MAX = 1000000 }; /* of one axis */

enum plan_axis_kind {
    AXIS_NODES = 0, /* nodes of one type in a pool without `scaling`, there from the start */
    AXIS_MAX,       /* of a pool with `scaling`: max_instances */
    AXIS_MIN,       /* min_instances */
    AXIS_WARM,      /* warm_instances */
};

struct plan_axis {
    enum plan_axis_kind kind;
    int32_t pool;
    int32_t type; /* index into scenario->types; NO_INDEX but for AXIS_NODES */
    int32_t low, high;
    int32_t given;       /* what the scenario has */
    int64_t price_micro; /* of one, per second, as in struct node_type; of a scaling pool that of
                            its cheapest type, 0 for AXIS_MAX. Where is_priced is false: 1 */
};

struct plan_axes {
    struct plan_axis *items; /* owned */
    int32_t count, capacity;
    bool is_priced;  /* all prices are known: a plan is measured by its cost, else by its nodes */
    bool is_scaling; /* a pool scales: the cost of a plan is what its runs paid */
};

/* All axes of a scenario: of each pool that takes demand, in order of pools; of a fixed one by
 * type, in the order of the pool's list, then types that only its nodes have. A number of nodes may
 * go from 0 to the larger of the pool's max_instances and of the nodes that it has. On -1 the
 * struct is zeroed. */
int plan_axes_make(struct plan_axes *axes, const struct scenario *scenario, struct err *err);
void plan_axes_release(struct plan_axes *axes);

/* "POOL=LOW..HIGH" or "POOL=N": bounds of all axes of the number of nodes of the pool, or of its
 * max_instances; "POOL/TYPE=...", "POOL/min=...", "POOL/warm=...", "POOL/max=...": of one.
 * ERR_USAGE: no such axis, and which there are. */
int plan_axes_bound(struct plan_axes *axes, const struct scenario *scenario, const char *text,
                    struct err *err);

/* Only the fleet that the scenario has: every axis from what is given to what is given. */
void plan_axes_fix(struct plan_axes *axes);

/* A change of that fleet: "add 3 nodes of g5.2xlarge to pool gpu", "remove 1 node of g5.2xlarge
 * from pool gpu". ERR_USAGE: not understood, no such axis, or more taken away than there is. */
int plan_axes_change(struct plan_axes *axes, const struct scenario *scenario, const char *text,
                     struct err *err);

/* ERR_LIMIT where the price of the highest plan cannot be held exactly. */
int plan_axes_check(const struct plan_axes *axes, struct err *err);

enum { AXIS_NAME_SIZE = 400 };
/* "gpu/a100", "gpu/warm"; returns out. */
const char *plan_axis_name(const struct scenario *scenario, const struct plan_axis *axis,
                           char out[AXIS_NAME_SIZE]);

/* The price of these nodes per second, in millionths of a millicent; their number where prices are
 * unknown. Of the axes of scaling pools only what is there all the time: min and warm. */
int64_t plan_axes_price(const struct plan_axes *axes, const int32_t *counts);

#endif
