/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_TRAFFIC_RUN_H
#define STOWAGE_TESTS_TRAFFIC_RUN_H

#include "scenarios/scenario.h"
#include "sim/sim.h"

/* Whole runs of scenarios with traffic, checked after every event. Texts hold ' for ". */

struct traffic_run {
    struct scenario scenario;
    struct sim sim;
};

void traffic_run_text(struct traffic_run *run, const char *text);
/* A deployment "d" in a pool "p" of four nodes of eight cores, one core a replica; what is given
 * stands at the top, in the deployment (ending in a comma), and in its `simulation`. */
void traffic_run_deployment(struct traffic_run *run, const char *top, const char *deployment,
                            const char *simulation);
void traffic_run_release(struct traffic_run *run);

#endif
