/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_TWIN_H
#define STOWAGE_TESTS_TWIN_H

#include <stdint.h>

#include "tests/random_fleet.h"

/* Random fleets run beside their oracle. */

struct twin_counts {
    int64_t binds, evictions, nominations, passes;
    /* As in struct oracle. */
    int64_t trials, over_budget, legal, greedy_missed;
};

/* Lets `steps` things happen to the random fleet and to the oracle, and checks after each: the
 * scheduler's structures (sched_check), and that every replica is in the same state and place with
 * both; after a pass also: the same decisions in the same order, no pending demand that fits
 * (sched_check_no_fit), and the right answer of explain_demand for each that waits. -1 with seed,
 * step and the first contradiction in err. Adds to counts. */
int twin_run(const struct random_fleet_options *options, int32_t steps, struct twin_counts *counts,
             struct err *err);

/* Fleets of many kinds, from the seed alone. */
struct random_fleet_options twin_options(uint64_t seed);

#endif
