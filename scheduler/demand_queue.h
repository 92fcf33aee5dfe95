/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_DEMAND_QUEUE_H
#define STOWAGE_SCHEDULER_DEMAND_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "scheduler/demand.h"

/* The pending demands, kept so that a pass costs by shapes and not by replicas. All demands of one
 * (shape, class, priority) are alike to the scheduler: where the first does not fit, none does.
 * They share a bucket, a binary heap by (asked_at, runner, ordinal). A pass merges the heads of the
 * buckets (see demand_order in sched.h) and drops a bucket whose head failed. */

struct demand_bucket {
    int32_t shape;
    int32_t priority;
    enum demand_class class;
    int32_t *heap; /* replica numbers */
    int32_t count, capacity;
};

struct demand_queue {
    struct demand_bucket *buckets; /* in order of first use; empty ones stay */
    int32_t bucket_count, bucket_capacity;
    int32_t *bucket_of; /* [shape * 20 + class * 10 + priority] -> bucket + 1; 0: none yet */
    int32_t shape_capacity;
    int64_t demand_count; /* in all buckets */
};

struct demand_key {
    int32_t shape, priority;
    enum demand_class class;
};

/* The queue stores positions in replicas[].queue_position; `replicas` is the scheduler's table. */
int demand_queue_add(struct demand_queue *queue, struct replica *replicas, int32_t replica,
                     struct demand_key key, struct err *err);
void demand_queue_remove(struct demand_queue *queue, struct replica *replicas, int32_t replica,
                         struct demand_key key);

/* Does demand a stand before demand b by (asked_at, runner, ordinal)? A total order. */
bool demand_precedes(const struct replica *a, const struct replica *b);

void demand_queue_release(struct demand_queue *queue);

#endif
