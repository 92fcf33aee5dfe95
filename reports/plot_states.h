/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PLOT_STATES_H
#define STOWAGE_REPORTS_PLOT_STATES_H

#include <stdint.h>
#include <stdio.h>

#include "sim/sim.h"

/* The replicas of one runner over time, as plots draw them. */

/* Writes a block of data: the name and the columns (time in the unit of the axis, wish, live,
 * running, floor) as comments, then each state with a row at its start and one at its end, so that
 * areas have vertical sides; of several changes at one instant only the last counts. Where the log
 * of changes was cut, the block ends with the log and not with the run. O(changes of all runners).
 */
void plot_states_write(const struct sim *sim, int32_t runner, FILE *out);

/* The most replicas that were wished or live; likewise. */
int32_t plot_states_most(const struct sim *sim, int32_t runner);

#endif
