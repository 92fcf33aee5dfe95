/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_EXPLAIN_H
#define STOWAGE_SCHEDULER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scheduler/sched.h"

/* Why a demand is where it is. "Never fits" (no type of any eligible pool could hold it even when
 * empty) and "does not fit now" are two different answers. */

enum fit_answer {
    FIT_BLOCKED, /* its runner may not be scheduled */
    FIT_NOW,     /* some node could take it now */
    FIT_NOT_NOW, /* it could fit when room is freed or nodes come */
    FIT_NO_NODE, /* a type of an eligible pool suits, but the fleet has no such node at all */
    FIT_NEVER,   /* no type of any eligible pool suits, or no eligible pool takes demand */
};

/* The nearest miss: the place that lacks least. For FIT_NOT_NOW a node, for FIT_NEVER a group.
 * Among places with the fewest kinds of misfit, the one with the smallest relative shortfall
 * (missing / asked) of its worst resource; lowest index on ties. */
struct near_miss {
    int32_t node;       /* -1 when it is a group, or none */
    int32_t group;      /* -1: none */
    enum misfit misfit; /* the worst lack there */
    int64_t asked,
        there; /* in the unit of the resource: milli-CPU, bytes, devices; 0 for other misfits */
};

struct explanation {
    enum fit_answer answer;
    int32_t place_count;                /* nodes (groups for FIT_NEVER) looked at */
    int32_t failed_count[MISFIT_COUNT]; /* by bit number of enum misfit; a place may fail for
                                           several reasons, so these may add up to more */
    struct near_miss near;
    int32_t
        floor_blocked_nodes; /* nodes on which eviction would help were it not for floors; filled
                                by explain_demand for FIT_NOT_NOW when preemption is enabled */
};

/* For one pending, blocked or nominated replica. O(nodes). */
void explain_demand(const struct sched *sched, int32_t replica, int64_t now,
                    struct explanation *explanation);

/* For a shape alone, on the empty fleet: FIT_NEVER, FIT_NO_NODE or FIT_NOW. O(groups). */
void explain_shape(const struct fleet *fleet, int32_t shape, struct explanation *explanation);

/* One sentence: "does not fit now: 12 nodes: cpu on 9, devices on 12; nearest: node 4 lacks 500m of
 * 2000m CPU". `name_of_node` may be NULL. Writes into out, cut at size. */
struct explain_names {
    const void *context;
    const char *(*node_name)(const void *context, int32_t node);
};
void explain_print(const struct fleet *fleet, const struct explanation *explanation,
                   const struct explain_names *names, char *out, size_t size);

#endif
