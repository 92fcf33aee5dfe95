/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/decimal.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/units.h"
#include "bench/sweep_plots.h"
#include "bench/sweep_tables.h"

enum { SUMMARY_VERSION = 1, ROWS_MAX = 1000, TOLD_MAX = 50 };

static const char plan_name[] = "sweep.json";

/* ---- the plan ---- */

static void print_plan(const void *plan, FILE *out)
{
    sweep_plan_print(plan, out);
}

int sweep_plan_write(const struct sweep_plan *plan, const char *folder, struct err *err)
{
    return kept_file_write(folder, plan_name, print_plan, plan, err);
}

int sweep_plan_find(struct sweep_plan *plan, const char *folder, struct err *err)
{
    static const size_t size_max = (size_t)1 << 30;
    struct err reason = {.kind = ERR_NONE};
    char *bytes, *path = folder_join(folder, plan_name);
    size_t size;
    if (path == NULL)
        return err_no_memory(err);
    int result = json_read_file(path, size_max, &bytes, &size, &reason);
    if (result == 0) {
        result = sweep_plan_read(plan, path, bytes, size, err) == 0 ? 1 : -1;
        free(bytes);
    } else if (reason.kind == ERR_INPUT) {
        result = 0;
    } else {
        *err = reason;
    }
    free(path);
    return result;
}

/* ---- summary.json ---- */

static void print_metrics(const struct sweep_plan *plan, struct json_writer *w)
{
    static const char *const directions[] = {"lower is better", "neither", "higher is better"};
    char name[METRIC_NAME_SIZE];
    json_array(w, "metrics");
    for (int32_t i = 0; i < plan->metrics.count; i++) {
        const struct metric *metric = plan->metrics.items[i].metric;
        json_object(w, NULL);
        json_string(w, "name", metric_name(&plan->metrics.items[i], name));
        json_string(w, "unit", metric->unit);
        json_string(w, "meaning", metric->meaning);
        json_string(w, "direction", directions[metric->direction + 1]);
        json_close_object(w);
    }
    json_close_array(w);
}

/* Cells in this state, with what is the matter. */
static void print_problems(const struct sweep_results *results, struct sweep_shard shard,
                           const char *state, struct json_writer *w)
{
    char text[VARY_TEXT_SIZE];
    for (int32_t cell = shard.index; cell < results->plan->vary.cell_count; cell += shard.count) {
        if (strcmp(sweep_cell_state(results, cell), state) != 0)
            continue;
        json_object(w, NULL);
        json_int(w, "cell", cell);
        json_string(w, "varied", vary_text(&results->plan->vary, cell, text));
        json_int(w, "replications", results->cells[cell].done);
        json_string(w, "problem", sweep_cell_problem(results, cell));
        json_close_object(w);
    }
}

static void print_summary(const struct sweep_results *results, struct sweep_shard shard, FILE *out)
{
    const struct sweep_plan *plan = results->plan;
    const struct sweep_count count = sweep_count(results, shard);
    char number[DECIMAL_TEXT_SIZE], part[64];
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "version", plan->version);
    json_string(&w, "kind", "sweep");
    json_int(&w, "schema_version", SUMMARY_VERSION);
    json_bool(&w, "complete", count.lacking == 0);
    if (shard.count > 1) {
        snprintf(part, sizeof part, "%" PRId32 "/%" PRId32, shard.index + 1, shard.count);
        json_string(&w, "shard", part);
    }
    json_string(&w, "scenario", plan->scenario);
    json_string(&w, "name", plan->name);
    json_string(&w, "files_digest", plan->files_digest);
    json_int(&w, "cells", (int64_t)count.whole + count.wrong + count.lacking);
    json_int(&w, "cells_whole", count.whole);
    json_int(&w, "replications", plan->replications);
    json_raw(&w, "confidence", decimal_print_shortest(plan->confidence, number));
    json_int(&w, "warm_up_us", plan->warm_up_us);
    print_metrics(plan, &w);
    json_array(&w, "cells_failed");
    print_problems(results, shard, "failed", &w);
    json_close_array(&w);
    json_array(&w, "cells_incomplete");
    print_problems(results, shard, "incomplete", &w);
    json_close_array(&w);
    json_close_object(&w);
}

/* ---- report.md ---- */

static void print_facts(const struct sweep_results *results, FILE *out)
{
    const struct sweep_plan *plan = results->plan;
    const struct vary *vary = &plan->vary;
    const struct sweep_count count = sweep_count(results, (struct sweep_shard){0, 1});
    char text[UNITS_TEXT_SIZE];
    fprintf(out, "# Sweep of %s\n\n", plan->name);
    fprintf(out,
            "%" PRId32 " cell%s with %" PRId32 " replication%s each: %" PRId32 " whole, %" PRId32
            " failed, %" PRId32 " incomplete. ",
            vary->cell_count, plural_end(vary->cell_count), plan->replications,
            plural_end(plan->replications), count.whole, count.wrong, count.lacking);
    fprintf(out,
            "Replication k of every cell has the seed of its scenario plus k, so all cells see the "
            "same random numbers for each runner and node (common random numbers). Intervals are "
            "Student's, %g %% for each mean.",
            100 * plan->confidence);
    if (plan->warm_up_us > 0)
        fprintf(out, " The first %s of each run are not measured.",
                print_duration(plan->warm_up_us, text));
    fprintf(out, "\n\n* scenario: `%s`, SHA-256 of its files `%s`\n* stowage %s\n", plan->scenario,
            plan->files_digest, plan->version);
    for (int32_t i = 0; i < plan->fixed.count; i++)
        fprintf(out, "* in all cells: `%s`\n", plan->fixed.items[i]);
    for (int32_t i = 0; i < vary->path_count; i++)
        fprintf(out, "* varied: `%s`%s\n", vary->paths[i],
                sweep_path_matters(results, i) ? "" : ", which changed no value of any metric");
    if (!sweep_is_random(results))
        fputs("* all replications of a cell are equal: nothing in this scenario is random\n", out);
}

static void print_metric_meanings(const struct sweep_plan *plan, FILE *out)
{
    char name[METRIC_NAME_SIZE];
    fputs("\n## Metrics\n\n| metric | unit | meaning |\n|---|---|---|\n", out);
    for (int32_t i = 0; i < plan->metrics.count; i++) {
        const struct metric_choice *metric = &plan->metrics.items[i];
        fprintf(out, "| %s | %s | %s |\n", metric_name(metric, name), metric->metric->unit,
                metric->metric->meaning);
    }
}

static void print_troubles(const struct sweep_results *results, FILE *out)
{
    char text[VARY_TEXT_SIZE];
    int32_t told = 0;
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++) {
        const char *state = sweep_cell_state(results, cell);
        if (strcmp(state, "whole") == 0)
            continue;
        if (told == 0)
            fputs("\n## Cells that failed or lack replications\n\n", out);
        if (told++ < TOLD_MAX)
            fprintf(out, "* cell %" PRId32 " (%s): %s with %" PRId32 " replication%s%s%s\n", cell,
                    vary_text(&results->plan->vary, cell, text), state, results->cells[cell].done,
                    plural_end(results->cells[cell].done),
                    sweep_cell_problem(results, cell)[0] != '\0' ? ": " : "",
                    sweep_cell_problem(results, cell));
    }
    if (told > TOLD_MAX)
        fprintf(out, "* and %d more: see summary.json\n", (int)(told - TOLD_MAX));
}

static void print_pictures(const struct sweep_results *results, FILE *out)
{
    const struct sweep_picture_kinds kinds = sweep_picture_kinds(results);
    char name[METRIC_NAME_SIZE];
    fputs("\n## Pictures\n\n", out);
    if (kinds.why_none != NULL)
        fprintf(out, "None are drawn: %s. cells.csv has the numbers.\n", kinds.why_none);
    for (int32_t i = 0; i < results->plan->metrics.count && kinds.why_none == NULL; i++) {
        metric_name(&results->plan->metrics.items[i], name);
        if (!sweep_has_values(results, i))
            continue;
        if (kinds.has_lines)
            fprintf(out, "![%s](plots/%s.svg)\n", name, name);
        if (kinds.has_map)
            fprintf(out, "![%s](plots/%s_map.svg)\n", name, name);
        fputc('\n', out);
    }
}

static int print_texts(const struct sweep_results *results, FILE *out, struct err *err)
{
    print_facts(results, out);
    fputs("\n## Means with half widths\n\n", out);
    if (sweep_print_text(results, ROWS_MAX, true, out, err) != 0)
        return -1;
    if (results->plan->vary.cell_count > ROWS_MAX)
        fputs("\nThe first cells only; cells.csv has them all.\n", out);
    print_troubles(results, out);
    return 0;
}

static void print_files(FILE *out)
{
    fputs("\n## Files\n\n"
          "* `cells.csv`, `cells.jsonl`: a row for each cell and metric, with interval, smallest, "
          "median and largest value\n"
          "* `values.csv`, `values.jsonl`: a row for each cell, replication and metric\n"
          "* `sweep.json`: the plan; `cells/`: what is kept, for `stowage sweep` to go on with\n",
          out);
}

static int print_report(const struct sweep_results *results, FILE *out, struct err *err)
{
    int result = print_texts(results, out, err);
    print_pictures(results, out);
    print_metric_meanings(results->plan, out);
    print_files(out);
    return result;
}

/* Where no pictures were drawn. */
static int print_report_alone(const struct sweep_results *results, FILE *out, struct err *err)
{
    int result = print_texts(results, out, err);
    print_metric_meanings(results->plan, out);
    print_files(out);
    return result;
}

/* ---- the folder ---- */

typedef int print_file(const struct sweep_results *results, FILE *out, struct err *err);

static int write_file(const struct sweep_results *results, struct output_dir *dir, const char *name,
                      print_file *print, struct err *err)
{
    FILE *out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    struct err reason = {.kind = ERR_NONE};
    int result = print(results, out, &reason);
    if (output_dir_close(dir, out, name, err) != 0)
        return -1;
    if (result != 0)
        *err = reason;
    return result;
}

static int write_tables(const struct sweep_results *results, struct output_dir *dir,
                        struct err *err)
{
    static const struct {
        const char *name;
        print_file *print;
    } files[] = {
        {"values.csv", sweep_print_values_csv},
        {"values.jsonl", sweep_print_values_jsonl},
        {"cells.csv", sweep_print_cells_csv},
        {"cells.jsonl", sweep_print_cells_jsonl},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (write_file(results, dir, files[i].name, files[i].print, err) != 0)
            return -1;
    return 0;
}

int sweep_report_write(const struct sweep_results *results, int32_t gnuplots,
                       struct output_dir *dir, struct report_outcome *outcome, struct err *err)
{
    static const char last[] = "summary.json";
    bool is_whole = results->plan->shard.count == 1;
    struct drawing drawing = {.at_once = gnuplots};
    if (is_whole && write_tables(results, dir, err) != 0)
        return -1;
    int written = is_whole ? sweep_plots_write(results, dir, &drawing, err) : 0;
    if (drawing_end(&drawing, written, dir, outcome, err) != 0)
        return -1;
    print_file *report = outcome->plots == PLOTS_DRAWN ? print_report : print_report_alone;
    if (is_whole && write_file(results, dir, "report.md", report, err) != 0)
        return -1;
    FILE *out = output_dir_create(dir, last, err);
    if (out == NULL)
        return -1;
    print_summary(results, results->plan->shard, out);
    if (output_dir_close(dir, out, last, err) != 0)
        return -1;
    return output_dir_commit(dir, last, err);
}
