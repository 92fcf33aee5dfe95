/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/traffic_results.h"

#include <math.h>

#include "base/units.h"

static const struct wait_histogram *fluid_times(const struct sim_traffic *it,
                                                enum traffic_time time)
{
    return time == TRAFFIC_WAIT ? &it->waits : &it->responses;
}

static const struct request_times *request_times(const struct sim_traffic *it,
                                                 enum traffic_time time)
{
    return time == TRAFFIC_WAIT ? &it->station->waits : &it->station->responses;
}

double traffic_mean_s(const struct sim_traffic *it, enum traffic_time time)
{
    if (it->totals.served_micro == 0)
        return NAN;
    if (it->station) {
        const struct request_times *times = request_times(it, time);
        return int128_ratio(times->us_sum, times->count) / US_PER_S;
    }
    const struct wait_histogram *times = fluid_times(it, time);
    return int128_ratio(times->area, times->total_micro) / US_PER_S;
}

double traffic_quantile_s(const struct sim_traffic *it, enum traffic_time time, double q)
{
    if (it->totals.served_micro == 0)
        return NAN;
    double us = it->station ? request_times_quantile_us(request_times(it, time), q)
                            : wait_histogram_quantile_us(fluid_times(it, time), q);
    return us / US_PER_S;
}

int128 traffic_waited_micro(const struct sim_traffic *it)
{
    if (!it->station)
        return it->waits.total_micro - it->waits.bins_micro[0];
    const struct request_times *waits = &it->station->waits;
    return (int128)(waits->count - waits->bins[0].count) * MICRO;
}

double traffic_slo_attained(const struct sim_traffic *it)
{
    const struct slo_def *slo = &it->def->slo;
    double all = (double)(it->totals.served_micro + it->totals.dropped_micro);
    if (slo->kind == SLO_NONE || all <= 0)
        return NAN;
    if (it->station)
        return (double)it->station->counts.kept_slo * MICRO / all;
    enum traffic_time time = slo->kind == SLO_WAIT ? TRAFFIC_WAIT : TRAFFIC_RESPONSE;
    return wait_histogram_up_to(fluid_times(it, time), slo->limit_us) / all;
}
