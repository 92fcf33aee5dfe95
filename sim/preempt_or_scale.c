/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/array.h"
#include "sim/engine.h"

/* Who goes first where a demand that fits nowhere could evict others, and could have a new node:
 *
 *   preempt-first   It evicts in the pass. What waits after that asks for nodes.
 *   scale-first     It evicts nobody in the pass. Where the evaluation of nodes that follows finds
 *                   none for it, neither coming nor to be had, a second pass of the same instant
 *                   may evict: of demands that are alike, the first, as many as are left over.
 *   cheapest-wait   As scale-first. But before a node is asked for, what the victims of the first
 *                   of these demands have cost since they were bound is compared with what the
 *                   new node will cost until it is ready (the mean of provision_delay and boot),
 *                   split among the replicas that it is to take. Where the victims are cheaper,
 *                   that demand may evict at once, and the evaluation begins anew after that pass.
 *                   A coming node costs nothing more. Where a price is unknown, the node is asked
 *                   for.
 *
 * Example. A replica that has had a node of 10 millicents a second to itself for 50 s is in the way
 * of one of higher priority; a new node takes 60 s. It has cost 500, the new node will have cost
 * 600: it is evicted. After 100 s it has cost 1000, and the new node is asked for. */

static enum preempt_or_scale rule_of(const struct sim *sim)
{
    return sim->scenario->scheduler.preempt_or_scale;
}

bool evictions_are_granted(const struct scenario *scenario)
{
    bool scales = false;
    for (int32_t i = 0; i < scenario->pool_count; i++)
        scales |= scenario->pools[i].scaling != NULL;
    return scales && scenario->scheduler.preempt_or_scale != PREEMPT_FIRST;
}

/* What the victims have cost so far; -1: not known. In 1e-17 USD. */
static int128 cost_of_victims(const struct sim *sim, const struct victim_set *set)
{
    int128 cost = 0;
    if (!fleet_type_of(&sim->sched.fleet, set->node)->has_price)
        return -1;
    for (int32_t i = 0; i < set->count; i++) {
        int32_t victim = set->victims[i];
        cost += expense_of(sim, victim, sim->now_us - sim->replicas[victim].bound_us);
    }
    return cost;
}

/* What a node of this group costs until it is ready. */
static int128 cost_of_start(const struct sim *sim, int32_t group)
{
    struct node_group key = sim->sched.fleet.groups[group];
    const struct scaling_def *def = sim->scenario->pools[key.pool].scaling;
    const struct dist *dists = sim->scenario->dists;
    double us = dist_mean_us(&dists[def->provision_delay]) + dist_mean_us(&dists[def->boot]);
    return (int128)llround(us) * sim->sched.fleet.types[key.type].price_micro;
}

int evicts_rather_than_scales(struct sim *sim, const struct scale_offer *offer, bool *evicts,
                              struct err *err)
{
    const struct demand_bucket *bucket = &sim->sched.queue.buckets[offer->bucket];
    int32_t type = sim->sched.fleet.groups[offer->group].type;
    struct victim_set *set = &sim->scaling.victims;
    *evicts = false;
    /* A grant that is left from before could not be used. */
    if (!sim->sched.options.evictions_are_granted || rule_of(sim) != CHEAPEST_WAIT ||
        !sim->sched.options.preemption_enabled || !bucket->key.may_preempt || bucket->grant > 0 ||
        !sim->sched.fleet.types[type].has_price)
        return 0;
    struct preemption_question question = {
        .replica = bucket->heap[0], .class = bucket->key.class, .now = sim->now_us};
    if (preemption_find(&sim->sched, &question, set, err))
        return -1;
    int128 cost = set->node < 0 ? -1 : cost_of_victims(sim, set);
    *evicts = cost >= 0 && cost * offer->taken < cost_of_start(sim, offer->group);
    if (!*evicts)
        return 0;
    sched_grant_evictions(&sim->sched, offer->bucket, 1);
    sim_plan_pass(sim);
    return 0;
}

int grant_evictions(struct sim *sim, struct err *err)
{
    struct node_scaling *scaling = &sim->scaling;
    const struct demand_queue *queue = &sim->sched.queue;
    bool has_risen = false;
    if (!sim->sched.options.evictions_are_granted)
        return 0;
    if (array_reserve(&scaling->grants, &scaling->grant_capacity, queue->bucket_count,
                      sizeof *scaling->grants, err))
        return -1;
    for (int32_t i = 0; i < queue->bucket_count; i++)
        scaling->grants[i] = 0;
    for (int32_t i = 0; i < scaling->group_count; i++)
        scaling->grants[scaling->groups[i].bucket] += (int32_t)scaling->groups[i].left;
    for (int32_t i = 0; i < queue->bucket_count; i++) {
        has_risen |=
            scaling->grants[i] > queue->buckets[i].grant && queue->buckets[i].key.may_preempt;
        sched_grant_evictions(&sim->sched, i, scaling->grants[i]);
    }
    if (has_risen && sim->sched.options.preemption_enabled)
        sim_plan_pass(sim);
    return 0;
}
