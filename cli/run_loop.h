/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_RUN_LOOP_H
#define STOWAGE_CLI_RUN_LOOP_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/interrupt.h"
#include "sim/sim.h"

/* Steps a simulation to its end, with the progress line, the trace and Ctrl-C. */
struct run_loop {
    const struct interrupt *interrupt;
    FILE *trace;   /* NULL: none */
    bool is_quiet; /* no progress line */
};

/* 0: the simulation is finished; *signal_number is 0, or the signal that ended it early. -1: it or
 * the trace failed. */
int run_loop(const struct run_loop *loop, struct sim *sim, int *signal_number, struct err *err);

#endif
