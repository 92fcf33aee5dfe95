/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/pass.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "scheduler/node_search.h"
#include "scheduler/preemption.h"
#include "scheduler/transitions.h"

/* During a pass room only shrinks: binding takes it, nominating holds it, and victims keep theirs
 * until they are gone. What did not fit once does not fit later in the same pass, nor in any later
 * pass before fleet.growth_version rises; and when it has, only the nodes on which room has grown
 * need to be asked, which in a full fleet is mostly one. And no demand can evict what another took
 * before it in the order of demand: that one was at least as important, and the demands that
 * replace victims stand behind the demand that evicted them. So each demand is looked at once, and
 * the head of a bucket speaks for all behind it.
 *
 * Example (floor-first). One node of 4000m. Runner A (priority 2, floor 1) waits with two replicas
 * of 3000m, runner B (priority 9, floor 0) with one of 2000m, none is bound. The levels are core 9
 * ... core 0, extra 9 ... extra 0. Core 2 has A's first: it is bound, 1000m stay. Extra 9 has B: it
 * fits nowhere; A's budget is 1 - 1 = 0, so nobody may be evicted, and B's bucket is dropped. Extra
 * 2 has A's second: its shape fits nowhere either and it waits. With A's floor at 0 all three would
 * be extra, and B would be served first. */

struct pass {
    struct sched *sched;
    struct decisions *decisions;
    int64_t now;
};

/* Room for the next decision, to be written where it stays: a copy of what was only just written
 * field by field would wait until all stores before it have reached the cache. NULL for want of
 * memory. */
static struct decision *next_decision(struct pass *pass, struct err *err)
{
    struct decisions *decisions = pass->decisions;
    if (array_reserve(&decisions->items, &decisions->capacity, (int64_t)decisions->count + 1,
                      sizeof *decisions->items, err))
        return NULL;
    return &decisions->items[decisions->count++];
}

/* The decision that gives this replica its seat. */
static int record_seat(struct pass *pass, enum decision_kind kind, int32_t replica, struct err *err)
{
    const struct replica *seated = &pass->sched->replicas[replica];
    struct decision *decision = next_decision(pass, err);
    if (decision == NULL)
        return -1;
    *decision = (struct decision){.kind = kind,
                                  .class = (enum demand_class)seated->served_class,
                                  .replica = replica,
                                  .node = seated->node,
                                  .devices = seated->devices,
                                  .demand = -1,
                                  .replacement = -1};
    return 0;
}

/* ---- nominated demands ---- */

struct nominee_rank {
    struct replica key;
    int32_t replica;
    int32_t level_rank;
};

static int by_demand_order(const void *left, const void *right)
{
    const struct nominee_rank *a = left, *b = right;
    if (a->level_rank != b->level_rank)
        return a->level_rank < b->level_rank ? -1 : 1;
    if (demand_precedes(&a->key, &b->key))
        return -1;
    return demand_precedes(&b->key, &a->key) ? 1 : 0;
}

/* Not inlined, for the sake of the passes without nominees. */
__attribute__((noinline)) static int bind_ready(struct pass *pass, struct err *err)
{
    struct sched *sched = pass->sched;
    struct nominee_rank *ranks = NULL;
    int32_t count = sched->ready_count, capacity = 0;
    int result = 0;
    if (array_reserve(&ranks, &capacity, count, sizeof *ranks, err))
        return -1;
    for (int32_t i = 0; i < count; i++) {
        const struct replica *nominee = &sched->replicas[sched->ready_nominees[i]];
        int32_t priority = sched->runners[nominee->runner].priority;
        ranks[i] = (struct nominee_rank){
            .key = *nominee,
            .replica = sched->ready_nominees[i],
            .level_rank = demand_queue_level(&sched->queue, nominee->served_class, priority)};
    }
    qsort(ranks, (size_t)count, sizeof *ranks, by_demand_order);
    sched->ready_count = 0;
    for (int32_t i = 0; i < count && result == 0; i++) {
        result = replica_bind_nominee(sched, ranks[i].replica, err);
        if (result == 0)
            result = record_seat(pass, DECISION_BIND, ranks[i].replica, err);
    }
    free(ranks);
    return result;
}

/* ---- one demand ---- */

static int evict(struct pass *pass, int32_t victim, int32_t demand, struct err *err)
{
    struct sched *sched = pass->sched;
    int32_t owner = sched->replicas[victim].runner;
    int32_t chain_depth = sched->replicas[demand].chain_depth + 1;
    int32_t replacement;
    if (sched->runners[owner].live <= sched->runners[owner].floor)
        sched->floor_breach_count++;
    if (replica_terminate(sched, victim, err))
        return -1;
    if (replica_new(sched, owner, pass->now, &replacement, err))
        return -1;
    sched->replicas[replacement].chain_depth = chain_depth;
    struct decision *decision = next_decision(pass, err);
    if (decision == NULL)
        return -1;
    *decision = (struct decision){.kind = DECISION_EVICT,
                                  .class = sched_class_of(sched, demand),
                                  .replica = victim,
                                  .node = sched->replicas[victim].node,
                                  .devices = sched->replicas[victim].devices,
                                  .demand = demand,
                                  .replacement = replacement,
                                  .chain_depth = chain_depth};
    return 0;
}

static int evict_and_nominate(struct pass *pass, int32_t demand, const struct victim_set *set,
                              struct err *err)
{
    const struct nomination nomination = {.replica = demand,
                                          .seat = {set->node, set->devices},
                                          .victims = set->victims,
                                          .victim_count = set->count};
    for (int32_t i = 0; i < set->count; i++)
        if (evict(pass, set->victims[i], demand, err))
            return -1;
    if (replica_nominate(pass->sched, &nomination, err))
        return -1;
    return record_seat(pass, DECISION_NOMINATE, demand, err);
}

/* Room and budgets together, as one number that rises whenever either rose. */
static int64_t chance_version(const struct sched *sched)
{
    return sched->fleet.growth_version + sched->eviction_version;
}

/* Where it is noted that what this bucket asks for fits nowhere: with the shape, which others may
 * ask for in other classes and priorities, or with the bucket where the runner matters. */
static int64_t *no_fit_note(struct sched *sched, struct demand_bucket *bucket)
{
    return bucket->key.runner < 0 ? &sched->no_fit_version[bucket->key.shape]
                                  : &bucket->no_fit_version;
}

/* The seat of a demand whose like fitted nowhere at `no_fit_version`; on node -1 where none fits.
 */
static int find_seat(struct sched *sched, int32_t replica, int64_t no_fit_version,
                     struct seat *seat, struct err *err)
{
    seat->node = sched_search_grown(sched, replica, no_fit_version, &seat->devices);
    if (seat->node != SEARCH_UNKNOWN)
        return 0;
    if (sched_prepare_search(sched, replica, err))
        return -1;
    seat->node = sched_search(sched, replica, &seat->devices);
    return 0;
}

/* Puts the head of the bucket where it fits, if it fits. */
static int try_to_bind(struct pass *pass, int32_t number, bool *is_served, struct err *err)
{
    struct sched *sched = pass->sched;
    struct demand_bucket *bucket = &sched->queue.buckets[number];
    int32_t replica = bucket->heap[0];
    struct seat seat = {.node = -1};
    *is_served = false;
    int64_t *no_fit_version = no_fit_note(sched, bucket);
    if (*no_fit_version == sched->fleet.growth_version)
        return 0;
    if (find_seat(sched, replica, *no_fit_version, &seat, err))
        return -1;
    if (seat.node < 0) {
        *no_fit_version = sched->fleet.growth_version;
        return 0;
    }
    *is_served = true;
    if (replica_bind_head(sched, number, &seat, err))
        return -1;
    return record_seat(pass, DECISION_BIND, replica, err);
}

/* Might the head of the bucket evict, for all that is known? */
static bool may_preempt(const struct pass *pass, const struct demand_bucket *bucket)
{
    const struct sched *sched = pass->sched;
    if (!sched->options.preemption_enabled || !bucket->key.may_preempt ||
        (sched->options.evictions_are_granted && bucket->grant == 0))
        return false;
    bool is_known =
        bucket->no_victims_version == chance_version(sched) && pass->now < bucket->no_victims_until;
    return !is_known && preemption_has_prey(sched, bucket->key.class, bucket->key.priority);
}

/* Nominates the head of the bucket, which fits nowhere, where eviction helps. */
static int try_to_preempt(struct pass *pass, struct demand_bucket *bucket, bool *is_served,
                          struct err *err)
{
    struct sched *sched = pass->sched;
    struct victim_set victims = {0};
    const struct preemption_question question = {
        .replica = bucket->heap[0], .class = bucket->key.class, .now = pass->now};
    int result = preemption_find(sched, &question, &victims, err);
    if (result == 0 && victims.node < 0) {
        bucket->no_victims_version = chance_version(sched);
        bucket->no_victims_until = victims.ripe_at;
    } else if (result == 0) {
        *is_served = true;
        bucket->grant -= sched->options.evictions_are_granted;
        result = evict_and_nominate(pass, question.replica, &victims, err);
    }
    victim_set_release(&victims);
    return result;
}

/* Serves the head of a bucket; false in *is_served: it stays, and with it all behind it. */
static int serve(struct pass *pass, int32_t number, bool *is_served, struct err *err)
{
    if (try_to_bind(pass, number, is_served, err))
        return -1;
    struct demand_bucket *bucket = &pass->sched->queue.buckets[number];
    if (*is_served || !may_preempt(pass, bucket))
        return 0;
    return try_to_preempt(pass, bucket, is_served, err);
}

/* ---- one level: the heads of its buckets, merged ---- */

static bool head_precedes(const struct sched *sched, int32_t a, int32_t b)
{
    return demand_precedes(&sched->replicas[sched->queue.buckets[a].heap[0]],
                           &sched->replicas[sched->queue.buckets[b].heap[0]]);
}

static void sink(const struct sched *sched, int32_t *heap, int32_t count, int32_t place)
{
    int32_t moving = heap[place];
    for (;;) {
        int32_t child = 2 * place + 1;
        if (child >= count)
            break;
        if (child + 1 < count && head_precedes(sched, heap[child + 1], heap[child]))
            child++;
        if (!head_precedes(sched, heap[child], moving))
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = moving;
}

/* The non-empty buckets of the level as a heap by their heads. */
static int gather(struct sched *sched, const struct demand_level *level, struct err *err)
{
    if (array_reserve(&sched->merge, &sched->merge_capacity, level->count, sizeof *sched->merge,
                      err))
        return -1;
    for (int32_t i = 0; i < level->count; i++)
        sched->merge[i] = level->buckets[i];
    for (int32_t i = level->count / 2 - 1; i >= 0; i--)
        sink(sched, sched->merge, level->count, i);
    return 0;
}

static int serve_merged(struct pass *pass, const struct demand_level *level, struct err *err)
{
    struct sched *sched = pass->sched;
    int32_t count = level->count;
    if (gather(sched, level, err))
        return -1;
    while (count > 0) {
        int32_t first = sched->merge[0];
        bool is_served;
        if (serve(pass, first, &is_served, err))
            return -1;
        if (!is_served || sched->queue.buckets[first].count == 0)
            sched->merge[0] = sched->merge[--count];
        if (count > 1)
            sink(sched, sched->merge, count, 0);
    }
    return 0;
}

static int serve_bucket(struct pass *pass, int32_t number, struct err *err)
{
    bool is_served;
    do
        if (serve(pass, number, &is_served, err))
            return -1;
    while (is_served && pass->sched->queue.buckets[number].count > 0);
    return 0;
}

/* ---- the pass ---- */

static int serve_all(struct pass *pass, struct err *err)
{
    const struct demand_queue *queue = &pass->sched->queue;
    uint32_t ahead = UINT32_MAX; /* the levels that were not served yet */
    while ((queue->filled_levels & ahead) != 0) {
        int32_t first = __builtin_ctz(queue->filled_levels & ahead);
        const struct demand_level *level = &queue->levels[first];
        if (level->count == 1 ? serve_bucket(pass, level->buckets[0], err)
                              : serve_merged(pass, level, err))
            return -1;
        ahead = UINT32_MAX << 1 << first;
    }
    return 0;
}

int sched_pass(struct sched *sched, int64_t now, struct decisions *decisions, struct err *err)
{
    struct pass pass = {.sched = sched, .decisions = decisions, .now = now};
    if (sched_refresh(sched, err) || (sched->ready_count > 0 && bind_ready(&pass, err)))
        return -1;
    return serve_all(&pass, err);
}

void decisions_release(struct decisions *decisions)
{
    free(decisions->items);
    *decisions = (struct decisions){0};
}
