/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_CONSOLIDATION_H
#define STOWAGE_SIM_CONSOLIDATION_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/fleet.h"

/* Nodes that are paid for and hardly used are given back, in pools with `consolidation`; after the
 * disruption rules of Karpenter.
 *
 * Every CONSOLIDATION_LOOK_US, counted from the start, a pool in which none is in progress is
 * looked at; the first method that finds something is the one:
 *
 *   1. EMPTY. Ready nodes without replicas, the longest empty first: as many as the pool has beyond
 *      clamp(busy + warm, min, max) and the budget allows.
 *   2. MULTI (rule UNDERUTILIZED). Of the candidates, in their order, the longest prefix of two or
 *      more (within the budget, and CONSOLIDATION_NODES_MAX) whose replicas find room elsewhere,
 *      found by bisection.
 *   3. SINGLE. The first candidate whose replicas do.
 *
 * Candidates are ready nodes of known price with replicas, none of them nominated or told to stay
 * (`may_move`: false), to which for consolidate_after no replica came and from which none went.
 * Order: the price of the node for each unit of disruption, 1 + the sum of (priority + 1) over its
 * replicas, dearest first; then the lowest node.
 *
 * Room elsewhere (consolidation_trial.c): the replicas, the largest first, each go to the first
 * node with room among those that hold replicas anyway. Where all find some, the nodes go. Where
 * some do not, and one new node of a type of the pool takes all of these, the cheapest such type
 * that is strictly cheaper than the nodes together replaces them. It may not be the type of one of
 * them, and where one of them is spot, not a spot type. The pool keeps min_instances. No runner is
 * left with fewer running replicas than its floor, even if none of those moved ever runs again.
 *
 * What was found is looked at again CONSOLIDATION_WAIT_US later, and dropped where it does not hold
 * any more. Then nodes without replicas are removed; others are drained (their replicas are asked
 * for again at once, and go where the scheduler puts them) and removed when empty. Where another
 * node is to come, they are cordoned until it is ready, looked at a third time, and drained then;
 * where it does not come, they are uncordoned.
 *
 * Budget: at most so many nodes of the pool, or such a part of those that have come, may be away
 * from service at once; cordoned, draining and failed ones count. */

enum {
    CONSOLIDATION_LOOK_US = 10 * 1000 * 1000,
    CONSOLIDATION_WAIT_US = 15 * 1000 * 1000,
    CONSOLIDATION_NODES_MAX = 100,
};

enum consolidation_method {
    CONSOLIDATE_EMPTY = 0,
    CONSOLIDATE_MULTI,
    CONSOLIDATE_SINGLE,
    CONSOLIDATE_METHOD_COUNT,
};

enum consolidation_stage {
    CONSOLIDATION_WAITS = 0, /* to be looked at again */
    CONSOLIDATION_REPLACES,  /* another node is coming */
    CONSOLIDATION_DONE,      /* its nodes were told to go */
    CONSOLIDATION_DROPPED,   /* it did not hold any more */
    CONSOLIDATION_UNMET,     /* the other node was not to be had, or did not come */
    CONSOLIDATION_STAGE_COUNT,
};

struct consolidation {
    int64_t found_us, ended_us; /* ended: TIME_NEVER in the first two stages */
    int32_t pool;
    int32_t first_node, node_count; /* in consolidations.nodes; of DONE: those told to go */
    int32_t replica_count;          /* that were told to go */
    int32_t group;                  /* of the fleet, of the node that replaces them; NO_INDEX */
    int32_t replacement;            /* that node; NO_INDEX: none, or none yet */
    enum consolidation_method method;
    enum consolidation_stage stage;
};

/* What a trial of the fleet without some nodes came to. */
struct consolidation_trial {
    bool is_possible;
    int32_t group;         /* of the fleet: a node of it is needed; NO_INDEX: none is */
    int32_t replica_count; /* that have to move */
};

struct consolidation_candidate {
    int64_t price_micro, disruption; /* 0 and 1 of empty nodes */
    int64_t idle_since_us;           /* 0 of others */
    int32_t node;
};

struct mover { /* a replica that has to move, and what puts it into its place in the order */
    int64_t size[4];
    int32_t runner, ordinal, replica, shape;
    bool is_running;
};

struct trial_place { /* of a node, in the trial of this number */
    int32_t leaving, changed;
    int32_t room; /* where changed */
};

struct trial_room { /* a node and what the trial has left of it */
    struct room room;
    int32_t node;
};

struct consolidations {
    struct consolidation *items; /* in the order in which they were found */
    int32_t count, capacity;
    int32_t *nodes;
    int32_t node_count, node_capacity;
    int32_t *current; /* [pool] in progress; NO_INDEX */
    int32_t pool_capacity;
    int64_t planned_us; /* a look at this instant is in the queue; TIME_NEVER: none */
    bool is_enabled;    /* some pool has consolidation */
    bool is_due;        /* something changed since the last look */
    /* Working memory of a look. */
    struct consolidation_candidate *candidates;
    int32_t candidate_count, candidate_capacity;
    int32_t *ordered; /* the nodes of the candidates */
    int32_t ordered_capacity;
    struct mover *movers;
    int32_t mover_count, mover_capacity;
    struct trial_place *places; /* [node] */
    int32_t place_capacity;
    struct trial_room *rooms;
    int32_t room_count, room_capacity;
    int32_t *first_fit; /* [shape] no node before this one has room; 0 at the start of a look */
    int32_t shape_capacity;
    int32_t trial_number;
};

#endif
