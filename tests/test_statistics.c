/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "bench/statistics.h"

/* Hours of sleep gained by two drugs, ten patients (A. R. Cushny and A. R. Peebles 1905; the
 * example of Student, "The probable error of a mean", Biometrika 6, 1908). */
static const double drug_1[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double drug_2[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

static void subtract(const double *a, const double *b, int32_t count, double *differences)
{
    for (int32_t i = 0; i < count; i++)
        differences[i] = a[i] - b[i];
}

/* Published: mean difference 1.58 with standard deviation 1.23; t = 4.0621 on 9 degrees, p =
 * 0.002833, interval 0.7001 to 2.4599. */
Test(statistics, the_paired_test_is_that_of_students_own_example)
{
    double differences[10];
    subtract(drug_2, drug_1, 10, differences);
    struct mean_estimate made = mean_estimate_make(differences, 10, 0.95);
    cr_assert_float_eq(made.mean, 1.58, 1e-12);
    cr_assert_float_eq(made.sd, 1.229995, 1e-6);
    cr_assert_float_eq(made.mean - made.half_width, 0.7001142, 1e-6);
    cr_assert_float_eq(made.mean + made.half_width, 2.4598858, 1e-6);
    cr_assert_float_eq(mean_p_value(&made), 0.002833, 1e-6);
}

/* The same as if they were different patients: t = 1.8608 on 17.776 degrees, p = 0.07939, interval
 * -0.2054832 to 3.3654832 (the worked example of t.test in R's manual). */
Test(statistics, the_unpaired_test_is_that_of_the_published_example)
{
    struct mean_estimate a = mean_estimate_make(drug_2, 10, 0.95);
    struct mean_estimate b = mean_estimate_make(drug_1, 10, 0.95);
    struct welch_estimate made = welch_estimate_make(&a, &b, 0.95);
    cr_assert_float_eq(made.difference, 1.58, 1e-12);
    cr_assert_float_eq(made.degrees, 17.776, 1e-3);
    cr_assert_float_eq(made.p_value, 0.07939, 1e-5);
    cr_assert_float_eq(made.difference - made.half_width, -0.2054832, 1e-6);
    cr_assert_float_eq(correlation(drug_1, drug_2, 10), 0.7951702, 1e-6);
}

Test(statistics, few_or_equal_values_have_no_or_no_wide_interval)
{
    static const double equal[] = {0.1, 0.1, 0.1};
    struct mean_estimate none = mean_estimate_make(equal, 0, 0.95);
    struct mean_estimate one = mean_estimate_make(equal, 1, 0.95);
    struct mean_estimate three = mean_estimate_make(equal, 3, 0.95);
    cr_assert(isnan(none.mean) && isnan(none.half_width) && isnan(mean_p_value(&none)));
    cr_assert(one.mean == 0.1 && isnan(one.half_width) && isnan(mean_p_value(&one)));
    cr_assert(three.mean == 0.1 && three.half_width == 0 && mean_p_value(&three) == 0);
    cr_assert(isnan(correlation(equal, drug_1, 3)));
    static const double sevens[] = {0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7};
    cr_assert(
        isnan(correlation(sevens, sevens, 10))); /* ten tenths of 0.7 are not 0.7 in doubles */
}

/* Ranks and coverage of intervals for the median, as in the tables of the sign test (W. J. Dixon
 * and F. J. Massey, Introduction to Statistical Analysis, table A-25): 5 values have none at 95 %.
 */
static const struct {
    int32_t count, low, high;
    double coverage;
} median_ranks[] = {
    {5, 0, 0, NAN},      {6, 1, 6, 0.9688},    {8, 1, 8, 0.9922},   {9, 2, 8, 0.9609},
    {10, 2, 9, 0.9785},  {12, 3, 10, 0.9614},  {15, 4, 12, 0.9648}, {20, 6, 15, 0.9586},
    {25, 8, 18, 0.9567}, {30, 10, 21, 0.9572},
};

Test(statistics, ranks_of_intervals_for_the_median_are_the_published_ones)
{
    for (size_t i = 0; i < ARRAY_LEN(median_ranks); i++) {
        struct rank_interval made = rank_interval_make(median_ranks[i].count, 0.5, 0.95);
        cr_assert_eq(made.low, median_ranks[i].low, "row %zu: %d", i, made.low);
        cr_assert_eq(made.high, median_ranks[i].high, "row %zu: %d", i, made.high);
        if (made.low > 0)
            cr_assert_float_eq(made.coverage, median_ranks[i].coverage, 6e-5, "row %zu", i);
        else
            cr_assert(isnan(made.coverage));
    }
}

/* 59 values are the fewest of which one is above the 95th percentile with 95 % (S. S. Wilks 1941),
 * one-sided; with half of the error on each side it takes 72. */
Test(statistics, a_high_quantile_needs_many_values)
{
    cr_assert_eq(rank_interval_make(71, 0.95, 0.95).low, 0);
    cr_assert_eq(rank_interval_make(72, 0.95, 0.95).high, 72);
    cr_assert_eq(rank_interval_make(58, 0.95, 0.90).low, 0);
    cr_assert_eq(rank_interval_make(59, 0.95, 0.90).high, 59);
}

Test(statistics, the_median_and_its_interval_are_values_of_the_sample)
{
    double sorted[10];
    memcpy(sorted, drug_2, sizeof sorted);
    sort_values(sorted, 10);
    struct median_estimate made = median_estimate_make(sorted, 10, 0.95);
    cr_assert_float_eq(made.median, 1.75, 1e-12);
    cr_assert_eq(made.interval.low, 0.1);
    cr_assert_eq(made.interval.high, 4.6);
    cr_assert_eq(sorted_quantile(sorted, 10, 0.9), 4.6);
    cr_assert_eq(sorted_quantile(sorted, 10, 0.91), 5.5);
}

/* Of the ten differences one is 0 and nine are positive: 2 (1 + 10) / 2^10; without the one that is
 * 0, 2 / 2^9. */
Test(statistics, the_sign_test_counts_zeros_against_the_finding)
{
    double differences[10];
    subtract(drug_2, drug_1, 10, differences);
    cr_assert_float_eq(sign_p_value(differences, 10), 22.0 / 1024, 1e-12);
    cr_assert_eq(differences[4], 0);
    differences[4] = differences[9];
    cr_assert_float_eq(sign_p_value(differences, 9), 2.0 / 512, 1e-12);
    static const double even[] = {1, -1, 0, 2, -3};
    static const double zeros[] = {0, 0};
    cr_assert_eq(sign_p_value(even, 5), 1);
    cr_assert_eq(sign_p_value(zeros, 2), 1);
}

/* 0.01, 0.04, 0.03 and 0.005: at 0.05 Holm's procedure rejects the 4th and the 1st (a worked
 * example that textbooks share; the adjusted values are 0.02, 0.03 and 0.06 twice). */
Test(statistics, holms_procedure_on_its_textbook_example)
{
    double p[] = {0.01, 0.04, NAN, 0.03, 0.005};
    holm_adjust(p, 5);
    cr_assert_float_eq(p[0], 0.03, 1e-12);
    cr_assert_float_eq(p[1], 0.06, 1e-12);
    cr_assert(isnan(p[2]));
    cr_assert_float_eq(p[3], 0.06, 1e-12);
    cr_assert_float_eq(p[4], 0.02, 1e-12);
    double large[] = {0.6, 0.5};
    holm_adjust(large, 2);
    cr_assert(large[0] == 1 && large[1] == 1);
}

/* ---- warm-up ---- */

/* The rule by its definition. */
static struct mser_result mser_by_definition(const double *values, int32_t count)
{
    struct mser_result best = {0, NAN, true};
    int32_t k = count / 5;
    for (int32_t d = 0; k >= 10 && d < k - 5; d++) {
        double mean = 0, squares = 0;
        for (int32_t i = 5 * d; i < 5 * k; i++)
            mean += values[i] / (5 * (k - d));
        for (int32_t j = d; j < k; j++) {
            double batch = 0;
            for (int32_t i = 0; i < 5; i++)
                batch += values[5 * j + i] / 5;
            squares += (batch - mean) * (batch - mean);
        }
        double statistic = squares / ((double)(k - d) * (k - d));
        if (isnan(best.statistic) || statistic < best.statistic - 1e-12)
            best = (struct mser_result){5 * d, statistic, 5 * d > 5 * k / 2};
    }
    return best;
}

Test(statistics, mser_is_what_its_definition_says)
{
    struct rng rng = rng_stream(2, "series", 0);
    for (int round = 0; round < 500; round++) {
        double values[400];
        int32_t count = (int32_t)rng_below(&rng, 400);
        double bias = (double)rng_below(&rng, 100) / 10,
               decay = 1.0 / (1 + (double)rng_below(&rng, 60));
        for (int32_t i = 0; i < count; i++)
            values[i] = bias * exp(-decay * i) + (double)rng_below(&rng, 1000) / 1000;
        struct mser_result made = mser_make(values, count);
        struct mser_result wanted = mser_by_definition(values, count);
        cr_assert_eq(made.truncate, wanted.truncate, "round %d", round);
        cr_assert_eq(made.is_refused, wanted.is_refused, "round %d", round);
        if (count >= 50)
            cr_assert_float_eq(made.statistic, wanted.statistic, 1e-9);
    }
}

static const struct {
    const char *name;
    int32_t count, from, truncate; /* 0 up to `from`, then alternating 9 and 11 */
    bool is_refused;
} steps[] = {
    {"nothing to leave out", 200, 0, 0, false},
    {"a step after 40 of 200", 200, 40, 40, false},
    {"a step at the half", 200, 100, 100, false},
    {"a step in the second half", 200, 150, 150, true},
    {"too short", 45, 0, 0, true},
};

Test(statistics, mser_finds_a_step_and_refuses_a_late_one)
{
    for (size_t row = 0; row < ARRAY_LEN(steps); row++) {
        double values[200];
        for (int32_t i = 0; i < steps[row].count; i++)
            values[i] = i < steps[row].from ? 0 : 9 + 2 * (i % 2);
        struct mser_result made = mser_make(values, steps[row].count);
        cr_assert_eq(made.truncate, steps[row].truncate, "%s: %d", steps[row].name, made.truncate);
        cr_assert_eq(made.is_refused, steps[row].is_refused, "%s", steps[row].name);
    }
}

/* The series on which the library kim-convergence (openkim, tests of its MSER-5 up to 2025) states
 * the outcome: a beginning, then values evenly spread over 9.5 to 10.5. They are drawn by numpy's
 * RandomState(12345).random_sample, which is the generator of Matsumoto and Nishimura with 53 bits
 * of two words, so they are the same numbers here. */
enum { LEVEL_COUNT = 1000 };

static const struct {
    const char *name;
    int32_t count; /* of the beginning, which goes from `first` by `step` */
    double first, step;
    bool is_noisy;       /* the beginning has the spread too */
    int32_t level;       /* how many values follow it */
    int32_t least, most; /* published: so many are to be left out, */
    bool is_refused;     /* and whether that is refused */
} published[] = {
    {"100 ones", 100, 1, 0, false, 0, 0, 0, false},
    {"0 to 9, then level", 10, 0, 1, false, LEVEL_COUNT, 10, INT32_MAX, false},
    {"20 down to 11, then level", 10, 20, -1, false, LEVEL_COUNT, 10, INT32_MAX, false},
    {"0 to 99", 100, 0, 1, false, 0, 0, INT32_MAX, true},
    {"up to 10, then level", 1000, 0, 0.01, true, LEVEL_COUNT, 1000, INT32_MAX, true},
};

/* In [-0.5, 0.5). */
static double numpy_spread(gsl_rng *generator)
{
    uint64_t high = gsl_rng_get(generator) >> 5, low = gsl_rng_get(generator) >> 6;
    return (double)(high << 26 | low) / (double)(UINT64_C(1) << 53) - 0.5;
}

Test(statistics, mser_gives_what_is_published_of_five_series)
{
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(generator, 12345);
    cr_assert_float_eq(numpy_spread(generator), 0.92961609 - 0.5, 1e-8); /* as numpy prints it */
    for (size_t row = 0; row < ARRAY_LEN(published); row++) {
        double values[2 * LEVEL_COUNT];
        int32_t count = 0;
        gsl_rng_set(generator, 12345);
        for (; count < published[row].count; count++)
            values[count] = published[row].first + published[row].step * count +
                            (published[row].is_noisy ? numpy_spread(generator) : 0);
        for (int32_t i = 0; i < published[row].level; i++)
            values[count++] = 10 + numpy_spread(generator);
        struct mser_result made = mser_make(values, count);
        cr_expect_geq(made.truncate, published[row].least, "%s", published[row].name);
        cr_expect_leq(made.truncate, published[row].most, "%s", published[row].name);
        cr_expect_eq(made.is_refused, published[row].is_refused, "%s", published[row].name);
    }
    gsl_rng_free(generator);
}

Test(statistics, welchs_average_narrows_at_the_start)
{
    static const double values[] = {0, 3, 6, 3, 0, 9};
    double averages[6];
    cr_assert_eq(welch_average(values, 6, 2, averages), 4);
    cr_assert_float_eq(averages[0], 0, 1e-12);
    cr_assert_float_eq(averages[1], 3, 1e-12);
    cr_assert_float_eq(averages[2], 12 / 5.0, 1e-12);
    cr_assert_float_eq(averages[3], 21 / 5.0, 1e-12);
    cr_assert_eq(welch_average(values, 2, 2, averages), 0);
}

/* ---- the best of several ---- */

/* eta = 0.5 ((2 * 0.05 / 4)^(-2 / 9) - 1) = 0.635020..., h^2 = 2 eta 9. */
Test(statistics, the_constant_of_kim_and_nelson)
{
    cr_assert_float_eq(kim_nelson_h2(5, 10, 0.95), 9 * (pow(0.025, -2.0 / 9) - 1), 1e-12);
    cr_assert_float_eq(kim_nelson_h2(5, 10, 0.95), 11.4292, 1e-3);
    cr_assert_float_eq(kim_nelson_h2(2, 3, 0.95), 2 * (1 / 0.1 - 1), 1e-12);
}

Test(statistics, without_noise_the_best_is_left_at_once)
{
    double values[3][4] = {{3, 3, 3, 3}, {1, 1, 1, 1}, {2, 2, 2, 2}};
    const double *const all[] = {values[0], values[1], values[2]};
    enum kim_nelson_state states[3];
    double variances[9];
    for (int lower = 0; lower < 2; lower++) {
        struct kim_nelson it = {.system_count = 3,
                                .first_count = 4,
                                .h2 = kim_nelson_h2(3, 4, 0.95),
                                .zone = 0.1,
                                .prefers_lower = lower,
                                .states = states,
                                .variances = variances};
        kim_nelson_start(&it, all);
        cr_assert(kim_nelson_look(&it, all, 4));
        cr_assert_eq(states[lower ? 1 : 0], KIM_NELSON_LEFT);
    }
}
