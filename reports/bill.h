/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_BILL_H
#define STOWAGE_REPORTS_BILL_H

#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "sim/sim.h"

/* What the fleet was paid for, and what of that was waste. Amounts are exact, in 1e-17 USD. */

/* The uses add up to the fleet. The first three are runners' parts of nodes; `rest` is what they
 * left of nodes that hold a replica, free or stranded. */
enum bill_use {
    USE_STARTING = 0,
    USE_RUNNING,
    USE_TERMINATING,
    USE_REST,
    USE_COMING, /* nodes that were asked for, until they are ready */
    USE_WARM,   /* nodes without replicas, up to warm_instances */
    USE_EMPTY,  /* other nodes without replicas */
    USE_DOWN,
    BILL_USE_COUNT,
};
const char *bill_use_name(enum bill_use use); /* "running", ... */
const char *blame_name(enum blame blame);     /* "preemption", ...; "" for BLAME_NONE */

struct bill_line {
    int128 node_us, unpriced_us; /* -1: it is no time of whole nodes */
    int128 grains;               /* in 1e-17 USD, as far as prices are known */
};

struct bill {
    int128 fleet; /* in 1e-17 USD */
    struct bill_line uses[BILL_USE_COUNT];
};
/* O(nodes + groups). */
void bill_make(const struct sim *sim, struct bill *bill);

/* Micro-USD, rounded half up. */
int128 micro_of_grains(int128 grains);

/* What a pool costs an hour, in micro-USD: min_instances nodes of its cheapest type, max_instances
 * of its dearest. False where a price is unknown. */
struct hourly_range {
    int128 least, most;
};
bool pool_hourly_range(const struct scenario *scenario, int32_t pool, struct hourly_range *range);

/* Nodes that were asked for. */
struct node_starts {
    int64_t outcomes[LAUNCH_OUTCOME_COUNT];
    int64_t reasons[LAUNCH_REASON_COUNT];
    int64_t ready_us_p50, ready_us_p95, ready_us_max; /* from asked for to ready; -1: none was */
    int64_t count;
};
/* -1: memory. O(launches log launches). */
int node_starts_make(const struct sim *sim, struct node_starts *starts, struct err *err);

#endif
