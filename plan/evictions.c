/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/evictions.h"

#include <stdlib.h>

#include "plan/kind.h"

/* What a shape takes of a node, and so what a victim leaves. */
enum { CPU, MEMORY, DEVICES, AMOUNTS };

static int64_t amount_of(const struct shape *shape, int resource)
{
    if (resource == CPU)
        return shape->cpu_milli;
    return resource == MEMORY ? shape->mem_bytes : shape->device_count;
}

static bool share_a_pool(const struct shape *a, const struct shape *b)
{
    for (int32_t i = 0; i < a->pool_count; i++)
        for (int32_t j = 0; j < b->pool_count; j++)
            if (a->pools[i] == b->pools[j])
                return true;
    return false;
}

/* May the runner have replicas beyond its floor at some time? */
static bool may_have_extras(const struct scenario *scenario, int32_t kind)
{
    const struct runner_def *def = kind_def(scenario, kind);
    int32_t wish = def->num_replicas, floor = def->min_replicas;
    bool may = floor < wish;
    if (kind_is_generated(scenario, kind))
        return may;
    for (int32_t i = 0; i < scenario->event_count && !may; i++) {
        const struct event_def *event = &scenario->events[i];
        if (event->kind != EVENT_SCALE || event->runner != kind)
            continue;
        wish = event->num_replicas != NO_INDEX ? event->num_replicas : wish;
        floor = event->min_replicas != NO_INDEX ? event->min_replicas : floor;
        may = floor < wish;
    }
    return may;
}

static bool may_have_floor(const struct scenario *scenario, int32_t kind)
{
    bool may = kind_def(scenario, kind)->min_replicas > 0;
    for (int32_t i = 0; i < scenario->event_count && !may; i++) {
        const struct event_def *event = &scenario->events[i];
        may = event->kind == EVENT_SCALE && event->runner == kind && event->min_replicas > 0;
    }
    return may;
}

static bool may_evict(const struct scenario *scenario, int32_t demand, int32_t victim)
{
    const struct runner_def *by = kind_def(scenario, demand);
    const struct runner_def *of = kind_def(scenario, victim);
    const struct shape *shapes = scenario->shapes.items;
    bool is_above = by->priority > of->priority;
    bool may_be_core =
        scenario->scheduler.order == ORDER_FLOOR_FIRST && may_have_floor(scenario, demand);
    bool are_different = demand != victim || kind_is_generated(scenario, demand);
    return are_different && by->may_preempt && (is_above || may_be_core) &&
           share_a_pool(&shapes[by->shape], &shapes[of->shape]);
}

/* Is it certain that the demand fits where this victim alone has gone? */
static bool is_enough(const struct shape *demand, const struct shape *victim)
{
    for (int r = 0; r < AMOUNTS; r++)
        if (amount_of(victim, r) < amount_of(demand, r))
            return false;
    bool is_whole = demand->device_count == 0 || victim->sharing == SHARING_WHOLE;
    return is_whole && demand->packing == PACKING_SHARED && demand->max_per_node == 0;
}

/* Victims of a demand on one node, of these smallest amounts: removing any of them from the set
 * leaves too little of some resource. Those k without which there is too little of one have, k - 1
 * of them together, less of it than is asked for. */
static int32_t count_victims(const struct shape *demand, const int64_t *smallest)
{
    int64_t count = 0;
    for (int r = 0; r < AMOUNTS; r++)
        if (amount_of(demand, r) > 0 && smallest[r] < INT64_MAX)
            count += (amount_of(demand, r) + smallest[r] - 1) / smallest[r];
    return count < INT32_MAX ? (int32_t)count : INT32_MAX;
}

/* Looks at all victims that a demand of this kind may have. */
static void look_at_demand(struct evictions *evictions, const struct scenario *scenario,
                           int32_t demand)
{
    const struct shape *shapes = scenario->shapes.items;
    const struct shape *own = &shapes[kind_def(scenario, demand)->shape];
    int64_t smallest[AMOUNTS] = {INT64_MAX, INT64_MAX, INT64_MAX};
    bool one_is_enough = true, are_counted = true;
    for (int32_t i = 0; i < kind_count(scenario); i++) {
        const struct shape *shape = &shapes[kind_def(scenario, i)->shape];
        if (!evictions->is_victim[i] || !may_evict(scenario, demand, i))
            continue;
        evictions->evicts[demand] = true;
        one_is_enough = one_is_enough && is_enough(own, shape);
        are_counted = are_counted && shape->sharing == SHARING_WHOLE;
        for (int r = 0; r < AMOUNTS; r++)
            if (amount_of(shape, r) > 0 && amount_of(shape, r) < smallest[r])
                smallest[r] = amount_of(shape, r);
    }
    if (!evictions->evicts[demand])
        return;
    are_counted = are_counted && own->sharing == SHARING_WHOLE && own->packing == PACKING_SHARED &&
                  own->max_per_node == 0;
    int32_t victims = one_is_enough ? 1 : count_victims(own, smallest);
    if (!(one_is_enough || are_counted) || evictions->is_victim[demand])
        evictions->is_bounded = false;
    if (victims > evictions->victims_max)
        evictions->victims_max = victims;
}

static bool is_spared(const struct promises *promises, const struct runner_def *def)
{
    return (promises->spared >> def->priority & 1) != 0;
}

static void find_victims(struct evictions *evictions, const struct scenario *scenario,
                         const struct promises *promises)
{
    int32_t count = kind_count(scenario);
    for (int32_t i = 0; i < count; i++) {
        if (is_spared(promises, kind_def(scenario, i)) || !may_have_extras(scenario, i))
            continue;
        for (int32_t k = 0; k < count && !evictions->is_victim[i]; k++)
            evictions->is_victim[i] = may_evict(scenario, k, i);
    }
}

int evictions_make(struct evictions *evictions, const struct scenario *scenario,
                   const struct promises *promises, struct err *err)
{
    int32_t count = kind_count(scenario);
    size_t size = (size_t)count + 1;
    *evictions = (struct evictions){.is_victim = calloc(size, sizeof *evictions->is_victim),
                                    .evicts = calloc(size, sizeof *evictions->evicts),
                                    .is_bounded = true};
    if (evictions->is_victim == NULL || evictions->evicts == NULL) {
        evictions_release(evictions);
        return err_no_memory(err);
    }
    if (!scenario->scheduler.preemption_enabled)
        return 0;
    if (count > EVICTION_KINDS_MAX) {
        evictions->is_bounded = false;
        return 0;
    }
    find_victims(evictions, scenario, promises);
    for (int32_t i = 0; i < count; i++)
        look_at_demand(evictions, scenario, i);
    return 0;
}

void evictions_release(struct evictions *evictions)
{
    free(evictions->is_victim);
    free(evictions->evicts);
    *evictions = (struct evictions){0};
}
