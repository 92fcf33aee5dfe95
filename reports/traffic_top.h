/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TRAFFIC_TOP_H
#define STOWAGE_REPORTS_TRAFFIC_TOP_H

#include "reports/top.h"
#include "sim/sim.h"

/* The runners that a picture of traffic shows, by index into sim->traffics: those with a target
 * first, furthest below it (or least above), then those with the longest waits. */
enum { TRAFFIC_TOP_MAX = 4 };
struct top traffic_top(const struct sim *sim);

/* How badly its users were served; for orders only. */
int128 traffic_badness(const struct sim_traffic *it);

#endif
