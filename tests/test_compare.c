/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "bench/compact.h"
#include "bench/compare.h"
#include "bench/compare_report.h"
#include "bench/compare_words.h"
#include "bench/shake.h"
#include "tests/failing_alloc.h"
#include "tests/scenario_make.h"

/* ---- the manual ---- */

static char *read_manual(void)
{
    FILE *file = fopen(STOWAGE_SOURCE_DIR "/docs/compare.md", "r");
    cr_assert_not_null(file);
    char *text = calloc(1, 1 << 20);
    cr_assert_not_null(text);
    size_t length = fread(text, 1, (1 << 20) - 1, file);
    cr_assert_gt(length, 1000);
    fclose(file);
    return text;
}

static const char *better(enum metric_direction direction)
{
    return direction == METRIC_NEUTRAL           ? "neither"
           : direction == METRIC_LOWER_IS_BETTER ? "lower"
                                                 : "higher";
}

Test(compare, the_manual_has_every_metric_and_column)
{
    char *manual = read_manual();
    char row[600];
    size_t count;
    const struct metric *metrics = metric_list(&count);
    for (size_t i = 0; i < count; i++) {
        snprintf(row, sizeof row, "| `%s` | %s | %s | %s | %s%s |", metrics[i].name,
                 metrics[i].unit, better(metrics[i].direction),
                 metrics[i].has_priorities ? "yes" : "no", metrics[i].meaning,
                 metrics[i].is_tail ? " Tail." : "");
        cr_expect_not_null(strstr(manual, row), "docs/compare.md lacks %s", row);
    }
    const struct compare_table *tables = compare_tables(&count);
    for (size_t i = 0; i < count; i++) {
        snprintf(row, sizeof row, "### %s\n\n%s\n", tables[i].file, tables[i].title);
        cr_expect_not_null(strstr(manual, row), "docs/compare.md lacks %s", row);
        for (int32_t k = 0; k < tables[i].column_count; k++) {
            const struct column *column = &tables[i].columns[k];
            snprintf(row, sizeof row, "| `%s` | %s | %s |", column->name, column->unit,
                     column->meaning);
            cr_expect_not_null(strstr(manual, row), "docs/compare.md lacks %s", row);
        }
    }
    free(manual);
}

/* ---- figures ---- */

static const struct {
    double value;
    const char *text;
} figures[] = {
    {0, "0"},           {1234567.8, "1234568"}, {999.96, "1000.0"},
    {12.3456, "12.35"}, {0.012345, "0.01235"},  {-3, "-3.000"},
    {NAN, "-"},         {1e-7, "1.000e-07"},    {2.5e13, "2.500e+13"},
};

Test(compare, figures_have_four_digits)
{
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        char text[FIGURE_TEXT_SIZE];
        cr_assert_str_eq(figure_text(figures[i].value, text), figures[i].text, "%s", text);
    }
    char text[FIGURE_TEXT_SIZE];
    cr_assert_str_eq(effect_text(1.5, text), "+1.500");
    cr_assert_str_eq(effect_text(-1.5, text), "-1.500");
}

/* ---- a comparison in memory ---- */

/* M/M/2 with a mean of three of four cores busy, in units of which a run takes a millisecond. */
static struct scenario made_queue(void)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 1000, 0);
    int32_t pool = make_pool(&scenario, type);
    make_nodes(&scenario, pool, type, 2, NULL);
    struct runner_def template = made_template(&scenario, make_shape(&scenario, pool, 1000, 0));
    template.duration =
        make_dist(&scenario, (struct dist){DIST_EXPONENTIAL, 3e6, 0, 0, TIME_US_MAX});
    make_arrivals(&scenario, &template, (struct dist){DIST_EXPONENTIAL, 2e6, 0, 0, TIME_US_MAX});
    return scenario;
}

static int run_all(struct compare *compare, struct err *err)
{
    int32_t pieces;
    while ((pieces = compare_next(compare, err)) > 0)
        for (int32_t i = 0; i < pieces; i++)
            if (compare_piece(compare, i, err) != 0)
                return -1;
    return pieces;
}

static struct compare_request request_of(const struct compare_variant *variants, int32_t count,
                                         const struct metric_set *metrics)
{
    return (struct compare_request){.variants = variants,
                                    .variant_count = count,
                                    .metrics = metrics,
                                    .chosen_count = metrics->count,
                                    .seed = 5,
                                    .first_count = 10,
                                    .count_max = 10,
                                    .confidence = 0.95,
                                    .precision = 0.05,
                                    .select = -1};
}

Test(compare, pairs_are_correlated_and_that_is_told)
{
    struct scenario slow = made_queue(), fast = made_queue();
    struct metric_set metrics = {.count = 0};
    struct compare compare;
    struct compare_difference differences[2];
    struct err err;
    fast.dists[fast.arrivals[0].template.duration].a = 2.9e6;
    cr_assert_eq(metric_set_parse(&metrics, "utilization_pct_cpu", &err), 0);
    const struct compare_variant variants[] = {{.label = "slow", .scenario = &slow},
                                               {.label = "fast", .scenario = &fast}};
    const struct compare_request request = request_of(variants, 2, &metrics);
    cr_assert_eq(compare_init(&compare, &request, &err), 0);
    cr_assert_eq(run_all(&compare, &err), 0, "%s", err.text);
    cr_assert_eq(compare_differences(&compare, 0, differences, &err), 0);
    cr_expect_eq(differences[1].verdict, VERDICT_WORSE);
    cr_expect_gt(differences[1].correlation, 0.95);
    cr_expect_gt(differences[1].variance_ratio, 10);
    compare_release(&compare);
    made_release(&slow);
    made_release(&fast);
}

Test(compare, want_of_memory_is_an_error_wherever_it_comes)
{
    struct scenario scenario = made_queue();
    struct metric_set metrics = {.count = 0};
    struct err err = {.kind = ERR_NONE};
    scenario.horizon_us = 20 * 1000000;
    cr_assert_eq(metric_set_parse(&metrics, "wait_s_mean", &err), 0);
    const struct compare_variant variants[] = {{.label = "a", .scenario = &scenario},
                                               {.label = "b", .scenario = &scenario}};
    struct compare_request request = request_of(variants, 2, &metrics);
    request.first_count = request.count_max = 2;
    request.shake = 0.1;
    int failures = 0;
    for (int64_t n = 1;; n++) {
        struct compare compare = {.runs = NULL};
        failing_alloc_arm(n);
        int result = compare_init(&compare, &request, &err);
        result = result == 0 ? run_all(&compare, &err) : result;
        bool has_failed = failing_alloc_disarm();
        compare_release(&compare);
        if (!has_failed) {
            cr_assert_eq(result, 0);
            break;
        }
        cr_assert_eq(result, -1);
        cr_assert_eq(err.kind, ERR_SYSTEM);
        failures++;
    }
    cr_assert_gt(failures, 30);
    made_release(&scenario);
}

/* ---- compaction ---- */

static const struct {
    const char *name;
    int32_t nodes, replicas;
    int64_t cpu_milli;
    int32_t picky; /* replicas of eight cores, which no node has */
    double percent;
} fleets[] = {
    {"two fit a node, half of the fleet is needed", 8, 8, 2000, 0, 50},
    {"three cores do not go together", 8, 6, 3000, 0, 75},
    {"the whole fleet is needed", 4, 8, 2000, 0, 100},
    {"the fleet must be cloned", 2, 8, 2000, 0, 200},
    {"one in a thousand may be left", 600, 999, 2000, 1, 100 * 499 / 600.0},
    {"what fits no clone either is left out", 8, 8, 2000, 4, 50},
    {"nothing fits", 3, 5, 9000, 0, NAN},
    {"there is no node", 0, 5, 1000, 0, NAN},
    {"there is no demand", 3, 0, 1000, 0, NAN},
};

Test(compare, compaction_finds_the_fleet_that_arithmetic_says)
{
    for (size_t i = 0; i < ARRAY_LEN(fleets); i++) {
        struct scenario scenario = made_scenario();
        int32_t type = make_type(&scenario, 4000, 0);
        int32_t pool = make_pool(&scenario, type);
        if (fleets[i].nodes > 0)
            make_nodes(&scenario, pool, type, fleets[i].nodes, NULL);
        struct runner_def *runner =
            make_runner(&scenario, make_shape(&scenario, pool, fleets[i].cpu_milli, 0));
        runner->num_replicas = fleets[i].replicas;
        runner->arrival_us = 5000000; /* all at once, whenever they come */
        if (fleets[i].picky > 0)
            make_runner(&scenario, make_shape(&scenario, pool, 8000, 0))->num_replicas =
                fleets[i].picky;
        for (uint64_t seed = 0; seed < 3; seed++) {
            const struct compaction compaction = {.scenario = &scenario, .seed = seed};
            double percent = -1;
            struct err err = {.kind = ERR_NONE};
            cr_assert_eq(compact_fleet(&compaction, &percent, &err), 0, "%s", err.text);
            if (isnan(fleets[i].percent))
                cr_assert(isnan(percent), "%s: %g", fleets[i].name, percent);
            else
                cr_assert_float_eq(percent, fleets[i].percent, 1e-9, "%s: %g", fleets[i].name,
                                   percent);
        }
        made_release(&scenario);
    }
}

/* Nodes of 2 and of 6 cores: how many are needed depends on which are removed first. */
Test(compare, compaction_keeps_the_mix_by_chance)
{
    struct scenario scenario = made_scenario();
    int32_t small = make_type(&scenario, 2000, 0), large = make_type(&scenario, 6000, 0);
    int32_t pool = make_pool(&scenario, small);
    double least = INFINITY, most = 0;
    make_pool_type(&scenario, pool, large);
    make_nodes(&scenario, pool, small, 20, NULL);
    make_nodes(&scenario, pool, large, 20, NULL);
    make_runner(&scenario, make_shape(&scenario, pool, 2000, 0))->num_replicas = 30;
    for (uint64_t seed = 0; seed < 30; seed++) {
        const struct compaction compaction = {.scenario = &scenario, .seed = seed};
        double percent;
        struct err err;
        cr_assert_eq(compact_fleet(&compaction, &percent, &err), 0);
        least = percent < least ? percent : least;
        most = percent > most ? percent : most;
    }
    cr_assert_geq(least, 25);
    cr_assert_lt(most, 63);
    cr_assert_gt(most - least, 5);
    made_release(&scenario);
}

/* ---- shaking ---- */

Test(compare, shaking_moves_what_is_fixed_by_at_most_what_is_said)
{
    enum { RUNNERS = 50, GAP_S = 10 };
    struct scenario scenario = made_queue();
    int32_t shape = scenario.arrivals[0].template.shape;
    int32_t fixed = make_dist(&scenario, dist_constant(INT64_C(100000000)));
    for (int32_t i = 0; i < RUNNERS; i++) {
        struct runner_def *runner = make_runner(&scenario, shape);
        runner->arrival_us = (int64_t)(i + 1) * GAP_S * US_PER_S;
        runner->duration = i % 2 == 0 ? fixed : scenario.arrivals[0].template.duration;
        runner->departure_us = runner->arrival_us + INT64_C(200000000);
    }
    const struct shake shake = {0.05, 9};
    struct shaken_scenario shaken;
    struct err err;
    cr_assert(scenario_is_trace(&scenario));
    cr_assert_eq(shaken_scenario_make(&shaken, &scenario, &shake, &err), 0);
    int earlier = 0;
    for (int32_t i = 0; i < RUNNERS; i++) {
        const struct runner_def *was = &scenario.runners[i], *is = &shaken.scenario.runners[i];
        double moved_s = (double)(is->arrival_us - was->arrival_us) / US_PER_S;
        double life_s = (double)(is->departure_us - is->arrival_us) / US_PER_S;
        earlier += moved_s < 0;
        cr_assert_leq(fabs(moved_s), GAP_S + 1e-6);
        cr_assert_leq(fabs(life_s - 200), 10 + 1e-6);
        double factor = life_s / 200;
        const struct dist *dist = &shaken.scenario.dists[is->duration];
        if (i % 2 == 0)
            cr_assert_float_eq(dist->a, 1e8 * factor, 2);
        else
            cr_assert_eq(is->duration, was->duration);
    }
    cr_assert(earlier > 10 && earlier < 40);
    shaken_scenario_release(&shaken);
    made_release(&scenario);
}
