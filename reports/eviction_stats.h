/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_EVICTION_STATS_H
#define STOWAGE_REPORTS_EVICTION_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "sim/sim.h"

/* Preemption in totals: by priority x priority, and by who took from whom. */

struct eviction_sum {
    int64_t count;
    int64_t unrecovered_count; /* the victim's runner was not whole again by the end */
    int128 work_lost_us;       /* replica-us of running thrown away */
    int128 share_lost_milli_us;
    int128 recover_us; /* sum of times to recover; unrecovered ones as far as they got */
};

/* All evictions of one runner's replicas for another runner's demands. */
struct eviction_pair {
    int32_t victim_runner, demand_runner;
    struct eviction_sum sum;
};

struct eviction_stats {
    struct eviction_sum all;
    struct eviction_sum cells[10][10]; /* [demand priority][victim priority] */
    struct eviction_pair *pairs;       /* most evictions first, then victim, then demand; owned */
    int32_t pair_count;
    int32_t depth_max;
    int32_t victim_runner_count; /* runners that lost at least one replica */
};

/* -1: memory, and there is nothing to release. O(evictions log evictions). */
int eviction_stats_make(const struct sim *sim, struct eviction_stats *stats, struct err *err);
void eviction_stats_release(struct eviction_stats *stats);

/* Time until the victim's runner was whole again; when it never was, until it left or the run
 * ended. */
int64_t eviction_recover_us(const struct sim *sim, const struct eviction *eviction);

/* Work lost times the devices that the victim held, in milli-device-us. */
int128 eviction_share_lost(const struct sim *sim, const struct eviction *eviction);

/* Why the rules allowed it: "lower-priority", or "extra-for-core". */
const char *eviction_reason(const struct eviction *eviction);

#endif
