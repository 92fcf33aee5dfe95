/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/event_queue.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/array.h"
#include "base/rng.h"
#include "base/units.h"
#include "bench/speed/heap_queue.h"
#include "tests/failing_alloc.h"

static void push(struct event_queue *queue, enum event_class class, int64_t time_us,
                 int32_t subject)
{
    struct err err;
    struct event event = {.time_us = time_us, .subject = subject};
    cr_assert_eq(event_queue_push(queue, class, &event, &err), 0);
}

static int32_t pop(struct event_queue *queue)
{
    struct event event;
    cr_assert(event_queue_pop(queue, &event));
    return event.subject;
}

Test(event_queue, finish_pops_before_arrival_and_the_pass_comes_last_but_for_those_that_give_up)
{
    struct event_queue queue = {0};
    static const enum event_class pushed[] = {
        EVENT_CLASS_SAMPLE,       EVENT_CLASS_DEMAND,     EVENT_CLASS_REPLICA_READY,
        EVENT_CLASS_GIVE_UP,      EVENT_CLASS_NODE_READY, EVENT_CLASS_PASS,
        EVENT_CLASS_REPLICA_GONE, EVENT_CLASS_AUTOSCALER, EVENT_CLASS_NODE_LOST,
    };
    static const enum event_class popped[] = {
        EVENT_CLASS_REPLICA_GONE,  EVENT_CLASS_NODE_LOST, EVENT_CLASS_NODE_READY,
        EVENT_CLASS_REPLICA_READY, EVENT_CLASS_DEMAND,    EVENT_CLASS_AUTOSCALER,
        EVENT_CLASS_PASS,          EVENT_CLASS_GIVE_UP,   EVENT_CLASS_SAMPLE,
    };
    for (size_t i = 0; i < sizeof pushed / sizeof pushed[0]; i++)
        push(&queue, pushed[i], 100, (int32_t)pushed[i]);
    for (size_t i = 0; i < sizeof popped / sizeof popped[0]; i++)
        cr_expect_eq(pop(&queue), (int32_t)popped[i]);
    event_queue_release(&queue);
}

Test(event_queue, time_goes_before_class_and_class_before_the_order_of_pushing)
{
    struct event_queue queue = {0};
    push(&queue, EVENT_CLASS_REPLICA_GONE, 101, 0);
    push(&queue, EVENT_CLASS_SAMPLE, 100, 1);
    push(&queue, EVENT_CLASS_DEMAND, 100, 2);
    push(&queue, EVENT_CLASS_DEMAND, 100, 3);
    push(&queue, EVENT_CLASS_NODE_LOST, 100, 4);
    push(&queue, EVENT_CLASS_DEMAND, 100, 5);
    static const int32_t expected[] = {4, 2, 3, 5, 1, 0};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        cr_expect_eq(pop(&queue), expected[i]);
    event_queue_release(&queue);
}

Test(event_queue, an_event_pushed_late_for_an_earlier_class_of_this_instant_pops_next)
{
    struct event_queue queue = {0};
    push(&queue, EVENT_CLASS_PASS, 7, 0);
    push(&queue, EVENT_CLASS_SAMPLE, 7, 1);
    cr_expect_eq(pop(&queue), 0);
    push(&queue, EVENT_CLASS_REPLICA_GONE, 7, 2);
    cr_expect_eq(pop(&queue), 2);
    cr_expect_eq(pop(&queue), 1);
    event_queue_release(&queue);
}

Test(event_queue, an_empty_queue_has_nothing_to_pop)
{
    struct event_queue queue = {0};
    struct event event;
    cr_expect_eq(event_queue_first_us(&queue), INT64_MAX);
    cr_expect_not(event_queue_pop(&queue, &event));
    push(&queue, EVENT_CLASS_PASS, 3, 5);
    cr_expect_eq(event_queue_first_us(&queue), 3);
    cr_expect_eq(pop(&queue), 5);
    cr_expect_eq(event_queue_first_us(&queue), INT64_MAX);
    cr_expect_not(event_queue_pop(&queue, &event));
    cr_expect_not(event_queue_has_before(&queue, event_rank(3, EVENT_CLASS_SAMPLE)));
    cr_expect_not(event_queue_has_before(&queue, UINT64_MAX));
    event_queue_release(&queue);
}

Test(event_queue, all_fields_of_an_event_come_back)
{
    struct event_queue queue = {0};
    struct err err;
    const struct event pushed[] = {
        {.time_us = 0, .kind = 0, .subject = INT32_MIN, .generation = 0},
        {.time_us = 5, .kind = EVENT_KIND_MAX, .subject = -1, .generation = UINT32_MAX},
        {.time_us = TIME_US_MAX, .kind = EVENT_KIND_MAX - 1, .subject = INT32_MAX, .generation = 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(pushed); i++)
        cr_assert_eq(event_queue_push(&queue, EVENT_CLASS_SAMPLE, &pushed[i], &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(pushed); i++) {
        struct event event;
        cr_assert(event_queue_pop(&queue, &event));
        cr_expect_eq(event.time_us, pushed[i].time_us);
        cr_expect_eq(event.kind, pushed[i].kind);
        cr_expect_eq(event.subject, pushed[i].subject);
        cr_expect_eq(event.generation, pushed[i].generation);
    }
    event_queue_release(&queue);
}

/* ---- against the oracle: a heap ---- */

/* A queue and its oracle, which get the same events. */
struct pair {
    struct event_queue queue;
    struct heap_queue oracle;
    int64_t now_us;
    int32_t pushed;
};

static void push_both(struct pair *pair, enum event_class class, int64_t time_us)
{
    struct err err;
    struct event event = {
        .time_us = time_us,
        .kind = pair->pushed % (EVENT_KIND_MAX + 1),
        .subject = pair->pushed,
        .generation = (uint32_t)pair->pushed * 7,
    };
    pair->pushed++;
    cr_assert_eq(event_queue_push(&pair->queue, class, &event, &err), 0);
    cr_assert_eq(heap_queue_push(&pair->oracle, class, &event, &err), 0);
}

/* Before what class is there something to come at the present instant? */
static void compare_first_class(struct pair *pair)
{
    const struct heap_entry *first = pair->oracle.heap;
    for (int class = 0; class < EVENT_CLASS_COUNT; class ++) {
        bool is_before = first->event.time_us == pair->now_us &&
                         first->rank < (uint64_t) class << HEAP_QUEUE_CLASS_SHIFT;
        uint64_t rank = event_rank(pair->now_us, (enum event_class) class);
        cr_assert_eq(event_queue_has_before(&pair->queue, rank), is_before);
    }
}

static void pop_both(struct pair *pair)
{
    struct event event;
    struct event expected;
    if (pair->oracle.count > 0)
        compare_first_class(pair);
    cr_assert(heap_queue_pop(&pair->oracle, &expected));
    cr_assert_eq(event_queue_first_us(&pair->queue), expected.time_us);
    cr_assert(event_queue_pop(&pair->queue, &event));
    cr_assert_eq(event.time_us, expected.time_us);
    cr_assert_eq(event.subject, expected.subject);
    cr_assert_eq(event.kind, expected.kind);
    cr_assert_eq(event.generation, expected.generation);
    cr_assert_eq(event_queue_count(&pair->queue), pair->oracle.count);
    pair->now_us = event.time_us;
}

static void release_both(struct pair *pair)
{
    while (pair->oracle.count > 0)
        pop_both(pair);
    cr_assert_eq(event_queue_count(&pair->queue), 0);
    event_queue_release(&pair->queue);
    heap_queue_release(&pair->oracle);
}

/* How far from now events are pushed: uniform below `span_us`, or spread over all magnitudes. */
enum distance { NEAR, FAR };
static int64_t draw_time_us(struct rng *rng, int64_t now_us, enum distance distance,
                            uint64_t span_us)
{
    uint64_t us = rng_below(rng, span_us);
    if (distance == FAR)
        us >>= rng_below(rng, 52);
    int64_t time_us = now_us + (int64_t)us;
    return time_us <= TIME_US_MAX ? time_us : TIME_US_MAX;
}

static const struct {
    const char *name;
    enum distance distance;
    uint64_t span_us;   /* 1: everything at one instant */
    int32_t level;      /* pushes come first until so many are pending */
    int32_t operations; /* then a push and a pop in turn, or now and then several of a kind */
} workloads[] = {
    {"one instant", NEAR, 1, 50, 3000},
    {"few instants, many ties", NEAR, 4, 300, 6000},
    {"ties of a coarse clock", NEAR, 100, 2000, 8000},
    {"hardly anything pending", NEAR, 1000000, 2, 5000},
    {"distances of all magnitudes", FAR, TIME_US_MAX, 1000, 20000},
    {"far ahead, up to the end of time", NEAR, TIME_US_MAX / 4, 3000, 8000},
    {"many pending", NEAR, 50000, 20000, 30000},
};

Test(event_queue, pops_what_a_heap_would_pop)
{
    for (size_t i = 0; i < ARRAY_LEN(workloads); i++) {
        struct rng rng = rng_stream(5, "test", i);
        struct pair pair = {0};
        int32_t target = workloads[i].level, looked = 0;
        for (int32_t n = 0; n < workloads[i].level + workloads[i].operations; n++) {
            /* Now and then the number that is pending swings. */
            if (rng_below(&rng, 500) == 0)
                target = (int32_t)rng_below(&rng, 2 * (uint64_t)workloads[i].level + 1);
            if (pair.oracle.count > target) {
                pop_both(&pair);
                continue;
            }
            if (rng_below(&rng, 3) == 0)
                looked += event_queue_look_ahead(&pair.queue);
            enum event_class class = (enum event_class)rng_below(&rng, EVENT_CLASS_COUNT);
            push_both(&pair, class,
                      draw_time_us(&rng, pair.now_us, workloads[i].distance, workloads[i].span_us));
        }
        cr_log_info("%s: up to %" PRId64 ", looked ahead %d times", workloads[i].name, pair.now_us,
                    looked);
        cr_expect(looked > 0 || workloads[i].level <= EVENT_QUEUE_FRONT, "%s", workloads[i].name);
        release_both(&pair);
    }
}

/* What is said to be near or to be coming, by the subjects of the events. */
enum { FORESEEN_COUNT = 3000 };
struct foresight {
    bool is_near[FORESEEN_COUNT], is_coming[FORESEEN_COUNT];
    int32_t open; /* near ones that have not been popped yet */
    int32_t noted, foreseen;
};

static void note_near(struct foresight *sight, struct event_queue *queue, bool are_new)
{
    struct event_near near[EVENT_QUEUE_FRONT], coming[EVENT_QUEUE_FRONT];
    int32_t near_count = event_queue_take_near(queue, near);
    for (int32_t i = 0; i < near_count; i++) {
        int32_t subject = near[i].subject;
        cr_expect(are_new || sight->is_near[subject], "nearer than what was near");
        sight->open += !sight->is_near[subject];
        sight->is_near[subject] = true;
        sight->foreseen += sight->is_coming[subject];
    }
    sight->noted += near_count;
    int32_t count = near_count > 0 ? event_queue_coming(queue, coming) : 0;
    for (int32_t i = 0; i < count; i++)
        sight->is_coming[coming[i].subject] = true;
}

/* Whatever is near pops before all that is not: at each spreading the next to pop are those, and
 * where one looks ahead those behind them. */
static void expect_near_to_pop_next(int64_t near_wanted)
{
    struct event_queue queue = {0};
    struct rng rng = rng_stream(6, "test", 0);
    struct err err;
    for (int32_t i = 0; i < FORESEEN_COUNT; i++) {
        struct event event = {.time_us = draw_time_us(&rng, 0, NEAR, 1 << 20), .subject = i};
        cr_assert_eq(event_queue_push(&queue, EVENT_CLASS_DEMAND, &event, &err), 0);
    }
    struct foresight sight = {.open = 0};
    int32_t seen = 0, second = -1, expected = -1;
    for (struct event event; event_queue_pop(&queue, &event);) {
        cr_expect(expected < 0 || expected == event.subject);
        note_near(&sight, &queue, sight.open == 0);
        if (queue.front_count < near_wanted && event_queue_look_ahead(&queue))
            note_near(&sight, &queue, true);
        cr_expect(sight.open == 0 || sight.is_near[event.subject]);
        sight.open -= sight.is_near[event.subject];
        sight.is_near[event.subject] = false;
        struct event_near ahead;
        expected = second;
        second = event_queue_see_near(&queue, 2, &ahead) ? ahead.subject : -1;
        seen += second >= 0;
    }
    cr_expect_gt(seen, (near_wanted > 0 ? 9 : 5) * FORESEEN_COUNT / 10, "%d", seen);
    cr_expect_gt(sight.noted, FORESEEN_COUNT / 2);
    cr_expect_gt(sight.foreseen, sight.noted / 2);
    event_queue_release(&queue);
}

Test(event_queue, what_is_said_to_be_near_pops_next)
{
    expect_near_to_pop_next(0);
    expect_near_to_pop_next(12);
}

/* The engine does so: a pass frees room at once, and that is of an earlier class. */
Test(event_queue, any_class_may_be_pushed_at_the_present_instant)
{
    struct rng rng = rng_stream(6, "test", 0);
    struct pair pair = {0};
    push_both(&pair, EVENT_CLASS_DEMAND, 0);
    for (int32_t i = 0; i < 20000; i++) {
        pop_both(&pair);
        for (uint64_t k = rng_below(&rng, 3); k > 0 || pair.oracle.count == 0; k -= k > 0) {
            enum event_class class = (enum event_class)rng_below(&rng, EVENT_CLASS_COUNT);
            push_both(&pair, class, pair.now_us + (int64_t)(rng_below(&rng, 4) / 3 * 17));
        }
    }
    release_both(&pair);
}

enum { BESIDE_PENDING = 500 }; /* mostly some 2^15 us apart */

/* Something beside the queue is to come at `rank`. Its turn comes when no event is before it; then
 * events may be pushed for any instant from there on, though all of the queue may be far later. */
static void take_turns(struct pair *pair, struct rng *rng, uint64_t rank)
{
    for (;;) {
        const struct heap_entry *first = pair->oracle.heap;
        bool has_before = pair->oracle.count > 0 && (first->event.time_us < event_rank_us(rank) ||
                                                     (first->event.time_us == event_rank_us(rank) &&
                                                      first->rank < (uint64_t)EVENT_CLASS_ARRIVALS
                                                                        << HEAP_QUEUE_CLASS_SHIFT));
        cr_assert_eq(event_queue_has_before(&pair->queue, rank), has_before);
        if (!has_before)
            break;
        pop_both(pair);
        if (pair->oracle.count < BESIDE_PENDING)
            push_both(pair, EVENT_CLASS_DEMAND, draw_time_us(rng, pair->now_us, NEAR, 1 << 24));
    }
    pair->now_us = event_rank_us(rank);
}

Test(event_queue, what_comes_beside_it_may_push_before_all_events)
{
    static const int32_t bursts[] = {1, 3, EVENT_QUEUE_FRONT + 8};
    for (size_t i = 0; i < ARRAY_LEN(bursts); i++) {
        struct rng rng = rng_stream(9, "test", i);
        struct pair pair = {0};
        for (int32_t n = 0; n < BESIDE_PENDING; n++)
            push_both(&pair, EVENT_CLASS_SAMPLE, draw_time_us(&rng, 0, NEAR, 1 << 24));
        for (int32_t n = 0; n < 2000; n++) {
            int64_t next_us = draw_time_us(&rng, pair.now_us, NEAR, 1 << 16);
            take_turns(&pair, &rng, event_rank(next_us, EVENT_CLASS_ARRIVALS));
            for (int32_t k = 0; k < bursts[i]; k++)
                push_both(&pair, (enum event_class)rng_below(&rng, EVENT_CLASS_COUNT),
                          draw_time_us(&rng, pair.now_us, FAR, 1 << 16));
        }
        release_both(&pair);
    }
}

/* ---- cancelled events ---- */

static bool is_odd(const void *context, const struct event *event)
{
    (void)context;
    return event->subject % 2 != 0;
}

Test(event_queue, cancelled_events_are_taken_out_when_they_are_most_of_many)
{
    static const struct event_filter odd = {.is_dead = is_odd};
    enum { COUNT = 6000 };
    struct event_queue queue = {0};
    /* Two of three are dead. */
    int64_t dead = 0;
    for (int32_t i = 0; i < COUNT; i++) {
        int32_t subject = i % 3 == 0 ? i * 2 : i * 2 + 1;
        dead += subject % 2;
        push(&queue, EVENT_CLASS_DEMAND, i / 5 * INT64_C(1000), subject);
    }
    cr_expect_eq(event_queue_count_dead(&queue, &odd), dead);
    cr_expect_eq(event_queue_add_dead(&queue, 1000, &odd), 0);
    cr_expect_eq(event_queue_count(&queue), COUNT, "a minority of them stays");
    cr_expect_eq(event_queue_add_dead(&queue, dead - 1000, &odd), dead);
    cr_expect_eq(event_queue_count(&queue), COUNT - dead);
    cr_expect_eq(queue.dead_count, 0);
    cr_expect_eq(event_queue_count_dead(&queue, &odd), 0);
    for (int32_t i = 0; i < COUNT; i += 3)
        cr_assert_eq(pop(&queue), i * 2);
    cr_expect_eq(event_queue_count(&queue), 0);
    event_queue_release(&queue);
}

Test(event_queue, a_queue_that_was_swept_goes_on_as_before)
{
    static const struct event_filter odd = {.is_dead = is_odd};
    struct rng rng = rng_stream(7, "test", 0);
    struct event_queue queue = {0};
    struct heap_queue oracle = {0};
    struct err err;
    int64_t now_us = 0;
    for (int32_t i = 0; i < 60000; i++) {
        struct event event = {.time_us = now_us + (int64_t)rng_below(&rng, 100000), .subject = i};
        enum event_class class = (enum event_class)rng_below(&rng, EVENT_CLASS_COUNT);
        cr_assert_eq(event_queue_push(&queue, class, &event, &err), 0);
        if (i % 2 == 0)
            cr_assert_eq(heap_queue_push(&oracle, class, &event, &err), 0);
        else
            event_queue_add_dead(&queue, 1, &odd);
        struct event expected;
        if (oracle.count < 3000 || i % 2 == 0 || !heap_queue_pop(&oracle, &expected))
            continue;
        while (event_queue_pop(&queue, &event) && event.subject % 2 != 0)
            queue.dead_count--;
        cr_assert_eq(event.subject, expected.subject);
        now_us = event.time_us;
    }
    cr_expect_eq(event_queue_count_dead(&queue, &odd), queue.dead_count);
    cr_expect_leq(queue.dead_count, event_queue_count(&queue) / 2 + 1);
    event_queue_release(&queue);
    heap_queue_release(&oracle);
}

/* ---- memory ---- */

Test(event_queue, a_failed_push_changes_nothing)
{
    struct event_queue queue = {0};
    struct err err = {0};
    int failures = 0;
    int32_t count = 0;
    /* Where few events become many, and where many become more; later ones come first. */
    for (int32_t i = 1000; i > 0; i--) {
        struct event event = {.time_us = i, .subject = -1};
        failing_alloc_arm(1);
        int result = event_queue_push(&queue, EVENT_CLASS_DEMAND, &event, &err);
        bool has_failed = failing_alloc_disarm();
        cr_assert_eq(result, has_failed ? -1 : 0);
        cr_assert_eq(event_queue_count(&queue), has_failed ? count : count + 1);
        failures += has_failed;
        if (has_failed)
            push(&queue, EVENT_CLASS_DEMAND, i, -1);
        count++;
    }
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_geq(failures, 3);
    for (int32_t i = 1; i <= 1000; i++) {
        struct event event;
        cr_assert(event_queue_pop(&queue, &event));
        cr_assert_eq(event.time_us, i);
    }
    event_queue_release(&queue);
}

/* Memory is taken by pushes only. The worst is one event in each bucket, then all in one. */
Test(event_queue, popping_takes_no_memory)
{
    for (int32_t count = 1; count < 3000; count = count * 3 / 2 + 1) {
        struct rng rng = rng_stream(8, "test", (uint64_t)count);
        struct pair pair = {0};
        for (int32_t i = 0; i < count; i++)
            push_both(&pair, (enum event_class)rng_below(&rng, EVENT_CLASS_COUNT),
                      draw_time_us(&rng, 0, FAR, TIME_US_MAX));
        while (event_queue_count(&pair.queue) > 0) {
            struct event event;
            failing_alloc_arm(1);
            event_queue_pop(&pair.queue, &event);
            cr_assert_not(failing_alloc_disarm());
        }
        event_queue_release(&pair.queue);
        heap_queue_release(&pair.oracle);
    }
}
