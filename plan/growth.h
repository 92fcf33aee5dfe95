/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_GROWTH_H
#define STOWAGE_PLAN_GROWTH_H

#include <stdint.h>

#include "base/err.h"
#include "scenarios/scenario.h"

/* A scenario with more (or less) demand, in percent: of every runner, deployment and event the
 * replicas and floors, rounded up (none stays none); of every entry of `arrivals` the rate; of
 * traffic the rate of requests. Lives, service times, priorities and shapes stay. */

struct grown_scenario {
    struct scenario scenario; /* a copy; never released by itself */
    struct arena arena;       /* what differs */
};

/* `scenario` is borrowed. On -1 the struct is zeroed; ERR_LIMIT: a number of replicas or a rate
 * beyond what a scenario may have. */
int grown_scenario_make(struct grown_scenario *grown, const struct scenario *scenario,
                        int32_t percent, struct err *err);
void grown_scenario_release(struct grown_scenario *grown);

#endif
