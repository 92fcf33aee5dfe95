/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "tests/ledger.h"
#include "tests/scenario_make.h"

/* Laws that hold for every run, tried on random scenarios small enough to check everything after
 * every event. */

enum { SCENARIOS = 2000 };

static void run(struct sim *sim, const struct scenario *scenario, const struct sim_options *options,
                uint64_t number)
{
    struct err err = {0};
    cr_assert_eq(sim_init(sim, scenario, options, &err), 0, "%" PRIu64 ": %s", number, err.text);
    cr_assert_eq(sim_run(sim, &err), 0, "%" PRIu64 ": %s", number, err.text);
}

/* All invariants of the engine and the scheduler hold after every event (options.check), and
 * neither the check nor the index of the scheduler changes anything. That much happens is part of
 * the law: a generator that makes empty scenarios proves nothing. */
Test(sim_laws, every_invariant_holds_after_every_event)
{
    int64_t events = 0;
    int64_t evictions = 0;
    int64_t gave_up = 0;
    int64_t lost = 0;
    int64_t drained = 0;
    int64_t chained = 0;
    int64_t idle = 0;
    for (uint64_t i = 0; i < SCENARIOS; i++) {
        struct rng rng = rng_stream(2026, "law", i);
        struct scenario scenario = random_scenario(&rng, 1);
        struct sim checked;
        struct sim plain;
        run(&checked, &scenario, &(struct sim_options){.check = true}, i);
        run(&plain, &scenario, &(struct sim_options){.search = SEARCH_PLAIN}, i);
        cr_assert_eq(checked.digest.state, plain.digest.state, "%" PRIu64, i);
        cr_assert_eq(checked.event_count, plain.event_count);
        cr_assert(checked.is_complete);
        events += plain.event_count;
        evictions += plain.metrics.eviction_count;
        idle += plain.idle_event_count;
        for (int32_t j = 0; j < plain.runner_count; j++) {
            gave_up += metrics_rare(&plain.metrics, j)->gave_up_count;
            lost += metrics_rare(&plain.metrics, j)->lost_count;
            drained += metrics_rare(&plain.metrics, j)->drained_count;
        }
        for (int32_t j = 0; j < plain.metrics.eviction_count; j++)
            chained += plain.metrics.evictions[j].chain_depth > 1;
        sim_release(&checked);
        sim_release(&plain);
        made_release(&scenario);
    }
    cr_log_info("%" PRId64 " events, %" PRId64 " evictions (%" PRId64 " chained), %" PRId64
                " gave up, %" PRId64 " lost, %" PRId64 " drained, %" PRId64 " idle",
                events, evictions, chained, gave_up, lost, drained, idle);
    cr_expect_gt(events, 30 * SCENARIOS);
    cr_expect_gt(evictions, SCENARIOS / 2);
    cr_expect_gt(chained, SCENARIOS / 200);
    cr_expect_gt(gave_up, SCENARIOS / 4);
    cr_expect_gt(lost, SCENARIOS / 4);
    cr_expect_gt(drained, SCENARIOS / 4);
    cr_expect_gt(idle, SCENARIOS / 4);
}

/* What the metrics say is what the records say, added up by a program that knows nothing else. */
Test(sim_laws, records_tell_the_same_story_as_the_metrics)
{
    struct ledger *ledger = malloc(sizeof *ledger);
    cr_assert_not_null(ledger);
    for (uint64_t i = 0; i < SCENARIOS / 4; i++) {
        struct rng rng = rng_stream(2027, "law", i);
        struct scenario scenario = random_scenario(&rng, 1);
        struct sim sim;
        struct err err = {0};
        memset(ledger, 0, sizeof *ledger);
        struct sim_options options = {.keep_records = true};
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0, "%s", err.text);
        int result;
        do {
            result = sim_step(&sim, &err);
            cr_assert_geq(result, 0, "%s", err.text);
            ledger_read(ledger, &sim);
        } while (result == 1);
        ledger_close(ledger, &sim);
        cr_assert_str_empty(ledger->complaint, "%" PRIu64 ": %s", i, ledger->complaint);
        sim_release(&sim);
        made_release(&scenario);
    }
    free(ledger);
}

static int compare_arrivals(const void *left, const void *right)
{
    const struct sim_arrival *a = left, *b = right;
    int by_time = order_int(a->time_us, b->time_us);
    return by_time != 0 ? by_time : order_int(a->runner, b->runner);
}

/* All that arrive within the run do, in the order in which the C library puts them. */
Test(sim_laws, runners_arrive_in_order_of_time_and_number)
{
    int32_t most = 0;
    for (uint64_t i = 0; i < SCENARIOS; i++) {
        struct rng rng = rng_stream(2029, "law", i);
        struct scenario scenario = random_scenario(&rng, 1 + (int32_t)(i % 20));
        struct sim sim;
        struct err err = {0};
        cr_assert_eq(sim_init(&sim, &scenario, &(struct sim_options){0}, &err), 0, "%s", err.text);
        struct sim_arrival *twin = calloc((size_t)sim.runner_count + 1, sizeof *twin);
        cr_assert_not_null(twin);
        int32_t count = 0;
        for (int32_t j = sim.runner_count - 1; j >= 0; j--)
            if (sim.runners[j].arrival_us < sim.end_us)
                twin[count++] = (struct sim_arrival){sim.runners[j].arrival_us, j};
        qsort(twin, (size_t)count, sizeof *twin, compare_arrivals);
        cr_assert_eq(sim.arrival_count, count, "%" PRIu64, i);
        for (int32_t j = 0; j < count; j++)
            cr_assert_eq(compare_arrivals(&sim.arrivals[j], &twin[j]), 0, "%" PRIu64, i);
        most = count > most ? count : most;
        free(twin);
        sim_release(&sim);
        made_release(&scenario);
    }
    cr_expect_gt(most, 100);
}

/* Steps until so many events are processed and their instant is over; false: the run has ended. */
static bool step_past_an_instant(struct sim *sim, int64_t event_count)
{
    struct err err = {0};
    for (;;) {
        int result = sim_step(sim, &err);
        cr_assert_geq(result, 0, "%s", err.text);
        if (result == 0)
            return false;
        int64_t next_us = sim_next_us(sim);
        if (sim->event_count >= event_count && next_us > sim->now_us && next_us < TIME_NEVER)
            return true;
    }
}

/* Whatever could be decided at an instant has been decided when it is over: a pass more than the
 * engine makes would bind, evict and nominate nothing. */
Test(sim_laws, one_pass_more_would_decide_nothing)
{
    int64_t tried = 0;
    for (uint64_t i = 0; i < SCENARIOS; i++) {
        struct rng rng = rng_stream(2028, "law", i);
        struct scenario scenario = random_scenario(&rng, 1);
        struct sim sim;
        struct err err = {0};
        struct sim_options options = {0};
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0, "%s", err.text);
        if (step_past_an_instant(&sim, 5 + (int64_t)rng_below(&rng, 60))) {
            struct decisions decisions = {0};
            cr_assert_eq(sched_pass(&sim.sched, sim.now_us, &decisions, &err), 0);
            cr_assert_eq(decisions.count, 0, "%" PRIu64, i);
            decisions_release(&decisions);
            tried++;
        }
        sim_release(&sim);
        made_release(&scenario);
    }
    cr_expect_gt(tried, SCENARIOS / 2);
}
