/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/event_queue.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/rng.h"
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
    cr_expect_null(event_queue_first(&queue));
    cr_expect_not(event_queue_pop(&queue, &event));
    push(&queue, EVENT_CLASS_PASS, 0, 5);
    cr_expect_eq(event_queue_first(&queue)->subject, 5);
    cr_expect_eq(pop(&queue), 5);
    cr_expect_null(event_queue_first(&queue));
    event_queue_release(&queue);
}

/* The oracle: an array of all events, searched from end to end. */
struct oracle {
    struct event events[4000];
    enum event_class classes[4000];
    int count;
};

static int32_t oracle_pop(struct oracle *oracle)
{
    int best = 0;
    for (int i = 1; i < oracle->count; i++) {
        const struct event *a = &oracle->events[i];
        const struct event *b = &oracle->events[best];
        if (a->time_us < b->time_us ||
            (a->time_us == b->time_us && oracle->classes[i] < oracle->classes[best]))
            best = i;
    }
    int32_t subject = oracle->events[best].subject;
    oracle->count--;
    for (int i = best; i < oracle->count; i++) {
        oracle->events[i] = oracle->events[i + 1];
        oracle->classes[i] = oracle->classes[i + 1];
    }
    return subject;
}

Test(event_queue, pops_what_a_plain_search_would_pop)
{
    for (uint64_t round = 0; round < 20; round++) {
        struct rng rng = rng_stream(5, "test", round);
        struct event_queue queue = {0};
        static struct oracle oracle;
        oracle.count = 0;
        for (int32_t i = 0; i < 2000; i++) {
            if (oracle.count > 0 && rng_below(&rng, 5) < 2) {
                cr_assert_eq(pop(&queue), oracle_pop(&oracle));
                continue;
            }
            enum event_class class = (enum event_class)rng_below(&rng, EVENT_CLASS_SAMPLE + 1);
            int64_t time_us = (int64_t)rng_below(&rng, 1 + round * 10);
            push(&queue, class, time_us, i);
            oracle.events[oracle.count] = (struct event){.time_us = time_us, .subject = i};
            oracle.classes[oracle.count++] = class;
        }
        while (oracle.count > 0)
            cr_assert_eq(pop(&queue), oracle_pop(&oracle));
        cr_assert_eq(queue.count, 0);
        event_queue_release(&queue);
    }
}

Test(event_queue, a_failed_push_changes_nothing)
{
    struct event_queue queue = {0};
    struct err err = {0};
    for (int32_t i = 0; i < 8; i++)
        push(&queue, EVENT_CLASS_DEMAND, 8 - i, i);
    struct event event = {.time_us = 0, .subject = 99};
    int32_t capacity = queue.capacity;
    while (queue.count < capacity)
        push(&queue, EVENT_CLASS_DEMAND, 50, 50);
    failing_alloc_arm(1);
    int result = event_queue_push(&queue, EVENT_CLASS_DEMAND, &event, &err);
    cr_assert(failing_alloc_disarm());
    cr_expect_eq(result, -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_eq(queue.count, capacity);
    for (int32_t i = 7; i >= 0; i--)
        cr_expect_eq(pop(&queue), i);
    event_queue_release(&queue);
}
