/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_tables.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json_writer.h"
#include "base/table.h"
#include "base/text.h"
#include "bench/replicate.h"

enum { DIGITS = 6, COLUMNS_MAX = VARY_PATHS_MAX + 16 };

/* ---- summaries ---- */

struct sweep_summary sweep_summary(const struct sweep_results *results, int32_t cell,
                                   int32_t metric, double *scratch)
{
    const struct sweep_cell *it = &results->cells[cell];
    int32_t count = 0;
    for (int32_t r = 0; it->done > 0 && r < results->plan->replications; r++)
        if (it->has[r] && isfinite(sweep_values(results, cell, r)[metric]))
            scratch[count++] = sweep_values(results, cell, r)[metric];
    struct sweep_summary summary = {
        .mean = mean_estimate_make(scratch, count, results->plan->confidence),
        .min = (double)NAN,
        .median = (double)NAN,
        .max = (double)NAN};
    if (count == 0)
        return summary;
    sort_values(scratch, count);
    summary.min = scratch[0];
    summary.max = scratch[count - 1];
    summary.median = median_estimate_make(scratch, count, results->plan->confidence).median;
    return summary;
}

bool sweep_has_values(const struct sweep_results *results, int32_t metric)
{
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++) {
        const struct sweep_cell *it = &results->cells[cell];
        for (int32_t r = 0; it->done > 0 && r < results->plan->replications; r++)
            if (it->has[r] && isfinite(sweep_values(results, cell, r)[metric]))
                return true;
    }
    return false;
}

/* Bit for bit, so that no value equals no value. */
static bool same_values(const struct sweep_results *results, const double *a, const double *b)
{
    return memcmp(a, b, (size_t)results->plan->metrics.count * sizeof *a) == 0;
}

/* Do the cells have this path alone as their difference? */
static bool differ_in(const struct vary *vary, int32_t a, int32_t b, int32_t path)
{
    for (int32_t i = 0; i < vary->path_count; i++) {
        const char *first = vary_value(vary, a, i), *second = vary_value(vary, b, i);
        bool is_same =
            first == NULL || second == NULL ? first == second : strcmp(first, second) == 0;
        if (is_same != (i != path))
            return false;
    }
    return true;
}

bool sweep_path_matters(const struct sweep_results *results, int32_t path)
{
    enum { PAIRS_MAX = 1000 };
    bool has_pairs = false;
    int32_t cells = results->plan->vary.cell_count;
    for (int32_t a = 0; a < cells && a < PAIRS_MAX; a++) {
        for (int32_t b = a + 1; b < cells && b < PAIRS_MAX; b++) {
            const struct sweep_cell *first = &results->cells[a], *second = &results->cells[b];
            if (first->done == 0 || second->done == 0 || !first->has[0] || !second->has[0] ||
                !differ_in(&results->plan->vary, a, b, path))
                continue;
            has_pairs = true;
            for (int32_t r = 0; r < results->plan->replications; r++)
                if (first->has[r] && second->has[r] &&
                    !same_values(results, sweep_values(results, a, r), sweep_values(results, b, r)))
                    return true;
        }
    }
    return !has_pairs;
}

bool sweep_is_random(const struct sweep_results *results)
{
    bool has_pairs = false;
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++) {
        const struct sweep_cell *it = &results->cells[cell];
        for (int32_t r = 1; it->done > 1 && it->has[0] && r < results->plan->replications; r++) {
            if (!it->has[r])
                continue;
            has_pairs = true;
            if (!same_values(results, sweep_values(results, cell, 0),
                             sweep_values(results, cell, r)))
                return true;
        }
    }
    return !has_pairs;
}

const char *sweep_cell_state(const struct sweep_results *results, int32_t cell)
{
    if (results->cells[cell].failure != NULL)
        return "failed";
    return sweep_cell_is_over(results, cell) ? "whole" : "incomplete";
}

const char *sweep_cell_problem(const struct sweep_results *results, int32_t cell)
{
    const struct sweep_cell *it = &results->cells[cell];
    if (it->failure != NULL)
        return it->failure;
    return it->loss != NULL && !sweep_cell_is_over(results, cell) ? it->loss : "";
}

static const struct metric_choice *metric_of(const struct sweep_results *results, int32_t metric)
{
    return &results->plan->metrics.items[metric];
}

/* ---- CSV ---- */

static void begin_table(struct table *table, const struct sweep_results *results, FILE *out,
                        const char *const *names, struct column columns[COLUMNS_MAX])
{
    const struct vary *vary = &results->plan->vary;
    int32_t count = 0;
    columns[count++] = (struct column){.name = "cell"};
    for (int32_t i = 0; i < vary->path_count; i++)
        columns[count++] = (struct column){.name = vary->paths[i]};
    for (; *names != NULL; names++)
        columns[count++] = (struct column){.name = *names};
    table_init(table, out, columns, count);
}

static void add_place(struct table *table, const struct sweep_results *results, int32_t cell)
{
    const struct vary *vary = &results->plan->vary;
    table_int(table, cell);
    for (int32_t i = 0; i < vary->path_count; i++)
        table_text(table, vary_value(vary, cell, i));
}

static void add_metric(struct table *table, const struct sweep_results *results, int32_t metric)
{
    char name[METRIC_NAME_SIZE];
    table_text(table, metric_name(metric_of(results, metric), name));
    table_text(table, metric_of(results, metric)->metric->unit);
}

static int64_t seed_of(const struct sweep_results *results, int32_t cell, int32_t replication)
{
    return (int64_t)replication_seed(results->cells[cell].seed, replication);
}

static void add_values(struct table *table, const struct sweep_results *results, int32_t cell,
                       int32_t replication)
{
    char number[DECIMAL_TEXT_SIZE];
    const double *values = sweep_values(results, cell, replication);
    for (int32_t i = 0; i < results->plan->metrics.count; i++) {
        add_place(table, results, cell);
        table_int(table, replication);
        table_int(table, seed_of(results, cell, replication));
        add_metric(table, results, i);
        table_text(table, decimal_print_shortest(values[i], number));
        table_end_row(table);
    }
}

int sweep_print_values_csv(const struct sweep_results *results, FILE *out, struct err *err)
{
    static const char *const names[] = {"replication", "seed", "metric", "unit", "value", NULL};
    struct column columns[COLUMNS_MAX];
    struct table table;
    (void)err;
    begin_table(&table, results, out, names, columns);
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++)
        for (int32_t r = 0; results->cells[cell].done > 0 && r < results->plan->replications; r++)
            if (results->cells[cell].has[r])
                add_values(&table, results, cell, r);
    return 0;
}

static void add_summary(struct table *table, const struct sweep_results *results, int32_t cell,
                        const struct sweep_summary *summary)
{
    const struct mean_estimate *mean = &summary->mean;
    table_int(table, mean->count);
    table_decimal(table, mean->mean, DIGITS);
    table_decimal(table, mean->sd, DIGITS);
    table_decimal(table, mean->mean - mean->half_width, DIGITS);
    table_decimal(table, mean->mean + mean->half_width, DIGITS);
    table_decimal(table, summary->min, DIGITS);
    table_decimal(table, summary->median, DIGITS);
    table_decimal(table, summary->max, DIGITS);
    table_text(table, sweep_cell_state(results, cell));
    const char *problem = sweep_cell_problem(results, cell);
    table_text(table, problem[0] != '\0' ? problem : NULL);
}

/* Room for the values of a cell. */
static double *make_scratch(const struct sweep_results *results, struct err *err)
{
    double *scratch = calloc((size_t)results->plan->replications, sizeof *scratch);
    if (scratch == NULL)
        err_no_memory(err);
    return scratch;
}

int sweep_print_cells_csv(const struct sweep_results *results, FILE *out, struct err *err)
{
    static const char *const names[] = {
        "metric", "unit",   "replications", "mean",  "sd",      "low", "high",
        "min",    "median", "max",          "state", "problem", NULL};
    struct column columns[COLUMNS_MAX];
    struct table table;
    double *scratch = make_scratch(results, err);
    if (scratch == NULL)
        return -1;
    begin_table(&table, results, out, names, columns);
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++) {
        for (int32_t i = 0; i < results->plan->metrics.count; i++) {
            const struct sweep_summary summary = sweep_summary(results, cell, i, scratch);
            add_place(&table, results, cell);
            add_metric(&table, results, i);
            add_summary(&table, results, cell, &summary);
            table_end_row(&table);
        }
    }
    free(scratch);
    return 0;
}

/* ---- JSON lines ---- */

static void print_place(struct json_writer *w, const struct sweep_results *results, int32_t cell)
{
    const struct vary *vary = &results->plan->vary;
    json_int(w, "cell", cell);
    json_object(w, "varied");
    for (int32_t i = 0; i < vary->path_count; i++)
        json_string(w, vary->paths[i], vary_value(vary, cell, i));
    json_close_object(w);
}

static void print_metric(struct json_writer *w, const struct sweep_results *results, int32_t metric)
{
    char name[METRIC_NAME_SIZE];
    json_string(w, "metric", metric_name(metric_of(results, metric), name));
    json_string(w, "unit", metric_of(results, metric)->metric->unit);
}

static void print_values(const struct sweep_results *results, int32_t cell, int32_t replication,
                         FILE *out)
{
    char number[DECIMAL_TEXT_SIZE];
    const double *values = sweep_values(results, cell, replication);
    for (int32_t i = 0; i < results->plan->metrics.count; i++) {
        struct json_writer w;
        const char *text = decimal_print_shortest(values[i], number);
        json_writer_init(&w, out, true);
        json_object(&w, NULL);
        print_place(&w, results, cell);
        json_int(&w, "replication", replication);
        json_int(&w, "seed", seed_of(results, cell, replication));
        print_metric(&w, results, i);
        json_raw(&w, "value", text != NULL ? text : "null");
        json_close_object(&w);
    }
}

int sweep_print_values_jsonl(const struct sweep_results *results, FILE *out, struct err *err)
{
    (void)err;
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++)
        for (int32_t r = 0; results->cells[cell].done > 0 && r < results->plan->replications; r++)
            if (results->cells[cell].has[r])
                print_values(results, cell, r, out);
    return 0;
}

static void print_summary(const struct sweep_results *results, int32_t cell, int32_t metric,
                          const struct sweep_summary *summary, FILE *out)
{
    struct json_writer w;
    const struct mean_estimate *mean = &summary->mean;
    const char *problem = sweep_cell_problem(results, cell);
    json_writer_init(&w, out, true);
    json_object(&w, NULL);
    print_place(&w, results, cell);
    print_metric(&w, results, metric);
    json_int(&w, "replications", mean->count);
    json_decimal(&w, "mean", mean->mean, DIGITS);
    json_decimal(&w, "sd", mean->sd, DIGITS);
    json_decimal(&w, "low", mean->mean - mean->half_width, DIGITS);
    json_decimal(&w, "high", mean->mean + mean->half_width, DIGITS);
    json_decimal(&w, "min", summary->min, DIGITS);
    json_decimal(&w, "median", summary->median, DIGITS);
    json_decimal(&w, "max", summary->max, DIGITS);
    json_string(&w, "state", sweep_cell_state(results, cell));
    json_string(&w, "problem", problem[0] != '\0' ? problem : NULL);
    json_close_object(&w);
}

int sweep_print_cells_jsonl(const struct sweep_results *results, FILE *out, struct err *err)
{
    double *scratch = make_scratch(results, err);
    if (scratch == NULL)
        return -1;
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++) {
        for (int32_t i = 0; i < results->plan->metrics.count; i++) {
            const struct sweep_summary summary = sweep_summary(results, cell, i, scratch);
            print_summary(results, cell, i, &summary, out);
        }
    }
    free(scratch);
    return 0;
}

/* ---- for people ---- */

enum { CELL_TEXT_SIZE = 96, TEXT_METRICS_MAX = 3 };

/* "12.3 +-0.4" with digits that suit the half width. */
static void format_estimate(const struct sweep_summary *summary, char out[CELL_TEXT_SIZE])
{
    const struct mean_estimate *mean = &summary->mean;
    double size = fabs(mean->mean);
    int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
    if (mean->count == 0)
        snprintf(out, CELL_TEXT_SIZE, "-");
    else if (isnan(mean->half_width))
        snprintf(out, CELL_TEXT_SIZE, "%.*f", digits, mean->mean);
    else
        snprintf(out, CELL_TEXT_SIZE, "%.*f +-%.*f", digits, mean->mean, digits, mean->half_width);
}

struct text_table {
    const struct sweep_results *results;
    FILE *out;
    double *scratch;
    int32_t metrics; /* shown */
    bool is_markdown;
};

static void print_row_start(const struct text_table *table, int32_t cell)
{
    const struct vary *vary = &table->results->plan->vary;
    char value[TEXT_QUOTE_SIZE];
    fprintf(table->out, table->is_markdown ? "| %" PRId32 " |" : "%5" PRId32, cell);
    for (int32_t i = 0; i < vary->path_count; i++) {
        const char *given = vary_value(vary, cell, i);
        text_escape(given != NULL ? given : "-", value, sizeof value);
        for (char *at = value; table->is_markdown && *at != '\0'; at++)
            *at = *at == '|' ? '/' : *at;
        fprintf(table->out, table->is_markdown ? " %s |" : "  %-14.24s", value);
    }
}

static void print_head(const struct text_table *table)
{
    const struct vary *vary = &table->results->plan->vary;
    char name[METRIC_NAME_SIZE];
    bool is_markdown = table->is_markdown;
    fputs(is_markdown ? "| cell |" : " cell", table->out);
    for (int32_t i = 0; i < vary->path_count; i++) {
        const char *end = strrchr(vary->paths[i], '.');
        fprintf(table->out, is_markdown ? " `%s` |" : "  %-14.24s",
                is_markdown || end == NULL ? vary->paths[i] : end + 1);
    }
    for (int32_t i = 0; i < table->metrics; i++)
        fprintf(table->out, is_markdown ? " %s |" : "  %20s",
                metric_name(metric_of(table->results, i), name));
    fputs(is_markdown ? "\n|---|" : "\n", table->out);
    for (int32_t i = 0; is_markdown && i < vary->path_count + table->metrics; i++)
        fputs(i < vary->path_count ? "---|" : "---:|", table->out);
    fputs(is_markdown ? "\n" : "", table->out);
}

static void print_row(const struct text_table *table, int32_t cell)
{
    char text[CELL_TEXT_SIZE];
    const char *state = sweep_cell_state(table->results, cell);
    print_row_start(table, cell);
    for (int32_t i = 0; i < table->metrics; i++) {
        const struct sweep_summary summary = sweep_summary(table->results, cell, i, table->scratch);
        format_estimate(&summary, text);
        fprintf(table->out, table->is_markdown ? " %s |" : "  %20s", text);
    }
    if (!table->is_markdown && strcmp(state, "whole") != 0)
        fprintf(table->out, "  %s", state);
    fputc('\n', table->out);
}

int sweep_print_text(const struct sweep_results *results, int32_t rows, bool is_markdown, FILE *out,
                     struct err *err)
{
    int32_t cells = results->plan->vary.cell_count;
    int32_t fits = TEXT_METRICS_MAX - results->plan->vary.path_count / 2;
    struct text_table table = {.results = results,
                               .out = out,
                               .scratch = make_scratch(results, err),
                               .metrics = results->plan->metrics.count,
                               .is_markdown = is_markdown};
    if (table.scratch == NULL)
        return -1;
    fits = fits < 1 ? 1 : fits;
    if (!is_markdown && table.metrics > fits)
        table.metrics = fits;
    print_head(&table);
    for (int32_t cell = 0; cell < cells && cell < rows; cell++)
        print_row(&table, cell);
    free(table.scratch);
    return 0;
}
