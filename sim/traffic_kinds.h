/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_TRAFFIC_KINDS_H
#define STOWAGE_SIM_TRAFFIC_KINDS_H

#include "sim/sim.h"

/* The two fidelities of a runner's traffic, as traffic.c uses them: how it gets from it->now_us to
 * another instant. What happens on the way is added to it->look, to the totals and to the bins. */

/* ---- traffic.c ---- */

/* The cold start that began at it->cold_since_us is over. */
void traffic_end_cold_start(struct sim_traffic *it, int64_t now_us);

/* ---- traffic_fluid.c ---- */

int fluid_begin(struct sim_traffic *it, struct err *err);
/* To be called once in a step. */
int fluid_advance(struct sim *sim, struct sim_traffic *it, int64_t until_us, struct err *err);
/* Drops the newest out of the queue until no more than `limit_micro` wait. */
void fluid_drop_beyond(struct sim_traffic *it, int128 limit_micro);
/* The responses, at the end. */
void fluid_finish(struct sim_traffic *it);
bool fluid_is_consistent(const struct sim_traffic *it);

/* ---- traffic_requests.c ---- */

/* The station from now_us on, at which the runner has arrived. */
int requests_begin(struct sim *sim, struct sim_traffic *it, struct err *err);
/* May be called at any time, and before each change of the runner's replicas. */
int requests_advance(struct sim *sim, struct sim_traffic *it, int64_t until_us, struct err *err);
/* The runner has left, now. */
void requests_end(struct sim *sim, struct sim_traffic *it);
/* it->is_rejected has changed, now. */
void requests_set_rejected(struct sim *sim, struct sim_traffic *it);
/* A replica runs, or is gone, now. */
int requests_open(struct sim_traffic *it, int32_t replica, struct err *err);
int requests_take(struct sim *sim, struct sim_traffic *it, int32_t replica, struct err *err);
void requests_release(struct sim_traffic *it);
bool requests_are_consistent(const struct sim *sim, const struct sim_traffic *it);

#endif
