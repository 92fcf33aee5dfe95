/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_EVENT_QUEUE_H
#define STOWAGE_SIM_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The events to come, in one total order: time, then class, then the order of pushing. What
 * finishes at t frees its room for what starts at t, and the pass sees everything that happened at
 * its instant.
 *
 * The queue is monotone: nothing may be pushed for an instant before that of the event popped last.
 * At that very instant any class may be pushed, an earlier one too; it then pops next.
 *
 * What is known to come next need not be in the queue: who asks it whether an event comes before
 * (event_queue_has_before) can have other things take their place among its events. */

enum event_class {
    EVENT_CLASS_REPLICA_GONE = 0, /* room is freed */
    EVENT_CLASS_NODE_LOST,
    EVENT_CLASS_NODE_READY,
    EVENT_CLASS_REPLICA_READY,
    EVENT_CLASS_DEMAND,   /* departures, scale changes */
    EVENT_CLASS_ARRIVALS, /* no events of the queue, but their place among them */
    EVENT_CLASS_AUTOSCALER,
    EVENT_CLASS_PASS,         /* likewise */
    EVENT_CLASS_GIVE_UP,      /* after the pass: a demand with max_wait 0 is tried once */
    EVENT_CLASS_NODE_SCALING, /* for what the pass has left waiting */
    EVENT_CLASS_SAMPLE,
    EVENT_CLASS_COUNT,
};

enum { EVENT_KIND_MAX = 255 };

/* The place of this instant and class in the order, as one number. */
enum { EVENT_RANK_TIME_SHIFT = 12, EVENT_RANK_CLASS_SHIFT = 8 };
static inline uint64_t event_rank(int64_t time_us, enum event_class class)
{
    return (uint64_t)time_us << EVENT_RANK_TIME_SHIFT | (uint64_t) class << EVENT_RANK_CLASS_SHIFT;
}
static inline int64_t event_rank_us(uint64_t rank)
{
    return (int64_t)(rank >> EVENT_RANK_TIME_SHIFT);
}

struct event {
    int64_t time_us;     /* 0 .. TIME_US_MAX */
    int32_t kind;        /* 0 .. EVENT_KIND_MAX: enum event_action of engine.h */
    int32_t subject;     /* index of a replica, node, runner, scripted event ... */
    uint32_t generation; /* of the subject when pushed: an event of an older one is dead */
};

/* How it is done: event_queue.c. */
enum { EVENT_QUEUE_DIGITS = 16, EVENT_QUEUE_LEVELS = 14, EVENT_QUEUE_FRONT = 32 };
struct event_chunk;
struct event_slab;
struct event_entry {
    uint64_t word;  /* event_rank | kind */
    uint64_t whose; /* subject << 32 | generation */
};
struct event_bucket {
    struct event_chunk *first, *last; /* NULL: empty */
    int32_t begin, end;               /* its entries: from begin in first to end in last */
};

/* Zero-initialised is a valid empty queue. */
struct event_queue {
    /* Events, dead ones included: in the buckets, and in the front. There all are whose word is
     * below front_end; UINT64_MAX: none are in the buckets. */
    int64_t many_count, front_count;
    uint64_t front_end;
    int64_t dead_count; /* of those that their owner has declared dead */
    int64_t now_us;     /* instant of the event popped last */
    int64_t base_us;    /* from where the buckets are seen */
    /* So many events were brought to the front, and are the last ones there, so that they will pop
     * soon. Their owner may fetch from memory what they are about, before anything is pushed
     * (event_queue_take_near). */
    int32_t near_count;
    /* The first event last. Two arrays, since a processor is slow to read as a whole what was just
     * written in halves. */
    uint64_t front_words[EVENT_QUEUE_FRONT], front_whose[EVENT_QUEUE_FRONT];
    int64_t capacity;    /* so many events have room in the buckets, however they are spread */
    int64_t chunk_count; /* in all slabs */
    struct event_slab *first_slab, *last_slab; /* owned */
    struct event_slab *fresh_slab; /* chunks from fresh_used on, and later slabs, were never used */
    int32_t fresh_used;
    uint32_t levels; /* bit mask of those that hold something */
    struct event_chunk *free_chunks;
    uint16_t digits[EVENT_QUEUE_LEVELS]; /* bit masks of the buckets that hold something */
    struct event_bucket buckets[EVENT_QUEUE_LEVELS * EVENT_QUEUE_DIGITS];
};

/* Of events, dead ones included. */
static inline int64_t event_queue_count(const struct event_queue *queue)
{
    return queue->many_count + queue->front_count;
}

/* The time is at least that of the event popped last. O(1). -1 (nothing has changed) only for want
 * of memory. */
int event_queue_push(struct event_queue *queue, enum event_class class, const struct event *event,
                     struct err *err);

/* false: the queue is empty. Each event is moved at most EVENT_QUEUE_LEVELS times in its life, all
 * pops together. */
bool event_queue_pop(struct event_queue *queue, struct event *event);

/* Does an event come before this rank, which is not before the event popped last? Afterwards
 * nothing may be pushed for an instant before the earlier of the two. Cost: as of a pop. */
static inline bool event_queue_has_before(struct event_queue *queue, uint64_t rank);

/* What an event is about, for those who fetch that from memory. */
struct event_near {
    int32_t kind, subject;
};
static inline struct event_near event_near_of(uint64_t word, uint64_t whose)
{
    return (struct event_near){.kind = (int32_t)(word & EVENT_KIND_MAX),
                               .subject = (int32_t)(whose >> 32)};
}

/* The near_count events, the first one first; there are none then. */
int32_t event_queue_take_near(struct event_queue *queue, struct event_near near[EVENT_QUEUE_FRONT]);

/* Brings the first bucket to the front, behind what is there, if there is room for it and it need
 * not be spread. Its events are near then; a bucket holds two or three of them in the mean, and who
 * looks ahead would else see the end of it most of the time. false: nothing has changed. */
bool event_queue_look_ahead(struct event_queue *queue);

/* The n-th event of the front, 1 is the next to be popped; false: there are fewer. */
static inline bool event_queue_see_near(const struct event_queue *queue, int64_t n,
                                        struct event_near *near);

/* Those that are likely to be near next, in no particular order: what is pushed later is not among
 * them. 0 where they are many. */
int32_t event_queue_coming(const struct event_queue *queue,
                           struct event_near coming[EVENT_QUEUE_FRONT]);

/* The part of event_queue_has_before and event_queue_pop where the front is empty: brings the first
 * events to it, if any of the buckets comes before the rank. */
void event_queue_refill(struct event_queue *queue, uint64_t rank);

/* The instant of the first event, INT64_MAX for none; for checks. O(the bucket of that event). */
int64_t event_queue_first_us(const struct event_queue *queue);

/* An event is cancelled by raising the generation of its subject: it stays in the queue, dead, and
 * whoever pops it passes over it. The owner counts the dead, so that they cannot pile up: he adds
 * those that he cancels and takes one from dead_count when he pops it. */
struct event_filter {
    bool (*is_dead)(const void *context, const struct event *event);
    const void *context;
};

/* So many more events of the queue are dead. When more than half of many are, all dead ones are
 * taken out: O(count), paid for by as many cancellations. Returns how many were taken out. */
int64_t event_queue_add_dead(struct event_queue *queue, int64_t count,
                             const struct event_filter *filter);

/* How many are dead in truth; for checks. O(count). */
int64_t event_queue_count_dead(const struct event_queue *queue, const struct event_filter *filter);

void event_queue_release(struct event_queue *queue);

static inline bool event_queue_see_near(const struct event_queue *queue, int64_t n,
                                        struct event_near *near)
{
    if (queue->front_count < n)
        return false;
    int64_t place = queue->front_count - n;
    *near = event_near_of(queue->front_words[place], queue->front_whose[place]);
    return true;
}

static inline bool event_queue_has_before(struct event_queue *queue, uint64_t rank)
{
    if (queue->front_count == 0 && queue->front_end < rank)
        event_queue_refill(queue, rank);
    return queue->front_count > 0 && queue->front_words[queue->front_count - 1] < rank;
}

#endif
