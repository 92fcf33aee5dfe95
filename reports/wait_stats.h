/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_WAIT_STATS_H
#define STOWAGE_REPORTS_WAIT_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "sim/sim.h"

/* How long demand waited, per priority and for all priorities together. A wait is the time from the
 * instant a replica is asked for to its binding. A wait that did not end in a binding (still
 * waiting at the end, gave up, withdrawn) is censored: it counts with the length it had reached, so
 * that every figure it enters is a lower bound. */

enum {
    WAIT_STATS_ALL = 10, /* after the priorities 0 to 9 */
    WAIT_STATS_COUNT = 11,
};

enum { WAIT_P50, WAIT_P95, WAIT_P99, WAIT_MAX, WAIT_QUANTILE_COUNT };

struct wait_quantile {
    int64_t us;
    bool is_lower_bound; /* a wait up to this rank is censored, so the true value may be larger */
};

struct wait_stats {
    int64_t demand_count, bound_count, immediate_count;    /* immediate: bound after 0 us */
    int64_t waiting_count, gave_up_count, withdrawn_count; /* of the censored */
    int128 sum_us;                                         /* of all, censored ones too */
    int128 queue_area_us; /* demands x us in the queue: equal to sum_us */
    struct wait_quantile quantiles[WAIT_QUANTILE_COUNT]; /* meaningless when demand_count is 0 */
};

/* Quantiles by rank: the smallest wait such that at least q of all waits are no longer (nearest
 * rank); of equal lengths the completed ones come first. -1: memory. O(n) in the number of waits.
 */
int wait_stats_make(const struct sim *sim, struct wait_stats stats[WAIT_STATS_COUNT],
                    struct err *err);

/* NaN when there was no demand. */
double wait_stats_mean_us(const struct wait_stats *stats);

#endif
