/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/units.h"
#include "tests/failing_alloc.h"
#include "tests/scenario_make.h"

static int64_t s(int64_t seconds)
{
    return seconds * US_PER_S;
}

static void make(struct floor_report *report, const struct scenario *scenario)
{
    struct err err = {0};
    cr_assert_eq(floor_report_make(report, scenario, &err), 0, "%s", err.text);
}

static struct runner_def *make_floor(struct scenario *scenario, int32_t shape, int32_t floor)
{
    struct runner_def *runner = make_runner(scenario, shape);
    runner->num_replicas = runner->min_replicas = runner->floor = floor;
    return runner;
}

/* A pool of two nodes of 4 cores and 2 devices. */
static struct scenario two_nodes(void)
{
    struct scenario scenario = made_scenario();
    make_pool(&scenario, make_type(&scenario, 4000, 2));
    make_nodes(&scenario, 0, 0, 2, NULL);
    return scenario;
}

Test(floors, floors_that_fit_are_placed_by_the_trial)
{
    struct scenario scenario = two_nodes();
    make_floor(&scenario, make_shape(&scenario, 0, 2000, 1), 4);
    make_floor(&scenario, make_shape(&scenario, 0, 2000, 0), 0);
    struct floor_report report;
    make(&report, &scenario);
    cr_expect_eq(report.count, 0);
    cr_expect_eq(report.floor_replicas, 4);
    cr_expect_eq(report.placed_by_trial, 4);
    cr_expect_eq(report.peak_us, 0);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, a_shape_that_fits_no_type_is_reported_by_runner_and_claims_no_volume)
{
    struct scenario scenario = two_nodes();
    make_floor(&scenario, make_shape(&scenario, 0, 1000, 0), 1);
    make_floor(&scenario, make_shape(&scenario, 0, 5000, 0), 9);
    make_floor(&scenario, make_shape(&scenario, 0, 100, 3), 1);
    struct floor_report report;
    make(&report, &scenario);
    cr_assert_eq(report.count, 2);
    cr_expect_eq(report.items[0].runner, 1);
    cr_expect_eq(report.items[0].pool, NO_INDEX);
    cr_expect_eq(report.items[1].runner, 2);
    cr_expect_eq(report.floor_replicas, 11);
    cr_expect_eq(report.placed_by_trial, 1);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, a_pool_with_too_little_volume_is_reported_by_resource)
{
    struct scenario scenario = two_nodes();
    make_floor(&scenario, make_shape(&scenario, 0, 1500, 0), 6);
    make_floor(&scenario, make_shape(&scenario, 0, 0, 1), 5);
    struct floor_report report;
    make(&report, &scenario);
    cr_assert_eq(report.count, 2, "9 of 8 cores, 5 of 4 devices; shares are not said again");
    cr_expect_eq(report.items[0].runner, NO_INDEX);
    cr_expect_eq(report.items[0].pool, 0);
    cr_expect_eq(report.items[0].resource, RESOURCE_CPU);
    cr_expect_eq(report.items[0].asked, 9000);
    cr_expect_eq(report.items[0].there, 8000);
    cr_expect_eq(report.items[1].resource, RESOURCE_DEVICES);
    cr_expect_eq(report.items[1].asked, 5);
    cr_expect_eq(report.items[1].there, 4);
    cr_expect_eq(report.placed_by_trial, 4 + 4);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, what_volume_cannot_prove_the_trial_shows)
{
    struct scenario scenario = two_nodes();
    make_floor(&scenario, make_shape(&scenario, 0, 2500, 0), 3);
    struct floor_report report;
    make(&report, &scenario);
    cr_expect_eq(report.count, 0, "7.5 of 8 cores");
    cr_expect_eq(report.floor_replicas, 3);
    cr_expect_eq(report.placed_by_trial, 2);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, the_fleet_is_taken_at_its_maximum_size)
{
    static const struct {
        const char *name;
        int32_t max_instances, added, floor;
        int64_t there;
    } rows[] = {
        {"more nodes now than the maximum", 1, 0, 3, 8000},
        {"room for two more", 4, 0, 5, 16000},
        {"an event adds three", 4, 3, 6, 20000},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scenario scenario = two_nodes();
        scenario.pools[0].max_instances = rows[i].max_instances;
        if (rows[i].added > 0) {
            struct event_def *event = make_event(&scenario, s(10), EVENT_ADD_NODES);
            event->pool = event->type = 0;
            event->count = rows[i].added;
        }
        make_floor(&scenario, make_shape(&scenario, 0, 4000, 0), rows[i].floor);
        struct floor_report report;
        make(&report, &scenario);
        cr_assert_eq(report.count, 1, "%s", rows[i].name);
        cr_expect_eq(report.items[0].there, rows[i].there, "%s", rows[i].name);
        cr_expect_eq(report.placed_by_trial, rows[i].there / 4000, "%s", rows[i].name);
        floor_report_release(&report);
        made_release(&scenario);
    }
}

Test(floors, further_nodes_are_of_the_largest_type_and_volume_is_an_upper_bound)
{
    struct scenario scenario = made_scenario();
    make_pool(&scenario, make_type(&scenario, 9000, 0));
    make_pool_type(&scenario, 0, make_type(&scenario, 4000, 1));
    scenario.pools[0].max_instances = 2;
    make_floor(&scenario, make_shape(&scenario, 0, 1000, 1), 3);
    make_floor(&scenario, make_shape(&scenario, 0, 2000, 0), 8);
    struct floor_report report;
    make(&report, &scenario);
    /* Two nodes with a device each in the trial; 18 cores and 2 devices by volume. */
    cr_assert_eq(report.count, 2);
    cr_expect_eq(report.items[0].resource, RESOURCE_CPU);
    cr_expect_eq(report.items[0].asked, 19000);
    cr_expect_eq(report.items[0].there, 18000);
    cr_expect_eq(report.items[1].resource, RESOURCE_DEVICES);
    cr_expect_eq(report.items[1].there, 2);
    cr_expect_eq(report.placed_by_trial, 2 + 2);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, a_closed_pool_holds_nothing)
{
    struct scenario scenario = two_nodes();
    scenario.pools[0].disabled_reason = "test";
    make_floor(&scenario, make_shape(&scenario, 0, 1000, 0), 1);
    struct floor_report report;
    make(&report, &scenario);
    cr_assert_eq(report.count, 1);
    cr_expect_eq(report.items[0].runner, 0);
    cr_expect_eq(report.items[0].pool, 0, "it is the reason");
    cr_expect_eq(report.placed_by_trial, 0);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, a_closed_pool_that_is_too_small_is_not_the_reason)
{
    struct scenario scenario = two_nodes();
    int32_t big = make_pool(&scenario, make_type(&scenario, 8000, 0));
    scenario.pools[0].disabled_reason = scenario.pools[big].disabled_reason = "test";
    make_floor(&scenario, make_shape(&scenario, 0, 5000, 0), 1);
    make_floor(&scenario, make_shape(&scenario, big, 5000, 0), 1);
    struct floor_report report;
    make(&report, &scenario);
    cr_assert_eq(report.count, 2);
    cr_expect_eq(report.items[0].pool, NO_INDEX);
    cr_expect_eq(report.items[1].pool, big);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, only_floors_that_are_there_together_add_up)
{
    struct scenario scenario = two_nodes();
    int32_t shape = make_shape(&scenario, 0, 2000, 0);
    struct runner_def *runner = make_floor(&scenario, shape, 3); /* 0 .. 100 */
    runner->departure_us = s(100);
    runner = make_floor(&scenario, shape, 4); /* 100 on */
    runner->arrival_us = s(100);
    runner = make_floor(&scenario, shape, 2); /* at 50 only: its replicas end by themselves */
    runner->arrival_us = s(50);
    runner->duration = 0;
    runner = make_floor(&scenario, shape, 2); /* at 51 only */
    runner->arrival_us = s(51);
    runner->duration = 0;
    runner = make_floor(&scenario, shape, 50); /* never within the run */
    runner->arrival_us = scenario.horizon_us;
    struct floor_report report;
    make(&report, &scenario);
    cr_assert_eq(report.count, 1);
    cr_expect_eq(report.items[0].asked, 10000);
    cr_expect_eq(report.floor_replicas, 5);
    cr_expect_eq(report.peak_us, s(50));
    cr_expect_eq(report.placed_by_trial, 4);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, a_runner_of_several_pools_claims_the_volume_of_none)
{
    struct scenario scenario = two_nodes();
    make_pool(&scenario, make_type(&scenario, 4000, 0));
    make_nodes(&scenario, 1, 1, 1, NULL);
    int32_t pools[] = {0, 1};
    struct shape shape = {.cpu_milli = 4000, .pools = pools, .pool_count = 2};
    struct err err;
    int32_t number;
    cr_assert_eq(shape_table_intern(&scenario.shapes, &shape, &number, &err), 0);
    make_floor(&scenario, number, 4);
    struct floor_report report;
    make(&report, &scenario);
    cr_expect_eq(report.count, 0);
    cr_expect_eq(report.placed_by_trial, 3);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, an_empty_scenario_has_no_floors)
{
    struct scenario scenario = made_scenario();
    struct floor_report report;
    make(&report, &scenario);
    cr_expect_eq(report.count, 0);
    cr_expect_eq(report.floor_replicas, 0);
    floor_report_release(&report);
    made_release(&scenario);
}

Test(floors, every_failed_allocation_is_a_clean_error)
{
    struct scenario scenario = two_nodes();
    make_floor(&scenario, make_shape(&scenario, 0, 5000, 0), 1);
    make_floor(&scenario, make_shape(&scenario, 0, 2000, 1), 9);
    for (int64_t n = 1;; n++) {
        struct floor_report report;
        struct err err = {0};
        failing_alloc_arm(n);
        int result = floor_report_make(&report, &scenario, &err);
        if (!failing_alloc_disarm()) {
            cr_assert_eq(result, 0);
            cr_assert_gt(n, 10);
            floor_report_release(&report);
            break;
        }
        cr_assert_eq(result, -1);
        cr_assert_eq(err.kind, ERR_SYSTEM);
        cr_assert_null(report.items);
    }
    made_release(&scenario);
}
