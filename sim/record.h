/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_RECORD_H
#define STOWAGE_SIM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/digest.h"
#include "scheduler/demand.h"

/* What happened, as the trace and the decision digest see it. Every record goes into the digest. */

enum record_kind {
    RECORD_RUNNER_ARRIVED = 1, /* runner; count = num_replicas */
    RECORD_RUNNER_DEPARTED,    /* runner */
    RECORD_SCALED,             /* runner; count = the new wish, floor = the new floor in force */
    RECORD_DEMAND,             /* replica asked for */
    RECORD_WITHDRAWN,          /* replica no longer wanted before it was bound */
    RECORD_GAVE_UP,            /* replica not bound within max_wait */
    RECORD_BOUND,              /* replica on node, devices */
    RECORD_NOMINATED,          /* replica on node, devices */
    RECORD_UNNOMINATED,        /* replica: node takes it no more, it waits in the queue again */
    RECORD_EVICTED,            /* replica on node, for `other` (the demand); depth = chain depth. It
                                  terminates from now on; no RECORD_TERMINATING follows */
    RECORD_RUNNING,            /* replica on node */
    RECORD_TERMINATING,        /* replica on node is asked to go; cause */
    RECORD_GONE,               /* replica from node; cause */
    RECORD_UNBLOCKED,          /* runner: its special handling is done */
    RECORD_NODE_ADDED,         /* node */
    RECORD_NODE_READY,         /* node: repaired or uncordoned */
    RECORD_NODE_CORDONED,      /* node; also one that was repaired while cordoned */
    RECORD_NODE_DRAINING,      /* node: cordoned, its replicas are asked to go */
    RECORD_NODE_FAILED,        /* node */
    RECORD_NODE_REMOVED,       /* node */
    RECORD_POOL_SET,           /* node = pool index; count = 1 schedulable, 0 not */
    RECORD_NODE_LAUNCHED,      /* node is asked for; runner = for whom, count = its replicas */
    RECORD_LAUNCH_FAILED,      /* node will not come; NODE_REMOVED follows */
    RECORD_OUT_OF_STOCK,       /* node = pool index: no node could be had; runner as LAUNCHED */
    RECORD_CRASHED,            /* replica on node: it will be started again */
    RECORD_KIND_COUNT,
};

/* Why a bound replica goes. */
enum gone_cause {
    GONE_NONE = 0,
    GONE_FINISHED, /* its duration is over */
    GONE_SCALE_DOWN,
    GONE_DEPARTED, /* its runner left */
    GONE_PREEMPTED,
    GONE_DRAINED,
    GONE_NODE_LOST,
    GONE_RECLAIMED,    /* the provider takes its node back */
    GONE_CONSOLIDATED, /* its node goes to save what it costs */
    GONE_DEPLOYED,     /* a new version of what it serves takes its place */
    GONE_UPGRADED,     /* its node is upgraded */
    GONE_CAUSE_COUNT,
};

/* A field that the kind does not name is 0, or NO_INDEX where it is an index. */
struct record {
    int64_t time_us;
    uint64_t devices;
    enum record_kind kind;
    enum gone_cause cause;
    enum demand_class class;             /* of the demand, for BOUND, NOMINATED and EVICTED */
    int32_t runner;                      /* NO_INDEX where there is none */
    int32_t ordinal;                     /* of the replica within its runner; NO_INDEX */
    int32_t node;                        /* NO_INDEX */
    int32_t other_runner, other_ordinal; /* EVICTED: the demand it goes for */
    int32_t count, floor, depth;
};

static inline uint64_t record_word(int32_t high, int32_t low)
{
    return (uint64_t)(uint32_t)high << 32 | (uint32_t)low;
}

/* Takes the record, with this time instead of its own, into the digest: seven words. */
static inline void record_digest(const struct record *record, int64_t time_us,
                                 struct decision_digest *digest)
{
    const uint64_t words[] = {
        (uint64_t)time_us,
        record->devices,
        (uint64_t)record->kind << 16 | (uint64_t)record->cause << 8 | (uint64_t)record->class,
        record_word(record->runner, record->ordinal),
        record_word(record->other_runner, record->other_ordinal),
        record_word(record->node, record->count),
        record_word(record->floor, record->depth),
    };
    decision_digest_add_all(digest, words, ARRAY_LEN(words));
}

const char *record_kind_name(enum record_kind kind); /* "bound", "evicted", ... */
const char *gone_cause_name(enum gone_cause cause);  /* "preempted", "node-lost", ... */

#endif
