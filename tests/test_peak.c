/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/peak.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "base/units.h"
#include "bench/replicate.h"
#include "plan/variant.h"
#include "tests/scenario_make.h"

static struct target_set floors_target(void)
{
    struct target_set set = {.count = 0};
    struct err err = {0};
    cr_assert_eq(target_set_parse(&set, "floors", &err), 0, "%s", err.text);
    return set;
}

/* ---- which floors count ---- */

Test(peak, floors_follow_arrivals_departures_and_scale_events)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 8000, 0);
    int32_t shape = make_shape(&scenario, make_pool(&scenario, type), 1000, 0);
    for (int i = 0; i < 4; i++) {
        struct runner_def *runner = make_runner(&scenario, shape);
        runner->num_replicas = 5;
        runner->floor = runner->min_replicas = 2 + i;
    }
    scenario.runners[1].arrival_us = 10;
    scenario.runners[1].departure_us = 30;
    scenario.runners[2].duration = 0;
    scenario.runners[3].blocked_by = "a contract";
    struct event_def *event = make_event(&scenario, 20, EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 1;
    event = make_event(&scenario, 40, EVENT_DEPART);
    event->runner = 0;
    static const struct {
        int64_t at_us;
        int32_t floors[4];
    } rows[] = {
        {0, {2, 0, 4, 0}},  {1, {2, 0, 0, 0}},  {10, {2, 3, 0, 0}},
        {20, {1, 3, 0, 0}}, {30, {1, 0, 0, 0}}, {40, {0, 0, 0, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int32_t floors[4];
        peak_floors_at(&scenario, rows[i].at_us, floors);
        for (int r = 0; r < 4; r++)
            cr_expect_eq(floors[r], rows[i].floors[r], "row %zu runner %d: %d", i, r, floors[r]);
    }
    made_release(&scenario);
}

Test(peak, a_floor_is_certain_of_no_more_than_the_wish_that_give_ups_leave)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 8000, 0);
    struct runner_def *runner =
        make_runner(&scenario, make_shape(&scenario, make_pool(&scenario, type), 1000, 0));
    runner->num_replicas = 5;
    runner->floor = runner->min_replicas = 1;
    runner->max_wait_us = 5;
    struct event_def *event = make_event(&scenario, 20, EVENT_SCALE);
    event->runner = 0;
    event->min_replicas = 4; /* four may have given up */
    event = make_event(&scenario, 40, EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 3; /* asks for what is missing, and all three are floors */
    static const int32_t floors[] = {1, 1, 3};
    for (int64_t i = 0; i < 3; i++) {
        int32_t floor;
        peak_floors_at(&scenario, 20 * i, &floor);
        cr_expect_eq(floor, floors[i], "at %ld: %d", (long)(20 * i), floor);
    }
    /* Those that give up at once are below no floor for any time. */
    scenario.runners[0].max_wait_us = 0;
    for (int64_t i = 0; i < 3; i++) {
        int32_t floor;
        peak_floors_at(&scenario, 20 * i, &floor);
        cr_expect_eq(floor, 0, "at %ld: %d", (long)(20 * i), floor);
    }
    scenario.runners[0].duration = 0;
    int32_t floor;
    scenario.event_count = 0;
    peak_floors_at(&scenario, 0, &floor);
    cr_expect_eq(floor, 0);
    made_release(&scenario);
}

/* ---- the bound against all plans ---- */

enum { NODES_MAX = 4, AXES = 2 };

/* Does a run of these nodes keep the floors? */
static bool keeps_floors(const struct scenario *scenario, const struct plan_axes *axes,
                         const int32_t *counts)
{
    struct plan_variant variant;
    struct plan_point point = {.counts = counts};
    struct metric_set set = {.count = 0};
    struct err err = {0};
    double below_h;
    cr_assert_eq(metric_set_parse(&set, "below_floor_h", &err), 0, "%s", err.text);
    cr_assert_eq(plan_variant_make(&variant, scenario, axes, &point, &err), 0, "%s", err.text);
    struct replication replication = {.scenario = &variant.scenario, .metrics = &set, .seed = 1};
    cr_assert_eq(replicate(&replication, &below_h, &err), 0, "%s", err.text);
    plan_variant_release(&variant);
    return !(below_h > 0);
}

/* The price of the cheapest plan in the box; INT64_MAX: none keeps the floors. */
static int64_t cheapest(const struct scenario *scenario, const struct plan_axes *axes)
{
    int64_t least = INT64_MAX;
    for (int32_t a = 0; a <= NODES_MAX; a++)
        for (int32_t b = 0; b <= NODES_MAX; b++) {
            const int32_t counts[AXES] = {a, b};
            int64_t price = plan_axes_price(axes, counts);
            if (price < least && keeps_floors(scenario, axes, counts))
                least = price;
        }
    return least;
}

static void draw_shape(struct scenario *scenario, struct rng *rng)
{
    int32_t shape =
        make_shape(scenario, 0, 500 * (1 + (int64_t)rng_below(rng, 8)), (int32_t)rng_below(rng, 3));
    struct shape *made = &scenario->shapes.items[shape];
    if (made->device_count == 1 && rng_below(rng, 2) == 0) {
        made->sharing = SHARING_MILLI;
        made->share_milli = 200 + 100 * (int32_t)rng_below(rng, 7);
    }
    if (rng_below(rng, 6) == 0)
        made->packing = PACKING_ISOLATED;
    struct runner_def *runner = make_runner(scenario, shape);
    runner->num_replicas = 1 + (int32_t)rng_below(rng, 3);
    runner->floor = runner->min_replicas = (int32_t)rng_below(rng, 3);
    if (runner->floor > runner->num_replicas)
        runner->floor = runner->num_replicas;
    runner->arrival_us = (int64_t)rng_below(rng, 2) * 100 * US_PER_S;
    if (rng_below(rng, 3) == 0)
        runner->departure_us = 200 * US_PER_S;
}

static struct scenario draw_scenario(struct rng *rng)
{
    struct scenario scenario = made_scenario();
    int32_t large = make_type(&scenario, 8000, 2);
    int32_t small = make_type(&scenario, 3000, (int32_t)rng_below(rng, 2));
    int32_t pool = make_pool(&scenario, large);
    make_pool_type(&scenario, pool, small);
    scenario.pools[pool].max_instances = NODES_MAX;
    scenario.types[large].has_price = scenario.types[small].has_price = true;
    scenario.types[large].price_micro = INT64_C(1000000) * (5 + (int64_t)rng_below(rng, 10));
    scenario.types[small].price_micro = INT64_C(1000000) * (2 + (int64_t)rng_below(rng, 6));
    int32_t count = 1 + (int32_t)rng_below(rng, 5);
    for (int32_t i = 0; i < count; i++)
        draw_shape(&scenario, rng);
    if (rng_below(rng, 3) == 0) {
        struct event_def *event = make_event(&scenario, 50 * US_PER_S, EVENT_SET_STATUS);
        event->runner = (int32_t)rng_below(rng, (uint64_t)count);
        event->is_enabled = false;
    }
    return scenario;
}

Test(peak, what_the_highest_fleet_cannot_hold_is_impossible)
{
    struct target_set targets = floors_target();
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 4000, 0);
    int32_t pool = make_pool(&scenario, type);
    scenario.pools[pool].max_instances = 3;
    for (int32_t floor = 6; floor <= 7; floor++) {
        struct plan_axes axes;
        struct peak peak;
        struct err err = {0};
        struct runner_def *runner =
            floor == 6 ? make_runner(&scenario, make_shape(&scenario, pool, 2000, 0))
                       : &scenario.runners[0];
        runner->num_replicas = runner->floor = runner->min_replicas = floor;
        cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
        cr_assert_eq(peak_make(&peak,
                               &(struct peak_of){&scenario, &axes, &targets, {NULL, 0}, 0, 0, 0},
                               &err),
                     0, "%s", err.text);
        cr_expect_eq(peak.impossible[0] != '\0', floor == 7, "%s", peak.impossible);
        cr_expect_eq(peak.has_bound, floor == 6);
        peak_release(&peak);
        plan_axes_release(&axes);
    }
    made_release(&scenario);
}

Test(peak, nodes_are_counted_where_prices_are_unknown)
{
    /* Two replicas of 3 cores fill a node of 8: five of them take three nodes. */
    struct target_set targets = floors_target();
    struct scenario scenario = made_scenario();
    struct plan_axes axes;
    struct peak peak;
    struct err err = {0};
    int32_t pool = make_pool(&scenario, make_type(&scenario, 8000, 0));
    scenario.pools[pool].max_instances = 9;
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, pool, 3000, 0));
    runner->num_replicas = runner->floor = runner->min_replicas = 5;
    cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
    cr_assert_not(axes.is_priced);
    const struct peak_of of = {&scenario, &axes, &targets, {NULL, 0}, 0, 0, 0};
    cr_assert_eq(peak_make(&peak, &of, &err), 0, "%s", err.text);
    cr_expect(peak.has_bound && peak.is_exact);
    cr_expect_eq(peak.bound, 3, "%ld", (long)peak.bound);
    peak_release(&peak);
    plan_axes_release(&axes);
    made_release(&scenario);
}

Test(peak, an_hour_of_a_node_is_worth_what_it_can_hold)
{
    /* Two replicas of 3 cores fill a node of 8 at 8: they are worth 4 each. On a node of 4 cores,
     * at 5, there is one; a node of 9 cores, at 13, is not worth it either. */
    enum { UNIT = 10000000 };
    static const int64_t cores[] = {8, 4, 9}, prices[] = {8, 5, 13}, worth[] = {8, 4, 12};
    struct target_set targets = floors_target();
    struct scenario scenario = made_scenario();
    struct plan_axes axes;
    struct peak peak;
    struct err err = {0};
    int32_t pool = -1;
    for (int i = 0; i < 3; i++) {
        int32_t type = make_type(&scenario, 1000 * cores[i], 0);
        scenario.types[type].has_price = true;
        scenario.types[type].price_micro = prices[i] * UNIT;
        if (i == 0)
            pool = make_pool(&scenario, type);
        else
            make_pool_type(&scenario, pool, type);
    }
    scenario.pools[pool].max_instances = 100;
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, pool, 3000, 0));
    runner->num_replicas = runner->floor = runner->min_replicas = 10;
    cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
    const struct peak_of of = {&scenario, &axes, &targets, {NULL, 0}, 0, 0, 0};
    cr_assert_eq(peak_make(&peak, &of, &err), 0, "%s", err.text);
    cr_expect_eq(peak.bound, 40 * UNIT);
    const double usd = UNIT * 3600.0 / 1e11;
    for (int i = 0; i < 3; i++)
        cr_expect_float_eq(peak.worth.nodes[i] / usd, (double)worth[i], 1e-5, "type %d: %g", i,
                           peak.worth.nodes[i] / usd);
    /* Of the 8 cores of a node, at 8, replicas of 3 can use 6. */
    cr_expect_float_eq(peak.worth.core / usd, 4.0 / 3, 1e-5, "%g", peak.worth.core / usd);
    cr_expect_float_eq(peak.worth.device, 0, 1e-12);
    peak_release(&peak);
    plan_axes_release(&axes);
    made_release(&scenario);
}

Test(peak, no_plan_that_keeps_the_floors_is_cheaper_than_the_bound)
{
    struct rng rng = rng_stream(1, "test peak", 0);
    struct target_set targets = floors_target();
    int32_t bounded = 0, tight = 0;
    for (int trial = 0; trial < 400; trial++) {
        struct scenario scenario = draw_scenario(&rng);
        struct plan_axes axes;
        struct peak peak;
        struct err err = {0};
        cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
        cr_assert_eq(axes.count, AXES);
        cr_assert_eq(peak_make(&peak,
                               &(struct peak_of){&scenario, &axes, &targets, {NULL, 0}, 0, 0, 0},
                               &err),
                     0, "%s", err.text);
        int64_t least = cheapest(&scenario, &axes);
        if (peak.impossible[0] != '\0')
            cr_expect_eq(least, INT64_MAX, "trial %d: %s", trial, peak.impossible);
        if (peak.has_bound && least != INT64_MAX) {
            cr_expect_leq(peak.bound, least, "trial %d: %d > %d", trial, (int)peak.bound,
                          (int)least);
            tight += peak.bound == least;
            bounded++;
        }
        peak_release(&peak);
        plan_axes_release(&axes);
        made_release(&scenario);
    }
    cr_expect_gt(bounded, 150, "%d", bounded);
    cr_expect_gt(tight * 2, bounded, "%d of %d", tight, bounded);
}
