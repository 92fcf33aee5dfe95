/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PAID_BOUND_H
#define STOWAGE_PLAN_PAID_BOUND_H

#include <stdint.h>

#include "base/err.h"
#include "plan/peak.h"

/* What a run must have paid where pools scale: between two changes of the certain floors
 * (peak_floors_at) the nodes that are there hold them all the time, so they cost the bound of the
 * instance of these floors or more; the sum over time, by the horizon, is a bound on the mean cost
 * of an hour of every run that keeps the floors. Nodes of a pool that scales may be of each of its
 * types, as many as it takes (max_instances is not held against them: while a node is replaced
 * there may be one more).
 *
 * A replica that ends is nowhere counted, for it may end at once. Where there are very many
 * changes, neighbouring spans are joined, with the smaller floor of each runner. From the first
 * event on that adds nodes nothing is counted. Where `failures_allowed` of `trial_count` runs may
 * miss the floors, these may have cost nothing.
 *
 * Example: two floors of a node each by day and one by night, at 3 an hour: 12 hours of 6 and 12
 * hours of 3 are 4.5 an hour. */

/* Sets has_bound, is_average, bound, is_exact, replicas and at_us (of the span whose bound is
 * highest), prices (what one more of each floor adds to the mean hour) and impossible (a floor fits
 * no type) of a peak that is zeroed. */
int paid_bound_find(struct peak *peak, const struct peak_of *of, struct err *err);

/* Costs of runs are kept to a millionth of a dollar, and their mean to the unit of the search: so
 * much may be lost of the bound. */
int64_t paid_bound_rounding(const struct scenario *scenario);

#endif
