/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_QUEUEING_H
#define STOWAGE_SIM_QUEUEING_H

#include <stdint.h>

#include "sim/wait_histogram.h"

/* Waits of a station of equal servers with one queue, in the steady state. */

/* The probability that an arrival waits (M/M/c), for 0 <= load < servers. By the series of
 * Erlang B for few servers, by GSL's Poisson distribution for many. */
double erlang_c(int64_t servers, double load);

struct station {
    int64_t servers; /* at least 1 */
    double load;     /* mean arrivals in a mean service time */
    double service_mean_us;
    double arrival_cv2, service_cv2; /* variance / mean^2 of the times between arrivals, and of
                                        service */
};

/* Above this utilization the steady state is that of this utilization: what it would take long to
 * reach is not assumed. */
#define UTILIZATION_STEADY_MAX 0.995

/* Exact for M/M/c; else the mean is that of Allen and Cunneen, Erlang's times (arrival_cv2 +
 * service_cv2) / 2, and the share Erlang's (A. O. Allen, "Probability, Statistics and Queueing
 * Theory", 2nd edition, 1990, section 5.3). For M/G/1 the mean is that of Pollaczek and Khinchine.
 */
struct station_wait station_wait(const struct station *station);

/* The same where no more than `queue_limit` requests may wait, and others are turned away: exact
 * for M/M/c/K (K = servers + queue_limit; D. Gross, C. M. Harris, "Fundamentals of Queueing
 * Theory", 3rd edition, 1998, section 2.4) but for the shape of the wait, which is taken as
 * exponential, and for any service where queue_limit is 0 (Erlang B). Else a queue varies as
 * (arrival_cv2 + service_cv2) / 2, so that its limit counts as if it were divided by that. Any
 * load. O(servers + queue_limit).
 */
enum { QUEUE_LIMIT_STEADY_MAX = 4096 };
struct station_loss {
    double lost;              /* share of the arrivals */
    struct station_wait wait; /* of the others */
};
struct station_loss station_loss(const struct station *station, int64_t queue_limit);

#endif
