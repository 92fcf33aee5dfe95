/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_TRAFFIC_RATE_H
#define STOWAGE_SIM_TRAFFIC_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "scenarios/traffic.h"

/* The rate of one runner's requests as a function of time: piecewise constant, and integrated
 * exactly. Noise and bursts draw from the streams "traffic-noise" and "traffic-burst" of the
 * runner, so what comes does not depend on how it is served. */

struct rate_cursor {
    const struct traffic_def *def;
    struct rng noise, bursts;
    int64_t now_us;
    int64_t period_start_us;                          /* of the present period; not above now */
    int64_t piece_end_us, noise_end_us, burst_end_us; /* INT64_MAX: never */
    int64_t step_us;                                  /* a factor of noise lasts so long */
    double noise_factor;
    int32_t piece;
    bool is_in_burst;
    int64_t rate_micro; /* in force, before it is divided by def->divisor */
    int64_t remainder;  /* rate x microseconds that make no millionth of a request yet */
};

struct rate_terms {
    uint64_t seed;
    int32_t runner;
    int64_t step_us;
};

/* At time 0. `def` is borrowed. */
void rate_cursor_init(struct rate_cursor *cursor, const struct traffic_def *def,
                      const struct rate_terms *terms);

/* Requests, in millionths, from the cursor's time to `until_us`, not below it, where it then
 * stands. The sum over many calls is that of one call. O(pieces passed). */
int64_t rate_cursor_take(struct rate_cursor *cursor, int64_t until_us);

/* Goes on to the first microsecond by which the integral of the rate (millionths of a request per
 * second x microseconds, before it is divided by def->divisor) has grown by *units, and takes off
 * *units what it has grown by, so that what is left is 0 or less. false: that is not before
 * `until_us`, where the cursor then stands. */
bool rate_cursor_reach(struct rate_cursor *cursor, int64_t *units, int64_t until_us);

#endif
