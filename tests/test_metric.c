/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "bench/metric.h"
#include "bench/replicate.h"
#include "reports/totals.h"
#include "reports/wait_stats.h"

/* ---- names ---- */

Test(metric, every_name_and_every_name_of_a_priority_is_found)
{
    size_t count;
    const struct metric *metrics = metric_list(&count);
    for (size_t i = 0; i < count; i++) {
        struct metric_choice choice = {&metrics[i], METRIC_ALL_PRIORITIES}, found;
        struct err err = {0};
        char name[METRIC_NAME_SIZE];
        for (int p = METRIC_ALL_PRIORITIES; p < 10; p++) {
            choice.priority = p;
            int parsed = metric_parse(metric_name(&choice, name), &found, &err);
            bool is_there = p == METRIC_ALL_PRIORITIES || metrics[i].has_priorities;
            cr_assert_eq(parsed, is_there ? 0 : -1, "%s", name);
            if (is_there)
                cr_assert(found.metric == &metrics[i] && found.priority == p, "%s", name);
        }
    }
}

static const struct {
    const char *list, *text;
} wrong[] = {
    {"wait_s_p96",
     "\"wait_s_p96\": no such metric: did you mean \"wait_s_p90\"? docs/compare.md lists them"},
    {"nonsense", "\"nonsense\": no such metric: docs/compare.md lists them, as in "
                 "wait_s_p95,preemptions_p9"},
    {"pending,",
     "\"\": no such metric: docs/compare.md lists them, as in wait_s_p95,preemptions_p9"},
    {"pending,usd_p3", "usd_p3: usd is not counted by priority"},
};

Test(metric, a_wrong_name_is_told_with_what_is_near)
{
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct metric_set set = {.count = 0};
        struct err err = {0};
        cr_assert_eq(metric_set_parse(&set, wrong[i].list, &err), -1);
        cr_assert_eq(err.kind, ERR_USAGE);
        cr_assert_str_eq(err.text, wrong[i].text);
    }
}

Test(metric, a_metric_is_in_a_set_once)
{
    struct metric_set set = {.count = 0};
    struct err err;
    cr_assert_eq(metric_set_parse(&set, "pending,preemptions_p9,pending,preemptions", &err), 0);
    cr_assert_eq(set.count, 3);
    cr_assert_eq(set.items[1].priority, 9);
}

/* ---- preemption ---- */

/* Work 1 of runner 0 is evicted three times, work 2 once; work 1 of runner 3 twice. */
Test(metric, loops_of_evict_and_restart_are_counted_by_work)
{
    static struct eviction evictions[] = {
        {.victim_runner = 0, .victim_work = 1, .victim_priority = 2},
        {.victim_runner = 3, .victim_work = 1, .victim_priority = 5},
        {.victim_runner = 0, .victim_work = 1, .victim_priority = 2},
        {.victim_runner = 0, .victim_work = 2, .victim_priority = 2},
        {.victim_runner = 0, .victim_work = 1, .victim_priority = 2},
        {.victim_runner = 3, .victim_work = 1, .victim_priority = 5},
    };
    struct sim sim = {.metrics = {.evictions = evictions, .eviction_count = 6}};
    struct eviction_loops loops;
    struct err err;
    cr_assert_eq(eviction_loops_make(&loops, &sim, 0, &err), 0);
    cr_expect(loops.repeated[2] == 2 && loops.most[2] == 3 && loops.victims[2] == 1);
    cr_expect(loops.repeated[5] == 1 && loops.most[5] == 2 && loops.victims[5] == 1);
    cr_assert_eq(eviction_loops_make(&loops, &sim, 4, &err), 0);
    cr_expect(loops.repeated[2] == 1 && loops.most[2] == 1 && loops.victims[2] == 1);
    cr_expect(loops.repeated[5] == 1 && loops.repeated[0] == 0);
}

Test(metric, preemption_stands_for_all_of_it)
{
    struct metric_set set = {.count = 0};
    struct err err;
    cr_assert_eq(metric_set_parse(&set, "pending,preemption,work_lost_h", &err), 0);
    cr_assert_eq(set.count, 12);
}

/* ---- values ---- */

static void load(struct scenario *scenario, const char *name)
{
    char path[512];
    struct err err;
    snprintf(path, sizeof path, "%s/scenarios/%s", STOWAGE_SOURCE_DIR, name);
    cr_assert_eq(scenario_load(scenario, path, &err), 0, "%s", err.text);
}

static void add_all(struct metric_set *set)
{
    size_t count;
    const struct metric *metrics = metric_list(&count);
    struct err err;
    for (size_t i = 0; i < count; i++) {
        const struct metric_choice choice = {&metrics[i], METRIC_ALL_PRIORITIES};
        cr_assert_geq(metric_set_add(set, &choice, &err), 0);
    }
}

static double value_of(const struct metric_set *set, const double *values, const char *name)
{
    struct metric_set copy = *set;
    struct metric_choice choice;
    struct err err;
    cr_assert_eq(metric_parse(name, &choice, &err), 0, "%s", err.text);
    int32_t place = metric_set_add(&copy, &choice, &err);
    cr_assert(place >= 0 && place < set->count, "%s", name);
    return values[place];
}

/* What the reports say of the same run. */
static int compare_with_reports(void *context, const struct sim *sim,
                                const struct metric_sums *from, struct err *err)
{
    const struct metric_set *set = context;
    double values[METRICS_MAX];
    struct wait_stats waits[WAIT_STATS_COUNT];
    struct totals totals;
    totals_make(sim, &totals);
    cr_assert_eq(metric_values_read(set, sim, from, values, err), 0);
    cr_assert_eq(wait_stats_make(sim, waits, err), 0);
    const struct wait_stats *all = &waits[WAIT_STATS_ALL];
    double seconds = (double)sim->now_us / US_PER_S;
    cr_expect_float_eq(value_of(set, values, "wait_s_mean"), wait_stats_mean_us(all) / 1e6, 1e-9);
    cr_expect_float_eq(value_of(set, values, "queue_mean") * seconds,
                       int128_ratio(all->sum_us, US_PER_S), 1e-3);
    cr_expect_eq(value_of(set, values, "pending"), (double)all->waiting_count);
    cr_expect_eq(value_of(set, values, "wait_s_max"), (double)all->quantiles[WAIT_MAX].us / 1e6);
    cr_expect_float_eq(value_of(set, values, "immediate_pct"),
                       100.0 * (double)all->immediate_count / (double)all->demand_count, 1e-9);
    cr_expect_eq(value_of(set, values, "preemptions"), sim->metrics.eviction_count);
    cr_expect_eq(value_of(set, values, "finished"), (double)totals.counts.finished);
    cr_expect_eq(value_of(set, values, "lost"), (double)totals.counts.lost);
    cr_expect_float_eq(value_of(set, values, "served_pct"),
                       100 * int128_ratio(totals.counts.running_us, totals.counts.wish_us), 1e-9);
    double floors = 100 * availability_share(&totals.floors);
    if (!isnan(floors))
        cr_expect_float_eq(value_of(set, values, "floor_pct"), floors, 1e-9);
    return 0;
}

Test(metric, values_are_those_of_the_reports)
{
    static const char *const files[] = {"quickstart.json", "clarifai-week.json", "spot-storm.json",
                                        "diurnal-autoscale.json"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct scenario scenario;
        struct metric_set set = {.count = 0};
        double values[METRICS_MAX];
        struct err err;
        load(&scenario, files[i]);
        add_all(&set);
        const struct replication replication = {.scenario = &scenario,
                                                .seed = 3,
                                                .metrics = &set,
                                                .look = compare_with_reports,
                                                .context = &set};
        cr_assert_eq(replicate(&replication, values, &err), 0, "%s", err.text);
        scenario_release(&scenario);
    }
}

Test(metric, the_sum_over_priorities_is_the_whole)
{
    static const char *const names[] = {"preemptions", "pending", "queue_mean",   "finished",
                                        "work_lost_h", "gave_up", "below_floor_h"};
    struct scenario scenario;
    load(&scenario, "clarifai-week.json");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct metric_set set = {.count = 0};
        struct metric_choice choice;
        double values[METRICS_MAX];
        struct err err;
        cr_assert_eq(metric_parse(names[i], &choice, &err), 0, "%s", err.text);
        for (choice.priority = METRIC_ALL_PRIORITIES; choice.priority < 10; choice.priority++)
            cr_assert_geq(metric_set_add(&set, &choice, &err), 0);
        const struct replication replication = {.scenario = &scenario, .metrics = &set};
        cr_assert_eq(replicate(&replication, values, &err), 0, "%s", err.text);
        double sum = 0;
        for (int p = 0; p < 10; p++)
            sum += values[1 + p];
        cr_expect_float_eq(sum, values[0], 1e-9 * (1 + fabs(sum)), "%s", names[i]);
    }
    scenario_release(&scenario);
}

static int add_priorities(void *context, const struct sim *sim, const struct metric_sums *from,
                          struct err *err)
{
    (void)context, (void)from, (void)err;
    struct metric_sums sums;
    int128 running_us = 0, wish_us = 0;
    metric_sums_read(sim, sim->now_us, true, &sums);
    for (int p = 0; p < 10; p++) {
        running_us += sums.running_us[p];
        wish_us += sums.wish_us[p];
    }
    cr_expect(running_us > 0);
    cr_expect(sums.running_all_us == running_us);
    cr_expect(sums.wish_all_us == wish_us);
    return 0;
}

Test(metric, a_run_has_summed_up_the_service_of_its_runners)
{
    struct scenario scenario;
    struct metric_set set = {.count = 0};
    double values[METRICS_MAX];
    struct err err;
    load(&scenario, "clarifai-week.json");
    cr_assert_eq(metric_set_parse(&set, "served_pct", &err), 0);
    const struct replication replication = {
        .scenario = &scenario, .metrics = &set, .look = add_priorities};
    cr_assert_eq(replicate(&replication, values, &err), 0, "%s", err.text);
    scenario_release(&scenario);
}
