/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_TRAFFIC_RESULTS_H
#define STOWAGE_SIM_TRAFFIC_RESULTS_H

#include "sim/traffic.h"

/* What the finished traffic of a runner says, in either fidelity. NaN: no value, since nothing was
 * served (for the target: there is none, or nothing was served or dropped). */

enum traffic_time { TRAFFIC_WAIT = 0, TRAFFIC_RESPONSE };

double traffic_mean_s(const struct sim_traffic *it, enum traffic_time time);
/* What a share q of the served did not exceed. */
double traffic_quantile_s(const struct sim_traffic *it, enum traffic_time time, double q);
/* Of the served, those that waited at all; in millionths. */
int128 traffic_waited_micro(const struct sim_traffic *it);
/* Share of the served and dropped ones that kept the limit; a dropped one did not. */
double traffic_slo_attained(const struct sim_traffic *it);

#endif
