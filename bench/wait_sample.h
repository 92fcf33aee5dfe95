/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_WAIT_SAMPLE_H
#define STOWAGE_BENCH_WAIT_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "bench/metric_sums.h"
#include "sim/sim.h"

/* The waits of demands between two instants of a run, and their distribution by the product-limit
 * estimator of Kaplan and Meier (J. Am. Stat. Assoc. 53, 1958), in which a wait that was cut off
 * (still open at the end, given up, withdrawn) counts as "at least so long". A demand belongs to
 * the time in which its wait ended, or was cut off. Of equal lengths the ended ones come first.
 *
 * A comparison reads this of every run, so waits are neither copied nor sorted: they are counted
 * where the run has recorded them. What does need an order is a wait that was cut off while a
 * longer one ended (a loss), and there are few of these as a rule. */

/* Waits of one priority, in any order; borrowed. */
struct wait_source {
    const int64_t *ended_us, *cut_off_us;
    int64_t ended_count, cut_off_count;
    int64_t none_count; /* ended at once, besides those of ended_us */
};

struct wait_sample {
    struct wait_source sources[PRIORITY_COUNT];
    int32_t source_count;
    int64_t count, ended_count; /* of all, and of those that ended */
    int64_t none_count;         /* ended at once */
    int64_t longest_us, longest_ended_us;
    int128 sum_us;
    int64_t *loss_us;    /* [loss_count] ascending; owned */
    int64_t *loss_ended; /* [loss_count] waits that ended and are no longer than the loss */
    double *loss_longer; /* [loss_count] the estimated share of waits that are longer than it */
    int64_t loss_count;
};

/* Of at most PRIORITY_COUNT sources. O(n), and without losses it takes no memory. On -1 the struct
 * is zeroed. */
int wait_sample_init(struct wait_sample *sample, const struct wait_source *sources, int32_t count,
                     struct err *err);
/* Of a run, from the instant of `from` to the end; priority 0 to 9, or -1: of all. */
int wait_sample_read(struct wait_sample *sample, const struct sim *sim,
                     const struct metric_sums *from, int32_t priority, struct err *err);
void wait_sample_release(struct wait_sample *sample);

/* The shortest wait that at least a share q (0 < q <= 1) of the demands do not exceed, by the
 * estimator. Where it does not reach q, since the longest waits were cut off, the longest of all:
 * then *is_lower_bound. -1: there is no wait. O(n). */
int64_t wait_sample_quantile_us(const struct wait_sample *sample, double q, bool *is_lower_bound);

/* The estimated share of waits of at most so many microseconds, at each of several instants in
 * ascending order: shares[count], count <= WAIT_SHARES_MAX. O(n + count). */
enum { WAIT_SHARES_MAX = 128 };
void wait_sample_shares(const struct wait_sample *sample, const int64_t *us, int32_t count,
                        double *shares);

/* Mean with waits cut off at the length that they had reached: sum of waits / demands. NaN: there
 * is none. */
double wait_sample_mean_us(const struct wait_sample *sample);

#endif
