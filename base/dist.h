/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_DIST_H
#define STOWAGE_BASE_DIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"

/* A duration that is a constant or random. Parameters are in microseconds where they are times;
 * draws are clamped to [min_us, max_us] and rounded to whole microseconds. Sampled through GSL, but
 * for exponential ones, which have the same bits on every processor. Parameters are finite, a >= 0;
 * b >= 0 (> 0 for the shapes of weibull and gamma; b >= a for uniform); 0 <= min_us <= max_us <=
 * TIME_US_MAX. */

enum dist_kind {
    DIST_CONSTANT = 0, /* a */
    DIST_UNIFORM,      /* a = low, b = high */
    DIST_EXPONENTIAL,  /* a = mean */
    DIST_NORMAL,       /* a = mean, b = standard deviation; clamped, so give min and max */
    DIST_LOGNORMAL,    /* a = median, b = sigma of the logarithm */
    DIST_WEIBULL,      /* a = scale, b = shape */
    DIST_GAMMA,        /* a = mean, b = shape */
    DIST_KIND_COUNT,
};

struct dist {
    enum dist_kind kind;
    double a, b;
    int64_t min_us, max_us; /* 0 and TIME_US_MAX where the user gave none */
};

/* A constant; a = us. */
struct dist dist_constant(int64_t us);

/* Is every draw 0? */
static inline bool dist_is_nothing(const struct dist *dist)
{
    return dist->kind == DIST_CONSTANT && dist->a == 0 && dist->min_us == 0;
}

/* One draw. Uses as many words of the stream as the distribution needs; where it is DIST_CONSTANT,
 * none, and rng may be NULL. */
int64_t dist_sample_us(const struct dist *dist, struct rng *rng);

/* us[i] becomes a draw of dists[i] from streams[i], as by dist_sample_us, for each i below count.
 * The logarithms of exponential ones are taken several at a time. */
void dist_sample_many_us(const struct dist *const *dists, struct rng *streams, int32_t count,
                         int64_t *us);

/* The mean without clamping and rounding, in microseconds; for reports and sanity checks. */
double dist_mean_us(const struct dist *dist);

/* The value that a draw does not exceed with probability q (0 < q < 1), clamped, in microseconds.
 */
double dist_quantile_us(const struct dist *dist, double q);

/* Mean, and variance / mean^2 (0 where the mean is 0), of what is drawn, clamping included but not
 * the rounding: exact where nothing is clamped, else from DIST_STRATA quantiles. */
enum { DIST_STRATA = 4096 };
struct dist_moments {
    double mean_us, cv2;
};
struct dist_moments dist_moments(const struct dist *dist);

/* "exponential", ... as in scenario files; NULL beyond the last kind. */
const char *dist_name(enum dist_kind kind);

#endif
