/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/traffic_top.h"

#include <math.h>

#include "reports/traffic_stats.h"
#include "sim/traffic_results.h"

int128 traffic_badness(const struct sim_traffic *it)
{
    static const double verdict_weight = 1e15; /* far above any wait in ms */
    double margin;
    double p99_s = traffic_quantile_s(it, TRAFFIC_WAIT, 0.99);
    if (traffic_has_verdict(it, &margin))
        return (int128)((2 - margin) * verdict_weight);
    return isnan(p99_s) ? 0 : (int128)(p99_s * 1e3);
}

struct top traffic_top(const struct sim *sim)
{
    struct top top = top_of(TRAFFIC_TOP_MAX);
    for (int32_t i = 0; i < sim->traffic_count; i++)
        if (sim->traffics[i].totals.offered_micro > 0)
            top_offer(&top, i, traffic_badness(&sim->traffics[i]));
    return top;
}
