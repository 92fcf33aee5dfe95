/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "base/parallel.h"
#include "bench/replicate.h"
#include "tests/failing_alloc.h"
#include "tests/scenario_make.h"

/* Four cores; a runner of two cores comes at 100 s and stays to the end, at 1000 s. */
static struct scenario made_half_used(void)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 4000, 0);
    int32_t pool = make_pool(&scenario, type);
    make_nodes(&scenario, pool, type, 1, NULL);
    struct runner_def *runner = make_runner(&scenario, make_shape(&scenario, pool, 2000, 0));
    runner->arrival_us = INT64_C(100000000);
    runner->floor = runner->min_replicas = 1;
    return scenario;
}

static const struct {
    const char *name;
    int64_t warm_up_s;
    double value;
} windows[] = {
    {"utilization_pct_cpu", 0, 45},
    {"utilization_pct_cpu", 100, 50},
    {"utilization_pct_cpu", 500, 50},
    {"utilization_pct_cpu", 50, 100 * 900 / 950.0 / 2},
    {"nodes_used", 0, 0.9},
    {"nodes_used", 500, 1},
    {"served_pct", 0, 100},
    {"served_pct", 999, 100},
    {"floor_pct", 500, 100},
    {"node_h", 0, 1000 / 3600.0},
    {"node_h", 400, 600 / 3600.0},
    {"below_floor_h", 0, 0},
    {"immediate_pct", 0, 100},
    {"immediate_pct", 100, NAN},
    {"preemptions_per_replica_h", 5, 0},
    {"usd", 0, NAN},
};

Test(replicate, a_warm_up_is_left_out)
{
    struct scenario scenario = made_half_used();
    for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
        struct metric_set set = {.count = 0};
        struct err err;
        double value;
        cr_assert_eq(metric_set_parse(&set, windows[i].name, &err), 0, "%s", err.text);
        const struct replication replication = {
            .scenario = &scenario, .metrics = &set, .warm_up_us = windows[i].warm_up_s * 1000000};
        cr_assert_eq(replicate(&replication, &value, &err), 0, "%s", err.text);
        if (isnan(windows[i].value))
            cr_assert(isnan(value), "row %zu: %g", i, value);
        else
            cr_assert_float_eq(value, windows[i].value, 1e-9, "row %zu: %g", i, value);
    }
    made_release(&scenario);
}

/* ---- many at once ---- */

enum { RUNS = 24, VALUES = 6 };

struct many {
    struct scenario scenario;
    struct metric_set set;
    double values[RUNS][VALUES];
};

static int run_one(void *context, int32_t index, struct err *err)
{
    struct many *many = context;
    const struct replication replication = {
        .scenario = &many->scenario, .metrics = &many->set, .seed = replication_seed(7, index)};
    return replicate(&replication, many->values[index], err);
}

static void run_many(struct many *many, int32_t thread_count)
{
    struct parallel parallel;
    struct err err;
    const struct parallel_work work = {run_one, many, RUNS};
    cr_assert_eq(parallel_start(&parallel, &work, thread_count, &err), 0);
    while (!parallel_is_over(&parallel))
        parallel_wait(&parallel, 1000);
    cr_assert_eq(parallel_end(&parallel, &err), 0, "%s", err.text);
}

Test(replicate, any_number_of_threads_gives_equal_bytes)
{
    static const char list[] = "utilization_pct_cpu,wait_s_mean,wait_s_p95,preemptions,pending,"
                               "stranded_pct_cpu";
    static struct many one, several;
    struct err err;
    struct rng rng = rng_stream(3, "random scenario", 0);
    one.scenario = several.scenario = random_scenario(&rng, 5);
    cr_assert_eq(metric_set_parse(&one.set, list, &err), 0);
    several.set = one.set;
    run_many(&one, 1);
    run_many(&several, 5);
    cr_assert_eq(memcmp(one.values, several.values, sizeof one.values), 0);
    made_release(&one.scenario);
}

/* ---- common random numbers ---- */

struct arrivals_seen {
    int64_t sum_us;
    int32_t count;
};

static int see_arrivals(void *context, const struct sim *sim, const struct metric_sums *from,
                        struct err *err)
{
    (void)from, (void)err;
    struct arrivals_seen *seen = context;
    seen->count = sim->runner_count;
    for (int32_t i = 0; i < sim->runner_count; i++)
        seen->sum_us += sim->runners[i].arrival_us * (i + 1);
    return 0;
}

Test(replicate, runners_come_at_the_same_instants_under_every_policy)
{
    static const char *const policies[] = {"best-fit", "worst-fit", "first-fit", "random"};
    struct scenario scenario = made_half_used();
    const struct runner_def template = made_template(&scenario, scenario.runners[0].shape);
    make_arrivals(&scenario, &template, (struct dist){DIST_EXPONENTIAL, 5e6, 0, 0, TIME_US_MAX});
    struct arrivals_seen seen[ARRAY_LEN(policies)] = {{0}};
    const struct metric_set set = {.count = 0};
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        const struct replication replication = {.scenario = &scenario,
                                                .policy = policy_find(policies[i]),
                                                .metrics = &set,
                                                .seed = 11,
                                                .look = see_arrivals,
                                                .context = &seen[i]};
        cr_assert_eq(replicate(&replication, NULL, &err), 0, "%s", err.text);
        cr_assert_gt(seen[i].count, 100);
        cr_assert_eq(seen[i].count, seen[0].count);
        cr_assert_eq(seen[i].sum_us, seen[0].sum_us);
    }
    made_release(&scenario);
}

/* ---- failures ---- */

Test(replicate, a_cancelled_run_has_no_values)
{
    struct scenario scenario = made_half_used();
    const struct metric_set set = {.count = 0};
    const atomic_bool is_cancelled = true;
    const struct replication replication = {
        .scenario = &scenario, .metrics = &set, .is_cancelled = &is_cancelled};
    struct err err = {0};
    cr_assert_eq(replicate(&replication, NULL, &err), -1);
    cr_assert_eq(err.kind, ERR_SYSTEM);
    cr_assert_str_eq(err.text, "interrupted");
    made_release(&scenario);
}

Test(replicate, want_of_memory_is_an_error_wherever_it_comes)
{
    struct scenario scenario = made_half_used();
    struct metric_set set = {.count = 0};
    struct err err = {0};
    cr_assert_eq(metric_set_parse(&set, "wait_s_p95,stranded_pct_cpu", &err), 0);
    const struct replication replication = {.scenario = &scenario, .metrics = &set};
    double values[2];
    int failures = 0;
    for (int64_t after = 1;; after++) {
        failing_alloc_arm(after);
        int result = replicate(&replication, values, &err);
        bool has_failed = failing_alloc_disarm();
        if (!has_failed) {
            cr_assert_eq(result, 0);
            break;
        }
        cr_assert_eq(result, -1);
        cr_assert_eq(err.kind, ERR_SYSTEM);
        failures++;
    }
    cr_assert_gt(failures, 10);
    made_release(&scenario);
}

Test(replicate, seeds_follow_each_other_and_stay_in_range)
{
    cr_assert_eq(replication_seed(42, 0), 42);
    cr_assert_eq(replication_seed(42, 5), 47);
    cr_assert_eq(replication_seed(INT64_MAX, 1), 0);
}
