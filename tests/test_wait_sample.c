/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/rng.h"
#include "bench/wait_sample.h"

/* The example of Kaplan and Meier (1958), section 1, in tenths of a month: deaths at 0.8, 3.1, 5.4
 * and 9.2, losses at 1.0, 2.7, 7.0 and 12.1; the estimate is 7/8, then times 4/5, 3/4 and 1/2. */
static int64_t published[] = {8 * 2,  10 * 2 + 1, 27 * 2 + 1, 31 * 2,
                              54 * 2, 70 * 2 + 1, 92 * 2,     121 * 2 + 1};

Test(wait_sample, shares_are_those_of_the_published_example)
{
    const struct wait_sample sample = {published, ARRAY_LEN(published)};
    static const int64_t at[] = {0, 7, 8, 30, 31, 53, 54, 91, 92, 200};
    static const double longer[] = {1, 1, 0.875, 0.875, 0.7, 0.7, 0.525, 0.525, 0.2625, 0.2625};
    double shares[ARRAY_LEN(at)];
    wait_sample_shares(&sample, at, ARRAY_LEN(at), shares);
    for (size_t i = 0; i < ARRAY_LEN(at); i++)
        cr_assert_float_eq(1 - shares[i], longer[i], 1e-12, "at %d", (int)at[i]);
}

static const struct {
    double q;
    int64_t us;
    bool is_lower_bound;
} quantiles[] = {
    {0.1, 8, false},  {0.125, 8, false}, {0.13, 31, false}, {0.3, 31, false}, {0.31, 54, false},
    {0.5, 92, false}, {0.73, 92, false}, {0.74, 121, true}, {1.0, 121, true},
};

Test(wait_sample, quantiles_of_the_published_example_end_in_a_lower_bound)
{
    const struct wait_sample sample = {published, ARRAY_LEN(published)};
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        bool is_lower_bound;
        int64_t us = wait_sample_quantile_us(&sample, quantiles[i].q, &is_lower_bound);
        cr_assert_eq(us, quantiles[i].us, "row %zu: %d", i, (int)us);
        cr_assert_eq(is_lower_bound, quantiles[i].is_lower_bound, "row %zu", i);
    }
}

Test(wait_sample, quantiles_without_cut_off_waits_are_ranks)
{
    int64_t keys[100];
    for (int64_t i = 0; i < 100; i++)
        keys[i] = (i + 1) * 2;
    const struct wait_sample sample = {keys, 100};
    bool is_lower_bound;
    for (int percent = 1; percent <= 100; percent++)
        cr_assert_eq(wait_sample_quantile_us(&sample, percent / 100.0, &is_lower_bound), percent);
    cr_assert_float_eq(wait_sample_mean_us(&sample), 50.5, 1e-12);
}

Test(wait_sample, an_empty_sample_has_no_values)
{
    const struct wait_sample sample = {NULL, 0};
    bool is_lower_bound;
    cr_assert_eq(wait_sample_quantile_us(&sample, 0.5, &is_lower_bound), -1);
    cr_assert(isnan(wait_sample_mean_us(&sample)));
}

static int compare_keys(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

Test(wait_sample, the_sort_is_that_of_the_c_library)
{
    enum { COUNT_MAX = 700 };
    struct rng rng = rng_stream(5, "keys", 0);
    for (int round = 0; round < 300; round++) {
        int64_t keys[COUNT_MAX], wanted[COUNT_MAX], spare[COUNT_MAX];
        int64_t count = (int64_t)rng_below(&rng, COUNT_MAX);
        int shift = (int)rng_below(&rng, 63);
        for (int64_t i = 0; i < count; i++)
            wanted[i] = keys[i] = (int64_t)(rng_next(&rng) >> 1 >> shift);
        qsort(wanted, (size_t)count, sizeof *wanted, compare_keys);
        wait_keys_sort(keys, spare, count);
        for (int64_t i = 0; i < count; i++)
            cr_assert_eq(keys[i], wanted[i]);
    }
}
