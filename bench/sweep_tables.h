/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_TABLES_H
#define STOWAGE_BENCH_SWEEP_TABLES_H

#include <stdio.h>

#include "bench/statistics.h"
#include "bench/sweep_results.h"

/* The results of a sweep as tables. All of them depend on plan and values alone, so equal sweeps
 * give equal bytes. The caller checks out for write errors. */

/* A metric over the replications of a cell that have a value. */
struct sweep_summary {
    struct mean_estimate mean;
    double min, median, max; /* NaN: there is no value */
};
/* `scratch` has room for plan->replications. */
struct sweep_summary sweep_summary(const struct sweep_results *results, int32_t cell,
                                   int32_t metric, double *scratch);

/* Has any cell a value of the metric? */
bool sweep_has_values(const struct sweep_results *results, int32_t metric);

/* Do any two cells that differ in this path alone differ in any value? Also true where there are no
 * two such cells. Of large sweeps the first thousand cells are asked. */
bool sweep_path_matters(const struct sweep_results *results, int32_t path);

/* Does any cell have two replications that differ? Also true where no cell has two. */
bool sweep_is_random(const struct sweep_results *results);

/* "whole", "failed" (its input is wrong) or "incomplete". */
const char *sweep_cell_state(const struct sweep_results *results, int32_t cell);
/* Why it is not whole; "" where it is. */
const char *sweep_cell_problem(const struct sweep_results *results, int32_t cell);

/* A row for each cell, replication and metric, as CSV and as JSON lines. */
int sweep_print_values_csv(const struct sweep_results *results, FILE *out, struct err *err);
int sweep_print_values_jsonl(const struct sweep_results *results, FILE *out, struct err *err);

/* A row for each cell and metric: mean with its interval, and the order statistics. */
int sweep_print_cells_csv(const struct sweep_results *results, FILE *out, struct err *err);
int sweep_print_cells_jsonl(const struct sweep_results *results, FILE *out, struct err *err);

/* Means with half widths for people: at most `rows` cells and as many metrics as fit into 100
 * columns, or (is_markdown) all metrics. */
int sweep_print_text(const struct sweep_results *results, int32_t rows, bool is_markdown, FILE *out,
                     struct err *err);

#endif
