/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "tests/failing_alloc.h"
#include "tests/scenario_make.h"

static int64_t s(int64_t seconds)
{
    return seconds * US_PER_S;
}

static struct dist exponential(int64_t mean_us)
{
    return (struct dist){.kind = DIST_EXPONENTIAL, .a = (double)mean_us, .max_us = TIME_US_MAX};
}

static void init(struct sim *sim, const struct scenario *scenario)
{
    struct err err = {0};
    struct sim_options options = {.check = true};
    cr_assert_eq(sim_init(sim, scenario, &options, &err), 0, "%s", err.text);
}

static void run(struct sim *sim, const struct scenario *scenario)
{
    struct err err = {0};
    init(sim, scenario);
    cr_assert_eq(sim_run(sim, &err), 0, "%s", err.text);
    cr_assert(sim->is_complete);
}

/* One pool of nodes of 4 cores and 2 devices; shape 0 takes 2 cores, shape 1 all 4 and a device. */
static struct scenario small_scenario(int32_t nodes)
{
    struct scenario scenario = made_scenario();
    make_pool(&scenario, make_type(&scenario, 4000, 2));
    make_nodes(&scenario, 0, 0, nodes, NULL);
    make_shape(&scenario, 0, 2000, 0);
    make_shape(&scenario, 0, 4000, 1);
    return scenario;
}

/* ---- measures of a run that can be followed by hand ---- */

Test(sim, measures_what_a_run_by_hand_gives)
{
    /* One node of 4 cores. r0: two replicas of 2 cores each from 0, floor 1, priority 1, 10 s to
     * start, 20 s of grace. r1: 4 cores and a device from 100 s, priority 5: it can evict one extra
     * replica of r0, which does not help, until r0's floor is lowered at 300 s. */
    struct scenario scenario = small_scenario(1);
    struct runner_def *low = make_runner(&scenario, 0);
    low->num_replicas = 2;
    low->floor = low->min_replicas = 1;
    low->priority = 1;
    low->startup = make_dist(&scenario, dist_constant(s(10)));
    low->grace_us = s(20);
    struct runner_def *high = make_runner(&scenario, 1);
    high->arrival_us = s(100);
    high->priority = 5;
    struct event_def *event = make_event(&scenario, s(300), EVENT_SCALE);
    event->runner = 0;
    event->min_replicas = 0;

    struct sim sim;
    run(&sim, &scenario);
    const struct metrics *metrics = &sim.metrics;
    const struct usage *cpu = &metrics->scopes[0].usage[RESOURCE_CPU];
    const struct usage *devices = &metrics->scopes[0].usage[RESOURCE_DEVICES];
    cr_expect(cpu->used.area == (int128)4000 * s(1000), "full all the time");
    cr_expect_eq(cpu->time_at_us[1000], s(1000));
    cr_expect(devices->used.area == (int128)s(680), "from 320 s, one of two devices");
    cr_expect(devices->capacity.area == (int128)2 * s(1000));
    cr_expect_eq(devices->time_at_us[500], s(680));
    cr_expect_eq(usage_quantile_permille(devices, 0.3), 0);
    cr_expect_eq(usage_quantile_permille(devices, 0.4), 500);
    cr_expect_eq(metrics->eviction_count, 2);
    cr_expect_eq(metrics->evictions[0].work_lost_us, s(290));
    cr_expect_eq(metrics->evictions[0].recovered_at_us, TIME_NEVER);
    cr_expect_eq(metrics->runners[0].existed_us, s(1000));
    cr_expect_eq(metrics->runners[0].wish_by_running.asked_us, s(1000));
    cr_expect_eq(metrics->runners[0].wish_by_running.met_us, s(290));
    cr_expect_eq(metrics_rare(metrics, 0)->floor_by_running.asked_us, s(300), "floor 1, then 0");
    cr_expect_eq(metrics_rare(metrics, 0)->floor_by_running.met_us, s(290));
    cr_expect_eq(metrics_rare(metrics, 0)->floor_by_live.met_us, s(300));
    cr_expect(metrics->runners[0].running.area == (int128)2 * s(290));
    cr_expect_eq(metrics->runners[1].existed_us, s(900));
    cr_expect_eq(metrics_wait_us_max(metrics, 1), s(220));
    cr_expect_eq(metrics->waits[5].later_us[0], s(220));
    cr_expect_eq(metrics->waits[1].at_once_count, 2);
    cr_expect_eq(metrics->waits[1].waiting_count, 2);
    cr_expect_eq(metrics->waits[1].censored_us[1], s(700));
    cr_expect(metrics->waits[1].queue.area == (int128)2 * s(700));
    cr_expect_eq(sim.nodes[0].bound_count, 3);
    cr_expect_eq(sim.nodes[0].evicted_count, 2);
    cr_expect_eq(sim.nodes[0].replicas_max, 2);
    sim_release(&sim);
    made_release(&scenario);
}

/* All replicas start, for 500 s, and are asked for no more at 100 s. */
static int64_t count_events_of_cancelled_starts(int32_t replicas)
{
    struct scenario scenario = made_scenario();
    make_pool(&scenario, make_type(&scenario, INT64_C(1000) * replicas, 0));
    make_nodes(&scenario, 0, 0, 1, NULL);
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, 0, 1000, 0));
    runner->num_replicas = replicas;
    runner->startup = make_dist(&scenario, dist_constant(s(500)));
    struct event_def *event = make_event(&scenario, s(100), EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 0;
    struct sim sim;
    struct err err = {0};
    const struct sim_options options = {.check = false};
    cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0, "%s", err.text);
    cr_assert_eq(sim_run(&sim, &err), 0, "%s", err.text);
    int64_t count = sim.event_count;
    sim_release(&sim);
    made_release(&scenario);
    return count;
}

/* The queue takes cancelled events out where they are more than half of 1,024 and more. */
Test(sim, cancelled_events_count_alike_whether_they_are_swept_or_popped)
{
    int64_t one = count_events_of_cancelled_starts(1);
    int64_t each = count_events_of_cancelled_starts(2) - one;
    cr_expect_eq(count_events_of_cancelled_starts(501), one + 500 * each);
    cr_expect_eq(count_events_of_cancelled_starts(5001), one + 5000 * each);
}

Test(sim, a_shared_device_is_used_once)
{
    struct scenario scenario = made_scenario();
    make_pool(&scenario, make_type(&scenario, 4000, 2));
    make_nodes(&scenario, 0, 0, 1, NULL);
    int32_t pool = 0;
    struct shape shape = {.device_count = 1,
                          .sharing = SHARING_MILLI,
                          .share_milli = 300,
                          .pools = &pool,
                          .pool_count = 1};
    struct err err;
    int32_t number;
    cr_assert_eq(shape_table_intern(&scenario.shapes, &shape, &number, &err), 0);
    make_runner(&scenario, number)->num_replicas = 4;
    scenario.runners[0].departure_us = s(500);
    struct sim sim;
    run(&sim, &scenario);
    const struct scope *fleet = &sim.metrics.scopes[0];
    cr_expect(fleet->usage[RESOURCE_DEVICES].used.area == (int128)2 * s(500));
    cr_expect(fleet->usage[RESOURCE_SHARE].used.area == (int128)1200 * s(500));
    cr_expect_eq(fleet->usage[RESOURCE_SHARE].time_at_us[600], s(500));
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, cpu_of_an_unbounded_type_is_neither_capacity_nor_used)
{
    struct scenario scenario = small_scenario(1);
    scenario.types[0].is_unbounded = true;
    make_runner(&scenario, 0)->num_replicas = 100;
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.metrics.runners[0].bound_count, 100);
    cr_expect(sim.metrics.scopes[0].usage[RESOURCE_CPU].capacity.area == 0);
    cr_expect_eq(usage_quantile_permille(&sim.metrics.scopes[0].usage[RESOURCE_CPU], 0.5), -1);
    sim_release(&sim);
    made_release(&scenario);
}

/* ---- nodes ---- */

Test(sim, down_time_of_a_node_is_the_sum_of_its_repairs)
{
    struct scenario scenario = small_scenario(1);
    scenario.horizon_us = s(100000);
    make_runner(&scenario, 0)->num_replicas = 2;
    int32_t repair = make_dist(&scenario, exponential(s(200)));
    enum { FAILURES = 40 };
    for (int32_t i = 0; i < FAILURES; i++) {
        struct event_def *event = make_event(&scenario, s(1000 + 2400 * i), EVENT_FAIL_NODE);
        event->node_name = "p0-0";
        event->repair_after = repair;
    }
    struct sim sim;
    run(&sim, &scenario);
    /* The streams are named in sim.h: repair k of node 0. No repair takes as long as 2400 s. */
    int64_t expected_us = 0;
    for (uint64_t k = 1; k <= FAILURES; k++) {
        struct rng rng = rng_stream(scenario.seed, "repair", k);
        int64_t us = dist_sample_us(&scenario.dists[repair], &rng);
        cr_assert_lt(us, s(2400));
        expected_us += us;
    }
    const struct scope *fleet = &sim.metrics.scopes[0];
    cr_expect_eq(sim.idle_event_count, 0);
    cr_expect_eq(sim.nodes[0].failure_count, FAILURES);
    cr_expect_eq(sim.nodes[0].down_us, expected_us);
    cr_expect(fleet->nodes.area == s(100000) - expected_us);
    cr_expect(fleet->nodes_up_or_down.area == s(100000));
    cr_expect(fleet->usage[RESOURCE_CPU].capacity.area == (int128)4000 * fleet->nodes.area);
    cr_expect(fleet->usage[RESOURCE_CPU].used.area == (int128)4000 * fleet->nodes.area);
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->lost_count, 2 * FAILURES);
    cr_expect_eq(sim.metrics.floor_breaches_by_loss, 0, "the floor is 0");
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->work_lost_us, sim.nodes[0].work_lost_us);
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, a_node_that_failed_twice_is_repaired_by_its_last_plan)
{
    struct scenario scenario = small_scenario(1);
    struct event_def *event = make_event(&scenario, s(100), EVENT_FAIL_NODE);
    event->pool = 0;
    event->repair_after = make_dist(&scenario, dist_constant(s(300)));
    event = make_event(&scenario, s(150), EVENT_REPAIR_NODE);
    event->pool = 0;
    event = make_event(&scenario, s(200), EVENT_FAIL_NODE);
    event->pool = 0;
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.nodes[0].down_us, s(50) + s(800), "the repair planned for 400 s is stale");
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, floor_breaches_by_drain_and_loss_are_counted_apart)
{
    struct scenario scenario = small_scenario(2);
    struct runner_def *runner = make_runner(&scenario, 0);
    runner->num_replicas = 4;
    runner->floor = runner->min_replicas = 3;
    runner->grace_us = s(1000);
    make_event(&scenario, s(100), EVENT_DRAIN_NODE)->pool = 0;
    make_event(&scenario, s(200), EVENT_FAIL_NODE)->pool = 0;
    struct sim sim;
    run(&sim, &scenario);
    /* 4 live, floor 3: the drain takes the first without and the second with a breach (their
     * replacements find no room); then both of the second node are lost below the floor. */
    cr_expect_eq(sim.metrics.floor_breaches_by_drain, 1);
    cr_expect_eq(sim.metrics.floor_breaches_by_loss, 2);
    cr_expect_eq(sim.metrics.floor_breaches_by_preemption, 0);
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->drained_count, 2);
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->lost_count, 2);
    cr_expect_eq(sim.nodes[0].drained_us, s(900));
    cr_expect_eq(sim.nodes[0].down_us, 0);
    cr_expect_eq(sim.nodes[1].drained_us, 0);
    cr_expect_eq(sim.nodes[1].down_us, s(800));
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, a_node_that_fails_while_it_is_being_removed_is_gone_for_good)
{
    struct scenario scenario = small_scenario(1);
    make_runner(&scenario, 0)->grace_us = s(500);
    static const struct {
        int64_t at_s;
        enum event_kind kind;
        bool is_idle;
    } rows[] = {
        {100, EVENT_REMOVE_NODE, false}, {110, EVENT_REMOVE_NODE, true},
        {120, EVENT_DRAIN_NODE, true},   {130, EVENT_UNCORDON_NODE, true},
        {140, EVENT_CORDON_NODE, true},  {200, EVENT_FAIL_NODE, false},
        {210, EVENT_REPAIR_NODE, true},  {220, EVENT_REMOVE_NODE, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        make_event(&scenario, s(rows[i].at_s), rows[i].kind)->node_name = "p0-0";
    scenario.events[5].repair_after = 0;
    struct sim sim;
    run(&sim, &scenario);
    int32_t idle = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].is_idle && idle < sim.idle_event_count)
            cr_expect_eq(sim.idle_events[idle++], (int32_t)i);
    cr_expect_eq(idle, 6);
    cr_expect_eq(sim.idle_event_count, 6);
    cr_expect_eq(sim.nodes[0].removed_us, s(200));
    cr_expect_eq(sim.nodes[0].down_us, 0);
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->lost_count, 0, "it was on its way out already");
    cr_expect(sim.metrics.scopes[0].nodes_up_or_down.area == s(200));
    cr_expect(sim.metrics.scopes[0].nodes.area == s(200));
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, a_type_that_the_pool_does_not_list_may_be_added)
{
    struct scenario scenario = small_scenario(1);
    struct event_def *event = make_event(&scenario, s(100), EVENT_ADD_NODES);
    event->pool = 0;
    event->type = make_type(&scenario, 9000, 0);
    make_runner(&scenario, make_shape(&scenario, 0, 9000, 0));
    struct sim sim;
    run(&sim, &scenario);
    cr_assert_eq(sim.metrics.scope_count, 1 + 1 + 2);
    cr_expect(sim.metrics.scopes[3].usage[RESOURCE_CPU].used.area == (int128)9000 * s(900));
    cr_expect_eq(sim.metrics.waits[0].later_us[0], s(100));
    sim_release(&sim);
    made_release(&scenario);
}

/* ---- stepping ---- */

Test(sim, a_run_that_is_ended_early_has_consistent_results)
{
    struct scenario scenario = small_scenario(1);
    make_runner(&scenario, 0)->num_replicas = 5;
    make_runner(&scenario, 1)->arrival_us = s(400);
    struct sim sim;
    struct err err = {0};
    init(&sim, &scenario);
    while (sim.now_us < s(400))
        cr_assert_eq(sim_step(&sim, &err), 1);
    cr_assert_eq(sim_finish(&sim, &err), 0, "%s", err.text);
    cr_expect(sim.is_finished);
    cr_expect_not(sim.is_complete);
    cr_expect_eq(sim.metrics.waits[0].censored_count, 4);
    cr_expect_eq(sim.metrics.waits[0].censored_us[0], s(400));
    cr_expect(sim.metrics.scopes[0].usage[RESOURCE_CPU].used.area == (int128)4000 * s(400));
    uint64_t digest = sim.digest.state;
    cr_expect_eq(sim_finish(&sim, &err), 0, "once more changes nothing");
    cr_expect_eq(sim_step(&sim, &err), 0);
    cr_expect_eq(sim.metrics.waits[0].censored_count, 4);
    cr_expect_eq(sim.digest.state, digest);
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, a_scenario_without_anything_runs_to_its_horizon)
{
    struct scenario scenario = made_scenario();
    make_pool(&scenario, make_type(&scenario, 1000, 0));
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.now_us, scenario.horizon_us);
    cr_expect_eq(sim.event_count, 0);
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, records_are_those_of_the_last_step)
{
    struct scenario scenario = small_scenario(1);
    make_runner(&scenario, 0);
    struct sim_options options = {.keep_records = true};
    struct sim sim;
    struct err err = {0};
    cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
    cr_assert_eq(sim_step(&sim, &err), 1);
    cr_assert_eq(sim.record_count, 2);
    cr_expect_eq(sim.records[0].kind, RECORD_RUNNER_ARRIVED);
    cr_expect_eq(sim.records[1].kind, RECORD_DEMAND);
    cr_assert_eq(sim_step(&sim, &err), 1);
    cr_assert_eq(sim.record_count, 1);
    cr_expect_eq(sim.records[0].kind, RECORD_BOUND);
    cr_expect_eq(sim.records[0].node, 0);
    sim_release(&sim);
    made_release(&scenario);
}

/* ---- runners ---- */

Test(sim, a_runner_that_leaves_before_it_arrives_never_comes)
{
    struct scenario scenario = small_scenario(1);
    make_runner(&scenario, 0)->arrival_us = s(500);
    make_runner(&scenario, 0)->arrival_us = s(500);
    scenario.runners[1].departure_us = s(500);
    make_event(&scenario, s(100), EVENT_DEPART)->runner = 0;
    make_event(&scenario, s(200), EVENT_DEPART)->runner = 0;
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_not(sim.runners[0].has_arrived);
    cr_expect_not(sim.runners[1].has_arrived);
    cr_expect_eq(sim.metrics.runners[0].existed_us, 0);
    cr_assert_eq(sim.idle_event_count, 1);
    cr_expect_eq(sim.idle_events[0], 1);
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, who_arrives_at_an_instant_stands_before_who_leaves_at_it)
{
    struct scenario scenario = small_scenario(1);
    make_runner(&scenario, 0)->departure_us = s(100);
    make_runner(&scenario, 0)->arrival_us = s(50);
    make_runner(&scenario, 0)->arrival_us = s(100);
    struct sim_options options = {.check = true, .keep_records = true};
    struct sim sim;
    struct err err = {0};
    cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
    while (sim.now_us < s(100))
        cr_assert_eq(sim_step(&sim, &err), 1);
    cr_assert_geq(sim.record_count, 3);
    cr_expect_eq(sim.records[0].kind, RECORD_RUNNER_ARRIVED);
    cr_expect_eq(sim.records[0].runner, 2);
    cr_expect_eq(sim.records[2].kind, RECORD_RUNNER_DEPARTED);
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, a_scale_before_the_arrival_is_what_arrives)
{
    struct scenario scenario = small_scenario(2);
    make_runner(&scenario, 0)->arrival_us = s(500);
    struct event_def *event = make_event(&scenario, s(100), EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 3;
    event->min_replicas = 2;
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.runners[0].wish, 3);
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->floor, 2);
    cr_expect(sim.metrics.runners[0].running.area == (int128)3 * s(500));
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, a_scale_below_the_floor_lowers_it_and_back_up_raises_it)
{
    struct scenario scenario = small_scenario(2);
    struct runner_def *runner = make_runner(&scenario, 0);
    runner->num_replicas = 4;
    runner->floor = runner->min_replicas = 3;
    struct event_def *event = make_event(&scenario, s(100), EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 1;
    event = make_event(&scenario, s(200), EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 8;
    struct sim sim;
    struct err err = {0};
    init(&sim, &scenario);
    while (sim.now_us < s(200)) {
        cr_assert_eq(sim_step(&sim, &err), 1, "%s", err.text);
        if (sim.now_us == s(100))
            cr_assert_eq(sim.runners[0].floor, 1);
    }
    cr_assert_eq(sim_run(&sim, &err), 0);
    cr_expect_eq(sim.runners[0].floor, 3);
    cr_expect_eq(metrics_rare(&sim.metrics, 0)->floor, 3);
    sim_release(&sim);
    made_release(&scenario);
}

static void scale_at(struct scenario *scenario, int64_t at_us, int32_t num_replicas)
{
    struct event_def *event = make_event(scenario, at_us, EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = num_replicas;
}

Test(sim, a_scale_down_takes_the_newest_of_each_state)
{
    /* Two running since 0, one since 100 s, one starting (50 s), two waiting since 180 and 190 s.
     */
    struct scenario scenario = small_scenario(2);
    make_runner(&scenario, 0)->num_replicas = 2;
    scenario.runners[0].startup = make_dist(&scenario, dist_constant(s(50)));
    scale_at(&scenario, s(50), 3);
    scale_at(&scenario, s(170), 4);
    scale_at(&scenario, s(180), 5);
    scale_at(&scenario, s(190), 6);
    for (int32_t i = 0; i < 6; i++)
        scale_at(&scenario, s(200 + i), 5 - i);
    struct sim_options options = {.check = true, .keep_records = true};
    struct sim sim;
    struct err err = {0};
    cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
    int32_t gone[6];
    int32_t count = 0;
    while (sim_step(&sim, &err) == 1)
        for (int32_t i = 0; i < sim.record_count; i++)
            if (sim.records[i].kind == RECORD_WITHDRAWN ||
                sim.records[i].kind == RECORD_TERMINATING)
                gone[count++] = sim.records[i].ordinal;
    static const int32_t expected[] = {5, 4, 3, 2, 1, 0};
    cr_assert_eq(count, 6);
    for (int32_t i = 0; i < 6; i++)
        cr_expect_eq(gone[i], expected[i], "%d", i);
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, a_replica_that_runs_later_than_its_successor_is_newer)
{
    /* The first takes longer to start than the second: among those that run it is the newest. */
    struct scenario scenario = small_scenario(1);
    make_runner(&scenario, 0)->num_replicas = 2;
    scenario.runners[0].startup = make_dist(&scenario, exponential(s(50)));
    scale_at(&scenario, s(900), 1);
    struct sim_options options = {.check = true, .keep_records = true};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        options.has_seed = true;
        options.seed = seed;
        struct sim sim;
        struct err err = {0};
        int32_t last_to_run = -1;
        int32_t gone = -1;
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
        while (sim_step(&sim, &err) == 1)
            for (int32_t i = 0; i < sim.record_count; i++) {
                if (sim.records[i].kind == RECORD_RUNNING)
                    last_to_run = sim.records[i].ordinal;
                if (sim.records[i].kind == RECORD_TERMINATING)
                    gone = sim.records[i].ordinal;
            }
        cr_expect_eq(gone, last_to_run, "seed %d", (int)seed);
        sim_release(&sim);
    }
    made_release(&scenario);
}

Test(sim, a_finished_runner_stays_listed_with_a_wish_of_0)
{
    struct scenario scenario = small_scenario(1);
    struct runner_def *runner = make_runner(&scenario, 0);
    runner->num_replicas = 2;
    runner->floor = runner->min_replicas = 1;
    runner->duration = make_dist(&scenario, dist_constant(s(60)));
    struct sim sim;
    run(&sim, &scenario);
    cr_expect_eq(sim.runners[0].wish, 0);
    cr_expect_eq(sim.runners[0].floor, 0);
    cr_expect_eq(sim.runners[0].departed_us, TIME_NEVER);
    cr_expect_eq(sim.metrics.runners[0].finished_count, 2);
    cr_expect_eq(sim.metrics.runners[0].existed_us, s(1000));
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, generated_runners_come_between_from_and_until_and_have_names)
{
    struct scenario scenario = small_scenario(1);
    make_runner(&scenario, 0);
    struct runner_def template = made_template(&scenario, 0);
    struct arrival_def *arrivals = make_arrivals(&scenario, &template, dist_constant(s(10)));
    arrivals->name = "batch";
    arrivals->from_us = s(100);
    arrivals->until_us = s(150);
    make_arrivals(&scenario, &template, dist_constant(s(400)))->count_max = 2;
    struct sim sim;
    run(&sim, &scenario);
    cr_assert_eq(sim.runner_count, 1 + 4 + 2);
    char name[RUNNER_NAME_SIZE];
    cr_expect_str_eq(sim_runner_name(&sim, 0, name), "r0");
    cr_expect_str_eq(sim_runner_name(&sim, 1, name), "batch-0");
    cr_expect_str_eq(sim_runner_name(&sim, 4, name), "batch-3");
    cr_expect_str_eq(sim_runner_name(&sim, 6, name), "a1-1");
    cr_expect_eq(sim.runners[4].arrival_us, s(140), "150 s is not before until");
    cr_expect_eq(sim.runners[6].arrival_us, s(800));
    sim_release(&sim);
    made_release(&scenario);
}

Test(sim, arrivals_without_end_are_an_error_of_limits)
{
    struct scenario scenario = small_scenario(1);
    struct runner_def template = made_template(&scenario, 0);
    make_arrivals(&scenario, &template, dist_constant(0))->count_max =
        INT64_C(1) + GENERATED_RUNNERS_MAX;
    struct sim_options options = {0};
    struct sim sim;
    struct err err = {0};
    cr_expect_eq(sim_init(&sim, &scenario, &options, &err), -1);
    cr_expect_eq(err.kind, ERR_LIMIT);
    cr_expect_str_eq(err.text,
                     "arrivals[0] \"a0\": more than 20000000 generated runners: give a longer "
                     "interarrival, an earlier until, or a count");
    cr_expect_null(sim.runners);
    made_release(&scenario);
}

/* ---- determinism ---- */

static uint64_t digest_of(const struct scenario *scenario, const struct sim_options *options)
{
    struct sim sim;
    struct err err = {0};
    cr_assert_eq(sim_init(&sim, scenario, options, &err), 0);
    cr_assert_eq(sim_run(&sim, &err), 0, "%s", err.text);
    uint64_t digest = sim.digest.state;
    sim_release(&sim);
    return digest;
}

static struct scenario busy_scenario(void)
{
    struct scenario scenario = small_scenario(3);
    for (int32_t i = 0; i < 6; i++) {
        struct runner_def *runner = make_runner(&scenario, i % 2);
        runner->num_replicas = 2 + i % 3;
        runner->priority = (int8_t)i;
        runner->arrival_us = s(20 * i);
        runner->startup = make_dist(&scenario, exponential(s(5)));
        runner->duration = make_dist(&scenario, exponential(s(100)));
        runner->grace_us = s(3);
    }
    return scenario;
}

Test(sim, equal_scenario_and_seed_give_equal_digests_whatever_is_watched)
{
    struct scenario scenario = busy_scenario();
    uint64_t digest = digest_of(&scenario, &(struct sim_options){0});
    static const struct sim_options same[] = {
        {0},
        {.check = true},
        {.keep_records = true},
        {.keep_changes = true},
        {.has_seed = true, .seed = 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        cr_expect_eq(digest_of(&scenario, &same[i]), digest, "%zu", i);
    struct sim_options other_seed = {.has_seed = true, .seed = 2};
    struct sim_options other_policy = {.policy = policy_find("worst-fit")};
    cr_expect_neq(digest_of(&scenario, &other_seed), digest);
    cr_expect_neq(digest_of(&scenario, &other_policy), digest);
    made_release(&scenario);
}

Test(sim, the_same_entity_sees_the_same_draws_under_every_policy)
{
    /* Nobody is evicted here, so that each ordinal is the same replica under both policies. */
    struct scenario scenario = busy_scenario();
    scenario.scheduler.preemption_enabled = false;
    static const char *const policies[] = {"best-fit", "worst-fit"};
    int64_t startup_us[2][6][4] = {{{0}}};
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        struct sim_options options = {.keep_records = true, .policy = policy_find(policies[i])};
        struct sim sim;
        struct err err = {0};
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
        while (sim_step(&sim, &err) == 1)
            for (int32_t j = 0; j < sim.record_count; j++) {
                const struct record *record = &sim.records[j];
                if (record->kind == RECORD_BOUND)
                    startup_us[i][record->runner][record->ordinal] -= record->time_us;
                if (record->kind == RECORD_RUNNING)
                    startup_us[i][record->runner][record->ordinal] += record->time_us;
            }
        sim_release(&sim);
    }
    cr_expect_eq(memcmp(startup_us[0], startup_us[1], sizeof startup_us[0]), 0);
    cr_expect_neq(startup_us[0][0][0], startup_us[0][0][1]);
    made_release(&scenario);
}

/* ---- failing allocations ---- */

static void fail_each_allocation(const struct scenario *scenario, int64_t *failed_in_init,
                                 int64_t *failed_in_step)
{
    struct sim_options options = {.keep_records = true};
    for (int64_t n = 1;; n++) {
        struct sim sim;
        struct err err = {0};
        failing_alloc_arm(n);
        int result = sim_init(&sim, scenario, &options, &err);
        bool is_init = result != 0;
        if (!is_init)
            result = sim_run(&sim, &err);
        bool has_failed = failing_alloc_disarm();
        if (is_init)
            cr_assert_null(sim.nodes, "init leaves a zeroed struct");
        sim_release(&sim);
        if (!has_failed) {
            cr_assert_eq(result, 0, "%s", err.text);
            return;
        }
        cr_assert_eq(result, -1, "allocation %ld", (long)n);
        cr_assert_eq(err.kind, ERR_SYSTEM);
        cr_assert_str_eq(err.text, "out of memory");
        *failed_in_init += is_init;
        *failed_in_step += !is_init;
    }
}

Test(sim, every_failed_allocation_is_a_clean_error)
{
    enum { SCENARIOS = 15 };
    int64_t failed_in_init = 0;
    int64_t failed_in_step = 0;
    for (uint64_t i = 0; i < SCENARIOS; i++) {
        struct rng rng = rng_stream(6, "law", i);
        struct scenario scenario = random_scenario(&rng, 1);
        fail_each_allocation(&scenario, &failed_in_init, &failed_in_step);
        made_release(&scenario);
    }
    cr_expect_gt(failed_in_init, SCENARIOS * 10);
    cr_expect_gt(failed_in_step, SCENARIOS * 10);
}
