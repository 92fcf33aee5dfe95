/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_WAIT_SAMPLE_H
#define STOWAGE_BENCH_WAIT_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/metric_sums.h"
#include "sim/sim.h"

/* The waits of demands between two instants of a run, sorted, and their distribution by the
 * product-limit estimator of Kaplan and Meier (J. Am. Stat. Assoc. 53, 1958), in which a wait that
 * was cut off (still open at the end, given up, withdrawn) counts as "at least so long". A demand
 * belongs to the time in which its wait ended, or was cut off. */

/* A wait as one integer: 2 * length, and 1 more for one that was cut off, so that of equal lengths
 * the ended ones come first. */
struct wait_sample {
    int64_t *keys; /* [count] ascending; borrowed */
    int64_t count;
};

/* Waits of all priorities, and of each (parts of the same memory). */
struct wait_samples {
    struct wait_sample all, of_priority[PRIORITY_COUNT];
    int64_t *memory; /* of all of them; owned */
};

/* From the instant of `from` to the end. O(n). */
int wait_samples_make(struct wait_samples *samples, const struct sim *sim,
                      const struct metric_sums *from, struct err *err);
void wait_samples_release(struct wait_samples *samples);

/* The shortest wait that at least a share q (0 < q <= 1) of the demands do not exceed, by the
 * estimator. Where it does not reach q, since the longest waits were cut off, the longest of all:
 * then *is_lower_bound. -1: there is no wait. O(n), O(1) where nothing was cut off. */
int64_t wait_sample_quantile_us(const struct wait_sample *sample, double q, bool *is_lower_bound);

/* The estimated share of waits of at most so many microseconds, at each of several instants in
 * ascending order: shares[count]. O(n + count). */
void wait_sample_shares(const struct wait_sample *sample, const int64_t *us, int32_t count,
                        double *shares);

/* Mean with waits cut off at the length that they had reached: sum of waits / demands. NaN: there
 * is none. */
double wait_sample_mean_us(const struct wait_sample *sample);

/* Sorts keys >= 0, by digits (least first): O(n). `spare` has room for as many. */
void wait_keys_sort(int64_t *keys, int64_t *spare, int64_t count);

#endif
