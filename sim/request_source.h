/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_REQUEST_SOURCE_H
#define STOWAGE_SIM_REQUEST_SOURCE_H

#include <stdint.h>

#include "base/rng.h"
#include "scenarios/traffic.h"
#include "sim/traffic_rate.h"

/* The single requests of one runner in order of coming. Within its rate they come as a Poisson
 * process (exact for a rate that changes in steps: the integral of the rate between two of them is
 * exponential), or whenever that integral reaches the next whole number. Times between arrivals and
 * times of service draw from the streams "request-arrival" and "request-service" of the runner, in
 * the order of the requests, so that the same requests come however they are served.
 *
 * Where the traffic has the requests of a trace, they come at their own times; a runner that is one
 * of several that share them takes every so many. */

struct request {
    int64_t number; /* from 0 on, in order of coming */
    int64_t came_us;
    int64_t service_us;
};

struct request_source {
    const struct traffic_def *def;
    struct rate_cursor cursor;
    struct rng arrivals, services;
    int64_t surplus; /* of the rate's integral beyond what made the latest arrival */
    int64_t from_us, end_us;
    int32_t part;            /* of def->divisor: which of the runners that share the traffic */
    int32_t row;             /* the next one of def->rows */
    int64_t copies, ordinal; /* of the row before: left to come; copies so far, of all rows */
    struct request next;     /* came_us INT64_MAX: no more come */
};

/* From `from_us` to the end of the run. `def` is borrowed. */
struct request_terms {
    struct rate_terms rate;
    int64_t from_us, end_us;
    int32_t part; /* from 0 on: which of the runners that share the traffic */
};
void request_source_init(struct request_source *source, const struct traffic_def *def,
                         const struct request_terms *terms);

/* Goes on from source->next to the one after it. */
void request_source_next(struct request_source *source);

/* No more come. */
void request_source_close(struct request_source *source);

#endif
