/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/event_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/units.h"

/* A monotone radix queue, after R. K. Ahuja, K. Mehlhorn, J. B. Orlin, R. E. Tarjan, "Faster
 * algorithms for the shortest path problem", Journal of the ACM 37 (1990), with digits of four
 * bits.
 *
 * Idea. Time never goes back, so an event can be sorted by how far it is away and no further: by
 * the highest hexadecimal digit in which its instant differs from now. Events that differ from now
 * in digit k (the level) and have d there are in one bucket, in order of pushing. What comes first
 * is then in the lowest bucket of the lowest level, though not in order. That bucket is spread: its
 * earliest instant becomes now, and seen from there all its events differ in a lower digit only.
 * An event only ever moves to a lower level, so it moves a few times in its life, each time by
 * appending; a heap would compare it with others all over memory.
 *
 * Level 0 is the present instant; its digit is the class. That is why an earlier class may still be
 * pushed at the present instant and pops next: buckets of level 0 are never spread.
 *
 * First in, first out among equals. The bucket of an event is a function of its key and of now, so
 * equal events are in one bucket at any time, spreading keeps their order, and what is pushed later
 * stands behind them.
 *
 * Example, instants in hexadecimal, now = 0x100. 0x105 differs in digit 0 (level 1, bucket 5),
 * 0x12c and 0x129 in digit 1 (level 2, bucket 2), 0x200 in digit 2 (level 3, bucket 2). Popped:
 * 0x105, alone in its bucket. Then level 2, bucket 2 is spread: now = 0x129, which is level 0 seen
 * from there, and 0x12c becomes level 1, bucket c; 0x200 stays where it is.
 *
 * The front. To spread a bucket of few events would be much machinery for little: they are sorted
 * into an array instead, of which the last pops first. All that comes before the end of their
 * bucket (front_end) is in the array, so what is pushed for such an instant goes there too, and
 * what is in the buckets never has to be compared with it. When the array is full, all of it moves
 * into the buckets. While these are empty, it has no end: few events are only ever in the array.
 * The instant from which the buckets are seen (base_us) then stays where it was: between it and the
 * end of the front there is no bucket, so seen from any instant there the others are the same.
 *
 * What is beside the queue. Who asks whether an event comes before some rank may then push for any
 * instant from that rank on, also where the first event is later. So a bucket is spread only if it
 * begins before the rank, and as if something were in it at that instant: the base is never later
 * than what may still be pushed.
 *
 * Buckets are chains of chunks out of one pool. Chunks are taken from the system by pushes only, so
 * many that any spread of the events present has room: popping cannot fail. */

enum {
    /* A word is time | class | kind; the kind takes no part in the order. */
    CLASS_SHIFT = EVENT_RANK_CLASS_SHIFT,
    TIME_SHIFT = EVENT_RANK_TIME_SHIFT,
    DIGIT_BITS = 4,
    DIGIT_MASK = EVENT_QUEUE_DIGITS - 1,
    BUCKET_COUNT = EVENT_QUEUE_LEVELS * EVENT_QUEUE_DIGITS,
    CHUNK_ENTRIES = 63, /* a chunk is 1 KiB */
    SLAB_CHUNKS_MIN = 32,
    SLAB_CHUNKS_MAX = 2048,
    DEAD_MIN = 1024,   /* fewer are not worth a sweep */
    COUNTED_MOST = 16, /* events whose places in the front are counted */
};

_Static_assert((int)EVENT_CLASS_COUNT <= (int)EVENT_QUEUE_DIGITS, "the class is one digit");
_Static_assert(EVENT_KIND_MAX == (1 << CLASS_SHIFT) - 1, "the kind is two digits");
_Static_assert(TIME_US_MAX >> (64 - TIME_SHIFT) == 0, "the time fits above class and kind");
_Static_assert(TIME_US_MAX >> (DIGIT_BITS * (EVENT_QUEUE_LEVELS - 1)) == 0,
               "all digits of time have a level");
_Static_assert(TIME_US_MAX >> (DIGIT_BITS * (EVENT_QUEUE_LEVELS - 2)) < DIGIT_MASK,
               "the end of each bucket is a word");

struct event_chunk {
    struct event_chunk *next;
    struct event_entry entries[CHUNK_ENTRIES];
};

struct event_slab {
    struct event_slab *next;
    int64_t chunk_count;
    struct event_chunk chunks[];
};

static int64_t time_of(const struct event_entry *entry)
{
    return (int64_t)(entry->word >> TIME_SHIFT);
}

static struct event event_of(const struct event_entry *entry)
{
    return (struct event){
        .time_us = time_of(entry),
        .kind = (int32_t)(entry->word & EVENT_KIND_MAX),
        .subject = (int32_t)(entry->whose >> 32),
        .generation = (uint32_t)entry->whose,
    };
}

/* ---- chunks ---- */

/* With so many chunks, how many events surely have room? Every chunk holds at least one, and all
 * but the first and the last of a chain are full; and one more chunk is read while others are
 * filled. */
static int64_t capacity_of(int64_t chunk_count)
{
    int64_t sparse = chunk_count - 1;
    int64_t dense = (sparse - 2 * BUCKET_COUNT) * CHUNK_ENTRIES;
    return dense > sparse ? dense : sparse;
}

/* Doubles, within limits. Memory that is not used yet is not touched. */
static int grow(struct event_queue *queue, struct err *err)
{
    int64_t count = queue->chunk_count;
    if (count < SLAB_CHUNKS_MIN)
        count = SLAB_CHUNKS_MIN;
    if (count > SLAB_CHUNKS_MAX)
        count = SLAB_CHUNKS_MAX;
    struct event_slab *slab = malloc(sizeof *slab + (size_t)count * sizeof slab->chunks[0]);
    if (!slab)
        return err_no_memory(err);
    slab->next = NULL;
    slab->chunk_count = count;
    if (queue->last_slab)
        queue->last_slab->next = slab;
    else
        queue->first_slab = queue->fresh_slab = slab;
    queue->last_slab = slab;
    queue->chunk_count += count;
    queue->capacity = capacity_of(queue->chunk_count);
    return 0;
}

static struct event_chunk *take_fresh_chunk(struct event_queue *queue)
{
    if (queue->fresh_used == queue->fresh_slab->chunk_count) {
        queue->fresh_slab = queue->fresh_slab->next;
        queue->fresh_used = 0;
        assert(queue->fresh_slab);
    }
    return &queue->fresh_slab->chunks[queue->fresh_used++];
}

static struct event_chunk *take_chunk(struct event_queue *queue)
{
    struct event_chunk *chunk = queue->free_chunks;
    if (!chunk)
        chunk = take_fresh_chunk(queue);
    else
        queue->free_chunks = chunk->next;
    chunk->next = NULL;
    return chunk;
}

/* The one freed last is taken first: it is still in the cache. */
static void free_chunk(struct event_queue *queue, struct event_chunk *chunk)
{
    chunk->next = queue->free_chunks;
    queue->free_chunks = chunk;
}

/* ---- buckets ---- */

/* The bucket of a word, seen from that instant. */
static int32_t place_of(uint64_t word, int64_t base_us)
{
    uint64_t differing = word >> TIME_SHIFT ^ (uint64_t)base_us;
    if (differing == 0)
        return (int32_t)(word >> CLASS_SHIFT & DIGIT_MASK);
    int32_t highest_bit = 63 - __builtin_clzll(differing);
    int32_t shift = highest_bit & ~(DIGIT_BITS - 1);
    int32_t digit = (int32_t)(word >> TIME_SHIFT >> shift & DIGIT_MASK);
    return (shift / DIGIT_BITS + 1) * EVENT_QUEUE_DIGITS + digit;
}

/* Words that belong into a bucket: from begin up to before end. */
struct span {
    uint64_t begin, end;
};
static struct span span_of_place(int32_t place, int64_t base_us)
{
    int32_t level = place / EVENT_QUEUE_DIGITS;
    int32_t shift = level == 0 ? CLASS_SHIFT : TIME_SHIFT + (level - 1) * DIGIT_BITS;
    uint64_t above = (uint64_t)base_us << TIME_SHIFT >> shift & ~(uint64_t)DIGIT_MASK;
    uint64_t digits = above + (uint64_t)(place % EVENT_QUEUE_DIGITS);
    return (struct span){.begin = digits << shift, .end = (digits + 1) << shift};
}

static int32_t first_place(const struct event_queue *queue)
{
    int32_t level = __builtin_ctz(queue->levels);
    return level * EVENT_QUEUE_DIGITS + __builtin_ctz(queue->digits[level]);
}

static void mark(struct event_queue *queue, int32_t place)
{
    int32_t level = place / EVENT_QUEUE_DIGITS;
    queue->digits[level] |= (uint16_t)(1U << place % EVENT_QUEUE_DIGITS);
    queue->levels |= 1U << level;
}

static void unmark(struct event_queue *queue, int32_t place)
{
    int32_t level = place / EVENT_QUEUE_DIGITS;
    queue->digits[level] &= (uint16_t) ~(1U << place % EVENT_QUEUE_DIGITS);
    if (queue->digits[level] == 0)
        queue->levels &= ~(1U << level);
}

static void append(struct event_queue *queue, int32_t place, const struct event_entry *entry)
{
    struct event_bucket *bucket = &queue->buckets[place];
    if (!bucket->last) {
        bucket->first = bucket->last = take_chunk(queue);
        bucket->begin = bucket->end = 0;
        mark(queue, place);
    } else if (bucket->end == CHUNK_ENTRIES) {
        bucket->last->next = take_chunk(queue);
        bucket->last = bucket->last->next;
        bucket->end = 0;
    }
    bucket->last->entries[bucket->end++] = *entry;
}

/* The whole chain, which is the caller's now; the bucket is empty. */
static struct event_bucket detach(struct event_queue *queue, int32_t place)
{
    struct event_bucket detached = queue->buckets[place];
    queue->buckets[place] = (struct event_bucket){0};
    unmark(queue, place);
    return detached;
}

static int32_t end_in(const struct event_bucket *bucket, const struct event_chunk *chunk)
{
    return chunk == bucket->last ? bucket->end : CHUNK_ENTRIES;
}

/* ---- the front ---- */

static struct event_entry entry_in_front(const struct event_queue *queue, int64_t place)
{
    return (struct event_entry){queue->front_words[place], queue->front_whose[place]};
}

/* The order is that of all of the word but the kind. Equal ones stand in reverse order of pushing.
 */
static void insert_into_front(struct event_queue *queue, const struct event_entry *entry)
{
    int64_t place = queue->front_count++;
    uint64_t last_equal = entry->word | EVENT_KIND_MAX;
    for (; place > 0 && queue->front_words[place - 1] <= last_equal; place--) {
        queue->front_words[place] = queue->front_words[place - 1];
        queue->front_whose[place] = queue->front_whose[place - 1];
    }
    queue->front_words[place] = entry->word;
    queue->front_whose[place] = entry->whose;
}

/* Into the buckets, the first one first; they have room for all events. What is in them already is
 * seen in the same places from now, since their first one begins later. */
static void spill_front(struct event_queue *queue)
{
    if (queue->base_us < queue->now_us)
        queue->base_us = queue->now_us;
    queue->front_end = 0;
    while (queue->front_count > 0) {
        const struct event_entry entry = entry_in_front(queue, --queue->front_count);
        append(queue, place_of(entry.word, queue->base_us), &entry);
        queue->many_count++;
    }
}

/* ---- spreading ---- */

static int64_t earliest_us(const struct event_bucket *bucket)
{
    uint64_t least = UINT64_MAX;
    int32_t i = bucket->begin;
    for (const struct event_chunk *chunk = bucket->first; chunk; chunk = chunk->next, i = 0)
        for (int32_t end = end_in(bucket, chunk); i < end; i++)
            if (chunk->entries[i].word < least)
                least = chunk->entries[i].word;
    return (int64_t)(least >> TIME_SHIFT);
}

/* Do all events of the bucket find room in the front? */
static bool is_small(const struct event_bucket *bucket)
{
    return bucket->first == bucket->last && bucket->end - bucket->begin <= EVENT_QUEUE_FRONT;
}

/* The earliest instant of the bucket becomes the base, or `until_us`, which is in its span, if that
 * is earlier; all its entries go to lower levels. */
static void spread(struct event_queue *queue, int32_t place, int64_t until_us)
{
    struct event_bucket bucket = detach(queue, place);
    int64_t first_us = earliest_us(&bucket);
    queue->base_us = first_us < until_us ? first_us : until_us;
    int32_t i = bucket.begin;
    for (struct event_chunk *chunk = bucket.first, *next; chunk; chunk = next, i = 0) {
        for (int32_t end = end_in(&bucket, chunk); i < end; i++)
            append(queue, place_of(chunk->entries[i].word, queue->base_us), &chunk->entries[i]);
        next = chunk->next;
        free_chunk(queue, chunk);
    }
}

/* How many of these stand behind the i-th. They are in the order of pushing. */
static int32_t count_behind(const struct event_entry *entries, int32_t count, int32_t i)
{
    uint64_t word = entries[i].word;
    int32_t behind = 0;
    for (int32_t k = 0; k < i; k++)
        behind += entries[k].word > (word | EVENT_KIND_MAX);
    for (int32_t k = i + 1; k < count; k++)
        behind += (entries[k].word | EVENT_KIND_MAX) >= word;
    return behind;
}

/* Moves what is in the front by so many places, and returns how much that is; to be added to
 * front_count, which is 0, when these places are filled. */
static int64_t make_room_behind(struct event_queue *queue, int32_t count)
{
    int64_t before = queue->front_count;
    for (int64_t place = before; place-- > 0;) {
        queue->front_words[place + count] = queue->front_words[place];
        queue->front_whose[place + count] = queue->front_whose[place];
    }
    queue->front_count = 0;
    return before;
}

/* All events of the bucket, which are few; they are near now, behind those that are in the front
 * already. So the place of each can be counted: to sort very few by comparing takes fewer
 * comparisons, but half of them are such as a processor guesses wrong. */
static void bring_to_front(struct event_queue *queue, int32_t place)
{
    struct event_bucket bucket = detach(queue, place);
    const struct event_entry *entries = &bucket.first->entries[bucket.begin];
    int32_t count = bucket.end - bucket.begin;
    int64_t before = make_room_behind(queue, count);
    for (int32_t i = 0; count > COUNTED_MOST && i < count; i++)
        insert_into_front(queue, &entries[i]);
    for (int32_t i = 0; count <= COUNTED_MOST && i < count; i++) {
        int32_t behind = count_behind(entries, count, i);
        queue->front_words[behind] = entries[i].word;
        queue->front_whose[behind] = entries[i].whose;
    }
    queue->front_count = before + count;
    queue->near_count = count;
    queue->many_count -= count;
    queue->front_end =
        queue->many_count == 0 ? UINT64_MAX : span_of_place(place, queue->base_us).end;
    free_chunk(queue, bucket.first);
}

/* The first of a bucket of many that are equal, which so stay in order. */
static void bring_one_to_front(struct event_queue *queue, int32_t place)
{
    struct event_bucket *bucket = &queue->buckets[place];
    struct event_chunk *chunk = bucket->first;
    insert_into_front(queue, &chunk->entries[bucket->begin++]);
    queue->many_count--;
    if (bucket->begin < end_in(bucket, chunk))
        return;
    bucket->first = chunk->next;
    bucket->begin = 0;
    free_chunk(queue, chunk);
}

/* The first bucket, and where it lies; one that is large but for one instant and class is spread
 * first, as long as it begins before the rank. */
static int32_t find_first(struct event_queue *queue, uint64_t rank, struct span *span)
{
    for (;;) {
        int32_t place = first_place(queue);
        *span = span_of_place(place, queue->base_us);
        if (place < EVENT_QUEUE_DIGITS || is_small(&queue->buckets[place]) || span->begin >= rank)
            return place;
        spread(queue, place, event_rank_us(rank));
    }
}

void event_queue_refill(struct event_queue *queue, uint64_t rank)
{
    if (queue->many_count == 0)
        return;
    struct span span;
    int32_t place = find_first(queue, rank, &span);
    queue->front_end = span.begin;
    if (span.begin >= rank)
        return;
    if (!is_small(&queue->buckets[place])) {
        bring_one_to_front(queue, place);
        return;
    }
    bring_to_front(queue, place);
}

bool event_queue_look_ahead(struct event_queue *queue)
{
    if (queue->levels == 0)
        return false;
    int32_t place = first_place(queue);
    const struct event_bucket *bucket = &queue->buckets[place];
    if (!is_small(bucket) || bucket->end - bucket->begin + queue->front_count > EVENT_QUEUE_FRONT)
        return false;
    bring_to_front(queue, place);
    return true;
}

/* ---- what is near ---- */

int32_t event_queue_take_near(struct event_queue *queue, struct event_near near[EVENT_QUEUE_FRONT])
{
    int32_t count = queue->near_count;
    for (int32_t i = 0; i < count; i++) {
        int32_t place = count - 1 - i;
        near[i] = event_near_of(queue->front_words[place], queue->front_whose[place]);
    }
    queue->near_count = 0;
    return count;
}

int32_t event_queue_coming(const struct event_queue *queue,
                           struct event_near coming[EVENT_QUEUE_FRONT])
{
    if (queue->levels == 0)
        return 0;
    const struct event_bucket *bucket = &queue->buckets[first_place(queue)];
    if (!is_small(bucket))
        return 0;
    int32_t count = bucket->end - bucket->begin;
    for (int32_t i = 0; i < count; i++) {
        const struct event_entry *entry = &bucket->first->entries[bucket->begin + i];
        coming[i] = event_near_of(entry->word, entry->whose);
    }
    return count;
}

/* ---- push and pop ---- */

/* Not inlined: the short way of few events would have to save registers for the long one. */
__attribute__((noinline)) static int
push_among_many(struct event_queue *queue, const struct event_entry *entry, struct err *err)
{
    if (queue->capacity <= event_queue_count(queue) && grow(queue, err))
        return -1;
    if (entry->word < queue->front_end)
        spill_front(queue);
    append(queue, place_of(entry->word, queue->base_us), entry);
    queue->many_count++;
    return 0;
}

int event_queue_push(struct event_queue *queue, enum event_class class, const struct event *event,
                     struct err *err)
{
    assert(event->time_us >= queue->now_us);
    assert(event->time_us <= TIME_US_MAX);
    assert(event->kind >= 0 && event->kind <= EVENT_KIND_MAX);
    const struct event_entry entry = {
        .word = event_rank(event->time_us, class) | (uint64_t)event->kind,
        .whose = (uint64_t)(uint32_t)event->subject << 32 | event->generation,
    };
    if (entry.word >= queue->front_end || queue->front_count == EVENT_QUEUE_FRONT)
        return push_among_many(queue, &entry, err);
    insert_into_front(queue, &entry);
    return 0;
}

bool event_queue_pop(struct event_queue *queue, struct event *event)
{
    if (queue->front_count == 0)
        event_queue_refill(queue, UINT64_MAX);
    if (queue->front_count == 0)
        return false;
    const struct event_entry entry = entry_in_front(queue, --queue->front_count);
    *event = event_of(&entry);
    queue->now_us = event->time_us;
    return true;
}

int64_t event_queue_first_us(const struct event_queue *queue)
{
    if (queue->front_count > 0)
        return (int64_t)(queue->front_words[queue->front_count - 1] >> TIME_SHIFT);
    if (queue->many_count == 0)
        return INT64_MAX;
    int32_t place = first_place(queue);
    return place < EVENT_QUEUE_DIGITS ? queue->base_us : earliest_us(&queue->buckets[place]);
}

/* ---- dead events ---- */

static bool is_dead(const struct event_filter *filter, const struct event_entry *entry)
{
    const struct event event = event_of(entry);
    return filter->is_dead(filter->context, &event);
}

/* The chain of a bucket without its dead entries, in the same order. */
static void sweep_bucket(struct event_queue *queue, int32_t place,
                         const struct event_filter *filter)
{
    struct event_bucket bucket = detach(queue, place);
    int32_t i = bucket.begin;
    for (struct event_chunk *chunk = bucket.first, *next; chunk; chunk = next, i = 0) {
        for (int32_t end = end_in(&bucket, chunk); i < end; i++) {
            if (is_dead(filter, &chunk->entries[i]))
                queue->many_count--;
            else
                append(queue, place, &chunk->entries[i]);
        }
        next = chunk->next;
        free_chunk(queue, chunk);
    }
}

static void sweep_front(struct event_queue *queue, const struct event_filter *filter)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < queue->front_count; i++) {
        const struct event_entry entry = entry_in_front(queue, i);
        if (is_dead(filter, &entry))
            continue;
        queue->front_words[kept] = entry.word;
        queue->front_whose[kept++] = entry.whose;
    }
    queue->front_count = kept;
}

static void sweep_buckets(struct event_queue *queue, const struct event_filter *filter)
{
    for (int32_t place = 0; place < BUCKET_COUNT; place++)
        if (queue->buckets[place].first)
            sweep_bucket(queue, place, filter);
}

int64_t event_queue_add_dead(struct event_queue *queue, int64_t count,
                             const struct event_filter *filter)
{
    queue->dead_count += count;
    assert(queue->dead_count >= 0);
    int64_t all = event_queue_count(queue);
    assert(queue->dead_count <= all);
    if (queue->dead_count < DEAD_MIN || queue->dead_count <= all / 2)
        return 0;
    int64_t swept = queue->dead_count;
    sweep_front(queue, filter);
    sweep_buckets(queue, filter);
    assert(event_queue_count(queue) == all - swept);
    queue->dead_count = 0;
    return swept;
}

static int64_t count_dead_in_front(const struct event_queue *queue,
                                   const struct event_filter *filter)
{
    int64_t count = 0;
    for (int64_t i = 0; i < queue->front_count; i++) {
        const struct event_entry entry = entry_in_front(queue, i);
        count += is_dead(filter, &entry);
    }
    return count;
}

int64_t event_queue_count_dead(const struct event_queue *queue, const struct event_filter *filter)
{
    int64_t count = count_dead_in_front(queue, filter);
    for (int32_t place = 0; place < BUCKET_COUNT; place++) {
        const struct event_bucket *bucket = &queue->buckets[place];
        int32_t i = bucket->begin;
        for (const struct event_chunk *chunk = bucket->first; chunk; chunk = chunk->next, i = 0)
            for (int32_t end = end_in(bucket, chunk); i < end; i++)
                count += is_dead(filter, &chunk->entries[i]);
    }
    return count;
}

void event_queue_release(struct event_queue *queue)
{
    for (struct event_slab *slab = queue->first_slab, *next; slab; slab = next) {
        next = slab->next;
        free(slab);
    }
    *queue = (struct event_queue){0};
}
