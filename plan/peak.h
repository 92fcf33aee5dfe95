/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PEAK_H
#define STOWAGE_PLAN_PEAK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/axis.h"
#include "plan/instance.h"
#include "plan/losses.h"
#include "plan/target.h"

/* What no simulation is needed for: where the target `floors` is asked, all floors that count at
 * one instant must have a place at once, so no fleet is cheaper than the cheapest that packs them.
 * That is a plain packing problem (plan/instance.h), whose certified lower bound is one for every
 * plan, and whose plan is a good start for the search.
 *
 * Counted are floors that must be met whatever is drawn: of the scenario's runners, from arrival to
 * departure with their scale events; of a runner whose replicas end, at its arrival only. Left
 * aside, which leaves the bound valid: generated runners, runners from their first set_status on,
 * runners that follow traffic or whose special handling is not done, memory of shared devices,
 * fractions of several devices (only their sum counts), nodes that fail. No bound is given for
 * instants at which an event has added nodes. Where a pool scales, plan/paid_bound.h sums bounds up
 * over time instead. What a plan is to survive
 * raises the bound (plan/loss_bound.h); where it has to do without spot nodes, the others must pack
 * the floors. What targets about waits say beyond that holds for the runs of the search
 * (plan/promise_bound.h). */

enum { PEAK_REASON_SIZE = 640 };

struct peak_price {
    const char *runner;  /* the first of its kind; of the scenario */
    int64_t demand;      /* replicas of the kind at the instant */
    double usd_per_hour; /* what one more of it adds to the bound */
};

/* What things are worth at the prices that prove the bound; for reading. */
struct peak_worth {
    double *nodes;            /* [axes->count] USD an hour of a node (plan/worth.h); NaN: not known;
                                 owned; NULL: nothing is known */
    double core, gib, device; /* USD an hour of one more, by the best prices of all resources
                                 together (the mixed bound); 0: it is not scarce */
};

struct peak {
    bool has_bound;
    bool is_exact;       /* the linear program was solved to the end */
    bool is_average;     /* of what runs pay an hour, where pools scale (plan/paid_bound.h); else of
                            what the nodes cost an hour that must be there at once */
    int64_t at_us;       /* the instant of which the bound is highest */
    int64_t bound;       /* in the unit of plan_axes_price; the higher one of: */
    int64_t floor_bound; /* what the floors cost, whatever is drawn; 0: nothing is known */
    int64_t run_bound;   /* what the first run_count runs of the search cost; 0: likewise */
    int32_t target;      /* the one by which run_bound is above floor_bound; -1: it is not */
    int32_t run_count;
    int32_t survive;  /* of the list: the loss that raises it (plan/loss_bound.h); -1: none does */
    int64_t replicas; /* floors at that instant */
    int32_t *start;   /* [axes->count] nodes that pack them, within the axes; NULL: none; owned */
    struct peak_price *prices; /* [price_count] by price, dearest first; owned */
    int32_t price_count;
    struct peak_worth worth;           /* nothing where is_average */
    char impossible[PEAK_REASON_SIZE]; /* why no plan within the axes can be; "" where that is not
                                          proven */
};

struct peak_of { /* borrowed */
    const struct scenario *scenario;
    const struct plan_axes *axes;
    const struct target_set *targets;
    struct survive_list survives;
    int32_t trial_count, failures_allowed; /* of a test; 0: runs are not looked at, none fails */
    uint64_t seed;                         /* of the first trial */
};

/* has_bound is false where nothing follows from the targets. -1: memory. */
int peak_make(struct peak *peak, const struct peak_of *of, struct err *err);
void peak_release(struct peak *peak);

/* The floors that count at an instant, by runner of the scenario: floors[scenario->runner_count].
 */
void peak_floors_at(const struct scenario *scenario, int64_t at_us, int32_t *floors);

#endif
