/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PLOT_STATES_H
#define STOWAGE_REPORTS_PLOT_STATES_H

#include <stdint.h>
#include <stdio.h>

#include "sim/sim.h"

/* The replicas of one runner over time, as plots draw them, of a run that has kept its changes
 * (sim_options.keep_changes). */

/* Writes a block of data: the name and the columns (time in the unit of the axis, wish, live,
 * running, floor) as comments, then each state with a row at its start and one at its end, so that
 * areas have vertical sides; of several changes at one instant only the last counts. Where the log
 * of changes was cut, the block ends with the log and not with the run. A runner without a state in
 * it has one row of zeros, since gnuplot does not count a block without rows. O(changes of all
 * runners). */
void plot_states_write(const struct sim *sim, int32_t runner, FILE *out);

/* The most replicas that were wished or live; likewise. */
int32_t plot_states_most(const struct sim *sim, int32_t runner);

/* Where the log was cut: label 1 at the top left that says so, and arrow 1, a line in each panel at
 * the instant at which what is drawn ends. Else nothing. */
void plot_states_print_cut(const struct sim *sim, FILE *out);

#endif
