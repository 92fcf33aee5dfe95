/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SPEED_MADE_SCENARIO_H
#define STOWAGE_BENCH_SPEED_MADE_SCENARIO_H

#include "base/err.h"
#include "bench/speed/made_file.h"
#include "scenarios/scenario.h"

/* scenario_load of a file that is written for it and removed again. The scenario is to be released
 * also after an error. */
int made_scenario_load(struct scenario *scenario, const struct made_file *file, struct err *err);

#endif
