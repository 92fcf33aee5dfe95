/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PROMISE_H
#define STOWAGE_PLAN_PROMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/target.h"

/* What a set of targets promises of every run that keeps it, as far as it says when a replica has a
 * place: that floors are met, that nobody of a priority is evicted, and that of the demands of some
 * priorities a share has a place within a time. */

/* From "placed 5m 99", "wait_s_p99 <= 300", "wait_s_max_p7 <= 60", "immediate_pct >= 90". From
 * "wait_s_mean <= 60" several: where the mean is at most x, at most the share x / T of all waits is
 * longer than T (Markov's inequality). */
struct promise {
    uint32_t priorities; /* a bit for each: whose demands are counted */
    int64_t within_us;
    double share;   /* 0..1 of the demands */
    int32_t target; /* of the set */
};

enum { PROMISES_OF_MEAN = 3, PROMISES_MAX = TARGETS_MAX * PROMISES_OF_MEAN };
struct promises {
    struct promise items[PROMISES_MAX];
    int32_t count;
    uint32_t spared;   /* priorities of which nobody is evicted */
    bool keeps_floors; /* no runner is below its floor at any time */
};

void promises_read(struct promises *promises, const struct target_set *targets);

/* How many of so many demands may wait longer than the time at most. The estimator of Kaplan and
 * Meier hands the share of a wait that was cut off on to longer ones, never to shorter ones: what
 * waited longer than the time is at most the estimated share of all. */
int64_t promise_misses_max(const struct promise *promise, int64_t demand_count);

#endif
