/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "base/rng.h"
#include "bench/statistics.h"

/* What the methods promise, by many experiments of known truth. Seeds are fixed; the bounds are
 * what is promised with three standard errors of the count on each side, or tighter. */

enum { EXPERIMENTS = 1000, SYSTEMS = 5, LENGTH = 4000 };

/* Five systems of means 0, .., 0 and 1 and of unequal deviations; what they have in common makes
 * them correlated as common random numbers do. */
static void draw_systems(uint64_t experiment, double values[SYSTEMS][LENGTH], double common)
{
    struct rng rng = rng_stream(17, "systems", experiment);
    struct rng_gsl_face face;
    const gsl_rng *random = rng_gsl(&rng, &face);
    for (int32_t r = 0; r < LENGTH; r++) {
        double shared = common * gsl_ran_gaussian(random, 2);
        for (int32_t i = 0; i < SYSTEMS; i++)
            values[i][r] = (i == 3 ? 1 : 0) + shared + gsl_ran_gaussian(random, 1 + 0.5 * i);
    }
}

static void select_many(double common, int *correct, double *mean_count)
{
    static double values[SYSTEMS][LENGTH];
    const double *const all[] = {values[0], values[1], values[2], values[3], values[4]};
    enum kim_nelson_state states[SYSTEMS];
    double variances[SYSTEMS * SYSTEMS];
    *correct = 0;
    *mean_count = 0;
    for (int32_t i = 0; i < EXPERIMENTS; i++) {
        draw_systems((uint64_t)i, values, common);
        struct kim_nelson it = {.system_count = SYSTEMS,
                                .first_count = 10,
                                .h2 = kim_nelson_h2(SYSTEMS, 10, 0.95),
                                .zone = 1,
                                .states = states,
                                .variances = variances};
        kim_nelson_start(&it, all);
        cr_assert(kim_nelson_look(&it, all, LENGTH));
        *correct += states[3] == KIM_NELSON_LEFT;
        *mean_count += (double)it.looked_count / EXPERIMENTS;
    }
}

/* The slippage configuration: the best is better than each of the others by just the zone, which is
 * the hardest case that the procedure promises something for. */
Test(statistics_long, kim_and_nelson_find_the_best_of_five_as_often_as_promised)
{
    int alone, together;
    double count_alone, count_together;
    select_many(0, &alone, &count_alone);
    select_many(1, &together, &count_together);
    cr_log_info("alone %d of 1000 in %.1f looks, with common numbers %d in %.1f", alone,
                count_alone, together, count_together);
    cr_assert_geq(alone, 950, "%d", alone);
    cr_assert_geq(together, 950, "%d", together);
}

static const double levels[] = {0.90, 0.95, 0.99};

Test(statistics_long, students_interval_covers_as_often_as_it_says)
{
    for (int level = 0; level < 3; level++) {
        int covered = 0;
        for (int32_t i = 0; i < 4000; i++) {
            struct rng rng = rng_stream(23, "normal", (uint64_t)i);
            struct rng_gsl_face face;
            double values[10];
            for (int32_t k = 0; k < 10; k++)
                values[k] = 5 + gsl_ran_gaussian(rng_gsl(&rng, &face), 3);
            struct mean_estimate made = mean_estimate_make(values, 10, levels[level]);
            covered += fabs(made.mean - 5) <= made.half_width;
        }
        double error = 3 * sqrt(levels[level] * (1 - levels[level]) / 4000);
        cr_assert_float_eq(covered / 4000.0, levels[level], error, "%d", covered);
    }
}

/* Exponential values, which are far from normal; the true median is log 2. */
Test(statistics_long, intervals_of_ranks_cover_as_often_as_they_say)
{
    struct rank_interval ranks = rank_interval_make(15, 0.5, 0.95);
    int covered = 0;
    for (int32_t i = 0; i < 4000; i++) {
        struct rng rng = rng_stream(29, "exponential", (uint64_t)i);
        struct rng_gsl_face face;
        double values[15];
        for (int32_t k = 0; k < 15; k++)
            values[k] = gsl_ran_exponential(rng_gsl(&rng, &face), 1);
        sort_values(values, 15);
        struct median_estimate made = median_estimate_make(values, 15, 0.95);
        covered += made.interval.low <= log(2) && log(2) <= made.interval.high;
    }
    cr_assert_float_eq(covered / 4000.0, ranks.coverage, 3 * sqrt(0.035 / 4000), "%d", covered);
}
