/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/demand_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

bool demand_precedes(const struct replica *a, const struct replica *b)
{
    if (a->asked_at != b->asked_at)
        return a->asked_at < b->asked_at;
    if (a->runner != b->runner)
        return a->runner < b->runner;
    return a->ordinal < b->ordinal;
}

/* ---- the heap of one bucket ---- */

static void put(struct demand_bucket *bucket, struct replica *replicas, int32_t place,
                int32_t replica)
{
    bucket->heap[place] = replica;
    replicas[replica].queue_position = place;
}

static void sift_up(struct demand_bucket *bucket, struct replica *replicas, int32_t place)
{
    int32_t moving = bucket->heap[place];
    while (place > 0) {
        int32_t parent = (place - 1) / 2;
        if (!demand_precedes(&replicas[moving], &replicas[bucket->heap[parent]]))
            break;
        put(bucket, replicas, place, bucket->heap[parent]);
        place = parent;
    }
    put(bucket, replicas, place, moving);
}

/* Of two places, a and b, that of the demand that stands first. Counted, not branched to: nobody
 * can guess which it is. */
static int32_t first_of(const struct demand_bucket *bucket, const struct replica *replicas,
                        int32_t a, int32_t b)
{
    return a + (b - a) * demand_precedes(&replicas[bucket->heap[b]], &replicas[bucket->heap[a]]);
}

static void sift_down(struct demand_bucket *bucket, struct replica *replicas, int32_t place)
{
    int32_t moving = bucket->heap[place];
    for (;;) {
        int64_t left = 2 * (int64_t)place + 1;
        if (left >= bucket->count)
            break;
        int64_t right = left + (left + 1 < bucket->count);
        int32_t child = first_of(bucket, replicas, (int32_t)left, (int32_t)right);
        if (!demand_precedes(&replicas[bucket->heap[child]], &replicas[moving]))
            break;
        put(bucket, replicas, place, bucket->heap[child]);
        place = child;
    }
    put(bucket, replicas, place, moving);
}

/* ---- finding the bucket ---- */

enum { SLOTS_PER_SHAPE = 40, SLOTS_PER_RUNNER = 2 };

int32_t demand_queue_level(const struct demand_queue *queue, enum demand_class class,
                           int32_t priority)
{
    if (queue->order == ORDER_FLOOR_FIRST)
        return (int32_t) class * 10 + 9 - priority;
    return (9 - priority) * 2 + (int32_t) class;
}

static int32_t shape_slot(const struct demand_key *key)
{
    return (key->may_preempt ? 20 : 0) + (int32_t)key->class * 10 + key->priority;
}

int32_t demand_queue_find(const struct demand_queue *queue, const struct demand_key *key)
{
    if (key->runner >= 0) {
        if (key->runner >= queue->runner_capacity)
            return -1;
        return queue->bucket_of_runner[(size_t)key->runner * SLOTS_PER_RUNNER + key->class] - 1;
    }
    if (key->shape >= queue->shape_capacity)
        return -1;
    return queue->bucket_of_shape[(size_t)key->shape * SLOTS_PER_SHAPE + (size_t)shape_slot(key)] -
           1;
}

/* Notes the number of a new bucket where demand_queue_find looks for it. */
static void note_bucket(struct demand_queue *queue, const struct demand_key *key, int32_t bucket)
{
    if (key->runner >= 0)
        queue->bucket_of_runner[(size_t)key->runner * SLOTS_PER_RUNNER + key->class] = bucket + 1;
    else
        queue->bucket_of_shape[(size_t)key->shape * SLOTS_PER_SHAPE + (size_t)shape_slot(key)] =
            bucket + 1;
}

static int reserve_slots(struct demand_queue *queue, const struct demand_key *key, struct err *err)
{
    if (key->runner >= 0)
        return array_reserve(&queue->bucket_of_runner, &queue->runner_capacity,
                             (int64_t)key->runner + 1,
                             SLOTS_PER_RUNNER * sizeof *queue->bucket_of_runner, err);
    return array_reserve(&queue->bucket_of_shape, &queue->shape_capacity, (int64_t)key->shape + 1,
                         SLOTS_PER_SHAPE * sizeof *queue->bucket_of_shape, err);
}

/* The first demand of its kind. Not inlined: the short way of all others would have to save
 * registers for it. */
__attribute__((noinline)) static int add_bucket(struct demand_queue *queue,
                                                const struct demand_key *key, int32_t *number,
                                                struct err *err)
{
    if (reserve_slots(queue, key, err))
        return -1;
    if (array_reserve(&queue->buckets, &queue->bucket_capacity, (int64_t)queue->bucket_count + 1,
                      sizeof *queue->buckets, err))
        return -1;
    *number = queue->bucket_count++;
    queue->buckets[*number] =
        (struct demand_bucket){.key = *key,
                               .level = demand_queue_level(queue, key->class, key->priority),
                               .place_in_level = -1};
    note_bucket(queue, key, *number);
    return 0;
}

/* ---- the levels ---- */

static int enter_level(struct demand_queue *queue, int32_t number, struct err *err)
{
    struct demand_bucket *bucket = &queue->buckets[number];
    struct demand_level *level = &queue->levels[bucket->level];
    if (array_reserve(&level->buckets, &level->capacity, (int64_t)level->count + 1,
                      sizeof *level->buckets, err))
        return -1;
    bucket->place_in_level = level->count;
    level->buckets[level->count++] = number;
    queue->filled_levels |= UINT32_C(1) << bucket->level;
    return 0;
}

static void leave_level(struct demand_queue *queue, struct demand_bucket *bucket)
{
    struct demand_level *level = &queue->levels[bucket->level];
    int32_t last = level->buckets[--level->count];
    level->buckets[bucket->place_in_level] = last;
    queue->buckets[last].place_in_level = bucket->place_in_level;
    bucket->place_in_level = -1;
    if (level->count == 0)
        queue->filled_levels &= ~(UINT32_C(1) << bucket->level);
}

/* ---- the queue ---- */

int demand_queue_add(struct demand_queue *queue, struct replica *replicas, int32_t replica,
                     const struct demand_key *key, struct err *err)
{
    assert(key->priority >= 0 && key->priority <= 9);
    assert(replicas[replica].queue_position < 0);
    int32_t number = demand_queue_find(queue, key);
    if (number < 0 && add_bucket(queue, key, &number, err))
        return -1;
    struct demand_bucket *bucket = &queue->buckets[number];
    if (array_reserve(&bucket->heap, &bucket->capacity, (int64_t)bucket->count + 1,
                      sizeof *bucket->heap, err))
        return -1;
    if (bucket->count == 0 && enter_level(queue, number, err))
        return -1;
    put(bucket, replicas, bucket->count, replica);
    if (bucket->count > 0)
        sift_up(bucket, replicas, bucket->count);
    bucket->count++;
    queue->demand_count++;
    return 0;
}

/* `last`, which was at the end of the heap, takes the place of one that leaves. Not inlined, as
 * add_bucket. */
__attribute__((noinline)) static void
fill_place(struct demand_bucket *bucket, struct replica *replicas, int32_t place, int32_t last)
{
    put(bucket, replicas, place, last);
    sift_up(bucket, replicas, place);
    sift_down(bucket, replicas, replicas[last].queue_position);
}

static void remove_at(struct demand_queue *queue, struct replica *replicas,
                      struct demand_bucket *bucket, int32_t place)
{
    assert(place >= 0 && place < bucket->count);
    int32_t replica = bucket->heap[place];
    assert(replicas[replica].queue_position == place);
    int32_t last = bucket->heap[--bucket->count];
    replicas[replica].queue_position = -1;
    queue->demand_count--;
    if (bucket->count == 0)
        leave_level(queue, bucket);
    else if (last != replica)
        fill_place(bucket, replicas, place, last);
}

void demand_queue_remove(struct demand_queue *queue, struct replica *replicas, int32_t replica,
                         const struct demand_key *key)
{
    int32_t number = demand_queue_find(queue, key), place = replicas[replica].queue_position;
    assert(number >= 0);
    remove_at(queue, replicas, &queue->buckets[number], place);
}

void demand_queue_remove_head(struct demand_queue *queue, struct replica *replicas, int32_t bucket)
{
    remove_at(queue, replicas, &queue->buckets[bucket], 0);
}

void demand_queue_release(struct demand_queue *queue)
{
    for (int32_t i = 0; i < queue->bucket_count; i++)
        free(queue->buckets[i].heap);
    for (int32_t i = 0; i < LEVEL_COUNT; i++)
        free(queue->levels[i].buckets);
    free(queue->buckets);
    free(queue->bucket_of_shape);
    free(queue->bucket_of_runner);
    *queue = (struct demand_queue){0};
}
