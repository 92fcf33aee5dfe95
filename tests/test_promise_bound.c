/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/promise_bound.h"

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/units.h"
#include "plan/stay_bound.h"
#include "plan/trial.h"
#include "tests/promise_cases.h"
#include "tests/scenario_make.h"

/* ---- the bound of stays ---- */

enum { UNIT = 1000 };

/* What holds stays of one kind, each of one span, at a price of UNIT. */
static int64_t bound_of(const struct stay_span *spans, int32_t count, int64_t missing)
{
    struct stay items[8];
    struct stay_span copies[8];
    int64_t price = (int64_t)UNIT << 20, unit = 1, bound = -1;
    int32_t part = 0;
    struct err err = {0};
    for (int32_t i = 0; i < count; i++) {
        items[i] = (struct stay){.count = 1, .first_span = i, .span_count = 1};
        copies[i] = spans[i];
    }
    const struct stays stays = {.items = items,
                                .spans = copies,
                                .count = count,
                                .span_count = count,
                                .missing_max = missing};
    const struct stay_prices prices = {
        .prices = &price, .part = &part, .part_count = 1, .units = &unit, .shift = 20};
    const struct stay_bound_of of = {.stays = &stays, .prices = &prices};
    cr_assert_eq(stay_bound_find(&of, &bound, NULL, &err), 0, "%s", err.text);
    return bound;
}

Test(promise_bound, the_best_times_weigh_load_against_misses)
{
    static const struct {
        const char *name;
        struct stay_span spans[4];
        int64_t missing, bound;
    } rows[] = {
        {"side by side, none missing", {{0, 2}, {0, 2}, {0, 2}, {2, 3}}, 0, 3 * UNIT},
        {"side by side, one missing", {{0, 2}, {0, 2}, {0, 2}, {2, 3}}, 1, 2 * UNIT},
        {"one after the other, one missing",
         {{0, 5}, {5, 10}, {10, 15}, {15, 20}},
         1,
         3 * UNIT / 4},
        {"three missing", {{0, 5}, {5, 10}, {10, 15}, {15, 20}}, 3, UNIT / 4},
        {"all missing", {{0, 5}, {5, 10}, {10, 15}, {15, 20}}, 4, 0},
        {"a gap", {{0, 4}, {0, 4}, {90, 94}, {90, 94}}, 1, 3 * UNIT / 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t bound = bound_of(rows[i].spans, 4, rows[i].missing);
        cr_expect_eq(bound, rows[i].bound, "%s: %ld", rows[i].name, (long)bound);
    }
}

/* ---- of a scenario ---- */

/* Jobs of one core on nodes of one core at 1 each. */
static struct scenario staffing(int64_t between_us, int64_t life_us, enum dist_kind kind)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 1000, 0);
    int32_t pool = make_pool(&scenario, type);
    scenario.pools[pool].max_instances = 100;
    struct runner_def template = made_template(&scenario, make_shape(&scenario, pool, 1000, 0));
    struct dist between = dist_constant(between_us), life = dist_constant(life_us);
    between.kind = life.kind = kind;
    template.duration = make_dist(&scenario, life);
    make_arrivals(&scenario, &template, between);
    return scenario;
}

/* The bound of a target, and the fewest nodes that pass where least is not NULL. */
static int64_t nodes_for(const struct scenario *scenario, const char *text, int32_t trials,
                         int32_t *least)
{
    struct target_set targets = {.count = 0};
    struct plan_axes axes;
    struct promise_bound bound;
    struct err err = {0};
    cr_assert_eq(target_set_parse(&targets, text, &err), 0, "%s", err.text);
    cr_assert_eq(plan_axes_make(&axes, scenario, &err), 0, "%s", err.text);
    const struct peak_of of = {scenario, &axes, &targets, {NULL, 0}, trials, 0, 7};
    const struct plan_question question = {.scenario = scenario,
                                           .axes = &axes,
                                           .targets = &targets,
                                           .seed = 7,
                                           .trial_count = trials,
                                           .thread_count = 1};
    cr_assert_eq(promise_bound_find(&bound, &of, &axes, &err), 0, "%s", err.text);
    for (bool passes = false; least != NULL && !passes; *least += !passes) {
        struct tester tester;
        struct trial_tally tally;
        const struct trial_range range = {.count = trials};
        tester_init(&tester, &question);
        cr_assert_eq(tester_run(&tester, least, &range, &tally, &err), 0, "%s", err.text);
        passes = tally.passes;
    }
    plan_axes_release(&axes);
    return bound.bound;
}

Test(promise_bound, jobs_count_from_the_latest_start_to_the_earliest_end)
{
    /* A job each 100 s lives for 250 s, and 9 come within 1000 s. With a place at once three are
     * there for half of each 100 s from 300 s on, 350 s in all, of which a job that lives to its
     * end has 150: one of the nine that is missing leaves 3 - 3/7, three leave 3 - 9/7. With 60 s
     * to find a place each is there for 190 s, two at a time; with 300 s nothing is certain. */
    struct scenario scenario = staffing(100 * US_PER_S, 250 * US_PER_S, DIST_CONSTANT);
    static const struct {
        const char *target;
        int64_t nodes;
    } rows[] = {{"placed 0s 100", 3},    {"immediate_pct >= 90", 3}, {"placed 0s 80", 3},
                {"placed 0s 60", 2},     {"placed 60s 100", 2},      {"wait_s_max <= 60", 2},
                {"wait_s_max <= 300", 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(nodes_for(&scenario, rows[i].target, 1, NULL), rows[i].nodes, "%s: %ld",
                     rows[i].target, (long)nodes_for(&scenario, rows[i].target, 1, NULL));
    made_release(&scenario);
}

Test(promise_bound, staffing_is_near_the_load)
{
    static const int64_t loads[] = {3, 8, 20};
    for (size_t i = 0; i < ARRAY_LEN(loads); i++) {
        int32_t least = 0;
        struct scenario scenario =
            staffing(100 * US_PER_S / loads[i], 100 * US_PER_S, DIST_EXPONENTIAL);
        scenario.horizon_us = INT64_C(10000) * US_PER_S;
        int64_t bound = nodes_for(&scenario, "placed 10s 95", 5, &least);
        cr_expect_leq(bound, least, "load %ld: %ld > %d", (long)loads[i], (long)bound, least);
        cr_expect_geq(bound, loads[i], "load %ld: %ld of %d", (long)loads[i], (long)bound, least);
        made_release(&scenario);
    }
}

/* Ten jobs of 4 cores at a time, for all of the time but the first 50 s: 38 cores of the mean. */
Test(promise_bound, what_may_be_taken_needs_room_beside_it)
{
    struct scenario scenario = made_scenario();
    int32_t pool = make_pool(&scenario, make_type(&scenario, 8000, 0));
    make_pool_type(&scenario, pool, make_type(&scenario, 4000, 0));
    scenario.types[0].has_price = scenario.types[1].has_price = true;
    scenario.types[0].price_micro = 10 * UNIT;
    scenario.types[1].price_micro = 6 * UNIT;
    scenario.pools[pool].max_instances = 6;
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, pool, 4000, 0));
    runner->num_replicas = 10;
    static const struct {
        const char *use;
        int64_t bound;
    } rows[] = {
        /* 38 cores: 4.75 large nodes; the ten at once take 5. */
        {"utilization_pct_cpu <= 100", 50 * UNIT},
        /* 47.5 cores: 5.9375 of the six large nodes. */
        {"utilization_pct_cpu <= 80", 60 * UNIT},
        /* 63.3 cores: six large nodes and 3.83 small ones. */
        {"utilization_pct_cpu < 60", 84 * UNIT},
        /* 95 cores, and the highest fleet has 72: more than its price of 96. */
        {"utilization_pct_cpu <= 40", 132 * UNIT},
        {"utilization_pct_cpu >= 60", 50 * UNIT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target_set targets = {.count = 0};
        struct plan_axes axes;
        struct promise_bound bound;
        struct err err = {0};
        cr_assert_eq(target_set_parse(&targets, "wait_s_max <= 50", &err), 0, "%s", err.text);
        cr_assert_eq(target_set_parse(&targets, rows[i].use, &err), 0, "%s", err.text);
        cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
        const struct peak_of of = {&scenario, &axes, &targets, {NULL, 0}, 1, 0, 7};
        cr_assert_eq(promise_bound_find(&bound, &of, &axes, &err), 0, "%s", err.text);
        cr_expect_eq(bound.bound, rows[i].bound, "%s: %ld", rows[i].use, (long)bound.bound);
        plan_axes_release(&axes);
    }
    made_release(&scenario);
}

Test(promise_bound, a_mean_wait_says_how_many_wait_long)
{
    static const struct {
        const char *target;
        int64_t within_us[3];
        int64_t misses[3]; /* of 1000 */
    } rows[] = {{"wait_s_mean <= 3",
                 {6 * INT64_C(1000000), 15 * INT64_C(1000000), 60 * INT64_C(1000000)},
                 {500, 200, 50}},
                {"wait_s_mean <= 0", {0, -1, -1}, {0, 0, 0}}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target_set targets = {.count = 0};
        struct promises promises;
        struct err err = {0};
        cr_assert_eq(target_set_parse(&targets, rows[i].target, &err), 0, "%s", err.text);
        promises_read(&promises, &targets);
        for (int32_t k = 0; k < 3; k++) {
            cr_assert_eq(k < promises.count, rows[i].within_us[k] >= 0);
            if (k >= promises.count)
                continue;
            const struct promise *it = &promises.items[k];
            cr_expect_geq(it->within_us, rows[i].within_us[k]);
            cr_expect_leq(it->within_us, rows[i].within_us[k] + 1);
            cr_expect_eq(promise_misses_max(it, 1000), rows[i].misses[k]);
        }
    }
}

/* ---- against all fleets ---- */

Test(promise_bound, no_fleet_that_passes_costs_less)
{
    struct promise_tally tally = promise_cases_try(260, 0);
    cr_expect_gt(tally.raised, 100, "%d", tally.raised);
    cr_expect_gt(tally.tried, 1000, "%d", tally.tried);
    cr_expect_gt(tally.equal, 40, "%d", tally.equal);
    cr_expect_gt(tally.evicting, 5, "%d", tally.evicting);
    cr_expect_gt(tally.misfits, 2, "%d", tally.misfits);
    cr_expect_gt(tally.by_use, 5, "%d", tally.by_use);
    cr_expect_gt(tally.by_mean, 5, "%d", tally.by_mean);
}

Test(promise_bound, no_passing_pool_that_scales_pays_less)
{
    struct promise_tally tally = promise_cases_try_scaling(100, 0);
    cr_expect_gt(tally.raised, 40, "%d", tally.raised);
    cr_expect_gt(tally.tried, 200, "%d", tally.tried);
    cr_expect_gt(tally.by_use, 5, "%d", tally.by_use);
}

Test(promise_bound, the_search_finds_the_cheapest_of_all_fleets)
{
    struct search_tally tally = promise_cases_search(120, 0);
    cr_expect_gt(tally.found, 60, "%d", tally.found);
    cr_expect_gt(tally.optimal, tally.found - 3, "%d of %d", tally.optimal, tally.found);
    cr_expect_gt(tally.exhausted, tally.found - 6, "%d of %d", tally.exhausted, tally.found);
    cr_expect_lt(tally.crooked, 3, "%d", tally.crooked);
}
