/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/queueing.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>

/* Up to so many servers the series is faster. */
enum { SERIES_SERVERS_MAX = 256 };
/* Beyond, GSL takes the number of servers as an unsigned int. */
static const double servers_max = 1e9;
/* What a sum does not notice. */
static const double negligible = 1e-18;

/* The share of lost arrivals of M/M/c/c: 1 / B(c) = 1 + c/a + c (c-1) / a^2 + ... + c! / a^c, the
 * terms of which rise while more than a are left, and then fall ever faster. Check value: B(2, 1) =
 * 1/5. */
static double erlang_b(int64_t servers, double load)
{
    double inverse_load = 1 / load;
    double inverse = 1;
    double term = 1;
    if (servers > SERIES_SERVERS_MAX) {
        unsigned count = (unsigned)servers;
        double all = gsl_cdf_poisson_P(count, load);
        return all > 0 ? gsl_ran_poisson_pdf(count, load) / all : 0;
    }
    for (double left = (double)servers; left > 0; left--) {
        term *= left * inverse_load;
        inverse += term;
        if (left < load && term < negligible * inverse)
            break;
    }
    return 1 / inverse;
}

double erlang_c(int64_t servers, double load)
{
    assert(servers >= 1);
    assert(load < (double)servers);
    if (load <= 0 || (double)servers > servers_max)
        return 0;
    double b = erlang_b(servers, load);
    return b / (1 - load / (double)servers * (1 - b));
}

/* So far above its load a station lets nobody wait: the chance is below 1e-12. */
static int is_ample(double servers, double load)
{
    return servers > load + 8 * sqrt(load) + 30;
}

struct station_wait station_wait(const struct station *station)
{
    double servers = (double)station->servers;
    double load = station->load;
    double variability = (station->arrival_cv2 + station->service_cv2) / 2;
    if (load <= 0 || variability <= 0 || is_ample(servers, load))
        return (struct station_wait){0};
    if (load > UTILIZATION_STEADY_MAX * servers)
        load = UTILIZATION_STEADY_MAX * servers;
    return (struct station_wait){
        .share = erlang_c(station->servers, load),
        .rate = (servers - load) / (station->service_mean_us * variability),
    };
}

/* Weights of the states with all servers busy and j requests waiting: ratio^j, j = 0 to the limit,
 * scaled so that the largest is 1. */
struct queue_weights {
    double none;   /* of j = 0 */
    double full;   /* of j = limit */
    double sum;    /* over 0 to limit */
    double length; /* sum of j x weight */
};

static struct queue_weights weigh(double ratio, int64_t limit)
{
    struct queue_weights weights = {0};
    bool is_rising = ratio > 1;
    double weight = 1;
    for (int64_t i = 0; i <= limit; i++) {
        int64_t j = is_rising ? limit - i : i;
        weights.sum += weight;
        weights.length += (double)j * weight;
        if (j == 0)
            weights.none = weight;
        if (j == limit)
            weights.full = weight;
        weight = is_rising ? weight / ratio : weight * ratio;
    }
    return weights;
}

struct station_loss station_loss(const struct station *station, int64_t queue_limit)
{
    double servers = (double)station->servers;
    double load = station->load;
    double variability = (station->arrival_cv2 + station->service_cv2) / 2;
    assert(queue_limit >= 0);
    assert(queue_limit <= QUEUE_LIMIT_STEADY_MAX);
    if (load <= 0 || is_ample(servers, load))
        return (struct station_loss){0};
    if (variability <= 0)
        return (struct station_loss){.lost = load > servers ? 1 - servers / load : 0};
    double places = fmin(rint((double)queue_limit / variability), QUEUE_LIMIT_STEADY_MAX);
    struct queue_weights weights = weigh(load / servers, (int64_t)places);
    /* The states with up to `servers` requests weigh 1 / B as much as the last of these. */
    double all = weights.none / erlang_b(station->servers, load) + weights.sum - weights.none;
    double lost = weights.full / all;
    struct station_loss loss = {.lost = lost};
    loss.wait.share = (weights.sum - weights.full) / all / (1 - lost);
    double mean_us =
        weights.length / all * variability * station->service_mean_us / (load * (1 - lost));
    if (!(loss.wait.share > 0) || !(mean_us > 0))
        loss.wait = (struct station_wait){0};
    else
        loss.wait.rate = loss.wait.share / mean_us;
    return loss;
}
