/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_COMPARE_REPORT_H
#define STOWAGE_BENCH_COMPARE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json_writer.h"
#include "base/output.h"
#include "base/table.h"
#include "bench/compare.h"
#include "reports/drawing.h"

/* The folder of a comparison: compare.csv (every value), verdicts.csv (every estimate, difference
 * and verdict), compare.json (the same and how it was made), waits.csv and bands.csv (what the
 * plots show), report.md, report.html, plots/, and summary.json, which says what was run. Whole or
 * not at all; see base/output.h for when the folder may exist already. */

struct compare_report_options {
    const char *version, *command;
    int32_t gnuplots; /* as in report_options */
};
int compare_report_write(const struct compare *compare,
                         const struct compare_report_options *options, const char *folder,
                         struct report_outcome *outcome, struct err *err);

/* ---- parts ---- */

enum { COMPARE_SCHEMA_VERSION = 1 };

/* Tables of the folder, for the manual and the tests, too. */
struct compare_table {
    const char *file;
    const char *title; /* one sentence: what a row is */
    const struct column *columns;
    int32_t column_count;
    bool (*is_wanted)(const struct compare *compare); /* written only then; NULL: always */
    int (*write)(const struct compare *compare, struct table *table, struct err *err);
};
const struct compare_table *compare_tables(size_t *count);

/* What compare.json and summary.json both begin with, inside the open object: who made them. */
void compare_print_origin(const struct compare_report_options *options, struct json_writer *w);

/* compare.json. */
int compare_print_json(const struct compare *compare, const struct compare_report_options *options,
                       FILE *out, struct err *err);

/* report.md and report.html; where options->gnuplots is 0 they refer to no pictures. */
int compare_write_pages(const struct compare *compare, struct output_dir *dir,
                        const struct compare_report_options *options, struct err *err);

/* Data and scripts of the pictures. Names and captions are those of compare_plot_at. */
int compare_plots_write(const struct compare *compare, struct output_dir *dir,
                        struct drawing *drawing, struct err *err);
enum { PLOT_NAME_SIZE = 48, PLOT_CAPTION_SIZE = 256 };
struct compare_plot {
    char name[PLOT_NAME_SIZE], caption[PLOT_CAPTION_SIZE];
};
/* The pictures of this comparison, number from 0; false: there are no more. */
bool compare_plot_at(const struct compare *compare, int32_t number, struct compare_plot *plot);

#endif
