/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_EVENT_QUEUE_H
#define STOWAGE_SIM_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The events to come, in one total order: time, then class, then the order of pushing. What
 * finishes at t frees its room for what starts at t, and the pass sees everything that happened at
 * its instant. */

enum event_class {
    EVENT_CLASS_REPLICA_GONE = 0, /* room is freed */
    EVENT_CLASS_NODE_LOST,
    EVENT_CLASS_NODE_READY,
    EVENT_CLASS_REPLICA_READY,
    EVENT_CLASS_DEMAND, /* arrivals, departures, scale changes */
    EVENT_CLASS_AUTOSCALER,
    EVENT_CLASS_PASS,
    EVENT_CLASS_GIVE_UP, /* after the pass: a demand with max_wait 0 is tried once */
    EVENT_CLASS_SAMPLE,
};

struct event {
    int64_t time_us;
    uint64_t rank;       /* class << 56 | sequence: set by event_queue_push */
    int32_t kind;        /* enum event_action of engine.h */
    int32_t subject;     /* index of a replica, node, runner, scripted event ... */
    uint32_t generation; /* of the subject when pushed: an event of an older one is stale */
};

/* Zero-initialised is a valid empty queue. */
struct event_queue {
    struct event *heap; /* 4-ary: the children of i are 4 i + 1 .. 4 i + 4 */
    int32_t count, capacity;
    uint64_t pushed;
};

/* The time is at least 0. O(log n). -1 (nothing has changed) only for want of memory. */
int event_queue_push(struct event_queue *queue, enum event_class class, const struct event *event,
                     struct err *err);
/* false: the queue is empty. O(log n). */
bool event_queue_pop(struct event_queue *queue, struct event *event);
/* The first event without taking it, or NULL. */
const struct event *event_queue_first(const struct event_queue *queue);
void event_queue_release(struct event_queue *queue);

#endif
