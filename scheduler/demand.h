/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_DEMAND_H
#define STOWAGE_SCHEDULER_DEMAND_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

/* What the scheduler knows of runners and their replicas. Instants are opaque int64 ticks given by
 * the caller, who has the clock; the scheduler only compares and subtracts them. */

enum replica_state {
    REPLICA_NONE = 0,    /* an unused slot of the table */
    REPLICA_BLOCKED,     /* asked for, but its runner may not be scheduled (special handling) */
    REPLICA_PENDING,     /* asked for, in the queue */
    REPLICA_NOMINATED,   /* waits on a node for its victims to go; its room is held */
    REPLICA_STARTING,    /* bound: pulling, loading */
    REPLICA_RUNNING,     /* bound */
    REPLICA_TERMINATING, /* bound, no longer live */
};

enum demand_class { CLASS_CORE = 0, CLASS_EXTRA = 1 };

struct replica {
    int64_t asked_at;      /* tick at which this demand arose: arrival, scale-up, eviction, loss */
    int64_t running_since; /* tick; INT64_MAX before it runs */
    uint64_t devices;      /* bit mask on its node while bound or nominated */
    int32_t runner;
    int32_t ordinal; /* 0, 1, 2 ... within the runner, never used twice */
    int32_t node;    /* while bound or nominated, else -1 */
    int32_t next_on_node;
    union {
        int32_t previous_on_node; /* while bound or nominated */
        int32_t queue_position;   /* while it waits: in the heap of its bucket; -1: in none */
    };
    /* The runner's pending (or blocked) demands by (asked_at, ordinal), or, once bound and where
     * preemption is enabled, its bound replicas in no particular order; -1: none. */
    int32_t next_pending, previous_pending;
    union {
        int32_t pledged_to;   /* of a victim: the nominee that its room is held for; -1: none */
        int32_t victims_left; /* while nominated: victims that have not gone yet */
    };
    int32_t chain_depth; /* 0: an ordinary demand; n: replaces a victim of an eviction of depth n */
    uint8_t state;       /* enum replica_state */
    uint8_t served_class; /* enum demand_class in which it was nominated or bound */
};

/* The slot of a replica is reused after the replica is gone. Millions are bound at a time, so a
 * slot fills one line of a cache. */
static_assert(sizeof(struct replica) == 64, "a replica has grown");

/* Is this a victim whose room is held for that nominee? */
static inline bool replica_is_pledged_to(const struct replica *replica, int32_t nominee)
{
    return replica->state == REPLICA_TERMINATING && replica->pledged_to == nominee;
}

struct runner {
    _Alignas(CACHE_LINE_BYTES) int32_t shape;
    int32_t priority; /* 0..9 */
    int32_t floor;    /* replicas that preemption may not take */
    int32_t live;     /* starting + running */
    int32_t nominated;
    int32_t pending; /* blocked ones are not pending; a runner has the one kind or the other */
    int32_t blocked;
    int32_t terminating;
    int32_t next_ordinal;
    int32_t first_pending, last_pending; /* of pending demands, or of blocked ones; -1: none */
    int32_t first_extra;                 /* the first pending demand that is not core; -1: none */
    int32_t core_pending;                /* how many stand before it */
    int32_t first_bound; /* of its bound replicas, where preemption is enabled; -1: none */
    bool is_blocked;
    bool may_preempt; /* false: its demands never evict (preemptionPolicy: Never) */
};

static_assert(sizeof(struct runner) == CACHE_LINE_BYTES, "a runner has grown");

/* Replicas that preemption may still take: live - floor, at least 0. */
static inline int32_t runner_budget(const struct runner *runner)
{
    return runner->live > runner->floor ? runner->live - runner->floor : 0;
}

/* How many of the runner's pending demands are core now: floor - live - nominated, within
 * 0..pending. (A nominated demand has its place already and counts as live here, so that three
 * demands cannot all be core against a floor of two.) */
static inline int32_t runner_core_demand(const struct runner *runner)
{
    int64_t core = (int64_t)runner->floor - runner->live - runner->nominated;
    if (core < 0)
        return 0;
    return core < runner->pending ? (int32_t)core : runner->pending;
}

#endif
