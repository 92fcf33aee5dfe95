/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_REPORT_H
#define STOWAGE_REPORTS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/output.h"
#include "base/table.h"
#include "sim/sim.h"

/* Writing what a finished run measured (sim_finish was called). No simulation code here: reports
 * read `const struct sim` and write. A new report is one new file and one line in report.c. */

enum { SUMMARY_SCHEMA_VERSION = 1 };

struct report_options {
    const char *version;  /* of the program */
    const char *command;  /* the command line, as one text */
    const char *group_by; /* NULL, or "priority", "nodepool", "label", "worker", "metadata.KEY" */
    const char *select; /* NULL, or "KEY=VALUE" with the same keys: limits runner tables to these */
    const struct floor_report *floors;
    int32_t gnuplots; /* that draw at the same time; 0: no pictures, scripts only */
};

struct report_view; /* what several reports derive from a run once: see view.h */

/* Are group_by and select well-formed? ERR_USAGE says what is allowed; to be asked before a long
 * run. */
int report_options_check(const struct report_options *options, struct err *err);

/* ---- the folder ---- */

enum plot_outcome { PLOTS_DRAWN, PLOTS_NOT_ASKED, PLOTS_NO_GNUPLOT, PLOTS_FAILED };

struct report_outcome {
    enum plot_outcome plots;
    char plot_detail[256]; /* for PLOTS_FAILED: which script and how */
    bool selects_nobody;   /* options.select is given, and no runner has its value */
};

/* Writes the whole report folder `dir` (see base/output.h for when it may exist) of a run that has
 * kept its changes (sim_options.keep_changes): summary.json, the tables, runner_metrics.jsonl,
 * report.md, report.html, plots/. Nothing appears in `dir` before everything is written, drawn and
 * synced. Missing or failing gnuplot is no error of this function: see outcome. */
int report_write_folder(const struct sim *sim, const struct report_options *options,
                        const char *dir, struct report_outcome *outcome, struct err *err);

/* ---- single pieces ---- */

/* One screen (at most 40 lines of 100 columns) for a terminal. */
struct terminal_style {
    bool has_colour;
};
int report_print_terminal(const struct sim *sim, const struct report_options *options,
                          const struct terminal_style *style, FILE *out, struct err *err);
int report_print_json(const struct sim *sim, const struct report_options *options, FILE *out,
                      struct err *err); /* summary.json */
int report_print_markdown(const struct sim *sim, const struct report_options *options, FILE *out,
                          struct err *err); /* report.md, without links to pictures */

/* ---- what there is, for the manual and the tests ---- */

struct report_table {
    const char *file;  /* "runners.csv" */
    const char *title; /* one sentence: what a row is */
    const struct column *columns;
    int32_t column_count;
    bool needs_group_by; /* written only when options.group_by is given */
    bool (*is_wanted)(const struct report_view *view); /* written only then; NULL: always */
    int (*write)(const struct report_view *view, struct table *table, struct err *err);
};
/* In the order in which they are written. */
const struct report_table *const *report_tables(size_t *count);

#endif
