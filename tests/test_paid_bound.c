/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/paid_bound.h"

#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"
#include "base/units.h"
#include "plan/trial.h"
#include "tests/scenario_make.h"

enum { NODES_MAX = 3 };

static struct target_set floors_target(void)
{
    struct target_set set = {.count = 0};
    struct err err = {0};
    cr_assert_eq(target_set_parse(&set, "floors", &err), 0, "%s", err.text);
    return set;
}

/* Nodes come at once and go when they were empty for ten seconds. */
static const struct scaling_def scaling = {
    .retry_after_us = US_PER_S, .idle_timeout_us = INT64_C(10) * US_PER_S, .spot_stock_out = 0};

static int32_t make_scaling_pool(struct scenario *scenario, int32_t first, int32_t second)
{
    int32_t pool = make_pool(scenario, first);
    make_pool_type(scenario, pool, second);
    struct pool_def *def = &scenario->pools[pool];
    def->scaling = &scaling;
    def->max_instances = NODES_MAX;
    def->launch_types = def->types;
    def->launch_type_count = def->type_count;
    scenario->type_extras =
        arena_array(&scenario->arena, (size_t)scenario->type_count, sizeof *scenario->type_extras);
    cr_assert_not_null(scenario->type_extras);
    return pool;
}

static void draw_runner(struct scenario *scenario, int32_t pool, struct rng *rng)
{
    int32_t shape = make_shape(scenario, pool, 500 * (1 + (int64_t)rng_below(rng, 6)), 0);
    struct runner_def *runner = make_runner(scenario, shape);
    runner->num_replicas = 1 + (int32_t)rng_below(rng, 3);
    runner->min_replicas = (int32_t)rng_below(rng, 3);
    runner->floor =
        runner->min_replicas < runner->num_replicas ? runner->min_replicas : runner->num_replicas;
    runner->arrival_us = (int64_t)rng_below(rng, 4) * 100 * US_PER_S;
    if (rng_below(rng, 2) == 0)
        runner->departure_us = (int64_t)(5 + rng_below(rng, 4)) * 100 * US_PER_S;
}

static struct scenario draw_scenario(struct rng *rng)
{
    struct scenario scenario = made_scenario();
    int32_t large = make_type(&scenario, 4000, 0);
    int32_t small = make_type(&scenario, 2000, 0);
    scenario.types[large].has_price = scenario.types[small].has_price = true;
    scenario.types[large].price_micro = INT64_C(1000000000) * (2 + (int64_t)rng_below(rng, 4));
    scenario.types[small].price_micro = INT64_C(1000000000) * (1 + (int64_t)rng_below(rng, 3));
    int32_t pool = make_scaling_pool(&scenario, large, small);
    int32_t count = 1 + (int32_t)rng_below(rng, 3);
    for (int32_t i = 0; i < count; i++)
        draw_runner(&scenario, pool, rng);
    for (int64_t at = 1; at <= 2 && rng_below(rng, 2) == 0; at++) {
        struct event_def *event = make_event(&scenario, at * 250 * US_PER_S, EVENT_SCALE);
        event->runner = (int32_t)rng_below(rng, (uint64_t)count);
        event->num_replicas = (int32_t)rng_below(rng, 4);
    }
    return scenario;
}

/* What the cheapest run pays an hour that keeps the floors, over all bounds of the pool; INT64_MAX:
 * none keeps them. In the unit of the bound. */
static int64_t cheapest(const struct plan_question *question)
{
    int64_t least = INT64_MAX;
    for (int32_t max = 0; max <= NODES_MAX; max++)
        for (int32_t min = 0; min <= max; min++)
            for (int32_t warm = 0; warm <= 1; warm++) {
                const int32_t counts[3] = {max, min, warm};
                const struct trial_range range = {.count = 1};
                struct tester tester;
                struct trial_tally tally;
                struct err err = {0};
                tester_init(&tester, question);
                cr_assert_eq(tester_run(&tester, counts, &range, &tally, &err), 0, "%s", err.text);
                int64_t paid = llround(tally.cost_per_hour * 1e11 / 3600);
                if (tally.passes && paid < least)
                    least = paid;
            }
    return least;
}

Test(paid_bound, no_run_that_keeps_the_floors_pays_less)
{
    struct rng rng = rng_stream(1, "test paid bound", 0);
    struct target_set targets = floors_target();
    int32_t bounded = 0, close = 0;
    for (int trial = 0; trial < 300; trial++) {
        struct scenario scenario = draw_scenario(&rng);
        struct plan_axes axes;
        struct peak peak;
        struct err err = {0};
        cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
        cr_assert(axes.is_scaling && axes.is_priced && axes.count == 3);
        const struct peak_of of = {&scenario, &axes, &targets, {NULL, 0}, 1, 0, 1};
        const struct plan_question question = {.scenario = &scenario,
                                               .axes = &axes,
                                               .targets = &targets,
                                               .seed = 1,
                                               .trial_count = 1,
                                               .thread_count = 1};
        cr_assert_eq(peak_make(&peak, &of, &err), 0, "%s", err.text);
        int64_t least = cheapest(&question);
        if (peak.impossible[0] != '\0')
            cr_expect_eq(least, INT64_MAX, "trial %d: %s", trial, peak.impossible);
        if (peak.has_bound && least != INT64_MAX) {
            cr_expect_leq(peak.bound, least, "trial %d", trial);
            bounded++;
            close += (double)least < 1.1 * (double)peak.bound;
        }
        peak_release(&peak);
        plan_axes_release(&axes);
        made_release(&scenario);
    }
    cr_expect_gt(bounded, 100, "%d", bounded);
    cr_expect_gt(close, 10, "%d of %d", close, bounded);
}

/* Two floors of a node each for the first half of 1000 seconds, then one. */
static struct scenario made_day(void)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 4000, 0);
    scenario.types[type].has_price = true;
    scenario.types[type].price_micro = INT64_C(4000000000);
    int32_t pool = make_scaling_pool(&scenario, type, type);
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, pool, 3000, 0));
    runner->num_replicas = runner->floor = runner->min_replicas = 2;
    struct event_def *event = make_event(&scenario, INT64_C(500) * US_PER_S, EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 1;
    return scenario;
}

Test(paid_bound, is_the_sum_over_time)
{
    struct scenario scenario = made_day();
    struct target_set targets = floors_target();
    static const struct {
        int32_t trials, failures;
        int64_t bound;
    } rows[] = {
        {1, 0, INT64_C(6000000000)}, {10, 1, INT64_C(5400000000)}, {0, 0, INT64_C(6000000000)}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan_axes axes;
        struct peak peak;
        struct err err = {0};
        cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
        const struct peak_of of = {&scenario,        &axes, &targets, {NULL, 0}, rows[i].trials,
                                   rows[i].failures, 1};
        cr_assert_eq(peak_make(&peak, &of, &err), 0, "%s", err.text);
        cr_assert(peak.has_bound && peak.is_average);
        /* Less what rounding to a millionth of a dollar may take. */
        cr_expect_leq(peak.bound, rows[i].bound);
        cr_expect_geq(peak.bound, rows[i].bound - 102, "row %zu: %ld", i, (long)peak.bound);
        cr_expect_eq(peak.replicas, 2);
        cr_assert_eq(peak.price_count, 1);
        cr_expect_float_eq(peak.prices[0].usd_per_hour, 4e9 * 3600 / 1e11, 1e-6);
        peak_release(&peak);
        plan_axes_release(&axes);
    }
    made_release(&scenario);
}
