/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_REPORT_H
#define STOWAGE_BENCH_FGD_REPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "bench/fgd_bench.h"
#include "reports/report.h"

/* The folder of results: curve_allocation.csv, curve_frag_ratio.csv and final_states.csv in the
 * form of the study's own files, table.csv, paired.csv, both in table.txt, plots/, and
 * summary.json, which says what was run. See base/output.h for when the folder may exist already.
 */

struct fgd_report_options {
    const char *version, *command;
    int32_t gnuplots; /* as in report_options */
};
int fgd_report_write(const struct fgd_bench *bench, const struct fgd_report_options *options,
                     const char *folder, struct report_outcome *outcome, struct err *err);

#endif
