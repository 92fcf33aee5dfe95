/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/decimal.h"
#include "base/folder.h"
#include "bench/crew.h"
#include "bench/sweep_plan.h"
#include "bench/sweep_results.h"
#include "bench/vary.h"
#include "tests/failing_alloc.h"

/* ---- what is varied ---- */

static void parse(struct vary *vary, const char *first, const char *second)
{
    const char *texts[] = {first, second};
    struct err err = {.kind = ERR_NONE};
    int result = vary_parse(vary, texts, second != NULL ? 2 : 1, &err);
    cr_assert_eq(result, 0, "%s", err.text);
}

Test(sweep, a_grid_has_every_combination_with_the_last_path_fastest)
{
    static const char *const expected[] = {"a=x, b=1", "a=x, b=2", "a=x, b=3",
                                           "a=y, b=1", "a=y, b=2", "a=y, b=3"};
    struct vary vary;
    char text[VARY_TEXT_SIZE];
    const char *levels[6];
    parse(&vary, "a=x,y", "b=1..3");
    cr_assert_eq(vary.cell_count, 6);
    for (int32_t i = 0; i < 6; i++)
        cr_expect_str_eq(vary_text(&vary, i, text), expected[i]);
    cr_expect_eq(vary_levels(&vary, 1, levels), 3);
    cr_expect(vary_is_grid(&vary));
    vary.values[3] = vary.values[1];
    cr_expect_not(vary_is_grid(&vary), "1 instead of 2 in the second cell");
    vary_release(&vary);
}

Test(sweep, values_are_split_and_counted_out)
{
    static const struct {
        const char *text, *values;
    } cases[] = {
        {"a=1", "1"},
        {"a=1,2", "1|2"},
        {"a=-2..2:2", "-2|0|2"},
        {"a=-0.5..0.5:0.5", "-0.5|0.0|0.5"},
        {"a=9223372036854775806..9223372036854775807", "9223372036854775806|9223372036854775807"},
        {"a=1..2.5:0.75", "1.00|1.75|2.50"},
        {"a=90s..100s:5s", "90s|95s|100s"},
        {"a={\"b\": [1, 2]},[3,4],\"x,\\\"y\"", "{\"b\": [1, 2]}|[3,4]|\"x,\\\"y\""},
        {"a=\"1..3\"", "\"1..3\""},
        {"a=../x,../y", "../x|../y"},
        {"a[\"b=c\"]=1..2", "1|2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vary vary;
        char all[256] = "";
        parse(&vary, cases[i].text, NULL);
        for (int32_t cell = 0; cell < vary.cell_count; cell++) {
            strcat(all, cell > 0 ? "|" : "");
            strcat(all, vary_value(&vary, cell, 0));
        }
        cr_expect_str_eq(all, cases[i].values, "%s gives %s", cases[i].text, all);
        vary_release(&vary);
    }
}

Test(sweep, numbers_are_told_from_words)
{
    static const struct {
        const char *text, *unit;
        double number;
    } cases[] = {
        {"10", "", 10},      {"-1.5", "", -1.5}, {"24h", "h", 24},  {"16Gi", "Gi", 16},
        {"best", NULL, 0},   {"", NULL, 0},      {"10 h", NULL, 0}, {"1h30m", NULL, 0},
        {"\"10\"", NULL, 0}, {"1..3", NULL, 0},  {"nan", NULL, 0},  {"10longer", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double number = 0;
        const char *unit;
        bool is_number = vary_number(cases[i].text, &number, &unit);
        cr_expect_eq(is_number, cases[i].unit != NULL, "%s", cases[i].text);
        if (!is_number)
            continue;
        cr_expect_float_eq(number, cases[i].number, 1e-12);
        cr_expect_str_eq(unit, cases[i].unit);
    }
}

/* ---- plans and cells on disk ---- */

static void make_plan(struct sweep_plan *plan)
{
    static const char *const fixed[] = {"seed=\"9\""};
    struct err err = {.kind = ERR_NONE};
    *plan = (struct sweep_plan){.version = "1",
                                .scenario = "s.json",
                                .name = "a \"name\"",
                                .replications = 3,
                                .confidence = 0.95,
                                .warm_up_us = 5,
                                .shard = {1, 4},
                                .fixed = {fixed, 1}};
    memset(plan->files_digest, 'f', DIGEST_HEX_SIZE - 1);
    parse(&plan->vary, "a=x,\"y\"", "b=1..3");
    plan->vary.values[1] = NULL;
    cr_assert_eq(metric_set_parse(&plan->metrics, "wait_s_mean,preemptions_p9", &err), 0);
    sweep_plan_seal(plan);
}

static void read_back(const struct sweep_plan *plan, struct sweep_plan *copy)
{
    char *bytes = NULL;
    size_t size;
    struct err err = {.kind = ERR_NONE};
    FILE *out = open_memstream(&bytes, &size);
    cr_assert_not_null(out);
    sweep_plan_print(plan, out);
    fclose(out);
    int result = sweep_plan_read(copy, "plan", bytes, size, &err);
    cr_assert_eq(result, 0, "%s", err.text);
    free(bytes);
}

Test(sweep, a_plan_is_read_as_it_was_written)
{
    struct sweep_plan plan, copy;
    const char *difference = "";
    make_plan(&plan);
    read_back(&plan, &copy);
    cr_expect(sweep_plan_equal(&plan, &copy, &difference), "%s", difference);
    cr_expect_str_eq(copy.base_digest, plan.base_digest);
    cr_expect_str_eq(copy.name, plan.name);
    cr_expect_eq(copy.shard.index, 1);
    cr_expect_eq(copy.shard.count, 4);
    copy.warm_up_us++;
    cr_expect_not(sweep_plan_equal(&plan, &copy, &difference));
    cr_expect_str_eq(difference, "the warm-up");
    sweep_plan_seal(&copy);
    cr_expect_str_neq(copy.base_digest, plan.base_digest);
    sweep_plan_release(&plan);
    sweep_plan_release(&copy);
}

static void fill_cell(struct sweep_results *results, int32_t cell)
{
    struct err err;
    cr_assert_eq(sweep_cell_prepare(results, cell, &err), 0);
    struct sweep_cell *it = &results->cells[cell];
    it->seed = INT64_MAX - 1;
    memset(it->digest, 'd', DIGEST_HEX_SIZE - 1);
    memset(it->files_digest, 'e', DIGEST_HEX_SIZE - 1);
    for (int32_t r = 0; r < 3; r += 2) {
        it->has[r] = true;
        it->done++;
        sweep_values(results, cell, r)[0] = 0.1 + r;
        sweep_values(results, cell, r)[1] = r == 0 ? (double)NAN : 1e300 / 3;
    }
}

Test(sweep, what_a_killed_process_left_among_the_cells_is_removed)
{
    struct err err = {.kind = ERR_NONE};
    char folder[] = "/tmp/stowage-cells-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(cell_store_prepare(folder, &err), 0);
    snprintf(path, sizeof path, "%s/cells/.stowage-partial-1-0", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fclose(file);
    cr_assert_eq(cell_store_prepare(folder, &err), 0, "%s", err.text);
    cr_expect_eq(access(path, F_OK), -1);
    folder_remove(folder, &err);
}

Test(sweep, a_cell_is_read_as_it_was_written_or_not_at_all)
{
    struct sweep_plan plan;
    struct sweep_results results, copy;
    struct err err = {.kind = ERR_NONE};
    char folder[] = "/tmp/stowage-cells-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    make_plan(&plan);
    cr_assert_eq(sweep_results_init(&results, &plan, &err), 0);
    cr_assert_eq(sweep_results_init(&copy, &plan, &err), 0);
    fill_cell(&results, 1);
    cr_assert_eq(cell_store_prepare(folder, &err), 0);
    cr_assert_eq(cell_store_read(&copy, 1, folder, false, &err), (int)KEPT_ABSENT);
    cr_assert_eq(cell_store_write(&results, 1, folder, &err), 0);
    cr_assert_eq(cell_store_read(&copy, 1, folder, false, &err), (int)KEPT_READ);
    cr_expect_eq(copy.cells[1].done, 2);
    cr_expect_eq(copy.cells[1].seed, (uint64_t)INT64_MAX - 1);
    cr_expect_not(copy.cells[1].has[1]);
    cr_expect(isnan(sweep_values(&copy, 1, 0)[1]));
    cr_expect_eq(
        memcmp(sweep_values(&copy, 1, 2), sweep_values(&results, 1, 2), 2 * sizeof(double)), 0);
    plan.warm_up_us++;
    sweep_plan_seal(&plan);
    sweep_cell_clear(&copy, 1);
    cr_assert_eq(cell_store_read(&copy, 1, folder, false, &err), (int)KEPT_OTHER);
    cr_expect_eq(copy.cells[1].done, 0);
    sweep_results_release(&results);
    sweep_results_release(&copy);
    sweep_plan_release(&plan);
    folder_remove(folder, &err);
}

Test(sweep, memory_that_is_out_is_told_and_nothing_leaks)
{
    int64_t n = 1;
    bool came = true;
    for (; came; n++) {
        const char *texts[] = {"a=x,y", "b=1..40"};
        struct vary vary;
        struct err err = {.kind = ERR_NONE};
        failing_alloc_arm(n);
        int result = vary_parse(&vary, texts, 2, &err);
        came = failing_alloc_disarm();
        cr_assert_eq(result, came ? -1 : 0);
        cr_assert_eq(err.kind, came ? ERR_SYSTEM : ERR_NONE);
        vary_release(&vary);
    }
    cr_expect_gt(n, 4);
}

/* ---- shortest decimals ---- */

Test(sweep, shortest_decimals_read_back)
{
    static const double values[] = {0.0, -0.0, 1.0 / 3, 0.1, 1e300, -5e-324, 123456789012345678.0};
    char text[DECIMAL_TEXT_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        cr_expect(!(strtod(decimal_print_shortest(values[i], text), NULL) < values[i]) &&
                  !(strtod(text, NULL) > values[i]));
    cr_expect_str_eq(decimal_print_shortest(0.1, text), "0.1");
    cr_expect_str_eq(decimal_print_shortest(-0.0, text), "0");
    cr_expect_null(decimal_print_shortest((double)NAN, text));
}

/* ---- workers ---- */

/* The square of the piece's number, plus its order. */
static void square(void *context, const struct crew_piece *piece, void *result)
{
    int64_t order;
    memcpy(&order, piece->order, sizeof order);
    if (piece->number == *(const int *)context)
        raise(SIGKILL);
    *(int64_t *)result = (int64_t)piece->number * piece->number + order;
}

static void give_square(struct crew *crew, int32_t worker, int32_t number)
{
    struct err err = {.kind = ERR_NONE};
    const int64_t order = INT64_C(1000000) * number;
    const struct crew_piece piece = {number, &order};
    cr_assert_eq(crew->kind->give(crew, worker, &piece, &err), 0, "%s", err.text);
}

Test(sweep, a_crew_does_every_piece_and_a_death_costs_one)
{
    enum { PIECES = 50, FATAL = 17, WORKERS = 3 };
    int fatal = FATAL, next = 0, deaths = 0, results = 0;
    int32_t at[WORKERS];
    struct err err = {.kind = ERR_NONE};
    const struct crew_work work = {
        .run = square, .context = &fatal, .result_size = 8, .order_size = 8};
    struct crew *crew = crew_local_start(&work, WORKERS, &err);
    cr_assert_not_null(crew, "%s", err.text);
    for (int32_t i = 0; i < WORKERS; i++) {
        at[i] = next++;
        give_square(crew, i, at[i]);
    }
    while (results + deaths < PIECES) {
        struct crew_news news;
        int64_t result = -1;
        cr_assert_eq(crew->kind->wait(crew, 1000, &news, &result, &err), 0);
        if (news.event == CREW_NOTHING)
            continue;
        int32_t piece = at[news.worker];
        if (news.event == CREW_LOSS) {
            cr_expect_eq(piece, FATAL);
            cr_expect_str_eq(news.detail, "killed by signal 9 (Killed)");
            deaths++;
        } else {
            cr_expect_eq(result, (int64_t)piece * piece + INT64_C(1000000) * piece);
            results++;
        }
        at[news.worker] = next;
        if (next < PIECES)
            give_square(crew, news.worker, next++);
    }
    cr_expect_eq(deaths, 1);
    crew->kind->stop(crew);
}
