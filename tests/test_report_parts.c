/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "reports/answers.h"
#include "reports/cost.h"
#include "reports/group_key.h"
#include "reports/layout.h"
#include "reports/phrase.h"
#include "reports/plot_frame.h"
#include "reports/plot_states.h"
#include "reports/runner_metrics.h"
#include "reports/top.h"
#include "reports/view.h"
#include "reports/wait_stats.h"
#include "tests/csv_rows.h"
#include "tests/scenario_make.h"

/* ---- cost ---- */

#define HOUR_US (INT64_C(3600) * US_PER_S)

Test(report_parts, cost_is_time_times_price)
{
    static const struct {
        const char *name;
        int64_t hours, us, price_micro;
        const char *usd;
    } cases[] = {
        {"the price list's own example: 42 millicents a second", 1, 0, 42000000, "1.512000"},
        {"nothing", 0, 0, 42000000, "0.000000"},
        {"free of charge", 1000, 0, 0, "0.000000"},
        {"half a micro-USD is rounded up", 0, 50000, 1000000, "0.000001"},
        {"less is rounded down", 0, 49999, 1000000, "0.000000"},
        {"a hundred thousand nodes for a hundred years at the highest price", INT64_C(87660000000),
         0, PRICE_MICRO_MAX, "3155760000000000000.000000"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[USD_TEXT_SIZE];
        int128 time_us = (int128)cases[i].hours * HOUR_US + cases[i].us;
        cr_expect_str_eq(print_usd(cost_of_time(time_us, cases[i].price_micro), text), cases[i].usd,
                         "%s", cases[i].name);
    }
}

/* ---- phrases ---- */

Test(report_parts, times_are_rounded_for_people)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "0 s"},
        {1, "1 us"},
        {999, "999 us"},
        {250000, "250 ms"},
        {INT64_C(12345678), "12.3 s"},
        {INT64_C(119) * US_PER_S, "119 s"},
        {INT64_C(120) * US_PER_S, "2 min"},
        {2 * HOUR_US, "2 h"},
        {47 * HOUR_US + HOUR_US / 2, "47.5 h"},
        {48 * HOUR_US, "2 d"},
        {247 * HOUR_US, "10.3 d"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[PHRASE_SIZE];
        cr_expect_str_eq(phrase_time(cases[i].us, text), cases[i].text);
    }
}

Test(report_parts, instants_are_exact)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "the start"},     {7710 * INT64_C(60) * US_PER_S, "5d 8h 30m"}, {1, "1us"},
        {24 * HOUR_US, "1d"}, {HOUR_US + 5 * US_PER_S + 7, "1h 5s 7us"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[PHRASE_SIZE];
        cr_expect_str_eq(phrase_instant(cases[i].us, text), cases[i].text);
    }
}

Test(report_parts, shares_are_never_rounded_to_none_or_all)
{
    static const struct {
        double share;
        const char *text;
    } cases[] = {
        {0.0, "0.0 %"},     {0.0001, "< 0.1 %"},  {0.0005, "0.1 %"}, {0.5, "50.0 %"},
        {0.9994, "99.9 %"}, {0.9996, "> 99.9 %"}, {1.0, "100.0 %"},  {1.2, "120.0 %"},
    };
    char text[PHRASE_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_str_eq(phrase_percent(cases[i].share, text), cases[i].text);
    cr_expect_str_eq(phrase_percent((double)NAN, text), "-");
}

Test(report_parts, amounts_have_their_units)
{
    static const struct {
        enum resource resource;
        int64_t amount;
        const char *text;
    } cases[] = {
        {RESOURCE_CPU, 500, "0.5 cores"},
        {RESOURCE_CPU, 1000, "1 core"},
        {RESOURCE_MEMORY, 0, "0 B"},
        {RESOURCE_MEMORY, 1024, "1 KiB"},
        {RESOURCE_MEMORY, INT64_C(1) << 40, "1 TiB"},
        {RESOURCE_MEMORY, INT64_C(3) << 29, "1.5 GiB"},
        {RESOURCE_DEVICES, 1, "1 device"},
        {RESOURCE_DEVICES, 8, "8 devices"},
        {RESOURCE_SHARE, 1250, "1.25 devices"},
        {RESOURCE_SHARE, 1000, "1 device"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[PHRASE_SIZE];
        cr_expect_str_eq(phrase_amount(cases[i].resource, cases[i].amount, text), cases[i].text);
    }
}

Test(report_parts, a_sentence_that_is_too_long_is_cut)
{
    struct sentence sentence = {0};
    for (int i = 0; i < SENTENCE_SIZE; i++)
        sentence_add(&sentence, "ab");
    cr_expect_eq(sentence.length, SENTENCE_SIZE - 1);
    cr_expect_eq(strlen(sentence.text), SENTENCE_SIZE - 1);
}

/* ---- layout ---- */

Test(report_parts, text_is_cut_by_characters)
{
    static const struct {
        const char *text;
        int columns;
        const char *cut;
    } cases[] = {
        {"abc", 3, "abc"},
        {"abcd", 3, "..."},
        {"abcdefgh", 6, "abc..."},
        {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 4, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"},
        {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"
         "e",
         4, "\xc3\xa4..."},
        {"", 5, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[64];
        strcpy(text, cases[i].text);
        layout_cut(text, cases[i].columns);
        cr_expect_str_eq(text, cases[i].cut);
    }
}

Test(report_parts, names_fill_their_column)
{
    struct sentence line = {0};
    layout_add_name(&line, "\xc3\xa4\n", 8);
    layout_add_name(&line, "a-very-long-name", 8);
    cr_expect_str_eq(line.text, "\xc3\xa4\\x0a   a-ver...");
}

/* ---- the few largest ---- */

Test(report_parts, the_largest_are_kept_in_order)
{
    static const int64_t keys[] = {3, 9, 1, 9, 7, 2, 8};
    struct top top = top_of(3);
    for (int32_t i = 0; i < (int32_t)ARRAY_LEN(keys); i++)
        top_offer(&top, i, keys[i]);
    cr_expect_eq(top.count, 3);
    cr_expect_eq(top.items[0], 1);
    cr_expect_eq(top.items[1], 3);
    cr_expect_eq(top.items[2], 6);
    cr_expect_eq(top_left_out(&top), 4);
}

/* ---- waits ---- */

/* All waits of priority 4, in seconds: bound ones, and those without a place. */
static struct wait_stats stats_of(const int64_t *bound, int32_t bound_count, const int64_t *open,
                                  int32_t open_count)
{
    struct err err = {0};
    struct wait_stats stats[WAIT_STATS_COUNT];
    struct sim *sim = calloc(1, sizeof *sim);
    int64_t later_us[200];
    int64_t open_us[200];
    int32_t later_count = 0;
    for (int32_t i = 0; i < bound_count; i++)
        if (bound[i] > 0)
            later_us[later_count++] = bound[i] * US_PER_S;
    for (int32_t i = 0; i < open_count; i++)
        open_us[i] = open[i] * US_PER_S;
    sim->metrics.waits[4] = (struct waits){.at_once_count = bound_count - later_count,
                                           .later_us = later_us,
                                           .later_count = later_count,
                                           .censored_us = open_us,
                                           .censored_count = open_count,
                                           .waiting_count = open_count};
    cr_assert_eq(wait_stats_make(sim, stats, &err), 0);
    free(sim);
    cr_expect_eq(stats[4].demand_count, stats[WAIT_STATS_ALL].demand_count);
    return stats[4];
}

static void expect_quantiles(const struct wait_stats *stats, const char *expected)
{
    struct sentence text = {0};
    char phrase[PHRASE_SIZE];
    for (int i = 0; i < WAIT_QUANTILE_COUNT; i++)
        sentence_add(&text, "%s%s", i == 0 ? "" : ", ", phrase_wait(&stats->quantiles[i], phrase));
    cr_expect_str_eq(text.text, expected);
}

Test(report_parts, percentiles_of_waits_go_by_rank)
{
    int64_t seconds[100];
    for (int i = 0; i < 100; i++)
        seconds[i] = 100 - i;
    struct wait_stats stats = stats_of(seconds, 100, NULL, 0);
    expect_quantiles(&stats, "50 s, 95 s, 99 s, 100 s");
    cr_expect_float_eq(wait_stats_mean_us(&stats), 50.5e6, 1e-6);
    stats = stats_of((const int64_t[]){7}, 1, NULL, 0);
    expect_quantiles(&stats, "7 s, 7 s, 7 s, 7 s");
    stats = stats_of(NULL, 0, NULL, 0);
    cr_expect(isnan(wait_stats_mean_us(&stats)));
}

Test(report_parts, censored_waits_make_what_is_above_them_a_lower_bound)
{
    static const int64_t four[] = {1, 2, 3, 4};
    struct wait_stats stats = stats_of(four, 4, (const int64_t[]){3}, 1);
    expect_quantiles(&stats,
                     "3 s, >= 4 s, >= 4 s, >= 4 s"); /* at equal length the done one first */
    stats = stats_of(four, 4, (const int64_t[]){0}, 1);
    expect_quantiles(&stats, ">= 2 s, >= 4 s, >= 4 s, >= 4 s");
    stats = stats_of(four, 4, (const int64_t[]){9}, 1);
    expect_quantiles(&stats, "3 s, >= 9 s, >= 9 s, >= 9 s");
}

Test(report_parts, a_bound_of_0_is_not_a_figure)
{
    static const int64_t none[3] = {0};
    struct wait_stats stats = stats_of(none, 3, none, 2);
    expect_quantiles(&stats, "0 s, unknown, unknown, unknown");
}

Test(report_parts, waits_of_none_stand_before_all_others)
{
    static const int64_t most[] = {5, 0, 0, 0}, half[] = {0, 3, 0, 4}, none[20] = {0};
    struct wait_stats stats = stats_of(most, 4, NULL, 0);
    expect_quantiles(&stats, "0 s, 5 s, 5 s, 5 s");
    cr_expect_eq(stats.immediate_count, 3);
    cr_expect_eq(stats.bound_count, 4);
    cr_expect(stats.sum_us == 5 * US_PER_S);
    stats = stats_of(half, 4, (const int64_t[]){0}, 1);
    expect_quantiles(&stats, "unknown, >= 4 s, >= 4 s, >= 4 s");
    stats = stats_of(none, 20, (const int64_t[]){8}, 1);
    expect_quantiles(&stats, "0 s, 0 s, >= 8 s, >= 8 s");
    stats = stats_of(none, 20, NULL, 0);
    expect_quantiles(&stats, "0 s, 0 s, 0 s, 0 s");
    cr_expect_eq(stats.demand_count, 20);
}

/* ---- groups ---- */

static void expect_values(const struct runner_extra *extra, const char *key, const char *expected)
{
    struct err err = {0};
    struct runner_def def = {.extra = extra, .priority = 7, .worker = "model:m"};
    struct sim_runner runner = {.def = &def};
    struct sim sim = {.runners = &runner, .runner_count = 1};
    struct value_list values = {0};
    struct group_key parsed;
    struct sentence text = {0};
    cr_assert_eq(group_key_parse(key, strlen(key), "--group-by", &parsed, &err), 0);
    cr_assert_eq(group_values(&sim, &parsed, 0, &values, &err), 0);
    for (int32_t i = 0; i < values.count; i++)
        sentence_add(&text, "[%s]", values.items[i]);
    cr_expect_str_eq(text.text, expected, "%s: %s, not %s", key, text.text, expected);
    value_list_release(&values);
}

Test(report_parts, runners_have_the_values_of_a_key)
{
    static const struct runner_extra extra = {
        .labels = "[\"a\",\"b\",\"a\",\"\"]",
        .metadata = "{\"team\":\"x\",\"cost\":{\"center\":7},\"n\":12,\"none\":null}"};
    static const struct runner_extra empty = {.labels = "[]", .metadata = "{}"};
    expect_values(&extra, "label", "[a][b][]");
    expect_values(&extra, "priority", "[7]");
    expect_values(&extra, "worker", "[model:m]");
    expect_values(&extra, "metadata.team", "[x]");
    expect_values(&extra, "metadata.cost", "[{\"center\":7}]");
    expect_values(&extra, "metadata.n", "[12]");
    expect_values(&extra, "metadata.tea", "[]");
    expect_values(&empty, "label", "[]");
    expect_values(&empty, "metadata.team", "[]");
    expect_values(NULL, "label", "[]");
    expect_values(NULL, "metadata.team", "[]");
}

/* ---- made runs ---- */

struct made_run {
    struct scenario scenario;
    struct sim sim;
    struct report_options options;
    struct report_view view;
};

static void start(struct made_run *run)
{
    struct err err = {0};
    struct sim_options options = {.keep_changes = true};
    cr_assert_eq(sim_init(&run->sim, &run->scenario, &options, &err), 0, "%s", err.text);
}

static void look(struct made_run *run)
{
    struct err err = {0};
    cr_assert_eq(sim_finish(&run->sim, &err), 0);
    cr_assert_eq(report_view_init(&run->view, &run->sim, &run->options, &err), 0, "%s", err.text);
}

static void release(struct made_run *run)
{
    report_view_release(&run->view);
    sim_release(&run->sim);
    made_release(&run->scenario);
}

static struct csv_rows read_table(const struct made_run *run, const char *file)
{
    struct err err = {0};
    struct table table;
    size_t count;
    const struct report_table *const *tables = report_tables(&count);
    size_t i = 0;
    while (i < count && strcmp(tables[i]->file, file) != 0)
        i++;
    cr_assert_lt(i, count);
    FILE *out = tmpfile();
    cr_assert_not_null(out);
    table_init(&table, out, tables[i]->columns, tables[i]->column_count);
    cr_assert_eq(tables[i]->write(&run->view, &table, &err), 0);
    struct csv_rows rows = csv_rows_read(out, file);
    fclose(out);
    return rows;
}

/* A run that is ended just where a time bin begins: what happened there is in the last row. */
Test(report_parts, what_happens_at_the_end_is_in_the_last_bin)
{
    struct err err = {0};
    struct made_run run = {.scenario = made_scenario()};
    run.scenario.horizon_us = INT64_C(480) * US_PER_S;
    int32_t pool = make_pool(&run.scenario, make_type(&run.scenario, 1000, 0));
    make_nodes(&run.scenario, pool, 0, 1, NULL);
    make_runner(&run.scenario, make_shape(&run.scenario, pool, 500, 0))->arrival_us =
        INT64_C(10) * US_PER_S;
    start(&run);
    while (run.sim.metrics.runners[0].bound_count == 0)
        cr_assert_eq(sim_step(&run.sim, &err), 1);
    cr_assert_eq(run.sim.now_us, INT64_C(10) * US_PER_S);
    look(&run);
    struct csv_rows timeline = read_table(&run, "timeline.csv");
    cr_expect_eq(timeline.row_count, 2 * 10);
    cr_expect_eq(csv_rows_sum(&timeline, "bound", "scope", "fleet"), 1000000);
    csv_rows_release(&timeline);
    release(&run);
}

/* Whether another replica of a runner may come to a node depends on the runner here, so that two
 * runners of one shape have two reasons. */
Test(report_parts, reasons_are_shared_only_where_they_are_the_same)
{
    struct err err = {0};
    struct made_run run = {.scenario = made_scenario(), .options = {.version = "0", .command = ""}};
    struct terminal_style style = {.has_colour = false};
    char *text = NULL;
    size_t size;
    int32_t pool = make_pool(&run.scenario, make_type(&run.scenario, 4000, 0));
    make_nodes(&run.scenario, pool, 0, 1, NULL);
    int32_t plain = make_shape(&run.scenario, pool, 1000, 0);
    struct shape once = run.scenario.shapes.items[plain];
    once.max_per_node = 1;
    int32_t shape;
    cr_assert_eq(shape_table_intern(&run.scenario.shapes, &once, &shape, &err), 0);
    int32_t large = make_shape(&run.scenario, pool, 3000, 0);
    make_runner(&run.scenario, shape)->num_replicas = 3; /* one placed: 2 wait for max_per_node */
    make_runner(&run.scenario, large);                   /* placed */
    make_runner(&run.scenario, shape)->num_replicas = 2; /* none placed: 2 wait for CPU */
    make_runner(&run.scenario, shape);                   /* the same */
    make_runner(&run.scenario, large);
    start(&run);
    cr_assert_eq(sim_run(&run.sim, &err), 0);
    look(&run);
    cr_expect_eq(run.view.waiting.count, 4);
    cr_expect_eq(run.view.waiting.reason_count, 3);
    const struct waiting *rows = run.view.waiting.rows;
    cr_expect_neq(rows[0].reason, rows[1].reason);
    cr_expect_eq(rows[1].reason, rows[2].reason);
    cr_expect_eq(run.view.waiting.reasons[rows[1].reason].replica_count, 3);
    cr_expect_eq(run.view.waiting.reasons[rows[1].reason].runner_count, 2);
    FILE *out = open_memstream(&text, &size);
    cr_expect_eq(report_print_terminal(&run.sim, &run.options, &style, out, &err), 0);
    fclose(out);
    cr_expect_not_null(strstr(text, " 1 more reason: see pending.csv\n"), "%s", text);
    free(text);
    release(&run);
}

Test(report_parts, metrics_of_the_api_saturate)
{
    struct err err = {0};
    struct made_run run = {.scenario = made_scenario()};
    char *text = NULL;
    size_t size;
    run.scenario.horizon_us = INT64_C(3000000) * US_PER_S;
    int32_t pool = make_pool(&run.scenario, make_type(&run.scenario, 2000000, 0));
    make_nodes(&run.scenario, pool, 0, 1, NULL);
    make_runner(&run.scenario, make_shape(&run.scenario, pool, 1000, 0))->num_replicas = 1500;
    make_runner(&run.scenario, make_shape(&run.scenario, pool, 1000, 0))->num_replicas = 2;
    start(&run);
    cr_assert_eq(sim_run(&run.sim, &err), 0);
    look(&run);
    FILE *out = open_memstream(&text, &size);
    runner_metrics_print(&run.view, out);
    fclose(out);
    cr_expect_str_eq(text,
                     "{\"id\":\"r0\",\"runner_metrics\":{\"pods_total\":1500,\"pods_running\":1500,"
                     "\"total_pods_running_time_s\":4294967295,\"pods_preempted_total\":0}}\n"
                     "{\"id\":\"r1\",\"runner_metrics\":{\"pods_total\":2,\"pods_running\":2,"
                     "\"total_pods_running_time_s\":6000000,\"pods_preempted_total\":0}}\n");
    free(text);
    release(&run);
}

/* Has a row in crashes.csv, and none to tell of. */
static const struct crash_def never_crashes = {.between = NO_INDEX, .restart = NO_INDEX};

/* r1 loses its only replica to r0 at 100 s and leaves at 150 s; r2 is not concerned. */
static void run_eviction(struct made_run *run, const char *select)
{
    struct err err = {0};
    *run = (struct made_run){.scenario = made_scenario(), .options = {.select = select}};
    int32_t pool = make_pool(&run->scenario, make_type(&run->scenario, 1500, 0));
    make_nodes(&run->scenario, pool, 0, 1, NULL);
    int32_t shape = make_shape(&run->scenario, pool, 1000, 0);
    int32_t small = make_shape(&run->scenario, pool, 500, 0);
    struct runner_def *runner = make_runner(&run->scenario, shape);
    runner->priority = 5;
    runner->arrival_us = INT64_C(100) * US_PER_S;
    runner = make_runner(&run->scenario, shape);
    runner->priority = 1;
    runner->departure_us = INT64_C(150) * US_PER_S;
    make_runner(&run->scenario, small)->priority = 9;
    for (int32_t i = 0; i < run->scenario.runner_count; i++)
        run->scenario.runners[i].crash = &never_crashes;
    start(run);
    cr_assert_eq(sim_run(&run->sim, &err), 0);
    look(run);
}

Test(report_parts, an_eviction_counts_until_its_runner_leaves)
{
    struct made_run run;
    run_eviction(&run, NULL);
    struct csv_rows rows = read_table(&run, "preemptions.csv");
    cr_assert_eq(rows.row_count, 1);
    cr_expect(csv_rows_is(&rows, 0, "victim_runner", "r1"));
    cr_expect(csv_rows_is(&rows, 0, "work_lost_s", "100.000000"));
    cr_expect(csv_rows_is(&rows, 0, "recover_s", "50.000000"));
    cr_expect(csv_rows_is(&rows, 0, "is_recovered", "no"));
    csv_rows_release(&rows);
    release(&run);
}

Test(report_parts, a_selection_limits_the_rows_of_runners)
{
    static const struct {
        const char *select;
        int32_t runners, placements, preemptions, nodes;
    } cases[] = {
        {NULL, 3, 2, 1, 1},         {"priority=5", 1, 1, 1, 1}, {"priority=1", 1, 0, 1, 1},
        {"priority=9", 1, 1, 0, 1}, {"priority=4", 0, 0, 0, 1}, {"label=", 3, 2, 1, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made_run run;
        run_eviction(&run, cases[i].select);
        const struct {
            const char *file;
            int32_t count;
        } expected[] = {{"runners.csv", cases[i].runners},
                        {"crashes.csv", cases[i].runners},
                        {"placements.csv", cases[i].placements},
                        {"preemptions.csv", cases[i].preemptions},
                        {"nodes.csv", cases[i].nodes}};
        for (size_t k = 0; k < ARRAY_LEN(expected); k++) {
            struct csv_rows rows = read_table(&run, expected[k].file);
            cr_expect_eq(rows.row_count, expected[k].count, "case %zu: %s: %d rows", i,
                         expected[k].file, rows.row_count);
            csv_rows_release(&rows);
        }
        release(&run);
    }
}

/* r0 is there from the start, r1 comes at 500 s, r2 after the horizon. */
Test(report_parts, runners_still_to_come_are_left_out_of_a_run_that_ended_early)
{
    for (int is_whole = 0; is_whole < 2; is_whole++) {
        struct err err = {0};
        struct made_run run = {.scenario = made_scenario(),
                               .options = {.version = "0", .command = "", .group_by = "priority"}};
        char *text = NULL;
        size_t size;
        int32_t pool = make_pool(&run.scenario, make_type(&run.scenario, 1000, 0));
        int32_t shape = make_shape(&run.scenario, pool, 100, 0);
        for (int i = 0; i < 3; i++) {
            struct runner_def *runner = make_runner(&run.scenario, shape);
            runner->arrival_us = INT64_C(500) * i * i * US_PER_S;
            runner->crash = &never_crashes;
        }
        start(&run);
        cr_assert_eq(is_whole ? sim_run(&run.sim, &err) : sim_step(&run.sim, &err) < 0, 0);
        look(&run);
        cr_assert_eq(run.sim.is_complete, is_whole);
        struct csv_rows rows = read_table(&run, "runners.csv");
        cr_expect_eq(rows.row_count, is_whole ? 3 : 1);
        csv_rows_release(&rows);
        rows = read_table(&run, "crashes.csv");
        cr_expect_eq(rows.row_count, is_whole ? 3 : 1);
        csv_rows_release(&rows);
        rows = read_table(&run, "groups.csv");
        cr_expect_eq(csv_rows_int(&rows, 0, "runners"), is_whole ? 3 : 1);
        csv_rows_release(&rows);
        FILE *out = open_memstream(&text, &size);
        runner_metrics_print(&run.view, out);
        cr_expect_eq(report_print_json(&run.sim, &run.options, out, &err), 0);
        fclose(out);
        cr_expect_eq(strstr(text, "\"r2\"") != NULL, is_whole, "%s", text);
        cr_expect_not_null(
            strstr(text, is_whole ? "\"runners_not_arrived\": 1" : "\"runners_not_arrived\": 2"));
        free(text);
        release(&run);
    }
}

/* What is free, but not asked for by anything, is not stranded. */
Test(report_parts, only_what_the_scenario_asks_for_can_be_stranded)
{
    struct err err = {0};
    struct made_run run = {.scenario = made_scenario(), .options = {.version = "0", .command = ""}};
    struct terminal_style style = {.has_colour = false};
    char *text = NULL;
    size_t size;
    int32_t type = make_type(&run.scenario, 4000, 2);
    int32_t pool = make_pool(&run.scenario, type);
    make_nodes(&run.scenario, pool, type, 1, NULL);
    make_runner(&run.scenario, make_shape(&run.scenario, pool, 1000, 0));
    start(&run);
    cr_assert_eq(sim_run(&run.sim, &err), 0);
    look(&run);
    struct csv_rows rows = read_table(&run, "packing.csv");
    for (int32_t i = 0; i < 4; i++) {
        bool is_cpu = csv_rows_is(&rows, i, "resource", "cpu");
        cr_expect_eq(csv_rows_text(&rows, i, "stranded")[0] != '\0', is_cpu);
        cr_expect_eq(csv_rows_text(&rows, i, "stranded_pct")[0] != '\0', is_cpu);
    }
    csv_rows_release(&rows);
    FILE *out = open_memstream(&text, &size);
    cr_expect_eq(report_print_terminal(&run.sim, &run.options, &style, out, &err), 0);
    fclose(out);
    cr_expect_not_null(strstr(text, "Stranded    nothing"), "%s", text);
    free(text);
    release(&run);
}

/* No node, no runner: everything has its place and nothing a value. */
Test(report_parts, a_run_of_nothing_can_be_reported)
{
    static const char *const files[] = {"utilization.csv", "packing.csv", "waits.csv",
                                        "timeline.csv"};
    struct err err = {0};
    struct made_run run = {.scenario = made_scenario(), .options = {.version = "0", .command = ""}};
    struct terminal_style style = {.has_colour = false};
    char *text = NULL;
    size_t size;
    make_pool(&run.scenario, make_type(&run.scenario, 1000, 2));
    start(&run);
    cr_assert_eq(sim_finish(&run.sim, &err), 0); /* ended before its first event */
    look(&run);
    static const int32_t counts[] = {5, 4, 0, 0};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct csv_rows rows = read_table(&run, files[i]);
        cr_expect_eq(rows.row_count, counts[i], "%s: %d rows", files[i], rows.row_count);
        for (int64_t k = 0; k < (int64_t)rows.row_count * rows.column_count; k++)
            cr_expect_null(strstr(rows.cells[k], "nan"));
        csv_rows_release(&rows);
    }
    FILE *out = open_memstream(&text, &size);
    cr_expect_eq(report_print_terminal(&run.sim, &run.options, &style, out, &err), 0);
    cr_expect_eq(report_print_markdown(&run.sim, &run.options, out, &err), 0);
    cr_expect_eq(report_print_json(&run.sim, &run.options, out, &err), 0);
    fclose(out);
    cr_expect_null(strstr(text, "nan"));
    cr_expect_null(strstr(text, "Stranded   "), "nothing is asked for");
    free(text);
    release(&run);
}

/* ---- states in plots ---- */

/* The caller frees it. The first two lines are comments. */
static char *states_of(const struct sim *sim, int32_t runner)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    cr_assert_not_null(out);
    plot_states_write(sim, runner, out);
    cr_assert_eq(fclose(out), 0);
    return bytes;
}

/* What says that they were cut; likewise. */
static char *cut_of(const struct sim *sim)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    cr_assert_not_null(out);
    plot_states_print_cut(sim, out);
    cr_assert_eq(fclose(out), 0);
    return bytes;
}

Test(report_parts,
     a_runner_without_states_has_a_row_so_that_the_blocks_behind_it_keep_their_numbers)
{
    struct made_run run;
    run_eviction(&run, NULL);
    char *text = states_of(&run.sim, 2);
    cr_expect_null(strstr(text, "\t0\t0\t0\t0\n"));
    free(text);
    struct change_log all = run.sim.metrics.changes;
    run.sim.metrics.changes = (struct change_log){.was_cut = true};
    text = states_of(&run.sim, 2);
    cr_expect_not_null(strstr(text, "\tfloor\n0.000000\t0\t0\t0\t0\n"), "%s", text);
    free(text);
    run.sim.metrics.changes = all;
    release(&run);
}

Test(report_parts, states_of_a_runner_end_with_the_run_or_with_what_was_kept)
{
    static const char head[] = "# r2\n# time_min\twish\tlive\trunning\tfloor\n";
    struct made_run run;
    run_eviction(&run, NULL);
    char *text = states_of(&run.sim, 2);
    cr_assert(strncmp(text, head, sizeof head - 1) == 0, "%s", text);
    cr_expect_str_eq(text + sizeof head - 1, "0.000000\t1\t1\t1\t0\n16.666667\t1\t1\t1\t0\n");
    cr_expect_eq(plot_states_most(&run.sim, 2), 1);
    free(text);
    text = cut_of(&run.sim);
    cr_expect_str_eq(text, "");
    free(text);
    run.sim.metrics.changes.was_cut = true; /* the last entry is of 150 s */
    text = states_of(&run.sim, 2);
    cr_expect_str_eq(text + sizeof head - 1, "0.000000\t1\t1\t1\t0\n2.500000\t1\t1\t1\t0\n");
    free(text);
    text = cut_of(&run.sim);
    cr_expect_not_null(strstr(text, "'too many changes: drawn up to 2.5 min'"), "%s", text);
    cr_expect_not_null(strstr(text, "from first 2.500000, "), "%s", text);
    free(text);
    release(&run);
}

/* ---- text in plots ---- */

typedef void print_function(FILE *out, const char *text);

/* The caller frees it. */
static char *printed(print_function *print, const char *text)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    cr_assert_not_null(out);
    print(out, text);
    cr_assert_eq(fclose(out), 0);
    return bytes;
}

struct text_case {
    const char *name, *text, *title, *tic;
};

static const struct text_case plot_texts[] = {
    {"plain", "chat-0", "'chat-0'", "'chat-0'"},
    {"quote", "a'b", "'a''b'", "'a''b'"},
    {"quote first", "'a'",
     "'"
     "\xe2\x80\x99"
     "a'''",
     "'"
     "\xe2\x80\x99"
     "a'''"},
    {"three quotes", "a'''b",
     "'a''"
     "\xe2\x80\x99"
     "''b'",
     "'a''"
     "\xe2\x80\x99"
     "''b'"},
    {"percent", "50%s", "'50%s'", "'50%%s'"},
    {"accents", "\xc3\xbcn\xc3\xaf", "'\xc3\xbcn\xc3\xaf'", "'\xc3\xbcn\xc3\xaf'"},
    {"dash", "a\xe2\x80\x93z", "'a\xe2\x80\x93z'", "'a\xe2\x80\x93z'"},
    {"ideographs", "\xe6\x97\xa5\xe6\x9c\xac-1", "'?\?-1'", "'?\?-1'"},
    {"emoji", "\xf0\x9f\x9a\x80", "'?'", "'?'"},
    {"31 characters", "0123456789012345678901234567890", "'0123456789012345678901234567890'",
     "'0123456789012345678901234567890'"},
    {"32 characters", "01234567890123456789012345678901", "'01234567890123...89012345678901'",
     "'01234567890123...89012345678901'"},
};

Test(report_parts, text_from_outside_is_drawn_as_text)
{
    for (size_t i = 0; i < ARRAY_LEN(plot_texts); i++) {
        char *title = printed(plot_print_text, plot_texts[i].text);
        char *tic = printed(plot_print_tic, plot_texts[i].text);
        cr_expect_str_eq(title, plot_texts[i].title, "%s: %s", plot_texts[i].name, title);
        cr_expect_str_eq(tic, plot_texts[i].tic, "%s: %s", plot_texts[i].name, tic);
        free(title);
        free(tic);
    }
}
