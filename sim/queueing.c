/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/queueing.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

/* Up to so many servers the recursion is faster. */
enum { RECURSION_SERVERS_MAX = 256 };
/* Beyond, GSL takes the number of servers as an unsigned int. */
static const double servers_max = 1e9;

/* The share of lost arrivals of M/M/c/c: B(0) = 1, 1 / B(c) = 1 + c / (a B(c-1)). Check value:
 * B(2, 1) = 1/5. */
static double erlang_b(int64_t servers, double load)
{
    double inverse = 1;
    if (servers > RECURSION_SERVERS_MAX) {
        unsigned count = (unsigned)servers;
        double all = gsl_cdf_poisson_P(count, load);
        return all > 0 ? gsl_ran_poisson_pdf(count, load) / all : 0;
    }
    for (int64_t i = 1; i <= servers; i++)
        inverse = 1 + inverse * (double)i / load;
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
