/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PRICING_H
#define STOWAGE_PLAN_PRICING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/knapsack.h"

/* The most valuable node of a type at given prices of items: the knapsack of a cover's type, with
 * the multipliers of its search from the knapsack's linear relaxation (GLPK). The relaxation only
 * guides the search. */

struct pricing {
    const struct cover *cover;  /* borrowed */
    struct pricing_type *types; /* [type_count] */
    int64_t *count_max;         /* [row] on one node; see pricing_limit */
    int64_t *allowed;           /* [row] count_max of the present type */
    int64_t *trial;             /* [row] scratch */
    int64_t *multiplier;        /* [resource] */
    struct knapsack_work work;
    bool bounds_devices; /* see plan/device_bound.h; set by the caller: it takes long */
};

/* -1: memory, and there is nothing to release. */
int pricing_init(struct pricing *pricing, const struct cover *cover, struct err *err);
void pricing_release(struct pricing *pricing);

/* From now on a node holds at most demand[i] of row i too; NULL: the limits of the cover alone. */
void pricing_limit(struct pricing *pricing, const int64_t *demand);

struct pricing_query {
    int32_t type;
    const int64_t *prices; /* [row_count] */
    struct knapsack_limits limits;
};

/* counts[row_count] receives the best content found; answer->ticks counts the linear program too.
 * Where the search runs out of steps and capacities are small numbers, a table of all of them
 * answers instead; else, where there are no pairs, labels help. */
int pricing_solve(struct pricing *pricing, const struct pricing_query *query, int64_t *counts,
                  struct knapsack_answer *answer, struct err *err);

#endif
