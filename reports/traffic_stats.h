/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TRAFFIC_STATS_H
#define STOWAGE_REPORTS_TRAFFIC_STATS_H

#include <stdint.h>

#include "base/int128.h"
#include "sim/sim.h"

/* The requests of all runners with traffic, together. */
struct traffic_stats {
    int32_t runner_count;
    int32_t target_count, met_count; /* runners with a target that had requests; that kept it */
    int32_t worst;                   /* of them the one furthest below its target, or least above;
                                        index into sim->traffics; NO_INDEX: none */
    int128 offered_micro, served_micro, dropped_micro, waiting_micro, waited_micro, cold_micro;
    int128 replica_us, idle_us;      /* replica-time that ran; of it, without a request */
    double judged_micro, kept_micro; /* requests of runners with a target; that kept it */
    int64_t cold_start_count, cold_us_sum, cold_us_max;
    struct wait_histogram waits, responses; /* of the served */
};

/* O(runners x bins of their histograms). */
void traffic_stats_make(const struct sim *sim, struct traffic_stats *stats);

/* Time of running replicas without a request, counted in replicas. */
struct replica_use {
    int128 running_us, busy_us;
};
struct replica_use traffic_replica_use(const struct sim *sim, const struct sim_traffic *it);

/* Has the runner a target, and requests to judge it by? Then how far it is above it, as a share. */
bool traffic_has_verdict(const struct sim_traffic *it, double *margin);

#endif
