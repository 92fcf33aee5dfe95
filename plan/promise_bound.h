/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PROMISE_BOUND_H
#define STOWAGE_PLAN_PROMISE_BOUND_H

#include <stdint.h>

#include "base/err.h"
#include "plan/peak.h"

/* What targets about waits say of the cost of a fleet, beside the floors. With the demand of one
 * seed, what is certainly there at a time (plan/stays.h) has a price that no node undercuts
 * (plan/stay_prices.h), so a run that keeps its promises takes nodes of a certain cost at least
 * (plan/stay_bound.h). This is one bound for each seed.
 *
 * A plan is asked the same seeds as every other, and passes where at most f of the n runs miss a
 * target: so of the n bounds at most f may be above its cost, and no fleet whatever passes these
 * runs for less than the (f + 1)-th largest. Unlike the bound of the floors that is no truth about
 * all seeds: a fleet that keeps the targets with the probability that is asked for, and is cheaper,
 * may be there; but it does not pass.
 *
 * Where pools scale, the cost of a plan is the mean of what its runs paid: then it is the mean of
 * the bounds of all runs but the f highest, for the first n, 2 n, ... runs the lowest of these (as
 * many as later rounds of the search may ask for). */

struct promise_bound {
    int64_t bound;     /* in the unit of prices of axes; 0: there is none */
    int32_t target;    /* that gives it */
    int32_t run_count; /* whose seeds were looked at */
    int32_t misfit;    /* kind (plan/kind.h) that no node holds, of which there are more than may
                          miss misfit_target in so many runs that no fleet passes; -1: none */
    int32_t misfit_target;
};

/* `axes`: what nodes there may be, of kind AXIS_NODES. O(runs x demands log demands), of so many
 * runs that this stays a matter of a second or two. */
int promise_bound_find(struct promise_bound *bound, const struct peak_of *of,
                       const struct plan_axes *axes, struct err *err);

#endif
