/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PLOTS_H
#define STOWAGE_REPORTS_PLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/output.h"
#include "reports/drawing.h"
#include "sim/sim.h"

/* The pictures of a report. Each is three kinds of file under plots/: NAME.dat (its data, columns
 * named in the first line), NAME.gp (a gnuplot script that needs nothing but the data beside it)
 * and what gnuplot makes of them, NAME.svg and NAME.png. A reviewer restyles a picture by editing
 * the script and running `gnuplot NAME.gp` in that folder. A new plot is one new file and one line
 * in plots.c. */

struct plot {
    const char *name;
    const char *title; /* also the caption in report.md and report.html */
    /* Has the run anything to show here? A plot that would be empty is left out. */
    bool (*applies)(const struct sim *sim);
    int (*write_data)(const struct sim *sim, FILE *out, struct err *err);
    int (*write_script)(const struct sim *sim, FILE *out, struct err *err);
};

/* In the order in which a report shows them. */
const struct plot *const *plot_list(size_t *count);

/* Writes data and scripts into `dir` and adds them to the drawing. The run has kept its changes
 * (sim_options.keep_changes). */
int plots_write(const struct sim *sim, struct output_dir *dir, struct drawing *drawing,
                struct err *err);

#endif
