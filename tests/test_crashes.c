/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/sim.h"
#include "tests/load_text.h"

/* Crashes and the back-off of Kubernetes: cases by hand, and renewal theory at a fixed seed. */

static int64_t s(int64_t seconds)
{
    return seconds * US_PER_S;
}

/* One node of 4 cores, a runner of 4 cores. %s: horizon, `simulation`, and the rest. */
static void load(struct scenario *scenario, const char *horizon, const char *simulation,
                 const char *rest)
{
    char text[4096];
    int length = snprintf(
        text, sizeof text,
        "{'stowage':1,'horizon':'%s','defaults':{'grace_period':'0s','startup':{'image_pull':'7s',"
        "'load':'5s'}},'nodepools':[{'id':'p','max_instances':1,'instance_types':[{'id':'m',"
        "'price':'10','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'}}],"
        "'simulation':{'nodes':1}}],"
        "'runners':[{'id':'r','nodepool':{'id':'p'},'num_replicas':1,'compute_info':{"
        "'cpu_limit':'4','cpu_memory':'1Gi'},'simulation':{%s}}]%s}",
        horizon, simulation, rest);
    cr_assert(length > 0 && (size_t)length < sizeof text);
    load_good(scenario, text);
}

/* "seconds what" of the replicas' records, separated by blanks; the caller frees it. */
static char *story(const struct scenario *scenario, struct sim *sim)
{
    struct err err = {0};
    struct sim_options options = {.check = true, .keep_records = true};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(sim_init(sim, scenario, &options, &err), 0, "%s", err.text);
    int result = 1;
    while (result > 0) {
        result = sim_step(sim, &err);
        for (int32_t i = 0; i < sim->record_count; i++) {
            const struct record *record = &sim->records[i];
            if (record->kind == RECORD_RUNNING || record->kind == RECORD_CRASHED ||
                record->kind == RECORD_GONE)
                fprintf(out, "%" PRId64 " %s ", record->time_us / US_PER_S,
                        record_kind_name(record->kind));
        }
    }
    cr_assert_eq(result, 0, "%s", err.text);
    cr_assert_eq(fclose(out), 0);
    return text;
}

struct crash_case {
    const char *name, *horizon, *simulation, *rest, *expected;
    int32_t count, at_start_count;
    int64_t down_s, work_lost_s;
};

static const struct crash_case cases[] = {
    {"a start that always fails is waited for 10 s, twice that, ..., 300 s, 300 s", "1000s",
     "'crashes':{'at_start':1}", "",
     "12 crashed 27 crashed 52 crashed 97 crashed 182 crashed 347 crashed 652 crashed 957 crashed ",
     8, 8, 1000 - 12, 0},
    {"the first start pulls the image, a restart does not", "100s", "'crashes':{'between':'20s'}",
     "", "12 running 32 crashed 47 running 67 crashed 92 running ", 2, 0, 15 + 25, 20 + 20},
    {"a restart may take a time of its own", "60s", "'crashes':{'between':'20s','restart':'1s'}",
     "", "12 running 32 crashed 43 running ", 1, 0, 11, 20},
    {"who has run for 10 min waits for 10 s again", "2000s", "'crashes':{'between':'600s'}", "",
     "12 running 612 crashed 627 running 1227 crashed 1242 running 1842 crashed 1857 running ", 3,
     0, 45, 1800},
    {"who has run for less waits longer", "2000s", "'crashes':{'between':'599s'}", "",
     "12 running 611 crashed 626 running 1225 crashed 1250 running 1849 crashed 1894 running ", 3,
     0, 15 + 25 + 45, 3 * 599},
    {"terms of one's own", "100s",
     "'crashes':{'between':'10s','back_off':{'first':'2s','max':'5s','reset':'10m'}}", "",
     "12 running 22 crashed 29 running 39 crashed 48 running 58 crashed 68 running 78 crashed "
     "88 running 98 crashed ",
     5, 0, 7 + 9 + 10 + 10 + 2, 50},
    {"work begins anew with each crash", "200s",
     "'crashes':{'between':'20s'},'replica_duration':'30s'", "",
     "12 running 32 crashed 47 running 67 crashed 92 running 112 crashed 157 running 177 crashed ",
     4, 0, 15 + 25 + 45 + 23, 80},
    {"work that ends before the crash is done", "100s",
     "'crashes':{'between':'20s'},'replica_duration':'20s'", "", "12 running 32 gone ", 0, 0, 0, 0},
    {"one that waits to start again goes when it is asked to", "100s",
     "'crashes':{'between':'20s'},'departure':'36s'", "", "12 running 32 crashed 36 gone ", 1, 0, 4,
     20},
    {"one that is lost meanwhile starts elsewhere, or there again, without a wait", "100s",
     "'crashes':{'between':'20s'}",
     ",'events':[{'at':'35s','fail_node':{'nodepool':'p','repair_after':'5s'}}]",
     "12 running 32 crashed 35 gone 52 running 72 crashed 87 running ", 2, 0, 3 + 15, 40},
};

Test(crashes, waits_double_up_to_five_minutes_and_begin_anew_after_ten)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct crash_case *it = &cases[i];
        struct scenario scenario;
        struct sim sim;
        load(&scenario, it->horizon, it->simulation, it->rest);
        char *text = story(&scenario, &sim);
        const struct crash_stats *crashes = &metrics_rare(&sim.metrics, 0)->crashes;
        cr_expect_str_eq(text, it->expected, "%s: %s", it->name, text);
        cr_expect_eq(crashes->count, it->count, "%s", it->name);
        cr_expect_eq(crashes->at_start_count, it->at_start_count, "%s", it->name);
        cr_expect_eq(crashes->down_us, s(it->down_s), "%s", it->name);
        cr_expect_eq(crashes->work_lost_us, s(it->work_lost_s), "%s", it->name);
        free(text);
        sim_release(&sim);
        scenario_release(&scenario);
    }
}

Test(crashes, a_floor_is_kept_by_one_that_starts_again_and_its_room_is_its_own)
{
    struct scenario scenario;
    struct sim sim;
    load(&scenario, "1000s", "'crashes':{'between':'20s'}", "");
    scenario.runners[0].floor = scenario.runners[0].min_replicas = 1;
    free(story(&scenario, &sim));
    const struct runner_stats *stats = &sim.metrics.runners[0];
    const struct runner_rare *rare = metrics_rare(&sim.metrics, 0);
    const struct runner_cost *cost = metrics_cost(&sim.metrics, 0);
    cr_expect_eq(rare->floor_by_live.met_us, s(1000));
    cr_expect_eq(rare->floor_by_running.met_us, (int64_t)stats->running.area);
    cr_expect_eq(stats->bound_count, 1);
    /* All that it ran for but the last piece is lost, and so is what that cost. */
    cr_expect_eq(rare->crashes.work_lost_us, rare->work_lost_us);
    cr_expect(cost->lost > 0 && cost->lost == sim.metrics.cost_lost_by_crashes);
    cr_expect(cost->lost <= cost->parts[EXPENSE_RUNNING]);
    sim_release(&sim);
    scenario_release(&scenario);
}

/* Without a doubling wait, running and down alternate: the share of time running tends to
 * E[up] / (E[up] + wait + E[restart]), here 900 / (900 + 30 + 70). */
Test(crashes, the_share_of_time_running_is_that_of_renewal_theory)
{
    enum { REPLICAS = 200 };
    struct scenario scenario;
    struct sim sim;
    load(&scenario, "20d",
         "'crashes':{'between':{'distribution':'exponential','mean':'900s'},'restart':{"
         "'distribution':'exponential','mean':'70s'},'back_off':{'first':'30s','max':'30s'}},"
         "'startup':'0s'",
         "");
    double sum = 0;
    double squares = 0;
    for (uint64_t i = 0; i < REPLICAS; i++) {
        struct err err = {0};
        struct sim_options options = {.has_seed = true, .seed = i + 1};
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0, "%s", err.text);
        cr_assert_eq(sim_run(&sim, &err), 0, "%s", err.text);
        double share = (double)sim.metrics.runners[0].running.area / (double)sim.end_us;
        sum += share;
        squares += share * share;
        sim_release(&sim);
    }
    double mean = sum / REPLICAS;
    double variance = (squares - REPLICAS * mean * mean) / (REPLICAS - 1);
    double half_width = gsl_cdf_tdist_Pinv(0.9995, REPLICAS - 1) * sqrt(variance / REPLICAS);
    cr_expect_leq(fabs(mean - 0.9), half_width, "%.5f +- %.5f", mean, half_width);
    cr_expect_lt(half_width, 0.002);
    scenario_release(&scenario);
}
