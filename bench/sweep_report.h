/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_REPORT_H
#define STOWAGE_BENCH_SWEEP_REPORT_H

#include <stdbool.h>

#include "base/output.h"
#include "bench/sweep_results.h"
#include "bench/sweep_run.h"
#include "reports/report.h"

/* The folder of a sweep: sweep.json (the plan) and cells/ (what is kept), which are there from its
 * start; and, when it has ended, values.csv and values.jsonl, cells.csv and cells.jsonl, report.md,
 * plots/ and summary.json. All of it depends on plan and values alone: neither on the number of
 * workers, nor on shards, nor on how often the sweep was interrupted. */

/* Writes FOLDER/sweep.json at once. */
int sweep_plan_write(const struct sweep_plan *plan, const char *folder, struct err *err);

/* Reads FOLDER/sweep.json. 1: read; 0: there is none; -1 with ERR_INPUT where it is no plan. */
int sweep_plan_find(struct sweep_plan *plan, const char *folder, struct err *err);

/* Writes the rest into `dir`, and commits it. For one shard of several that is summary.json alone:
 * `stowage merge` does the rest. `gnuplots` is as in report_options. */
int sweep_report_write(const struct sweep_results *results, int32_t gnuplots,
                       struct output_dir *dir, struct report_outcome *outcome, struct err *err);

#endif
