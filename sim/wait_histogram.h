/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_WAIT_HISTOGRAM_H
#define STOWAGE_SIM_WAIT_HISTOGRAM_H

#include <stdint.h>

#include "base/int128.h"

/* A wait with P(wait > t) = share * exp(-rate * t). Share 0: nobody waits. */
struct station_wait {
    double share;
    double rate; /* in 1 / us */
};

/* How long requests took, in bins that are narrow where times are short: one for 0, one up to 128
 * us, then eight to each doubling up to 2^41 us (25 days); what is longer is in the last. Amounts
 * are millionths of requests, and no millionth is lost. Quantiles are interpolated within a bin, so
 * they are off by 12.5 % at most, mostly far less. */

enum { WAIT_BINS_PER_OCTAVE = 8, WAIT_FIRST_OCTAVE = 7, WAIT_LAST_OCTAVE = 40 };
enum {
    WAIT_BINS = 2 + (WAIT_LAST_OCTAVE - WAIT_FIRST_OCTAVE + 1) * WAIT_BINS_PER_OCTAVE,
};

struct wait_histogram {
    int128 total_micro;
    int128 area; /* sum of amount x microseconds: exact but for the rounding of each mean */
    int128 bins_micro[WAIT_BINS];
};

void wait_histogram_add(struct wait_histogram *histogram, int64_t amount_micro, int64_t us);
/* An amount whose times are distributed as this wait is. */
void wait_histogram_add_wait(struct wait_histogram *histogram, int128 amount_micro,
                             const struct station_wait *wait);

/* Many such waits, kept until a histogram of them is wanted. Those that wait at all are put
 * together with others of nearly the same rate (32 classes to each doubling); a class is poured out
 * as one exponential wait of its mean, so that the mean is exact and shares are off by less than
 * 0.01 %. */
enum { WAIT_CLASSES_PER_OCTAVE = 32, WAIT_CLASS_OCTAVES = 64 };
enum { WAIT_CLASSES = WAIT_CLASSES_PER_OCTAVE * WAIT_CLASS_OCTAVES };
struct wait_class {
    int128 micro;
    double area; /* micro x us */
};
struct wait_mixture {
    int128 at_once_micro, total_micro;
    struct wait_class classes[WAIT_CLASSES];
};
/* Returns what the waits add to the area, in micro x us. O(1). */
double wait_mixture_add(struct wait_mixture *mixture, int64_t amount_micro,
                        const struct station_wait *wait);
/* Adds all of it to the histogram; the mixture stays as it is. */
void wait_mixture_pour(const struct wait_mixture *mixture, struct wait_histogram *histogram);

/* The histogram of the sum of these times and independent ones, given as equally likely values. */
void wait_histogram_convolve(const struct wait_histogram *histogram, const double *values_us,
                             int32_t value_count, struct wait_histogram *sum);

/* The time that a share q of the amount does not exceed; -1: there is no amount. */
double wait_histogram_quantile_us(const struct wait_histogram *histogram, double q);
/* Amount, in millionths, of at most so long. */
double wait_histogram_up_to(const struct wait_histogram *histogram, int64_t us);

#endif
