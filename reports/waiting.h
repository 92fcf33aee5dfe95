/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_WAITING_H
#define STOWAGE_REPORTS_WAITING_H

#include <stdint.h>

#include "base/err.h"
#include "scheduler/explain.h"
#include "sim/sim.h"

/* Who waits at the end of the run, and why. */

enum waiting_kind {
    WAITING_CORE = 0,  /* in the queue, needed for the runner's floor */
    WAITING_EXTRA,     /* in the queue, above the floor */
    WAITING_NOMINATED, /* has a place, waits for the victims there to go */
    WAITING_BLOCKED,   /* special handling is not done */
    WAITING_KIND_COUNT,
};

/* All waiting demands of one runner of one kind. */
struct waiting {
    int64_t longest_us;
    int32_t runner, count;
    int32_t replica; /* the one that waits longest */
    enum waiting_kind kind;
    int32_t reason; /* index; NO_INDEX for nominated ones */
};

/* Demands for which the answer must be the same share one: equal shape, class, priority, right to
 * preempt, and, where max_per_node matters, no replica placed yet (else one reason a runner). */
struct waiting_reason {
    struct explanation explanation;
    int32_t first; /* index of a waiting row with this reason */
    int64_t replica_count, runner_count, core_count, longest_us;
};

struct waiting_list {
    struct waiting *rows; /* by runner, then kind; owned */
    int32_t count;
    struct waiting_reason *reasons; /* most core demand, then most replicas first; owned */
    int32_t reason_count;
    int64_t replica_count[WAITING_KIND_COUNT];
};

/* -1: memory, and there is nothing to release. */
int waiting_list_make(const struct sim *sim, struct waiting_list *list, struct err *err);
void waiting_list_release(struct waiting_list *list);

/* "core", "extra"; NULL for kinds that have no class. */
const char *waiting_class_name(enum waiting_kind kind);

/* "never", "not-now", "no-node", "blocked", "nominated", and "now" (only where a run was ended
 * before its pass). */
const char *waiting_answer(const struct waiting_list *list, const struct waiting *row);

/* One sentence without a final period; writes into out, cut at size; returns out. */
enum { REASON_TEXT_SIZE = 1024 };
const char *waiting_reason_print(const struct sim *sim, const struct waiting_list *list,
                                 const struct waiting *row, char out[REASON_TEXT_SIZE]);

#endif
