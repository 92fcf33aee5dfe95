/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/units.h"
#include "base/parallel.h"
#include "bench/replicate.h"
#include "bench/statistics.h"
#include "tests/scenario_make.h"

/* The whole chain, from arrivals to verdicts, on a queue whose truth is known: M/M/2 with services
 * of 3 s and arrivals every 2.5 s. By Erlang's formula a demand waits with probability 0.45, and
 * 0.45 / (2/3 - 0.4) = 1.6875 s in the mean. An experiment is ten replications of 3000 arrivals
 * behind a warm-up of 200. */

enum { EXPERIMENTS = 2000, REPLICATIONS = 10, RUN_S = 8000, WARM_UP_S = 500 };
static const double truth_s = 1.6875;

static struct scenario made_queue(void)
{
    struct scenario scenario = made_scenario();
    scenario.horizon_us = (int64_t)RUN_S * US_PER_S; /* arrivals end there */
    int32_t type = make_type(&scenario, 1000, 0);
    int32_t pool = make_pool(&scenario, type);
    make_nodes(&scenario, pool, type, 2, NULL);
    struct runner_def template = made_template(&scenario, make_shape(&scenario, pool, 1000, 0));
    template.duration =
        make_dist(&scenario, (struct dist){DIST_EXPONENTIAL, 3e6, 0, 0, TIME_US_MAX});
    make_arrivals(&scenario, &template, (struct dist){DIST_EXPONENTIAL, 2.5e6, 0, 0, TIME_US_MAX});
    return scenario;
}

struct experiments {
    struct scenario scenario;
    struct metric_set metrics;
    double *values; /* [EXPERIMENTS * REPLICATIONS] */
};

static int run_one(void *context, int32_t index, struct err *err)
{
    struct experiments *it = context;
    const struct replication replication = {.scenario = &it->scenario,
                                            .metrics = &it->metrics,
                                            .warm_up_us = (int64_t)WARM_UP_S * US_PER_S,
                                            .seed = replication_seed(1, index)};
    return replicate(&replication, &it->values[index], err);
}

static void run_all(struct experiments *it)
{
    struct parallel parallel;
    struct err err;
    const struct parallel_work work = {run_one, it, EXPERIMENTS * REPLICATIONS};
    it->scenario = made_queue();
    it->values = calloc((size_t)work.count, sizeof *it->values);
    cr_assert_not_null(it->values);
    cr_assert_eq(metric_set_parse(&it->metrics, "wait_s_mean", &err), 0);
    cr_assert_eq(parallel_start(&parallel, &work, 2, &err), 0);
    while (!parallel_is_over(&parallel))
        parallel_wait(&parallel, 1000);
    cr_assert_eq(parallel_end(&parallel, &err), 0, "%s", err.text);
}

/* Of the first thousand experiments 930 to 970 intervals of 95 % hold the truth. Of a thousand
 * pairs of experiments (of equal policies, since all are the same) 40 to 60 are told apart. */
Test(compare_long, intervals_cover_and_equal_policies_are_told_apart_as_often_as_they_should)
{
    static struct experiments it;
    int covered = 0, told_apart = 0;
    run_all(&it);
    for (int32_t i = 0; i < 1000; i++) {
        double differences[REPLICATIONS];
        const double *ours = &it.values[2 * i * REPLICATIONS];
        const double *theirs = ours + REPLICATIONS;
        for (int32_t k = 0; k < REPLICATIONS; k++)
            differences[k] = ours[k] - theirs[k];
        struct mean_estimate mean = mean_estimate_make(ours, REPLICATIONS, 0.95);
        struct mean_estimate difference = mean_estimate_make(differences, REPLICATIONS, 0.95);
        covered += fabs(mean.mean - truth_s) <= mean.half_width;
        told_apart += mean_p_value(&difference) <= 0.05;
    }
    cr_log_info("%d of 1000 intervals hold the truth, %d of 1000 equal pairs are told apart",
                covered, told_apart);
    cr_expect(covered >= 930 && covered <= 970, "%d", covered);
    cr_expect(told_apart >= 40 && told_apart <= 60, "%d", told_apart);
    free(it.values);
    made_release(&it.scenario);
}
