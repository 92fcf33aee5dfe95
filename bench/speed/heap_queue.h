/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SPEED_HEAP_QUEUE_H
#define STOWAGE_BENCH_SPEED_HEAP_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sim/event_queue.h"

/* The events to come as a 4-ary heap: the plain variant that the event queue is measured against,
 * and its oracle in the tests. The same total order, without the rule that time never goes back.
 * Zero-initialised is a valid empty heap. */

enum { HEAP_QUEUE_CLASS_SHIFT = 56 };
struct heap_entry {
    uint64_t rank; /* class << HEAP_QUEUE_CLASS_SHIFT | order of pushing */
    struct event event;
};

struct heap_queue {
    struct heap_entry *heap; /* the children of i are 4 i + 1 .. 4 i + 4 */
    int32_t count, capacity;
    uint64_t pushed;
};

/* O(log n). -1 (nothing has changed) only for want of memory. */
int heap_queue_push(struct heap_queue *queue, enum event_class class, const struct event *event,
                    struct err *err);
/* false: the queue is empty. O(log n). */
bool heap_queue_pop(struct heap_queue *queue, struct event *event);
void heap_queue_release(struct heap_queue *queue);

#endif
