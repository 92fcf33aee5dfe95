/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_NODE_SCALING_H
#define STOWAGE_SIM_NODE_SCALING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/int128.h"
#include "scheduler/fleet.h"
#include "scheduler/preemption.h"

/* The number of nodes follows demand, in pools with `scaling`. An evaluation at the end of each
 * instant in which something changed:
 *
 *   1. Demand that the pass has left waiting is packed, level by level of the order of demand and
 *      inside a level largest first, onto the nodes that are coming, then onto new ones, each
 *      filled before the next is asked for. Which pool and type: scale_up.c.
 *   2. Each pool is filled up to clamp(busy + warm, min, max) nodes, where busy are those with
 *      replicas and the coming ones that step 1 uses. Ready and coming nodes count; drained and
 *      failed ones count against the maximum only.
 *   3. Where it has more than that, ready nodes that have been empty for idle_timeout are removed,
 *      the longest empty first (then the one added last).
 *
 * A node is paid for from the instant at which it is asked for; one that fails to come until then
 * too. One that is out of stock costs nothing. Draws of a launch come from the stream "launch" of
 * (pool, number of the launch): delay, boot, out of stock, failure. */

/* apiDeployment.SchedulingChoice, as of pools and types for new nodes: scale_up.c. */
enum scheduling_choice {
    CHOICE_UNKNOWN = 0,
    CHOICE_FAIL,
    CHOICE_RANDOM,
    CHOICE_PRICE,
    CHOICE_PERFORMANCE,
    CHOICE_NETWORK,
    CHOICE_UTILIZATION,
    CHOICE_PREFER_SPOT,
    CHOICE_PREFER_ONDEMAND,
};

enum launch_reason {
    LAUNCH_FOR_DEMAND = 0,
    LAUNCH_FOR_MIN,         /* the pool had fewer than min_instances */
    LAUNCH_FOR_WARM,        /* warm_instances */
    LAUNCH_FOR_REPLACEMENT, /* a consolidation replaces others by it */
    LAUNCH_REASON_COUNT,
};

enum launch_outcome {
    LAUNCH_COMING = 0,
    LAUNCH_READY,
    LAUNCH_FAILED,       /* it did not get ready */
    LAUNCH_OUT_OF_STOCK, /* there was none to be had */
    LAUNCH_WITHDRAWN,    /* removed by an event while it was coming */
    LAUNCH_OUTCOME_COUNT,
};

struct launch {
    int64_t asked_us, ended_us; /* ended: ready or failed; TIME_NEVER while it is coming */
    int32_t pool, type;
    int32_t node;          /* NO_INDEX: out of stock */
    int32_t runner;        /* for whom: the first that it was to take; NO_INDEX */
    int32_t replica_count; /* that it was to take */
    enum launch_reason reason;
    enum launch_outcome outcome;
    bool will_fail;
};

/* Demand that is alike: one shape, one level, one first pool, one choice. */
struct scale_group {
    int64_t left; /* replicas without a place so far */
    int32_t shape, rank;
    int32_t runner; /* of the first of them */
    int32_t pool;   /* its first pool */
    int32_t choice; /* enum of apiDeployment.SchedulingChoice */
    int32_t bucket; /* of the demand queue */
};

struct scale_bin { /* a node that is coming, or asked for in this evaluation */
    struct room room;
    int32_t group; /* of the fleet */
    int32_t taken_count;
};

struct node_scaling {
    struct launch *launches; /* in the order in which they were asked for */
    int32_t launch_count, launch_capacity;
    int32_t *coming; /* launches that are coming, in order */
    int32_t coming_count, coming_capacity;
    int64_t *out_until_us; /* [group] not asked for before */
    int32_t group_capacity;
    int32_t *expected_busy; /* [pool] coming nodes that waiting demand will use */
    int32_t pool_capacity;
    int32_t *type_rank, *pool_rank; /* by performance_order and network_order */
    int32_t type_rank_capacity, pool_rank_capacity;
    struct scale_group *groups; /* working memory of an evaluation */
    int32_t group_count, groups_capacity;
    struct scale_bin *bins;
    int32_t bin_count, bin_capacity;
    int32_t *grants; /* [bucket] */
    int32_t grant_capacity;
    struct victim_set victims;
    int64_t removed_idle_count;
    bool is_enabled;     /* some pool has scaling */
    bool is_due;         /* something changed */
    bool is_planned;     /* an evaluation for now_us is in the queue */
    bool has_choices;    /* some deployment has a scheduling choice */
    bool is_interrupted; /* an eviction comes first; the evaluation begins anew after it */
};

/* Why no new node takes what waits of a runner. */
enum node_outlook {
    OUTLOOK_NONE = 0,     /* none of its pools scales */
    OUTLOOK_AMBIGUOUS,    /* its scheduling choice is FAIL, and several types could hold it */
    OUTLOOK_NO_TYPE,      /* no type that its pools may launch could */
    OUTLOOK_COMING,       /* a node that could hold it is coming */
    OUTLOOK_CLOSED,       /* pools that could launch one take no demand, */
    OUTLOOK_AT_MAXIMUM,   /* have all the nodes that they may have, */
    OUTLOOK_OUT_OF_STOCK, /* or are not asked again yet, after none was to be had or came */
    OUTLOOK_TO_COME,      /* one could be asked for at once: the run ended */
    NODE_OUTLOOK_COUNT,
};
const char *node_outlook_name(enum node_outlook outlook); /* "ambiguous", ...; "" for NONE */

struct sim;
enum node_outlook node_outlook_of(const struct sim *sim, int32_t runner);

#endif
