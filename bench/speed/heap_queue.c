/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/speed/heap_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

/* An implicit 4-ary heap: half as deep as a binary one, and the four children of an entry lie side
 * by side in memory. Ranks are unique, so the order is total and pops do not depend on the shape
 * of the heap. */

enum { ARITY = 4 };

static bool precedes(const struct heap_entry *a, const struct heap_entry *b)
{
    if (a->event.time_us != b->event.time_us)
        return a->event.time_us < b->event.time_us;
    return a->rank < b->rank;
}

static void sift_up(struct heap_entry *heap, int32_t place, struct heap_entry entry)
{
    while (place > 0) {
        int32_t parent = (place - 1) / ARITY;
        if (!precedes(&entry, &heap[parent]))
            break;
        heap[place] = heap[parent];
        place = parent;
    }
    heap[place] = entry;
}

/* The earliest child of `place`, or -1. */
static int32_t first_child(const struct heap_entry *heap, int32_t count, int32_t place)
{
    int64_t begin = (int64_t)place * ARITY + 1;
    if (begin >= count)
        return -1;
    int64_t end = begin + ARITY < count ? begin + ARITY : count;
    int32_t best = (int32_t)begin;
    for (int32_t child = best + 1; child < (int32_t)end; child++)
        if (precedes(&heap[child], &heap[best]))
            best = child;
    return best;
}

static void sift_down(struct heap_entry *heap, int32_t count, struct heap_entry entry)
{
    int32_t place = 0;
    for (;;) {
        int32_t child = first_child(heap, count, place);
        if (child < 0 || !precedes(&heap[child], &entry))
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = entry;
}

int heap_queue_push(struct heap_queue *queue, enum event_class class, const struct event *event,
                    struct err *err)
{
    assert(event->time_us >= 0);
    if (array_reserve(&queue->heap, &queue->capacity, queue->count + INT64_C(1),
                      sizeof *queue->heap, err))
        return -1;
    struct heap_entry ranked = {
        .rank = (uint64_t) class << HEAP_QUEUE_CLASS_SHIFT | queue->pushed++,
        .event = *event,
    };
    sift_up(queue->heap, queue->count++, ranked);
    return 0;
}

bool heap_queue_pop(struct heap_queue *queue, struct event *event)
{
    if (queue->count == 0)
        return false;
    *event = queue->heap[0].event;
    queue->count--;
    if (queue->count > 0)
        sift_down(queue->heap, queue->count, queue->heap[queue->count]);
    return true;
}

void heap_queue_release(struct heap_queue *queue)
{
    free(queue->heap);
    *queue = (struct heap_queue){0};
}
