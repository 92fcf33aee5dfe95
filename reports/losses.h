/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_LOSSES_H
#define STOWAGE_REPORTS_LOSSES_H

#include "base/int128.h"
#include "sim/sim.h"

/* What went wrong in a run, by cause, and what it cost: the same for losses.csv, summary.json,
 * report.md and the terminal. */

enum loss_cause {
    LOSS_PREEMPTION = 0,
    LOSS_DRAIN, /* drains and removals of nodes by events, and empty nodes that are removed */
    LOSS_FAILURE,
    LOSS_FAILURE_NODE, /* parts of LOSS_FAILURE, by what failed as a whole */
    LOSS_FAILURE_RACK,
    LOSS_FAILURE_ZONE,
    LOSS_RECLAIM,
    LOSS_CONSOLIDATION,
    LOSS_UPGRADE,
    LOSS_CRASH,
    LOSS_CAUSE_COUNT
};
const char *loss_cause_name(enum loss_cause cause); /* "preemption", "failure-of-zone", ... */
/* Is it a part of another cause? */
bool loss_is_part(enum loss_cause cause);

/* -1 in what the cause does not know. */
struct loss {
    int64_t node_count;     /* nodes it hit */
    int64_t replica_count;  /* live replicas it took; crashes */
    int64_t work_lost_us;   /* time for which they had been running */
    int128 cost_lost;       /* of that, in 1e-17 USD; of nodes with a price */
    int64_t below_floor_us; /* summed over runners */
    int64_t breach_count;   /* replicas whose loss left fewer than the floor */
};
/* O(runners + failures). */
struct loss loss_of(const struct sim *sim, enum loss_cause cause);
/* Did the cause hit any node or replica? */
bool loss_is_there(const struct loss *loss);

#endif
