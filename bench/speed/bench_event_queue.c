/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The event queue alone, against a 4-ary heap.
 *
 *   hold: so many events are pending; one operation pops the first and pushes one that is later by
 *         an exponential time. Both queues get the same times and have to pop the same events.
 *   mm1:  an M/M/1 queue at 7/8 load on the bare event queue: two events, two random times and a
 *         counter for each object, nothing else. What an engine costs before it does anything. */

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/units.h"
#include "bench/speed/heap_queue.h"
#include "bench/speed/speed.h"

enum { DRAWS = 1 << 16, KIND_ARRIVAL = 0, KIND_END = 1 };

/* Exponential times with mean 1 s, drawn beforehand: the generator is not what is measured. */
static void draw_times(uint64_t times_us[DRAWS])
{
    struct rng rng = rng_stream(1, "bench", 0);
    for (int i = 0; i < DRAWS; i++)
        times_us[i] = (uint64_t)(-log1p(-rng_uniform(&rng)) * (double)US_PER_S);
}

/* ---- hold ---- */

struct hold {
    const uint64_t *times_us; /* [DRAWS] */
    int64_t pending, operations;
    struct event_queue queue;
    struct heap_queue heap;
    uint64_t next_draw, next_heap_draw;
    uint64_t hash, heap_hash; /* of the subjects popped */
};

static int fill_queue(struct hold *hold, struct err *err)
{
    for (int64_t i = 0; i < hold->pending; i++) {
        struct event event = {.time_us = (int64_t)hold->times_us[hold->next_draw++ % DRAWS],
                              .subject = (int32_t)i};
        if (event_queue_push(&hold->queue, EVENT_CLASS_DEMAND, &event, err))
            return -1;
    }
    return 0;
}

static int fill_heap(struct hold *hold, struct err *err)
{
    for (int64_t i = 0; i < hold->pending; i++) {
        struct event event = {.time_us = (int64_t)hold->times_us[hold->next_heap_draw++ % DRAWS],
                              .subject = (int32_t)i};
        if (heap_queue_push(&hold->heap, EVENT_CLASS_DEMAND, &event, err))
            return -1;
    }
    return 0;
}

static int hold_queue(struct hold *hold, double *ns, struct err *err)
{
    double started_ns = speed_clock_ns();
    for (int64_t i = 0; i < hold->operations; i++) {
        struct event event;
        event_queue_pop(&hold->queue, &event);
        hold->hash = hold->hash * 31 + (uint64_t)event.subject;
        event.time_us += (int64_t)hold->times_us[hold->next_draw++ % DRAWS];
        if (event_queue_push(&hold->queue, EVENT_CLASS_DEMAND, &event, err))
            return -1;
    }
    *ns = (speed_clock_ns() - started_ns) / (double)hold->operations;
    return 0;
}

static int hold_heap(struct hold *hold, double *ns, struct err *err)
{
    double started_ns = speed_clock_ns();
    for (int64_t i = 0; i < hold->operations; i++) {
        struct event event;
        heap_queue_pop(&hold->heap, &event);
        hold->heap_hash = hold->heap_hash * 31 + (uint64_t)event.subject;
        event.time_us += (int64_t)hold->times_us[hold->next_heap_draw++ % DRAWS];
        if (heap_queue_push(&hold->heap, EVENT_CLASS_DEMAND, &event, err))
            return -1;
    }
    *ns = (speed_clock_ns() - started_ns) / (double)hold->operations;
    return 0;
}

/* Once before the runs, as long as one turn over of all that is pending at the most. */
static int warm_up(struct hold *hold, struct speed_runs *runs, struct err *err)
{
    double ns;
    speed_reset_peak();
    if (fill_queue(hold, err) || hold_queue(hold, &ns, err))
        return -1;
    runs->peak_memory_bytes = speed_peak_memory_bytes();
    return fill_heap(hold, err) || hold_heap(hold, &ns, err) ? -1 : 0;
}

static int measure_hold(const struct speed_options *options, const uint64_t *times_us,
                        int64_t pending, struct err *err)
{
    struct hold hold = {
        .times_us = times_us,
        .pending = pending,
        .operations = options->is_tiny ? 1000 : 1000000,
    };
    struct speed_runs runs = {0};
    int result = warm_up(&hold, &runs, err);
    while (result == 0 && runs.count < speed_runs(options, 9)) {
        result = hold_queue(&hold, &runs.ns[runs.count], err) ||
                 hold_heap(&hold, &runs.reference_ns[runs.count], err);
        assert(hold.hash == hold.heap_hash);
        runs.count++;
    }
    event_queue_release(&hold.queue);
    heap_queue_release(&hold.heap);
    if (result)
        return -1;
    const struct speed_case of = {
        .bench = "event_queue",
        .name = "hold",
        .per = "pop and push",
        .reference = "4-ary heap",
        .parameters = {{"pending", pending}},
    };
    speed_print(&of, &runs);
    return 0;
}

/* ---- M/M/1 on the bare queue ---- */

struct station {
    struct event_queue *queue; /* either this */
    struct heap_queue *heap;   /* or this */
    const uint64_t *times_us;  /* [DRAWS] */
    uint64_t next_draw;
    int64_t arrived, served, waiting, waited_us; /* waited_us: area under the queue length */
    int64_t changed_us;
};

static uint64_t draw_us(struct station *station)
{
    return station->times_us[station->next_draw++ % DRAWS];
}

static int push(struct station *station, enum event_class class, const struct event *event,
                struct err *err)
{
    return station->heap ? heap_queue_push(station->heap, class, event, err)
                         : event_queue_push(station->queue, class, event, err);
}

static bool pop(struct station *station, struct event *event)
{
    return station->heap ? heap_queue_pop(station->heap, event)
                         : event_queue_pop(station->queue, event);
}

/* The next object arrives, the first in line begins to be served. */
static int plan_arrival(struct station *station, int64_t now_us, struct err *err)
{
    struct event event = {.time_us = now_us + (int64_t)draw_us(station), .kind = KIND_ARRIVAL};
    return push(station, EVENT_CLASS_DEMAND, &event, err);
}

static int plan_end(struct station *station, int64_t now_us, struct err *err)
{
    struct event event = {.time_us = now_us + (int64_t)(draw_us(station) * 7 / 8),
                          .kind = KIND_END};
    return push(station, EVENT_CLASS_REPLICA_GONE, &event, err);
}

static int serve(struct station *station, int64_t objects, struct err *err)
{
    struct event event;
    int result = plan_arrival(station, 0, err);
    while (result == 0 && pop(station, &event)) {
        station->waited_us += station->waiting * (event.time_us - station->changed_us);
        station->changed_us = event.time_us;
        if (event.kind == KIND_END) {
            station->served++;
            if (--station->waiting > 0)
                result = plan_end(station, event.time_us, err);
            continue;
        }
        if (++station->arrived < objects)
            result = plan_arrival(station, event.time_us, err);
        if (result == 0 && station->waiting++ == 0)
            result = plan_end(station, event.time_us, err);
    }
    return result;
}

static int measure_mm1(const struct speed_options *options, const uint64_t *times_us,
                       struct err *err)
{
    int64_t objects = options->is_tiny ? 1000 : 1000000;
    struct speed_runs runs = {0};
    int result = 0;
    speed_reset_peak();
    for (; result == 0 && runs.count < speed_runs(options, 9); runs.count++) {
        struct event_queue queue = {0};
        struct heap_queue heap = {0};
        struct station ours = {.queue = &queue, .times_us = times_us};
        struct station reference = {.heap = &heap, .times_us = times_us};
        double started_ns = speed_clock_ns();
        result = serve(&ours, objects, err);
        double between_ns = speed_clock_ns();
        if (result == 0)
            result = serve(&reference, objects, err);
        runs.ns[runs.count] = (between_ns - started_ns) / (double)objects;
        runs.reference_ns[runs.count] = (speed_clock_ns() - between_ns) / (double)objects;
        event_queue_release(&queue);
        heap_queue_release(&heap);
        assert(ours.served == objects);
        assert(ours.waited_us == reference.waited_us);
    }
    runs.peak_memory_bytes = speed_peak_memory_bytes();
    if (result)
        return -1;
    const struct speed_case of = {
        .bench = "event_queue",
        .name = "mm1",
        .per = "object",
        .reference = "4-ary heap",
        .parameters = {{"objects", objects}},
    };
    speed_print(&of, &runs);
    return 0;
}

int main(int argc, char **argv)
{
    static const int64_t pending[] = {10, 100, 1000, 10000, 100000, 1000000, 10000000};
    static const int64_t tiny_pending[] = {10, 1000};
    uint64_t times_us[DRAWS];
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    memory_keep();
    if (speed_options_read(&options, argc, argv, &err))
        return speed_exit(-1, &err);
    draw_times(times_us);
    const int64_t *sizes = options.is_tiny ? tiny_pending : pending;
    size_t count = options.is_tiny ? ARRAY_LEN(tiny_pending) : ARRAY_LEN(pending);
    int result = measure_mm1(&options, times_us, &err);
    for (size_t i = 0; i < count && result == 0; i++)
        result = measure_hold(&options, times_us, sizes[i], &err);
    return speed_exit(result, &err);
}
