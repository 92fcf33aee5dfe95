/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_TRAFFIC_H
#define STOWAGE_SCENARIOS_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dist.h"

/* The requests that a runner is to serve, and how its replicas follow them: what docs/scenario.md
 * calls `simulation.traffic` and `autoscale_config`. Requests are counted in millionths
 * ("_micro"), rates in millionths of a request per second. */

enum { MICRO = 1000000 };
/* A million requests per second, of one runner. */
#define TRAFFIC_RATE_MAX_MICRO (INT64_C(1000000) * MICRO)

struct traffic_piece {
    int64_t from_us;
    int64_t rate_micro; /* until the next piece */
};

/* A request of a trace. */
struct traffic_row {
    int64_t at_us;
    int64_t service_us; /* -1: not known from the trace */
};

/* How the wish of a runner follows its traffic; times in microseconds. */
struct autoscale_def {
    bool is_on;                   /* false: the wish changes by events only */
    int32_t low, high;            /* min_replicas + soft_min_replicas, and max_replicas */
    int64_t history_us;           /* of the traffic that counts */
    int64_t up_delay_us;          /* between two scale-ups */
    int64_t down_delay_us;        /* for which fewer must be enough */
    int64_t to_zero_delay_us;     /* without any request */
    int32_t utilization_permille; /* of the slots of its replicas that is aimed at, 1 to 1000 */
    int64_t burst_permille;       /* more waiting requests than so much of its running slots do not
                                     wait for the up delay; INT64_MAX: any number does */
    bool holds_up;   /* the up delay is how long more must be desired, not the time between two */
    bool steps_down; /* one replica for each down delay, not all at once */
};

enum slo_kind { SLO_NONE = 0, SLO_WAIT, SLO_RESPONSE };

struct slo_def {
    enum slo_kind kind;
    int64_t limit_us;
    int32_t share_permille; /* of the requests that are to keep the limit */
};

enum traffic_fidelity { FIDELITY_FLUID = 0, FIDELITY_REQUESTS };

struct traffic_def {
    enum traffic_fidelity fidelity;
    const struct traffic_piece *pieces; /* [piece_count], the first from 0, in order of time */
    int32_t piece_count;
    const struct traffic_row *rows; /* [row_count], in order of time: a trace that has each request
                                       in a row; the pieces say the same as a rate */
    int32_t row_count;
    double row_scale;    /* copies of each request, over all rows as even as can be */
    int32_t divisor;     /* runners of the deployment that share the traffic equally */
    int64_t period_us;   /* pieces repeat after so long; INT64_MAX: the last one lasts */
    int64_t phase_us;    /* where in the period the run begins */
    double noise_sigma;  /* of the logarithm of a factor of mean 1, drawn for each step; 0: none */
    double burst_factor; /* of the rate while a burst lasts; 1: there are none */
    int64_t burst_length_us, burst_gap_us; /* means of exponential times */
    struct dist service; /* time for which a request holds a slot of a replica; where `services` is
                            NULL */
    const int64_t *services_us; /* [row_count]: the rows', sorted */
    int64_t service_mean_us;    /* at least 1 */
    double service_cv2;         /* variance / mean^2 */
    bool is_regular;            /* evenly spaced arrivals; else Poisson */
    bool is_rejected;           /* its deployment is disabled: all is dropped */
    int64_t queue_limit;        /* requests that may wait; INT64_MAX: any number */
    bool drops_interrupted;     /* requests whose replica goes while it serves them; else they are
                                   served again. Only of single requests */
    struct slo_def slo;
    struct autoscale_def autoscale;
};

#endif
