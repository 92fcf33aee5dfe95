/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_DEMAND_QUEUE_H
#define STOWAGE_SCHEDULER_DEMAND_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "scheduler/demand.h"

/* The pending demands, kept so that a pass costs by shapes and not by replicas. All demands of one
 * (shape, class, priority, may evict or not) are alike to the scheduler: where the first does not
 * fit, none does. They share a bucket, a binary heap by (asked_at, runner, ordinal). Where a shape
 * limits the replicas of a runner on a node, what fits depends on the runner too, so each runner of
 * such a shape has buckets of its own. The buckets of one class and priority make a level; a pass
 * goes level by level and merges the heads of its buckets (see demand_order in sched.h), dropping a
 * bucket whose head failed. */

enum { LEVEL_COUNT = 20 };

enum demand_order { ORDER_FLOOR_FIRST = 0, ORDER_PRIORITY_FIRST };

struct demand_key {
    int32_t shape, priority;
    int32_t runner; /* of a shape that depends on the runner; else -1 */
    enum demand_class class;
    bool may_preempt;
};

struct demand_bucket {
    struct demand_key key;
    int32_t *heap; /* replica numbers */
    int32_t count, capacity;
    int32_t level;
    int32_t place_in_level; /* index in its level; -1: empty, in none */
    int32_t grant;          /* so many may evict, where that has to be granted */
    /* What a pass has found out about the head, so that the next need not search again in vain
     * (pass.c). Versions; 0: nothing known. */
    int64_t no_fit_version;     /* fits nowhere; kept for buckets of one runner only */
    int64_t no_victims_version; /* no eviction helped, */
    int64_t no_victims_until;   /* nor will it before this tick */
};

struct demand_level {
    int32_t *buckets; /* numbers of those that are not empty, in no particular order */
    int32_t count, capacity;
};

struct demand_queue {
    struct demand_bucket *buckets; /* in order of first use; empty ones stay */
    int32_t bucket_count, bucket_capacity;
    /* bucket + 1, or 0 for none yet: [shape * 40 + may_preempt * 20 + class * 10 + priority], and
     * [runner * 2 + class] for buckets of one runner. */
    int32_t *bucket_of_shape, *bucket_of_runner;
    int32_t shape_capacity, runner_capacity;
    enum demand_order order;                 /* set before the first demand comes */
    struct demand_level levels[LEVEL_COUNT]; /* in the order in which they are served */
    uint32_t filled_levels;                  /* a bit for each that has buckets */
    int64_t demand_count;                    /* in all buckets */
};

/* The queue stores positions in replicas[].queue_position; `replicas` is the scheduler's table.
 * O(log demands of the bucket). */
int demand_queue_add(struct demand_queue *queue, struct replica *replicas, int32_t replica,
                     const struct demand_key *key, struct err *err);
void demand_queue_remove(struct demand_queue *queue, struct replica *replicas, int32_t replica,
                         const struct demand_key *key);

/* The first of a bucket. */
void demand_queue_remove_head(struct demand_queue *queue, struct replica *replicas, int32_t bucket);

/* Which level demands of this class and priority are in. */
int32_t demand_queue_level(const struct demand_queue *queue, enum demand_class class,
                           int32_t priority);

/* The bucket of this key, or -1 when none was ever used. */
int32_t demand_queue_find(const struct demand_queue *queue, const struct demand_key *key);

/* Does demand a stand before demand b by (asked_at, runner, ordinal)? A total order. */
bool demand_precedes(const struct replica *a, const struct replica *b);

void demand_queue_release(struct demand_queue *queue);

#endif
