/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/rng.h"
#include "bench/wait_sample.h"

/* The example of Kaplan and Meier (1958), section 1, in tenths of a month: deaths at 0.8, 3.1, 5.4
 * and 9.2, losses at 1.0, 2.7, 7.0 and 12.1; the estimate is 7/8, then times 4/5, 3/4 and 1/2. */
static const int64_t deaths[] = {54, 8, 92, 31}, losses[] = {121, 10, 70, 27};
static const struct wait_source published = {.ended_us = deaths,
                                             .cut_off_us = losses,
                                             .ended_count = ARRAY_LEN(deaths),
                                             .cut_off_count = ARRAY_LEN(losses)};

static struct wait_sample sample_of(const struct wait_source *source)
{
    struct wait_sample sample;
    struct err err;
    cr_assert_eq(wait_sample_init(&sample, source, 1, &err), 0);
    return sample;
}

Test(wait_sample, shares_are_those_of_the_published_example)
{
    struct wait_sample sample = sample_of(&published);
    static const int64_t at[] = {0, 7, 8, 30, 31, 53, 54, 91, 92, 200};
    static const double longer[] = {1, 1, 0.875, 0.875, 0.7, 0.7, 0.525, 0.525, 0.2625, 0.2625};
    double shares[ARRAY_LEN(at)];
    wait_sample_shares(&sample, at, ARRAY_LEN(at), shares);
    for (size_t i = 0; i < ARRAY_LEN(at); i++)
        cr_assert_float_eq(1 - shares[i], longer[i], 1e-12, "at %d", (int)at[i]);
    wait_sample_release(&sample);
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
    struct wait_sample sample = sample_of(&published);
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        bool is_lower_bound;
        int64_t us = wait_sample_quantile_us(&sample, quantiles[i].q, &is_lower_bound);
        cr_assert_eq(us, quantiles[i].us, "row %zu: %d", i, (int)us);
        cr_assert_eq(is_lower_bound, quantiles[i].is_lower_bound, "row %zu", i);
    }
    wait_sample_release(&sample);
}

Test(wait_sample, quantiles_without_cut_off_waits_are_ranks)
{
    int64_t us[100];
    for (int64_t i = 0; i < 100; i++)
        us[i] = 100 - i;
    struct wait_sample sample =
        sample_of(&(struct wait_source){.ended_us = us, .ended_count = 100});
    bool is_lower_bound;
    for (int percent = 1; percent <= 100; percent++)
        cr_assert_eq(wait_sample_quantile_us(&sample, percent / 100.0, &is_lower_bound), percent);
    cr_assert_float_eq(wait_sample_mean_us(&sample), 50.5, 1e-12);
}

Test(wait_sample, an_empty_sample_has_no_values)
{
    struct wait_sample sample = sample_of(&(struct wait_source){.ended_count = 0});
    const int64_t at = 5;
    double share;
    bool is_lower_bound;
    cr_assert_eq(wait_sample_quantile_us(&sample, 0.5, &is_lower_bound), -1);
    cr_assert(isnan(wait_sample_mean_us(&sample)));
    wait_sample_shares(&sample, &at, 1, &share);
    cr_assert(isnan(share));
}

/* ---- against the estimator as it is defined ---- */

enum { SOURCES = 3, OF_SOURCE = 60, NONE_OF_SOURCE = 40 };

/* A wait, and whether it was cut off. */
struct twin_wait {
    int64_t us;
    bool is_cut_off;
};

struct twin {
    /* [count] in ascending order, ended first */
    struct twin_wait waits[SOURCES * (2 * OF_SOURCE + NONE_OF_SOURCE)];
    int64_t count;
};

static int compare_waits(const void *left, const void *right)
{
    const struct twin_wait *a = left, *b = right;
    if (a->us != b->us)
        return a->us < b->us ? -1 : 1;
    return a->is_cut_off - b->is_cut_off;
}

static double twin_share(const struct twin *twin, int64_t us)
{
    double longer = 1;
    for (int64_t i = 0; i < twin->count && twin->waits[i].us <= us; i++)
        if (!twin->waits[i].is_cut_off)
            longer *= (double)(twin->count - i - 1) / (double)(twin->count - i);
    return 1 - longer;
}

static int64_t twin_quantile(const struct twin *twin, double q, bool *is_lower_bound)
{
    double longer = 1;
    *is_lower_bound = false;
    for (int64_t i = 0; i < twin->count; i++) {
        if (twin->waits[i].is_cut_off)
            continue;
        longer *= (double)(twin->count - i - 1) / (double)(twin->count - i);
        if (1 - longer >= q - 1e-12)
            return twin->waits[i].us;
    }
    *is_lower_bound = true;
    return twin->waits[twin->count - 1].us;
}

static int64_t draw_waits(struct rng *rng, int shift, bool is_cut_off, int64_t *us,
                          struct twin *twin)
{
    int64_t count = (int64_t)rng_below(rng, OF_SOURCE);
    for (int64_t i = 0; i < count; i++) {
        us[i] = rng_below(rng, 4) == 0 ? 0 : (int64_t)(rng_next(rng) >> 2 >> shift);
        twin->waits[twin->count++] = (struct twin_wait){us[i], is_cut_off};
    }
    return count;
}

static void check_sample(const struct wait_sample *sample, const struct twin *twin, int round)
{
    int64_t at[WAIT_SHARES_MAX];
    double shares[WAIT_SHARES_MAX];
    int32_t points = twin->count < WAIT_SHARES_MAX ? (int32_t)twin->count : WAIT_SHARES_MAX;
    for (int32_t i = 0; i < points; i++)
        at[i] = twin->waits[i].us + i % 2;
    for (int32_t i = 1; i < points; i++)
        at[i] = at[i] < at[i - 1] ? at[i - 1] : at[i];
    wait_sample_shares(sample, at, points, shares);
    for (int32_t i = 0; i < points; i++)
        cr_assert_float_eq(shares[i], twin_share(twin, at[i]), 1e-12, "round %d: %d", round, i);
    for (int percent = 1; percent <= 100; percent++) {
        bool is_lower_bound, twin_is_lower_bound;
        int64_t us = wait_sample_quantile_us(sample, percent / 100.0, &is_lower_bound);
        cr_assert_eq(us, twin_quantile(twin, percent / 100.0, &twin_is_lower_bound),
                     "round %d: %d %%", round, percent);
        cr_assert_eq(is_lower_bound, twin_is_lower_bound, "round %d: %d %%", round, percent);
    }
}

/* Waits that end at once and are no more than counted. */
static int64_t draw_none(struct rng *rng, struct twin *twin)
{
    int64_t count = (int64_t)rng_below(rng, NONE_OF_SOURCE);
    for (int64_t i = 0; i < count; i++)
        twin->waits[twin->count++] = (struct twin_wait){.us = 0};
    return count;
}

Test(wait_sample, counting_finds_what_sorting_finds)
{
    struct rng rng = rng_stream(7, "waits", 0);
    for (int round = 0; round < 400; round++) {
        int64_t ended[SOURCES][OF_SOURCE], cut_off[SOURCES][OF_SOURCE];
        struct wait_source sources[SOURCES];
        struct wait_sample sample;
        struct twin twin = {.count = 0};
        struct err err;
        int shift = (int)rng_below(&rng, 62), cut_off_shift = (int)rng_below(&rng, 62);
        bool is_cut_off_likewise = rng_below(&rng, 2) == 0;
        for (int s = 0; s < SOURCES; s++) {
            sources[s] = (struct wait_source){.ended_us = ended[s], .cut_off_us = cut_off[s]};
            if (round % 3 > 0)
                sources[s].none_count = draw_none(&rng, &twin);
            sources[s].ended_count = draw_waits(&rng, shift, false, ended[s], &twin);
            if (round % 4 > 0)
                sources[s].cut_off_count = draw_waits(
                    &rng, is_cut_off_likewise ? shift : cut_off_shift, true, cut_off[s], &twin);
        }
        qsort(twin.waits, (size_t)twin.count, sizeof *twin.waits, compare_waits);
        cr_assert_eq(wait_sample_init(&sample, sources, SOURCES, &err), 0);
        cr_assert_eq(sample.count, twin.count);
        if (twin.count > 0)
            check_sample(&sample, &twin, round);
        wait_sample_release(&sample);
    }
}
