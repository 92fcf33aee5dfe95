/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/natural_log.h"

#include <assert.h>
#include <float.h>
#include <stdbool.h>
#include <string.h>

/* x = 2^e * f with f from sqrt(1/2) to sqrt(2), so log x = e log 2 + log f. With g = f - 1, which
 * is exact, and s = g / (2 + g),
 *
 *     log f = log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...)
 *
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 4.1.27 and 4.1.28). As 2 s = g - s g,
 * that is g - s (g - r) with r = 2 (s^2/3 + s^4/5 + ...): s is at most 0.172, so what is rounded on
 * the way counts for a sixth, and only the last subtraction for all of its half unit. s^2 is at
 * most 0.0295, so that the first term left out, 2 s^25/25, is below 2^-64.
 *
 * Additions, multiplications and divisions are rounded alike by every processor (IEEE 754), and the
 * project is compiled so that none are fused (-ffp-contract=off). */

static const double log2_high = 0x1.62e42fefa3800p-1; /* its multiples up to 2^11 are exact */
static const double log2_low = 0x1.ef35793c76730p-45; /* log 2 - log2_high */

/* The bits of sqrt(1/2), rounded down, and of 1. */
static const uint64_t sqrt_half_bits = UINT64_C(0x3fe6a09e667f3bcc);
static const uint64_t one_bits = UINT64_C(0x3ff0000000000000);

enum { FRACTION_BITS = 52, EXPONENT_OF_ONE = 1023 };
static const uint64_t fraction_mask = (UINT64_C(1) << FRACTION_BITS) - 1;

/* 2 (z/3 + z^2/5 + ... + z^11/23), odd and even powers apart so that a processor works on both at
 * once. */
static inline double series(double z)
{
    double w = z * z;
    double odd =
        z * (2.0 / 3 +
             w * (2.0 / 7 + w * (2.0 / 11 + w * (2.0 / 15 + w * (2.0 / 19 + w * (2.0 / 23))))));
    double even = w * (2.0 / 5 + w * (2.0 / 9 + w * (2.0 / 13 + w * (2.0 / 17 + w * (2.0 / 21)))));
    return odd + even;
}

static bool has_log(double x)
{
    return x >= DBL_MIN && x <= DBL_MAX;
}

static inline double log_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    /* As if counted from sqrt(1/2) on, where the exponent is to rise. */
    bits += one_bits - sqrt_half_bits;
    double e = (double)((int32_t)(bits >> FRACTION_BITS) - EXPONENT_OF_ONE);
    bits = (bits & fraction_mask) + sqrt_half_bits;
    double f;
    memcpy(&f, &bits, sizeof f);
    double g = f - 1;
    double s = g / (2 + g);
    return e * log2_high + (g - (s * (g - series(s * s)) - e * log2_low));
}

double natural_log(double x)
{
    assert(has_log(x));
    return log_of(x);
}

/* Two loops: gcc makes vectors only of one that does not end before its end. */
void natural_logs(double *values, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        assert(has_log(values[i]));
    for (int32_t i = 0; i < count; i++)
        values[i] = log_of(values[i]);
}
