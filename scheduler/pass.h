/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_PASS_H
#define STOWAGE_SCHEDULER_PASS_H

#include <stdint.h>

#include "scheduler/sched.h"

/* One pass over all pending demand at one instant:
 *
 *   1. Nominated demands whose victims have all gone are bound, in the order of demand.
 *   2. Then every pending demand in the order of demand is put where it fits, or, where preemption
 *      is enabled and helps, nominated on a node whose victims are told to go; else it stays and
 *      never blocks the ones behind it. Victims re-enter the queue at once as new demand (asked_at
 *      = now, next ordinal of their runner).
 *
 * After the pass no pending demand fits a schedulable node. A replica that was bound in step 1 may
 * be evicted in step 2 of the same pass; one that was bound in step 2 may not. */

enum decision_kind {
    DECISION_BIND,     /* PENDING or NOMINATED -> STARTING on node, devices */
    DECISION_EVICT,    /* STARTING or RUNNING -> TERMINATING; followed, after all evictions for the
                          same demand, by its DECISION_NOMINATE */
    DECISION_NOMINATE, /* PENDING -> NOMINATED on node, devices */
};

struct decision {
    enum decision_kind kind;
    enum demand_class class; /* of the demand when it was served; for EVICT that of the demand it is
                                for */
    int32_t replica;         /* the one bound, evicted or nominated */
    int32_t node;
    uint64_t devices;
    /* EVICT only: */
    int32_t demand;      /* the replica for which it goes */
    int32_t replacement; /* the new pending replica that takes its place in the queue */
    int32_t chain_depth; /* 1, or 1 + the depth of the eviction whose victim the demand replaces */
};

struct decisions {
    struct decision *items;
    int32_t count, capacity;
};

/* Appends to `decisions`, in the order in which they were taken; the scheduler's state has changed
 * accordingly when it returns. -1 only for want of memory. */
int sched_pass(struct sched *sched, int64_t now, struct decisions *decisions, struct err *err);

void decisions_release(struct decisions *decisions);

#endif
