/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_EXPLAIN_H
#define STOWAGE_SCHEDULER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scheduler/sched.h"

/* Why a demand is where it is. "Never fits" (no type of any eligible pool could hold it even when
 * empty) and "does not fit now" are two different answers. The places looked at are the nodes that
 * are not removed (for "never fits" the groups) of the pools that the shape names. */

enum fit_answer {
    FIT_BLOCKED, /* its runner may not be scheduled */
    FIT_NOW,     /* some node could take it now */
    FIT_NOT_NOW, /* it could fit when room is freed or nodes come */
    FIT_NO_NODE, /* a type of an eligible pool suits, but the fleet has no such node at all */
    FIT_NEVER,   /* no type of any eligible pool suits, or no eligible pool takes demand */
};

/* The nearest miss: the place that lacks least. For FIT_NOT_NOW a node, for FIT_NEVER a group.
 * Among places with the fewest kinds of misfit, the one with the smallest relative shortfall
 * (missing / asked) of its worst resource; lowest index on ties. What is not a quantity (pool,
 * state, architecture, device type, packing) is short by 1. */
struct near_miss {
    int32_t node;       /* -1 when it is a group, or none; for FIT_NOW the node that fits */
    int32_t group;      /* -1: none */
    enum misfit misfit; /* the worst lack there; 0: none */
    int64_t asked;      /* in the unit of the resource: milli-CPU, bytes, devices; */
    int64_t there;      /* 0 for what is not a quantity */
};

struct explanation {
    enum fit_answer answer;
    int32_t place_count; /* nodes (groups for FIT_NEVER) looked at; 0 for the other answers */
    /* By bit number of enum misfit; a place may fail for several reasons, so these may add up to
     * more than place_count. */
    int32_t failed_count[MISFIT_COUNT];
    struct near_miss near;
    /* Nodes that would hold the demand if all replicas of lower priority on them could be taken,
     * floors or not. After a pass, in which no legal victim set was found, it is the floors that
     * stand in the way there. For FIT_NOT_NOW when the demand may preempt, else 0. */
    int32_t floor_blocked_nodes;
};

/* For one pending, blocked or nominated replica; a nominated one is explained as if it asked for a
 * second place. O(nodes, and with preemption replicas). */
void explain_demand(const struct sched *sched, int32_t replica, int64_t now,
                    struct explanation *explanation);

/* For a shape alone, on the empty fleet: FIT_NEVER, FIT_NO_NODE or FIT_NOW. O(groups + nodes). */
void explain_shape(const struct fleet *fleet, int32_t shape, struct explanation *explanation);

/* One sentence: "does not fit now: 12 nodes: devices on 12, cpu on 9; nearest: node 4 lacks 500m of
 * 2000m CPU". `names`, and node_name in it, may be NULL. Writes into out, cut at size. */
struct explain_names {
    const void *context;
    const char *(*node_name)(const void *context, int32_t node);
    /* Why a pool takes no demand: "status ERROR: no quota"; NULL: not known. May be NULL itself. */
    const char *(*closed_reason)(const void *context, int32_t pool);
};
void explain_print(const struct fleet *fleet, const struct explanation *explanation,
                   const struct explain_names *names, char *out, size_t size);

#endif
