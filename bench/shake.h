/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SHAKE_H
#define STOWAGE_BENCH_SHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "scenarios/scenario.h"

/* A recorded trace is one lucky sequence: a little more or less of anything may turn a scheduler's
 * result. Shaking the input (D. Tsafrir, K. Ouaknine and D. G. Feitelson, "Reducing performance
 * evaluation sensitivity and variability by input shaking", MASCOTS 2007) moves what is fixed in it
 * by a little, many times, so that one trace gives a distribution.
 *
 * With amount a, every runner that is given with an instant of arrival after the start comes
 * earlier or later by up to a times the median gap between such arrivals times 20 (with 5 %: one
 * gap); its departure moves along. Lives that are fixed (a constant duration, the time from arrival
 * to departure) are multiplied by a factor between 1 - a and 1 + a. Both are uniform, drawn from
 * the streams "shake arrival" and "shake life" by runner, the same under every policy. What is
 * random already is left alone, and so is what the file's events do. */

struct shake {
    double amount; /* 0 < amount < 1 */
    uint64_t seed;
};

/* Borrows everything of the scenario it is made from but runners and dists. */
struct shaken_scenario {
    struct scenario scenario;
    struct runner_def *runners; /* owned */
    struct dist *dists;         /* owned */
};
/* On -1 (out of memory) the struct is zeroed. O(n log n) in the runners. */
int shaken_scenario_make(struct shaken_scenario *shaken, const struct scenario *scenario,
                         const struct shake *shake, struct err *err);
void shaken_scenario_release(struct shaken_scenario *shaken);

/* Is the scenario a trace: do at least ten of its runners come at instants that it gives? */
bool scenario_is_trace(const struct scenario *scenario);

#endif
