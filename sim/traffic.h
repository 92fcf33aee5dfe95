/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_TRAFFIC_H
#define STOWAGE_SIM_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/int128.h"
#include "scenarios/traffic.h"
#include "sim/autoscaler.h"
#include "sim/metrics.h"
#include "sim/request_station.h"
#include "sim/traffic_rate.h"
#include "sim/wait_histogram.h"

/* The traffic of one runner, in one of two fidelities.
 *
 * As single requests (FIDELITY_REQUESTS): see request_station.h. Each is an event of its own,
 * though not one of the engine's queue: a runner's requests are brought forward, all together, to
 * the end of each step and to each instant at which one of its replicas comes or goes. Nothing else
 * could make a difference to them, so that is exact.
 *
 * As a fluid: once in a step (scenario.traffic_step_us) each runner's requests of that step
 * are set against what its running replicas could serve in it: slots x time / mean service time.
 *
 * What came while no replica ran, or more than was served, waits in order of arrival; it is carried
 * over as parcels, each evenly spread over the time in which it came. A request that finds no such
 * queue waits as at a station with so many slots (queueing.h). Where few may wait, what comes meets
 * the steady state of such a station: some of it is dropped, the rest waits little. Requests are
 * counted in millionths, and none is lost: offered = served + dropped + waiting. */

struct traffic_parcel { /* requests that wait, evenly spread over [from, until) */
    int64_t from_us, until_us;
    int64_t amount_micro;
};

/* Over a time bin of the metrics; in requests, and request-seconds. */
struct traffic_bin {
    double offered, served, dropped, capacity, waiting_s;
    double waited_s; /* waits of what was served */
};

/* One step, as the autoscaler sees it. A fluid has no single requests: one counts as come when the
 * sum of what came reaches the next whole number, or while at least one waits. */
struct traffic_window {
    int128 in_flight_area;
    int64_t us;
    bool has_requests;
};

struct traffic_totals {
    int128 offered_micro, served_micro, dropped_micro;
    int128 cold_micro;        /* requests that came while no replica ran */
    int128 slot_us;           /* slots x time of running replicas */
    int128 busy_area;         /* millionths of requests x time of service */
    int64_t cold_start_count; /* times that requests came upon no running replica */
    int64_t cold_us_sum;      /* from the first such request to the first running replica, or the
                                 end; over all cold starts */
    int64_t cold_us_max;
    int64_t scale_up_count, scale_down_count;
    int32_t wish_max;
};

struct sim_traffic {
    const struct traffic_def *def;
    int32_t runner;
    int64_t now_us;   /* counted up to then; -1: the runner has not arrived */
    bool is_over;     /* the runner has left */
    bool is_rejected; /* the runner is disabled: all is dropped */
    struct rate_cursor cursor;
    struct traffic_parcel *parcels;                      /* the oldest at `first_parcel` */
    int32_t first_parcel, parcel_count, parcel_capacity; /* count: from the start of the array */
    int128 waiting_micro;                                /* of single requests: in service, too */
    int128 running_area;                                 /* of the runner's metrics, up to now_us */
    double queue_mean; /* requests that wait by chance at now_us */
    bool was_running;  /* some replica ran at now_us */
    bool is_cold;
    int64_t cold_since_us;
    struct autoscaler autoscaler;
    struct traffic_window look;     /* since the latest step */
    struct traffic_window *windows; /* a ring of the latest steps */
    int32_t window_count, window_capacity, window_next;
    struct traffic_totals totals;
    struct request_station *station; /* NULL: a fluid; owned */
    struct request_counts counted;   /* what of its counts is in the totals */
    int128 counted_wait_us;          /* and of the waits of the served in the bins */
    struct wait_mixture *mixture;    /* of a fluid: waits by chance of what was served; owned */
    struct wait_histogram waits;     /* of a fluid: of what was served; at the end, of all */
    struct wait_histogram responses; /* wait and service; made at the end */
    struct traffic_bin bins[TIMELINE_BINS];
};

#endif
