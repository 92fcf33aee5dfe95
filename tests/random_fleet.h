/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_RANDOM_FLEET_H
#define STOWAGE_TESTS_RANDOM_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "scheduler/pass.h"
#include "scheduler/sched.h"

/* A random small fleet with runners of all kinds, and random things that happen to it: everything
 * that scheduler/ can meet, in sizes that an oracle can search through. All follows from the seed.
 */

struct random_fleet_options {
    uint64_t seed;
    const struct policy *policy; /* NULL: any of those that the oracle knows */
    const struct policy_value *policy_values;
    /* Shapes that are known, and popular, from the start: of a fleet of the same seed. */
    const struct shape_table *known;
    enum node_search search;
    struct index_tuning tuning;
    int32_t node_max;      /* 0: 5 */
    int32_t runner_max;    /* 0: 6 */
    int32_t replica_max;   /* at a time; 0: 16 */
    bool is_about_devices; /* all nodes have some, most demands want some; all may be preempted
                              by some: more of what is odd in preemption */
};

/* One thing that happens. */
enum fleet_op_kind {
    OP_DEMAND,      /* runner */
    OP_WITHDRAW,    /* replica */
    OP_RUNNING,     /* replica */
    OP_TERMINATE,   /* replica */
    OP_GONE,        /* replica */
    OP_UNNOMINATE,  /* replica */
    OP_SET_FLOOR,   /* runner, value */
    OP_SET_BLOCKED, /* runner, value */
    OP_NODE_STATE,  /* node, value: enum node_state */
    OP_ADD_NODE,    /* value: group */
    OP_POOL_OPEN,   /* pool, value */
    OP_PASS,
};

struct fleet_op {
    enum fleet_op_kind kind;
    int32_t replica;         /* slot in the scheduler */
    int32_t runner, ordinal; /* of that replica, or the runner */
    int32_t node, pool;
    int32_t value;
};

struct random_fleet {
    struct random_fleet_options options;
    struct rng rng;
    struct shape_table shapes;
    struct sched sched;
    struct popular_shape *popular;
    struct runner_terms *terms; /* of each runner, as they were at the start */
    int64_t now;
    struct fleet_op *queued; /* what has to come before a node may go */
    int32_t terms_capacity, queued_count, queued_next, queued_capacity;
};

/* First fit with devices of the node taken at random: replicas lie across devices as no sensible
 * rule would lay them, which is when preemption gets hard. Not among those that ship. */
extern const struct policy policy_scatter;

/* Out of memory ends the process: this is for tests. */
void random_fleet_init(struct random_fleet *fleet, const struct random_fleet_options *options);
void random_fleet_release(struct random_fleet *fleet);

/* The next thing that happens, one that is allowed in the present state; time goes on. */
void random_fleet_next(struct random_fleet *fleet, struct fleet_op *op);

/* Lets it happen to the scheduler. A pass appends to `decisions`. */
int random_fleet_apply(struct random_fleet *fleet, const struct fleet_op *op,
                       struct decisions *decisions, struct err *err);

#endif
