/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/waiting.h"

#include <assert.h>

/* The class of a demand is not a label on it but its rank in its runner's list: with a floor of 3
 * and one live replica, the first two demands of the list are core and the others extra.
 * `first_extra` is the line between them. When a replica dies, live falls to 0 and the line moves
 * one down: the third demand leaves its extra bucket for the core bucket. Every such move is one
 * removal and one insertion in the queue, so the price is paid by the demands that change class and
 * by no others. */

struct demand_key waiting_key(const struct sched *sched, int32_t runner, enum demand_class class)
{
    const struct runner *asking = &sched->runners[runner];
    const struct shape *shape = &sched->fleet.shapes->items[asking->shape];
    return (struct demand_key){.shape = asking->shape,
                               .priority = asking->priority,
                               .runner = shape_depends_on_runner(shape) ? runner : -1,
                               .class = class,
                               .may_preempt = asking->may_preempt};
}

static int enqueue(struct sched *sched, int32_t replica, enum demand_class class, struct err *err)
{
    struct demand_key key = waiting_key(sched, sched->replicas[replica].runner, class);
    return demand_queue_add(&sched->queue, sched->replicas, replica, &key, err);
}

static void dequeue(struct sched *sched, int32_t replica, enum demand_class class)
{
    struct demand_key key = waiting_key(sched, sched->replicas[replica].runner, class);
    demand_queue_remove(&sched->queue, sched->replicas, replica, &key);
}

/* ---- the list ---- */

/* New demands belong at the end; only a demand that lost its nomination goes further up. */
static void link_in_order(struct sched *sched, int32_t replica)
{
    struct replica *demand = &sched->replicas[replica];
    struct runner *runner = &sched->runners[demand->runner];
    int32_t before = runner->last_pending;
    while (before >= 0 && demand_precedes(demand, &sched->replicas[before]))
        before = sched->replicas[before].previous_pending;
    demand->previous_pending = before;
    if (before >= 0) {
        demand->next_pending = sched->replicas[before].next_pending;
        sched->replicas[before].next_pending = replica;
    } else {
        demand->next_pending = runner->first_pending;
        runner->first_pending = replica;
    }
    if (demand->next_pending >= 0)
        sched->replicas[demand->next_pending].previous_pending = replica;
    else
        runner->last_pending = replica;
}

static void unlink_demand(struct sched *sched, int32_t replica)
{
    struct replica *demand = &sched->replicas[replica];
    struct runner *runner = &sched->runners[demand->runner];
    if (demand->previous_pending >= 0)
        sched->replicas[demand->previous_pending].next_pending = demand->next_pending;
    else
        runner->first_pending = demand->next_pending;
    if (demand->next_pending >= 0)
        sched->replicas[demand->next_pending].previous_pending = demand->previous_pending;
    else
        runner->last_pending = demand->previous_pending;
    demand->next_pending = -1;
    demand->previous_pending = -1;
}

/* ---- the line ---- */

static bool stands_before_line(const struct sched *sched, int32_t replica)
{
    const struct replica *demand = &sched->replicas[replica];
    int32_t first_extra = sched->runners[demand->runner].first_extra;
    return first_extra < 0 || demand_precedes(demand, &sched->replicas[first_extra]);
}

static enum demand_class class_of_blocked(const struct sched *sched, int32_t replica)
{
    const struct runner *runner = &sched->runners[sched->replicas[replica].runner];
    int64_t core = (int64_t)runner->floor - runner->live - runner->nominated;
    int32_t at = runner->first_pending;
    for (; at != replica && core > 0; core--)
        at = sched->replicas[at].next_pending;
    return core > 0 ? CLASS_CORE : CLASS_EXTRA;
}

enum demand_class sched_class_of(const struct sched *sched, int32_t replica)
{
    const struct replica *demand = &sched->replicas[replica];
    if (demand->state == REPLICA_BLOCKED)
        return class_of_blocked(sched, replica);
    if (demand->state != REPLICA_PENDING)
        return (enum demand_class)demand->served_class;
    return stands_before_line(sched, replica) ? CLASS_CORE : CLASS_EXTRA;
}

/* The last core demand becomes the first extra one. */
static int lower_line(struct sched *sched, struct runner *runner, struct err *err)
{
    int32_t moving = runner->first_extra >= 0
                         ? sched->replicas[runner->first_extra].previous_pending
                         : runner->last_pending;
    dequeue(sched, moving, CLASS_CORE);
    runner->first_extra = moving;
    runner->core_pending--;
    return enqueue(sched, moving, CLASS_EXTRA, err);
}

/* The first extra demand becomes the last core one. */
static int raise_line(struct sched *sched, struct runner *runner, struct err *err)
{
    int32_t moving = runner->first_extra;
    dequeue(sched, moving, CLASS_EXTRA);
    runner->first_extra = sched->replicas[moving].next_pending;
    runner->core_pending++;
    return enqueue(sched, moving, CLASS_CORE, err);
}

int waiting_move_line(struct sched *sched, int32_t runner, struct err *err)
{
    struct runner *asking = &sched->runners[runner];
    int32_t wanted = runner_core_demand(asking);
    while (asking->core_pending > wanted)
        if (lower_line(sched, asking, err))
            return -1;
    while (asking->core_pending < wanted)
        if (raise_line(sched, asking, err))
            return -1;
    return 0;
}

/* ---- coming and going ---- */

/* A linked pending demand takes its side of the line. One that stands at the line goes to the side
 * where the counts want it, so that a new demand is not queued twice. */
static int enter_queue(struct sched *sched, int32_t replica, struct err *err)
{
    struct replica *demand = &sched->replicas[replica];
    struct runner *runner = &sched->runners[demand->runner];
    bool is_at_line = demand->next_pending == runner->first_extra;
    if (!stands_before_line(sched, replica))
        return enqueue(sched, replica, CLASS_EXTRA, err);
    if (is_at_line && runner->core_pending >= runner_core_demand(runner)) {
        runner->first_extra = replica;
        return enqueue(sched, replica, CLASS_EXTRA, err);
    }
    runner->core_pending++;
    return enqueue(sched, replica, CLASS_CORE, err);
}

/* The same of the only pending demand of its runner, in short: most runners never have two. */
static int enter_alone(struct sched *sched, int32_t replica, struct err *err)
{
    struct replica *demand = &sched->replicas[replica];
    struct runner *runner = &sched->runners[demand->runner];
    demand->state = REPLICA_PENDING;
    demand->next_pending = demand->previous_pending = -1;
    runner->first_pending = runner->last_pending = replica;
    runner->pending = 1;
    runner->core_pending = runner_core_demand(runner);
    if (runner->core_pending > 0)
        return enqueue(sched, replica, CLASS_CORE, err);
    runner->first_extra = replica;
    return enqueue(sched, replica, CLASS_EXTRA, err);
}

int waiting_add(struct sched *sched, int32_t replica, struct err *err)
{
    struct replica *demand = &sched->replicas[replica];
    struct runner *runner = &sched->runners[demand->runner];
    if (runner->first_pending < 0 && !runner->is_blocked)
        return enter_alone(sched, replica, err);
    link_in_order(sched, replica);
    if (runner->is_blocked) {
        demand->state = REPLICA_BLOCKED;
        runner->blocked++;
        return 0;
    }
    demand->state = REPLICA_PENDING;
    runner->pending++;
    if (enter_queue(sched, replica, err))
        return -1;
    return waiting_settle(sched, demand->runner, err);
}

/* A demand that is in no bucket any more leaves its runner's list. */
static void leave_pending(struct sched *sched, int32_t replica, enum demand_class class)
{
    struct replica *demand = &sched->replicas[replica];
    struct runner *runner = &sched->runners[demand->runner];
    assert(demand->state == REPLICA_PENDING);
    runner->pending--;
    if (runner->pending == 0) {
        runner->first_pending = runner->last_pending = runner->first_extra = -1;
        runner->core_pending = 0;
        return;
    }
    if (class == CLASS_CORE)
        runner->core_pending--;
    else if (replica == runner->first_extra)
        runner->first_extra = demand->next_pending;
    unlink_demand(sched, replica);
}

void waiting_remove(struct sched *sched, int32_t replica)
{
    const struct replica *demand = &sched->replicas[replica];
    if (demand->state == REPLICA_BLOCKED) {
        sched->runners[demand->runner].blocked--;
        unlink_demand(sched, replica);
        return;
    }
    enum demand_class class = sched_class_of(sched, replica);
    dequeue(sched, replica, class);
    leave_pending(sched, replica, class);
}

void waiting_remove_head(struct sched *sched, int32_t bucket)
{
    const struct demand_bucket *from = &sched->queue.buckets[bucket];
    int32_t replica = from->heap[0];
    demand_queue_remove_head(&sched->queue, sched->replicas, bucket);
    leave_pending(sched, replica, from->key.class);
}

static void block_all(struct sched *sched, struct runner *runner)
{
    for (int32_t i = runner->first_pending; i >= 0; i = sched->replicas[i].next_pending) {
        dequeue(sched, i, sched_class_of(sched, i));
        sched->replicas[i].state = REPLICA_BLOCKED;
    }
    runner->blocked = runner->pending;
    runner->pending = 0;
    runner->core_pending = 0;
    runner->first_extra = -1;
}

/* All become extra at first; the settling then finds the core ones. */
static int unblock_all(struct sched *sched, struct runner *runner, struct err *err)
{
    for (int32_t i = runner->first_pending; i >= 0; i = sched->replicas[i].next_pending) {
        sched->replicas[i].state = REPLICA_PENDING;
        if (enqueue(sched, i, CLASS_EXTRA, err))
            return -1;
    }
    runner->first_extra = runner->first_pending;
    runner->pending = runner->blocked;
    runner->blocked = 0;
    return 0;
}

int waiting_set_blocked(struct sched *sched, int32_t runner, bool is_blocked, struct err *err)
{
    struct runner *asking = &sched->runners[runner];
    if (asking->is_blocked == is_blocked)
        return 0;
    asking->is_blocked = is_blocked;
    if (is_blocked) {
        block_all(sched, asking);
        return 0;
    }
    if (unblock_all(sched, asking, err))
        return -1;
    return waiting_settle(sched, runner, err);
}
