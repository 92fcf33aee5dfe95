/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_SMALL_FLEET_H
#define STOWAGE_TESTS_SMALL_FLEET_H

#include <stdint.h>

#include "scheduler/pass.h"
#include "scheduler/sched.h"

/* Short words for building a scheduler by hand in a test. One open pool, number 0, is there from
 * the start. Whatever fails ends the process. */

struct small_fleet {
    struct shape_table shapes;
    struct sched sched;
    struct decisions decisions; /* of the last pass */
};

/* options->policy NULL: first-fit. */
void small_fleet_init(struct small_fleet *fleet, const struct sched_options *options);
void small_fleet_release(struct small_fleet *fleet);

/* A type with memory of 64 GiB, and devices of 16 GiB where it has any: its group in pool 0. */
int32_t small_type(struct small_fleet *fleet, int64_t cpu_milli, int32_t device_count);
int32_t small_node(struct small_fleet *fleet, int32_t group);

/* Requests in pool 0. */
struct shape small_cpu(int64_t cpu_milli);
struct shape small_devices(int32_t count);              /* whole, no CPU */
struct shape small_share(int32_t count, int32_t milli); /* by share, no CPU */

struct small_runner {
    struct shape shape;
    int32_t priority, floor;
    bool is_blocked, never_preempts;
};
int32_t small_runner(struct small_fleet *fleet, const struct small_runner *runner);

int32_t small_demand(struct small_fleet *fleet, int32_t runner, int64_t now);
void small_gone(struct small_fleet *fleet, int32_t replica);

/* A pass, and then sched_check and sched_check_no_fit. */
void small_pass(struct small_fleet *fleet, int64_t now);

/* Demand, pass, running since `now`: the replica, which must have been bound. */
int32_t small_run(struct small_fleet *fleet, int32_t runner, int64_t now);

const struct replica *small_replica(const struct small_fleet *fleet, int32_t replica);

#endif
