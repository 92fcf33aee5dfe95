/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_PLOTS_H
#define STOWAGE_BENCH_FGD_PLOTS_H

#include "base/err.h"
#include "base/output.h"
#include "bench/fgd_bench.h"
#include "reports/drawing.h"

/* The study's figures from our results, the published values beside ours: for each workload the
 * allocation and the fragmentation over the arrived load, for each family of workloads (all whose
 * names differ in the number at the end) bars of the allocation at 100 % and 130 %. Each is written
 * as plots/NAME.dat and .gp, and added to the drawing. */
int fgd_plots_write(const struct fgd_bench *bench, struct output_dir *dir, struct drawing *drawing,
                    struct err *err);

#endif
