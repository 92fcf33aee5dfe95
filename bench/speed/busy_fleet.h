/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SPEED_BUSY_FLEET_H
#define STOWAGE_BENCH_SPEED_BUSY_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "scheduler/pass.h"
#include "scheduler/sched.h"

/* A fleet at work, for benchmarks of the scheduler: nodes of the types and a mix of requests as in
 * Alibaba's trace of 2023 ("openb"), made from a seed. Types: fifteen of GPU nodes and one without,
 * in its proportions. Requests: none, a part of one, or one to eight whole GPUs, again in its
 * proportions even where shapes are few, with CPU and memory to match; the n-th shape is asked for
 * in proportion to 1 / n.
 *
 * A fleet of more than 10,000 nodes is filled in parts of so many, each as a fleet of its own: a
 * few microseconds less for each of millions of replicas. */

struct busy_options {
    uint64_t seed;
    int32_t part; /* of a larger fleet: the same requests, other nodes and draws */
    int32_t node_count, shape_count;
    int32_t priority_count; /* a runner per shape and priority; 0: only priority 0 */
    bool has_preemption;    /* it is enabled, but nobody is granted an eviction */
    double fill;            /* of the device share, 0..1 */
    const char *policy;
    enum node_search search;
    struct index_tuning tuning;
};

enum { DRAW_PARTS = 1024, PICKS_AHEAD = 32 };

struct busy_fleet {
    struct busy_options options;
    struct shape_table shapes;
    struct sched sched;
    struct rng rng;
    struct popular_shape *popular;
    double *popularity; /* [shape], adding up to 1: the sum of it and those before it */
    int32_t
        first_drawn[DRAW_PARTS]; /* the lowest shape that a draw in this part of 0..1 may give */
    int32_t *bound;              /* replicas that are bound */
    int32_t bound_count, bound_capacity;
    int64_t pick_count;
    /* Places in `bound` of those that leave next, batch by batch. */
    int32_t picked_ahead[PICKS_AHEAD];
    int64_t now;
    int64_t share_milli, share_used_milli; /* of all devices */
    struct decisions decisions;            /* of the last pass */
    int64_t failed_count;                  /* demands that were withdrawn since they did not fit */
};

/* Filled to the mark. -1 with err for want of memory. */
int busy_fleet_init(struct busy_fleet *fleet, const struct busy_options *options, struct err *err);
void busy_fleet_release(struct busy_fleet *fleet);

/* A random runner by popularity. */
int32_t busy_fleet_draw(struct busy_fleet *fleet);

/* One demand of the runner, a pass, and where it does not fit, its withdrawal. */
int busy_fleet_arrival(struct busy_fleet *fleet, int32_t runner, struct err *err);

/* A random place in `bound`. The next few are drawn already, and what they are about is on the way,
 * of several together, as in the simulation, which knows what ends next and asks for what is near
 * bucket by bucket (scheduler/fetch.h, sim/prefetch.c). */
int32_t busy_fleet_pick(struct busy_fleet *fleet);

/* A random bound replica is gone. */
int busy_fleet_departure(struct busy_fleet *fleet, struct err *err);

/* An arrival, after as many departures as keep the fleet at its mark. */
int busy_fleet_decision(struct busy_fleet *fleet, struct err *err);

/* A number of the command line, 1 to BUSY_COUNT_MAX; false: it is none. */
enum { BUSY_COUNT_MAX = 10000000 };
bool busy_count_read(const char *text, int32_t *count);

double clock_ns(void);
double median_of(double *values, int32_t count);
int64_t peak_memory_bytes(void);

#endif
