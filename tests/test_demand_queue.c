/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/demand_queue.h"

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/rng.h"

enum { REPLICAS = 400 };

static const struct demand_key plain = {.shape = 3, .priority = 4, .runner = -1};

static void fill(struct replica *replicas, struct rng *rng)
{
    for (int32_t i = 0; i < REPLICAS; i++)
        replicas[i] = (struct replica){.asked_at = (int64_t)rng_below(rng, 20),
                                       .runner = (int32_t)rng_below(rng, 5),
                                       .ordinal = i,
                                       .queue_position = -1};
}

static const struct demand_bucket *bucket_of(const struct demand_queue *queue,
                                             const struct demand_key *key)
{
    int32_t number = demand_queue_find(queue, key);
    return number < 0 ? NULL : &queue->buckets[number];
}

Test(demand_queue, orders_by_asking_time_then_runner_then_ordinal)
{
    static const struct {
        const char *name;
        struct replica a, b;
        bool precedes;
    } rows[] = {
        {"earlier", {.asked_at = 1, .runner = 9, .ordinal = 9}, {.asked_at = 2}, true},
        {"later", {.asked_at = 2}, {.asked_at = 1, .runner = 9}, false},
        {"lower runner", {.runner = 1, .ordinal = 9}, {.runner = 2}, true},
        {"higher runner", {.runner = 2}, {.runner = 1, .ordinal = 9}, false},
        {"lower ordinal", {.ordinal = 1}, {.ordinal = 2}, true},
        {"higher ordinal", {.ordinal = 2}, {.ordinal = 1}, false},
        {"the same", {.ordinal = 2}, {.ordinal = 2}, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(demand_precedes(&rows[i].a, &rows[i].b), rows[i].precedes, "%s", rows[i].name);
}

Test(demand_queue, gives_its_heads_in_order_whatever_is_taken_out_between)
{
    static struct replica replicas[REPLICAS];
    struct demand_queue queue = {0};
    struct rng rng = rng_stream(1, "queue", 0);
    struct err err;
    fill(replicas, &rng);
    for (int32_t i = 0; i < REPLICAS; i++)
        cr_assert_eq(demand_queue_add(&queue, replicas, i, &plain, &err), 0);
    for (int32_t i = 0; i < REPLICAS / 2; i++) {
        int32_t victim = (int32_t)rng_below(&rng, REPLICAS);
        if (replicas[victim].queue_position >= 0)
            demand_queue_remove(&queue, replicas, victim, &plain);
    }
    const struct demand_bucket *bucket = bucket_of(&queue, &plain);
    int32_t previous = -1, left = bucket->count;
    cr_assert_eq(queue.demand_count, left);
    for (; bucket->count > 0; left--) {
        int32_t head = bucket->heap[0];
        cr_assert(previous < 0 || demand_precedes(&replicas[previous], &replicas[head]));
        demand_queue_remove(&queue, replicas, head, &plain);
        previous = head;
    }
    cr_assert_eq(left, 0);
    cr_assert_eq(queue.demand_count, 0);
    demand_queue_release(&queue);
}

Test(demand_queue, has_a_bucket_for_every_difference_that_matters)
{
    static const struct demand_key keys[] = {
        {.shape = 0, .priority = 0, .runner = -1, .class = CLASS_CORE, .may_preempt = false},
        {.shape = 0, .priority = 0, .runner = -1, .class = CLASS_CORE, .may_preempt = true},
        {.shape = 0, .priority = 0, .runner = -1, .class = CLASS_EXTRA, .may_preempt = false},
        {.shape = 0, .priority = 9, .runner = -1, .class = CLASS_CORE, .may_preempt = false},
        {.shape = 7, .priority = 0, .runner = -1, .class = CLASS_CORE, .may_preempt = false},
        {.shape = 7, .priority = 9, .runner = -1, .class = CLASS_EXTRA, .may_preempt = true},
        {.shape = 1, .priority = 0, .runner = 0, .class = CLASS_CORE, .may_preempt = true},
        {.shape = 1, .priority = 0, .runner = 0, .class = CLASS_EXTRA, .may_preempt = true},
        {.shape = 1, .priority = 0, .runner = 9, .class = CLASS_CORE, .may_preempt = true},
    };
    struct replica replicas[ARRAY_LEN(keys)];
    struct demand_queue queue = {0};
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        replicas[i] = (struct replica){.ordinal = (int32_t)i, .queue_position = -1};
        cr_assert_eq(demand_queue_find(&queue, &keys[i]), -1);
        cr_assert_eq(demand_queue_add(&queue, replicas, (int32_t)i, &keys[i], &err), 0);
    }
    cr_assert_eq(queue.bucket_count, (int32_t)ARRAY_LEN(keys));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        cr_assert_eq(demand_queue_find(&queue, &keys[i]), (int32_t)i);
        demand_queue_remove(&queue, replicas, (int32_t)i, &keys[i]);
        cr_assert_eq(demand_queue_find(&queue, &keys[i]), (int32_t)i); /* empty ones stay */
    }
    demand_queue_release(&queue);
}

Test(demand_queue, lists_in_a_level_only_the_buckets_that_are_not_empty)
{
    struct replica replicas[3] = {
        {.queue_position = -1}, {.queue_position = -1}, {.queue_position = -1}};
    const struct demand_key keys[] = {{.shape = 0, .priority = 4, .runner = -1},
                                      {.shape = 1, .priority = 4, .runner = -1},
                                      {.shape = 2, .priority = 4, .runner = -1}};
    struct demand_queue queue = {0};
    const struct demand_level *level = &queue.levels[demand_queue_level(&queue, CLASS_CORE, 4)];
    struct err err;
    for (int32_t i = 0; i < 3; i++)
        cr_assert_eq(demand_queue_add(&queue, replicas, i, &keys[i], &err), 0);
    cr_assert_eq(level->count, 3);
    demand_queue_remove(&queue, replicas, 0, &keys[0]);
    cr_assert_eq(level->count, 2);
    cr_assert_eq(level->buckets[0] + level->buckets[1], 1 + 2);
    demand_queue_remove(&queue, replicas, 2, &keys[2]);
    demand_queue_remove(&queue, replicas, 1, &keys[1]);
    cr_assert_eq(level->count, 0);
    cr_assert_eq(demand_queue_add(&queue, replicas, 2, &keys[2], &err), 0);
    cr_assert_eq(level->count, 1);
    cr_assert_eq(level->buckets[0], 2);
    demand_queue_release(&queue);
}
