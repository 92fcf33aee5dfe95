/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_WAITING_H
#define STOWAGE_SCHEDULER_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/sched.h"

/* Inside scheduler/ only. The waiting demands of a runner: a list in their order, of which the
 * first runner_core_demand() are core. Each pending one is in the bucket of its class. */

/* Puts a demand into its runner's list, PENDING or, where the runner is blocked, BLOCKED. */
int waiting_add(struct sched *sched, int32_t replica, struct err *err);

/* Takes it out; its state stays for the caller to set. The line between core and extra may be off
 * until waiting_settle. */
void waiting_remove(struct sched *sched, int32_t replica);

/* The same for the first of a bucket of the queue, whose place and class are known. */
void waiting_remove_head(struct sched *sched, int32_t bucket);

/* Moves the line between core and extra to where the runner's counts say it is. Call after any
 * change to live, nominated, floor or pending. O(demands that change class * log queue). */
static inline int waiting_settle(struct sched *sched, int32_t runner, struct err *err);

/* The part of waiting_settle where it may have to be moved. */
int waiting_move_line(struct sched *sched, int32_t runner, struct err *err);

/* All waiting demands become blocked, or pending. */
int waiting_set_blocked(struct sched *sched, int32_t runner, bool is_blocked, struct err *err);

/* The bucket that demands of this runner and class are in. */
struct demand_key waiting_key(const struct sched *sched, int32_t runner, enum demand_class class);

static inline int waiting_settle(struct sched *sched, int32_t runner, struct err *err)
{
    const struct runner *asking = &sched->runners[runner];
    bool is_settled = asking->pending == 0 || asking->core_pending == runner_core_demand(asking);
    return is_settled ? 0 : waiting_move_line(sched, runner, err);
}

#endif
