/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_COST_BOUND_H
#define STOWAGE_PLAN_COST_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/master.h"

/* Lower bounds on the cost of any fleet that holds all items, each of them certified
 * (plan/certificate.h). */

struct cost_bound {
    /* The demand of one resource at the best price for it that a type offers, in billionths;
     * [resource_count]. */
    int64_t *volume_nano;
    int64_t mixed_nano;   /* the best prices of all resources together (a linear program) */
    int64_t pattern_nano; /* the pattern linear program */
    int64_t tried_nano;   /* the cheapest fleet, where all were tried (plan/exhaust.h); else 0 */
    int64_t best_nano;    /* the largest of these, rounded up to what a fleet can cost */
    int64_t *prices;      /* [row_count] that prove the largest of mixed and pattern; x 2^shift */
    double *resource_prices; /* [resource_count] of the mixed bound: the currency per hour for one
                                unit of the cover. For reading; nothing is proved by them */
    int32_t shift;
    bool is_exact; /* the pattern linear program was solved to the end */
};

/* `master` must be new; it is left solved for the full demand, its columns ready for a dive. The
 * pattern linear program ends after ticks_max (struct knapsack_answer) at the latest. -1: memory,
 * and there is nothing to release. */
int cost_bound_find(struct cost_bound *bound, struct master *master, int64_t ticks_max,
                    struct err *err);
void cost_bound_release(struct cost_bound *bound);

#endif
