/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_CAPACITY_PLOT_H
#define STOWAGE_PLAN_CAPACITY_PLOT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/output.h"
#include "reports/drawing.h"
#include "sim/sim.h"

/* The picture `capacity` of one run of a plan: what the fleet has over time, what is bound of it,
 * and what the certain floors (plan/peak.h) ask for; of accelerators where there are any, and of
 * CPU. */

/* Is there anything to draw? */
bool capacity_plot_applies(const struct sim *sim);

int capacity_plot_write(const struct sim *sim, struct output_dir *dir, struct drawing *drawing,
                        struct err *err);

#endif
