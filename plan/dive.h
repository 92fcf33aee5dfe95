/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_DIVE_H
#define STOWAGE_PLAN_DIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rng.h"
#include "plan/master.h"
#include "plan/node_set.h"

/* From the fractions of the pattern linear program to whole nodes: takes the whole parts of the
 * solution, solves again for the demand that is left with new columns for it, and so on; where
 * nothing is whole, the largest fraction is rounded up. Every node ends as the cheapest type that
 * holds what is on it. When half of the ticks are spent there are no new columns any more, at the
 * end of them no new solutions: what is left of the last one is rounded. */

struct dive_request {
    const int64_t *demand;    /* [row_count] */
    const int64_t *node_left; /* [type_count] how many nodes of each type may be taken */
    int128 cost_below;        /* give up when the cost can no longer be below; 0: never */
    int64_t search_steps_max; /* of one knapsack search */
    int32_t rounds_max;       /* of each linear program */
    int64_t ticks_max;        /* of the master, all in all */
    struct rng *rng;          /* rounds up a fraction drawn by its size; NULL: the largest */
};

/* Adds nodes to `set`, whose row_count is that of the cover. *is_done false: given up, or no nodes
 * are left; `set` then holds a part. Leaves the demand of the master changed. The patterns fit only
 * where the cover is not relaxed. */
int dive(struct master *master, const struct dive_request *request, struct node_set *set,
         bool *is_done, struct err *err);

#endif
