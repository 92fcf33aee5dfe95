/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PLOT_FRAME_H
#define STOWAGE_REPORTS_PLOT_FRAME_H

#include <stdint.h>
#include <stdio.h>

#include "base/int128.h"
#include "sim/sim.h"

/* What all plots share: the look (colour-blind safe colours of Okabe and Ito 2008, thin grid, sizes
 * for A4 width), the loop that draws SVG and PNG, the time axis, text in gnuplot's quotes. */

enum { PLOT_SERIES_MAX = 7 }; /* lines in one panel that can still be told apart */

/* Virtual time in the unit that suits the length of the run. */
struct time_axis {
    double us_per_unit;
    const char *unit; /* "s", "min", "h", "d" */
};
struct time_axis plot_time_axis(const struct sim *sim);
double plot_time(const struct time_axis *axis, int64_t us);

/* Opens the script: look, then `do for [format in "svg png"] {` with terminal and output set to
 * <name>.svg and <name>.png, `height_px` high. plot_frame_close ends the loop. */
void plot_frame_open(FILE *out, const char *name, int height_px);
void plot_frame_close(FILE *out);

/* `set xrange`, `set xlabel` for the time of this run. */
void plot_print_time_axis(const struct sim *sim, FILE *out);

/* `set ytics 1` where a count of things stays so low that tics would be parts of one. */
void plot_print_whole_tics(double most, FILE *out);

/* Text in single quotes, cut in the middle to 31 characters, for titles and legends; what the font
 * lacks as '?'. */
void plot_print_text(FILE *out, const char *text);
/* The same for labels of tics. */
void plot_print_tic(FILE *out, const char *text);

/* Number of time bins that the run reached, at least 1. */
int32_t plot_bin_count(const struct sim *sim);
/* Start of a bin, and the time of it that was simulated (the last one may be cut). */
int64_t plot_bin_start_us(const struct sim *sim, int32_t bin);
int64_t plot_bin_length_us(const struct sim *sim, int32_t bin);
/* Mean of a step function over a bin, from its area there. */
double plot_bin_mean(const struct sim *sim, int32_t bin, int128 area);

/* The pools with the most capacity of devices, else of CPU; at most PLOT_SERIES_MAX, in pool order.
 */
int32_t plot_choose_pools(const struct sim *sim, int32_t pools[PLOT_SERIES_MAX]);
/* A label at the top left that says so when there are more pools than are drawn. */
void plot_print_pools_left_out(const struct sim *sim, FILE *out);

/* Rows that a horizontal legend of these pools and, where there are several, of the fleet takes. */
int plot_legend_rows(const struct sim *sim);

#endif
