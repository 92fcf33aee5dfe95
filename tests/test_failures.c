/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"
#include "tests/scenario_make.h"

/* Failures that come by themselves: cases by hand, and renewal theory at fixed seeds. */

static int64_t s(int64_t seconds)
{
    return seconds * US_PER_S;
}

static void run(struct sim *sim, const struct scenario *scenario)
{
    struct err err = {0};
    struct sim_options options = {.check = true};
    cr_assert_eq(sim_init(sim, scenario, &options, &err), 0, "%s", err.text);
    cr_assert_eq(sim_run(sim, &err), 0, "%s", err.text);
}

static struct scenario fleet_of(int32_t nodes, const char *zone)
{
    struct scenario scenario = made_scenario();
    make_pool(&scenario, make_type(&scenario, 4000, 2));
    make_nodes(&scenario, 0, 0, nodes, zone);
    return scenario;
}

/* ---- by hand ---- */

Test(failures, a_node_is_up_and_down_in_turn)
{
    /* 1000 s: down 200-300, 500-600, 800-900. */
    struct scenario scenario = fleet_of(1, NULL);
    make_failure(&scenario, 0, dist_constant(s(200)), dist_constant(s(100)));
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, 0, 1000, 0));
    runner->num_replicas = 2;
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.nodes[0].failure_count, 3);
    cr_expect_eq(sim.nodes[0].down_us, s(300));
    cr_assert_eq(sim.failure_count, 3);
    for (int32_t i = 0; i < 3; i++) {
        cr_expect_eq(sim.failures[i].time_us, s(200 + 300 * i));
        cr_expect_eq(sim.failures[i].end_us, s(300 + 300 * i));
        cr_expect_eq(sim.failures[i].lost_count, 2);
        cr_expect_eq(sim.failures[i].work_lost_us, 2 * s(200));
        cr_expect_eq(sim.failures[i].failure, 0);
    }
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->lost_count, 6);
    cr_expect(sim.metrics.runners[0].running.area == 2 * s(700));
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, a_zone_fails_as_a_whole_across_pools_and_alone)
{
    struct scenario scenario = fleet_of(2, "a");
    make_pool(&scenario, 0);
    make_nodes(&scenario, 1, 0, 1, "a");
    make_nodes(&scenario, 1, 0, 2, "b");
    make_nodes(&scenario, 1, 0, 1, NULL);
    struct failure_def *failure =
        make_failure(&scenario, NO_INDEX, dist_constant(s(600)), dist_constant(s(100)));
    failure->domain = FAILURE_OF_ZONE;
    failure->zone = "a";
    struct sim sim;
    run(&sim, &scenario);
    static const int64_t down_s[] = {100, 100, 100, 0, 0, 0};
    for (size_t i = 0; i < ARRAY_LEN(down_s); i++)
        cr_expect_eq(sim.nodes[i].down_us, s(down_s[i]), "node %zu", i);
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, a_rack_is_a_row_of_nodes_of_one_pool)
{
    /* Racks of 2 of the first pool: {0, 1}, {2, 3}, {4}; they fail at times of their own. */
    struct scenario scenario = fleet_of(5, NULL);
    make_pool(&scenario, 0);
    make_nodes(&scenario, 1, 0, 1, NULL);
    struct dist between = {.kind = DIST_UNIFORM, .a = 1e6, .b = 9e8, .max_us = TIME_US_MAX};
    struct failure_def *failure = make_failure(&scenario, 0, between, dist_constant(s(2000)));
    failure->domain = FAILURE_OF_RACK;
    failure->nodes_per_rack = 2;
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.outage_count, 3);
    cr_assert_eq(sim.failure_count, 5);
    cr_expect_eq(sim.nodes[0].down_us, sim.nodes[1].down_us);
    cr_expect_eq(sim.nodes[2].down_us, sim.nodes[3].down_us);
    cr_expect_neq(sim.nodes[0].down_us, sim.nodes[2].down_us);
    cr_expect_neq(sim.nodes[2].down_us, sim.nodes[4].down_us);
    cr_expect_eq(sim.nodes[5].down_us, 0);
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, overlapping_ones_last_until_the_last_end)
{
    /* Node: down 300-400, then at 700. Zone: down 350-600. So the node is down 300-600, and from
     * 700 to 800. */
    struct scenario scenario = fleet_of(1, "a");
    make_failure(&scenario, 0, dist_constant(s(300)), dist_constant(s(100)));
    struct failure_def *zone =
        make_failure(&scenario, NO_INDEX, dist_constant(s(350)), dist_constant(s(250)));
    zone->domain = FAILURE_OF_ZONE;
    struct sim sim;
    run(&sim, &scenario);
    /* The zone again at 950. */
    cr_assert_eq(sim.failure_count, 3);
    cr_expect_eq(sim.failures[0].end_us, s(600));
    cr_expect_eq(sim.failures[1].time_us, s(700));
    cr_expect_eq(sim.failures[1].end_us, s(800));
    cr_expect_eq(sim.failures[2].time_us, s(950));
    cr_expect_eq(sim.failures[2].end_us, TIME_NEVER);
    cr_expect_eq(sim.nodes[0].down_us, s(300) + s(100) + s(50));
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, a_node_that_comes_into_a_zone_that_is_down_is_down)
{
    struct scenario scenario = fleet_of(1, "a");
    struct failure_def *zone =
        make_failure(&scenario, NO_INDEX, dist_constant(s(400)), dist_constant(s(200)));
    zone->domain = FAILURE_OF_ZONE;
    struct event_def *event = make_event(&scenario, s(450), EVENT_ADD_NODES);
    event->pool = event->type = 0;
    event->zone = "a";
    struct sim sim;
    run(&sim, &scenario);
    cr_assert_eq(sim.node_count, 2);
    cr_expect_eq(sim.nodes[1].down_us, s(150));
    cr_expect_eq(sim.nodes[1].failure_count, 1);
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, a_removed_node_fails_no_more_and_a_repaired_one_keeps_its_plan)
{
    struct scenario scenario = fleet_of(2, NULL);
    make_failure(&scenario, 0, dist_constant(s(300)), dist_constant(s(200)));
    make_event(&scenario, s(100), EVENT_REMOVE_NODE)->node_name = "p0-0";
    make_event(&scenario, s(350), EVENT_REPAIR_NODE)->node_name = "p0-1";
    struct sim sim;
    run(&sim, &scenario);
    /* The second: down 300-350, then 800 (= 300 + 200 + 300) to the end. */
    cr_expect_eq(sim.nodes[0].failure_count, 0);
    cr_expect_eq(sim.nodes[1].failure_count, 2);
    cr_expect_eq(sim.nodes[1].down_us, s(50) + s(200));
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, a_trace_makes_a_node_down_for_the_union_of_its_rows)
{
    /* Of p0-0: 100-300 and 200-400, 350-360 inside, 600-650; of p0-1: 900, and not back. */
    static const struct {
        int64_t at_s, for_s;
        const char *node;
    } rows[] = {
        {100, 200, "p0-0"}, {200, 200, "p0-0"}, {350, 10, "p0-0"},
        {600, 50, "p0-0"},  {900, -1, "p0-1"},
    };
    struct scenario scenario = fleet_of(2, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct event_def *event = make_event(&scenario, s(rows[i].at_s), EVENT_FAIL_NODE);
        event->node_name = rows[i].node;
        event->extends_repair = true;
        if (rows[i].for_s >= 0) {
            int32_t lasts = make_dist(&scenario, dist_constant(s(rows[i].for_s)));
            scenario.events[i].repair_after = lasts;
        }
    }
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.nodes[0].down_us, s(300) + s(50));
    cr_expect_eq(sim.nodes[0].failure_count, 2);
    cr_expect_eq(sim.nodes[1].down_us, s(100));
    cr_expect_eq(sim.idle_event_count, 0);
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, each_node_keeps_its_draws_when_others_come)
{
    struct dist between = {.kind = DIST_EXPONENTIAL, .a = 1e8, .max_us = TIME_US_MAX};
    int64_t down_us[2];
    for (int more = 0; more < 2; more++) {
        struct scenario scenario = fleet_of(2, NULL);
        if (more) {
            make_pool(&scenario, 0);
            make_nodes(&scenario, 1, 0, 7, NULL);
        }
        make_failure(&scenario, NO_INDEX, between, between);
        struct sim sim;
        run(&sim, &scenario);
        down_us[more] = sim.nodes[1].down_us;
        cr_expect_gt(down_us[more], 0);
        sim_release(&sim);
        made_release(&scenario);
    }
    cr_expect_eq(down_us[0], down_us[1]);
}

/* ---- reclaims ---- */

Test(failures, a_reclaimed_node_is_drained_within_the_notice_and_another_comes)
{
    /* Reclaimed at 300 s with 120 s of notice. Of two replicas, one needs 50 s to go and one would
     * take 1000 s; the node is removed at 420 s, and the next comes 80 s later. It lives from 500 s
     * and is reclaimed at 800 s, and so on. */
    struct scenario scenario = fleet_of(1, "a");
    struct failure_def *failure =
        make_failure(&scenario, 0, dist_constant(s(300)), dist_constant(s(80)));
    failure->is_reclaim = true;
    failure->notice_us = s(120);
    int32_t shape = make_shape(&scenario, 0, 2000, 0);
    make_runner(&scenario, shape)->grace_us = s(50);
    struct runner_def *slow = make_runner(&scenario, shape);
    slow->grace_us = s(1000);
    slow->floor = slow->min_replicas = 1;
    struct sim sim;
    run(&sim, &scenario);
    cr_assert_eq(sim.node_count, 2, "the next would come at 1000 s, which is the end");
    cr_expect_eq(sim.nodes[0].removed_us, s(420));
    cr_expect_eq(sim.nodes[1].added_us, s(500));
    cr_expect_eq(sim.nodes[1].removed_us, s(920));
    cr_expect_str_eq(sim.nodes[1].def.zone, "a");
    cr_expect_eq(sim.failure_count, 0, "nothing failed");
    cr_expect_eq(sim.metrics.node_reclaims, 2);
    cr_expect_eq(sim.metrics.floor_breaches_by_reclaim, 2);
    cr_expect_eq(sim.metrics.floor_breaches_by_drain, 0);
    /* Both runners are below their wish from 300 to 500 and from 800 on; the floor is the second's.
     */
    const struct runner_rare *rare = metrics_rare(&sim.metrics, 1);
    cr_expect_eq(rare->below_floor_us[BLAME_RECLAIM], s(200) + s(200));
    cr_expect_eq(rare->below_floor_us[BLAME_DRAIN], 0);
    cr_expect(sim.metrics.scopes[0].nodes_up_or_down.area == s(420) + s(420), "paid for");
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, a_reclaimed_node_that_is_empty_goes_at_once_and_for_good_without_repair)
{
    struct scenario scenario = fleet_of(2, NULL);
    struct failure_def *failure =
        make_failure(&scenario, 0, dist_constant(s(300)), dist_constant(0));
    failure->is_reclaim = true;
    failure->notice_us = s(120);
    failure->repair = NO_INDEX;
    struct sim sim;
    run(&sim, &scenario);
    cr_assert_eq(sim.node_count, 2);
    cr_expect_eq(sim.nodes[0].removed_us, s(300));
    cr_expect_eq(sim.nodes[1].removed_us, s(300));
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, what_is_left_on_a_node_when_the_notice_is_over_is_lost)
{
    /* A drain at 250 s gives 500 s; the reclaim at 300 s ends at 310 s. */
    struct scenario scenario = fleet_of(1, NULL);
    struct failure_def *failure =
        make_failure(&scenario, 0, dist_constant(s(300)), dist_constant(s(1000)));
    failure->is_reclaim = true;
    failure->notice_us = s(10);
    make_runner(&scenario, make_shape(&scenario, 0, 2000, 0))->grace_us = s(500);
    make_event(&scenario, s(250), EVENT_DRAIN_NODE)->pool = 0;
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.nodes[0].removed_us, s(310));
    cr_assert_eq(sim.failure_count, 1);
    cr_expect_eq(sim.failures[0].lost_count, 1);
    cr_expect_eq(sim.failures[0].failure, 0);
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, who_took_a_runner_below_its_floor_first_has_the_blame)
{
    /* Two nodes of two replicas each, floor 3. The drain at 100 s takes the first node, the failure
     * at 200 s the second; at 300 s the first is back (2 live), at 400 s the second (4 live). */
    struct scenario scenario = fleet_of(2, NULL);
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, 0, 2000, 0));
    runner->num_replicas = 4;
    runner->floor = runner->min_replicas = 3;
    make_event(&scenario, s(100), EVENT_DRAIN_NODE)->node_name = "p0-0";
    make_event(&scenario, s(200), EVENT_FAIL_NODE)->node_name = "p0-1";
    make_event(&scenario, s(300), EVENT_UNCORDON_NODE)->node_name = "p0-0";
    make_event(&scenario, s(400), EVENT_REPAIR_NODE)->node_name = "p0-1";
    make_event(&scenario, s(600), EVENT_FAIL_NODE)->node_name = "p0-1";
    struct sim sim;
    run(&sim, &scenario);
    const struct runner_rare *rare = metrics_rare(&sim.metrics, 0);
    cr_expect_eq(rare->below_floor_us[BLAME_DRAIN], s(300));
    cr_expect_eq(rare->below_floor_us[BLAME_FAILURE], s(400));
    cr_expect_eq(rare->below_floor_us[BLAME_PREEMPTION], 0);
    cr_expect_eq(rare->below_floor_us[BLAME_NONE], 0);
    sim_release(&sim);
    made_release(&scenario);
}

/* ---- renewal theory ---- */

/* Each node is one replication: its share of time up over a horizon of many failures. Alternating
 * renewal: the share tends to E[up] / (E[up] + E[down]); what a start with everything up adds is
 * far below the width of the interval. The exact value lies within the interval of 99.9 %. */
static void expect_availability(const char *name, struct dist between, struct dist repair)
{
    enum { NODES = 400 };
    double up = dist_mean_us(&between);
    double exact = up / (up + dist_mean_us(&repair));
    struct scenario scenario = fleet_of(NODES, NULL);
    scenario.horizon_us = up * 2000 < (double)TIME_US_MAX ? (int64_t)(2000 * up) : TIME_US_MAX;
    make_failure(&scenario, 0, between, repair);
    struct sim sim;
    struct err err = {0};
    cr_assert_eq(sim_init(&sim, &scenario, &(struct sim_options){0}, &err), 0, "%s", err.text);
    cr_assert_eq(sim_run(&sim, &err), 0, "%s", err.text);
    double mean = 0;
    double variance = 0;
    double share[NODES];
    for (int i = 0; i < NODES; i++) {
        share[i] = 1 - (double)sim.nodes[i].down_us / (double)scenario.horizon_us;
        mean += share[i] / NODES;
    }
    for (int i = 0; i < NODES; i++)
        variance += (share[i] - mean) * (share[i] - mean) / (NODES - 1);
    double half_width = gsl_cdf_tdist_Pinv(0.9995, NODES - 1) * sqrt(variance / NODES);
    cr_expect_leq(fabs(mean - exact), half_width, "%s: %.6f +- %.6f, exact %.6f", name, mean,
                  half_width, exact);
    cr_expect_lt(half_width, 0.01, "%s: +- %.6f says little", name, half_width);
    sim_release(&sim);
    made_release(&scenario);
}

Test(failures, availability_is_that_of_renewal_theory)
{
    struct dist exponential = {.kind = DIST_EXPONENTIAL, .a = 9e8, .max_us = TIME_US_MAX};
    struct dist weibull = {.kind = DIST_WEIBULL, .a = 9e8, .b = 0.7, .max_us = TIME_US_MAX};
    struct dist short_one = {.kind = DIST_EXPONENTIAL, .a = 1e8, .max_us = TIME_US_MAX};
    struct dist lognormal = {.kind = DIST_LOGNORMAL, .a = 1e8, .b = 1, .max_us = TIME_US_MAX};
    cr_expect_float_eq(dist_mean_us(&weibull), 9e8 * gsl_sf_gamma(1 + 1 / 0.7), 1);
    cr_expect_float_eq(dist_mean_us(&lognormal), 1e8 * exp(0.5), 1);
    expect_availability("exponential, exponential", exponential, short_one);
    expect_availability("exponential, lognormal", exponential, lognormal);
    expect_availability("Weibull, lognormal", weibull, lognormal);
    /* As fitted to the records of LANL. */
    struct dist up = {.kind = DIST_WEIBULL, .a = 816.6 * 3600e6, .b = 0.48, .max_us = TIME_US_MAX};
    struct dist down = {
        .kind = DIST_LOGNORMAL, .a = exp(0.05) * 3600e6, .b = 1.42, .max_us = TIME_US_MAX};
    expect_availability("LANL", up, down);
    expect_availability("Weibull, constant", weibull, dist_constant(s(300)));
}
