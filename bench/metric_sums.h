/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_METRIC_SUMS_H
#define STOWAGE_BENCH_METRIC_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/int128.h"
#include "sim/sim.h"

/* All that a run has summed up by one instant: integrals of its step functions and counts. What
 * happened between two instants is the difference of their sums, so a run may be measured from the
 * end of its warm-up on, exactly. */

enum { PRIORITY_COUNT = 10 };

struct metric_sums {
    int64_t at_us;
    int128 used[RESOURCE_COUNT], capacity[RESOURCE_COUNT]; /* of the fleet, x us */
    int128 nodes_us, nodes_paid_us; /* ready or drained; in any state, as they are paid for */
    int128 nodes_busy_us;           /* with replicas on them */
    int128 queue_us[PRIORITY_COUNT];
    int128 running_all_us, wish_all_us;                         /* replicas x us */
    int128 running_us[PRIORITY_COUNT], wish_us[PRIORITY_COUNT]; /* the same by priority */
    int128
        below_floor_us[PRIORITY_COUNT]; /* runners x us with fewer live replicas than the floor */
    int128 floor_asked_us[PRIORITY_COUNT], floor_met_us[PRIORITY_COUNT]; /* by running replicas */
    int128 wish_asked_us[PRIORITY_COUNT], wish_met_us[PRIORITY_COUNT];
    int64_t bound[PRIORITY_COUNT], finished[PRIORITY_COUNT], gave_up[PRIORITY_COUNT];
    int64_t drained[PRIORITY_COUNT], lost[PRIORITY_COUNT];
    int128 micro_usd;                      /* paid for nodes of known price */
    int128 unpriced_us;                    /* node-time of unknown price */
    int64_t at_once_count[PRIORITY_COUNT]; /* in metrics.waits */
    int32_t later_count[PRIORITY_COUNT], censored_count[PRIORITY_COUNT]; /* likewise */
    int32_t eviction_count;                                              /* in metrics.evictions */
    int64_t node_failures, node_reclaims;
};

/* The sums by at_us, where the run has no event left before or at it (or is finished, with at_us
 * its end). What is counted runner by runner (from running_us to lost) stays 0 unless it is asked
 * for; before the end this includes what is summed up from it. O(runners + nodes). */
void metric_sums_read(const struct sim *sim, int64_t at_us, bool reads_runners,
                      struct metric_sums *sums);

#endif
