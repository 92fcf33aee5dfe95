/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_PLOTS_H
#define STOWAGE_BENCH_SWEEP_PLOTS_H

#include <stdio.h>

#include "base/output.h"
#include "bench/sweep_results.h"
#include "reports/drawing.h"

/* Pictures of a sweep, two for each metric where it varies two paths: NAME, its mean with a band
 * (the interval of the mean) over one path, a line for each value of the others; NAME_map, a heat
 * map over two paths. As in reports/plots.h data and script stand beside each. */

/* What can be drawn of these cells. */
struct sweep_picture_kinds {
    bool has_lines, has_map;
    const char *why_none; /* for people, where nothing can be drawn; else NULL */
};
struct sweep_picture_kinds sweep_picture_kinds(const struct sweep_results *results);

/* Writes data and scripts into plots/ and adds them to the drawing. */
int sweep_plots_write(const struct sweep_results *results, struct output_dir *dir,
                      struct drawing *drawing, struct err *err);

#endif
