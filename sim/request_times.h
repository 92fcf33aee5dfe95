/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_REQUEST_TIMES_H
#define STOWAGE_SIM_REQUEST_TIMES_H

#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"

/* How long single requests took. Times below 256 us have a bin each, longer ones 256 bins to each
 * doubling up to 2^42 us (50 days; what is longer is in the last). A bin knows the sum of its
 * times, and a quantile is the mean of the bin that holds its rank: exact where all times of the
 * bin are equal, else off by less than 0.4 %. Count, mean and maximum are exact. */

struct request_time_bin {
    int64_t count;
    double us_sum; /* exact up to 2^53 */
};

struct request_times {
    struct request_time_bin *bins; /* [REQUEST_TIME_BINS]; owned */
    int64_t count;
    int128 us_sum;
    int64_t us_max;
};

enum { REQUEST_TIME_BITS = 8, REQUEST_TIME_OCTAVES = 34 };
enum { REQUEST_TIME_BINS = (REQUEST_TIME_OCTAVES + 1) << REQUEST_TIME_BITS };

int request_times_init(struct request_times *times, struct err *err);
void request_times_release(struct request_times *times);

/* us >= 0. O(1). */
void request_times_add(struct request_times *times, int64_t us);

/* The shortest time that a share q of the requests (rank ceil(q n), at least 1) did not exceed; -1:
 * there are none. */
double request_times_quantile_us(const struct request_times *times, double q);

#endif
