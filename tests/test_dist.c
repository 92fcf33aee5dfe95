/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dist.h"

#include <criterion/criterion.h>
#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "base/array.h"
#include "base/natural_log.h"
#include "base/units.h"

static const struct dist_row {
    const char *name;
    struct dist dist;
    double mean_us, variance_us2; /* from the textbook, for the unclamped distribution */
} rows[] = {
    {"constant", {DIST_CONSTANT, 5e6, 0, 0, TIME_US_MAX}, 5e6, 0},
    {"uniform", {DIST_UNIFORM, 2e6, 8e6, 0, TIME_US_MAX}, 5e6, 3e12},
    {"exponential", {DIST_EXPONENTIAL, 3e6, 0, 0, TIME_US_MAX}, 3e6, 9e12},
    {"normal", {DIST_NORMAL, 9e6, 1e6, 0, TIME_US_MAX}, 9e6, 1e12},
    /* exp(1/8) and (exp(1/4) - 1) exp(1/4) */
    {"lognormal", {DIST_LOGNORMAL, 1e6, 0.5, 0, TIME_US_MAX}, 1133148.45306683, 364695854202.0},
    /* gamma(1.5) and gamma(2) - gamma(1.5)^2 */
    {"weibull", {DIST_WEIBULL, 1e6, 2, 0, TIME_US_MAX}, 886226.925452758, 214601836602.552},
    {"gamma", {DIST_GAMMA, 6e6, 4, 0, TIME_US_MAX}, 6e6, 9e12},
};

enum { DRAWS = 40000 };

Test(dist, every_kind_has_the_mean_and_the_variance_of_its_definition)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rng rng = rng_stream(7, "test", i);
        double sum = 0;
        double square_sum = 0;
        for (int k = 0; k < DRAWS; k++) {
            double deviation = (double)dist_sample_us(&rows[i].dist, &rng) - rows[i].mean_us;
            sum += deviation;
            square_sum += deviation * deviation;
        }
        /* Five standard errors; the fourth moments of these are at most 9 x the variance squared
         * (exponential), so that of a variance is at most sqrt(8 / n). Rounding adds 1 us. */
        double mean_slack = 5 * sqrt(rows[i].variance_us2 / DRAWS) + 1;
        double variance_slack = 5 * rows[i].variance_us2 * sqrt(8.0 / DRAWS) + 1;
        cr_expect_lt(fabs(sum / DRAWS), mean_slack, "%s: mean off by %g", rows[i].name,
                     sum / DRAWS);
        cr_expect_lt(fabs(square_sum / DRAWS - rows[i].variance_us2), variance_slack,
                     "%s: variance %g", rows[i].name, square_sum / DRAWS);
        cr_expect_lt(fabs(dist_mean_us(&rows[i].dist) / rows[i].mean_us - 1), 1e-12, "%s",
                     rows[i].name);
    }
}

Test(dist, median_of_lognormal_and_quantiles_of_weibull_are_as_stated)
{
    struct rng rng = rng_stream(1, "test", 0);
    struct dist lognormal = {DIST_LOGNORMAL, 4e6, 1.5, 0, TIME_US_MAX};
    struct dist weibull = {DIST_WEIBULL, 4e6, 0.7, 0, TIME_US_MAX};
    int below_median = 0;
    int below_scale = 0;
    for (int k = 0; k < DRAWS; k++) {
        below_median += dist_sample_us(&lognormal, &rng) < 4000000;
        below_scale += dist_sample_us(&weibull, &rng) < 4000000;
    }
    cr_expect_float_eq((double)below_median / DRAWS, 0.5, 0.0125);
    cr_expect_float_eq((double)below_scale / DRAWS, 1 - exp(-1), 0.0125);
}

Test(dist, draws_are_clamped_and_whole)
{
    static const struct {
        const char *name;
        struct dist dist;
    } clamped[] = {
        {"constant below", {DIST_CONSTANT, 3, 0, 10, 20}},
        {"constant above", {DIST_CONSTANT, 99, 0, 10, 20}},
        {"normal around 0", {DIST_NORMAL, 0, 1e6, 0, 500000}},
        {"heavy tail", {DIST_WEIBULL, 1e6, 0.01, 0, TIME_US_MAX}},
        {"beyond any integer", {DIST_LOGNORMAL, 1e15, 50, 7, TIME_US_MAX}},
        {"one value", {DIST_EXPONENTIAL, 1e6, 0, 42, 42}},
    };
    for (size_t i = 0; i < ARRAY_LEN(clamped); i++) {
        struct rng rng = rng_stream(3, "test", i);
        for (int k = 0; k < 2000; k++) {
            int64_t us = dist_sample_us(&clamped[i].dist, &rng);
            cr_assert_geq(us, clamped[i].dist.min_us, "%s", clamped[i].name);
            cr_assert_leq(us, clamped[i].dist.max_us, "%s", clamped[i].name);
        }
    }
}

Test(dist, constants_of_any_size_are_exact)
{
    static const int64_t values[] = {0, 1, 999999, INT64_C(86400000000), TIME_US_MAX};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct rng rng = rng_stream(1, "test", 0);
        struct dist dist = dist_constant(values[i]);
        cr_expect_eq(dist_sample_us(&dist, &rng), values[i]);
        cr_expect_eq(rng.counter, 0, "a constant draws nothing");
    }
}

Test(dist, fractions_are_rounded_as_llround_does)
{
    static const double values[] = {
        0.0, 0.49999999999999994, 0.5,          0.75,         1.5,
        2.5, 1e6 + 0.4999,        0x1p50 + 0.5, 0x1p51 + 0.5, 3162239999999999.5};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct dist dist = {DIST_CONSTANT, values[i], 0, 0, TIME_US_MAX};
        cr_expect_eq(dist_sample_us(&dist, NULL), llround(values[i]), "%.17g", values[i]);
    }
}

/* GSL draws with the logarithm of the C library, of which the last digits may be others. They show
 * where doubles are hardly finer than microseconds; up to a mean of ten hours in none of these. */
Test(dist, exponential_draws_are_those_of_gsl)
{
    static const double means[] = {0, 0.3, 1, 1e3, 36e9, 1e11, 7e12, 1e15};
    const double exact_up_to = 36e9;
    for (size_t i = 0; i < ARRAY_LEN(means); i++) {
        struct dist dist = {DIST_EXPONENTIAL, means[i], 0, 0, TIME_US_MAX};
        struct rng ours = rng_stream(2, "test", i), theirs = ours;
        struct rng_gsl_face face;
        const gsl_rng *generator = rng_gsl(&theirs, &face);
        for (int k = 0; k < DRAWS; k++) {
            double us = gsl_ran_exponential(generator, means[i]);
            double expected = us < (double)TIME_US_MAX ? us : (double)TIME_US_MAX;
            int64_t drawn = dist_sample_us(&dist, &ours);
            double difference = fabs((double)drawn - expected);
            cr_assert_leq(difference, 0.5 + 2 * DBL_EPSILON * us, "mean %g, draw %d", means[i], k);
            if (means[i] <= exact_up_to)
                cr_assert_eq(drawn, llround(expected), "mean %g, draw %d", means[i], k);
        }
    }
}

/* Whatever the mean, with the logarithm of the project to the last microsecond. */
Test(dist, exponential_draws_are_rounded_from_the_logarithm)
{
    static const double means[] = {0, 0.3, 1, 1e3, 36e9, 1e11, 7e12, 1e15, 1e18};
    for (size_t i = 0; i < ARRAY_LEN(means); i++) {
        struct dist dist = {DIST_EXPONENTIAL, means[i], 0, 0, TIME_US_MAX};
        struct rng ours = rng_stream(2, "test", i), theirs = ours;
        for (int k = 0; k < DRAWS; k++) {
            double us = -means[i] * natural_log(1 - rng_uniform(&theirs));
            int64_t expected = us < (double)TIME_US_MAX ? llround(us) : TIME_US_MAX;
            cr_assert_eq(dist_sample_us(&dist, &ours), expected, "mean %g, draw %d", means[i], k);
        }
    }
}

Test(dist, equal_streams_give_equal_draws)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rng a = rng_stream(11, "test", 5);
        struct rng b = rng_stream(11, "test", 5);
        for (int k = 0; k < 100; k++)
            cr_assert_eq(dist_sample_us(&rows[i].dist, &a), dist_sample_us(&rows[i].dist, &b));
    }
}

Test(dist, draws_of_several_are_those_of_each)
{
    enum { MOST = 20 };
    for (int32_t count = 0; count <= MOST; count++) {
        const struct dist *dists[MOST] = {NULL};
        struct rng ours[MOST], theirs[MOST];
        int64_t us[MOST];
        for (int32_t i = 0; i < count; i++) {
            dists[i] = &rows[(uint32_t)(i * 3 + count) % ARRAY_LEN(rows)].dist;
            ours[i] = theirs[i] = rng_stream(12, "test", (uint64_t)i);
        }
        dist_sample_many_us(dists, ours, count, us);
        for (int32_t i = 0; i < count; i++) {
            cr_assert_eq(us[i], dist_sample_us(dists[i], &theirs[i]));
            cr_assert_eq(rng_next(&ours[i]), rng_next(&theirs[i]));
        }
    }
}

Test(dist, names_end_with_null)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_str_eq(dist_name(rows[i].dist.kind), rows[i].name);
    cr_expect_null(dist_name(DIST_KIND_COUNT));
}
