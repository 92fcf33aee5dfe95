/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <stdlib.h>

#include "base/array.h"
#include "scheduler/explain.h"
#include "sim/engine.h"

/* Can all floors be met at once? Two bounds: floors that are proven not to fit, by the shape alone
 * or by the volume of their pool, and a trial packing, which proves the opposite when it places
 * everything. Between the two lies bin packing, which neither decides. */

/* A runner with a floor and the span of time in which it counts. */
struct claimant {
    int64_t from_us, until_us; /* [from, until) */
    int32_t runner;
};

/* Volume of a pool, and what is asked of it alone. */
struct volume {
    int128 there[RESOURCE_COUNT];
    int128 asked[RESOURCE_COUNT];
    int128 asked_max[RESOURCE_COUNT];
    bool is_unbounded; /* CPU and memory */
};

struct floors {
    const struct scenario *scenario;
    struct floor_report *report;
    struct sched sched; /* the maximum fleet, and the trial on it */
    struct volume *volumes;
    struct claimant *arriving; /* by (from, runner) */
    struct claimant *leaving;  /* by (until, runner) */
    bool *never_fits;          /* by shape */
    int32_t volume_capacity, never_fits_capacity;
    int32_t arriving_count, arriving_capacity, leaving_capacity;
};

static int add_item(struct floor_report *report, const struct floor_shortfall *item,
                    struct err *err)
{
    if (array_reserve(&report->items, &report->capacity, report->count + INT64_C(1),
                      sizeof *report->items, err))
        return -1;
    report->items[report->count++] = *item;
    return 0;
}

/* ---- who claims, and when ---- */

static int compare_from(const void *a, const void *b)
{
    const struct claimant *left = a;
    const struct claimant *right = b;
    if (left->from_us != right->from_us)
        return left->from_us < right->from_us ? -1 : 1;
    return (left->runner > right->runner) - (left->runner < right->runner);
}

static int compare_until(const void *a, const void *b)
{
    const struct claimant *left = a;
    const struct claimant *right = b;
    if (left->until_us != right->until_us)
        return left->until_us < right->until_us ? -1 : 1;
    return (left->runner > right->runner) - (left->runner < right->runner);
}

static int list_claimants(struct floors *floors, struct err *err)
{
    const struct scenario *scenario = floors->scenario;
    if (array_reserve(&floors->arriving, &floors->arriving_capacity, scenario->runner_count,
                      sizeof *floors->arriving, err) ||
        array_reserve(&floors->leaving, &floors->leaving_capacity, scenario->runner_count,
                      sizeof *floors->leaving, err))
        return -1;
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        const struct runner_def *def = &scenario->runners[i];
        if (def->floor == 0 || def->arrival_us >= scenario->horizon_us ||
            def->departure_us <= def->arrival_us)
            continue;
        struct claimant claimant = {
            .from_us = def->arrival_us,
            .until_us = def->duration == NO_INDEX ? def->departure_us : def->arrival_us + 1,
            .runner = i,
        };
        floors->arriving[floors->arriving_count] = claimant;
        floors->leaving[floors->arriving_count++] = claimant;
    }
    size_t count = (size_t)floors->arriving_count;
    if (count > 0) {
        qsort(floors->arriving, count, sizeof *floors->arriving, compare_from);
        qsort(floors->leaving, count, sizeof *floors->leaving, compare_until);
    }
    return 0;
}

/* Sets peak_us and floor_replicas of the report. Only the instants of arrivals can be peaks. */
static void find_peak(struct floors *floors)
{
    int64_t sum = 0;
    int32_t left = 0;
    for (int32_t i = 0; i < floors->arriving_count; i++) {
        const struct claimant *next = &floors->arriving[i];
        for (; floors->leaving[left].until_us <= next->from_us; left++)
            sum -= floors->scenario->runners[floors->leaving[left].runner].floor;
        sum += floors->scenario->runners[next->runner].floor;
        if (sum > floors->report->floor_replicas) {
            floors->report->floor_replicas = sum;
            floors->report->peak_us = next->from_us;
        }
    }
}

/* ---- the maximum fleet ---- */

static int build_types_and_pools(struct floors *floors, struct err *err)
{
    const struct scenario *scenario = floors->scenario;
    struct fleet *fleet = &floors->sched.fleet;
    int32_t number;
    for (int32_t i = 0; i < scenario->type_count; i++)
        if (fleet_add_type(fleet, &scenario->types[i], &number, err))
            return -1;
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        struct pool pool = {
            .id = scenario->pools[i].id,
            .is_schedulable = scenario->pools[i].disabled_reason == NULL,
        };
        if (fleet_add_pool(fleet, &pool, &number, err))
            return -1;
        for (int32_t j = 0; j < scenario->pools[i].type_count; j++) {
            struct node_group group = {.pool = i, .type = scenario->pools[i].types[j]};
            if (fleet_group(fleet, group, &number, err))
                return -1;
        }
    }
    return array_reserve(&floors->volumes, &floors->volume_capacity, scenario->pool_count,
                         sizeof *floors->volumes, err);
}

/* Adds nodes of one type to a pool: all to its volume, and as many as the trial could use to the
 * fleet. */
static int add_nodes(struct floors *floors, struct node_group group, int64_t count, struct err *err)
{
    struct volume *volume = &floors->volumes[group.pool];
    int64_t capacity[RESOURCE_COUNT];
    type_capacity(&floors->scenario->types[group.type], capacity);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        volume->there[i] += (int128)capacity[i] * count;
    if (count > 0 && floors->scenario->types[group.type].is_unbounded)
        volume->is_unbounded = true;
    int32_t number;
    if (fleet_group(&floors->sched.fleet, group, &number, err))
        return -1;
    int32_t node;
    for (int64_t i = 0; i < count && i < floors->report->floor_replicas; i++)
        if (fleet_add_node(&floors->sched.fleet, number, NODE_READY, &node, err))
            return -1;
    return 0;
}

static bool is_larger(const struct node_type *a, const struct node_type *b)
{
    if (a->device_count != b->device_count)
        return a->device_count > b->device_count;
    if (a->cpu_milli != b->cpu_milli)
        return a->cpu_milli > b->cpu_milli;
    return a->mem_bytes > b->mem_bytes;
}

/* Nodes that the pool may still get: of its largest type in the trial, and of the type with most of
 * each resource in the volume, which must be an upper bound. */
static int add_further_nodes(struct floors *floors, int32_t pool, int64_t count, struct err *err)
{
    const struct pool_def *def = &floors->scenario->pools[pool];
    const struct node_type *types = floors->scenario->types;
    if (count <= 0 || def->type_count == 0)
        return 0;
    int32_t largest = def->types[0];
    for (int32_t i = 1; i < def->type_count; i++)
        if (is_larger(&types[def->types[i]], &types[largest]))
            largest = def->types[i];
    int64_t most[RESOURCE_COUNT];
    type_capacity(&types[largest], most);
    for (int32_t i = 0; i < def->type_count; i++) {
        int64_t capacity[RESOURCE_COUNT];
        type_capacity(&types[def->types[i]], capacity);
        for (int j = 0; j < RESOURCE_COUNT; j++)
            if (capacity[j] > most[j]) {
                floors->volumes[pool].there[j] += (int128)(capacity[j] - most[j]) * count;
                most[j] = capacity[j];
            }
        floors->volumes[pool].is_unbounded |= types[def->types[i]].is_unbounded;
    }
    return add_nodes(floors, (struct node_group){.pool = pool, .type = largest}, count, err);
}

static int build_nodes(struct floors *floors, struct err *err)
{
    const struct scenario *scenario = floors->scenario;
    int64_t *counts = NULL; /* of the nodes of each pool so far */
    int32_t capacity = 0;
    int result = -1;
    if (array_reserve(&counts, &capacity, scenario->pool_count, sizeof *counts, err))
        return -1;
    for (int32_t i = 0; i < scenario->node_count; i++) {
        const struct node_def *def = &scenario->nodes[i];
        counts[def->pool]++;
        if (add_nodes(floors, (struct node_group){.pool = def->pool, .type = def->type}, 1, err))
            goto out;
    }
    for (int32_t i = 0; i < scenario->event_count; i++) {
        const struct event_def *def = &scenario->events[i];
        if (def->kind != EVENT_ADD_NODES)
            continue;
        counts[def->pool] += def->count;
        struct node_group group = {.pool = def->pool, .type = def->type};
        if (add_nodes(floors, group, def->count, err))
            goto out;
    }
    for (int32_t i = 0; i < scenario->pool_count; i++)
        if (add_further_nodes(floors, i, scenario->pools[i].max_instances - counts[i], err))
            goto out;
    result = sched_refresh(&floors->sched, err);
out:
    free(counts);
    return result;
}

/* ---- what is proven ---- */

/* The first pool that suits the shape but for being closed; NO_INDEX: none does. */
static int32_t closed_pool_of(const struct fleet *fleet, const struct shape *shape)
{
    for (int32_t i = 0; i < shape->pool_count; i++) {
        int32_t pool = shape->pools[i];
        if (fleet->pools[pool].is_schedulable)
            continue;
        for (int32_t group = 0; group < fleet->group_count; group++)
            if (fleet->groups[group].pool == pool &&
                fleet_group_misfits(fleet, shape, group) == MISFIT_POOL)
                return pool;
    }
    return NO_INDEX;
}

/* Runners whose shape fits no type at all; they claim nothing of any volume. */
static int report_misfits(struct floors *floors, struct err *err)
{
    const struct scenario *scenario = floors->scenario;
    if (array_reserve(&floors->never_fits, &floors->never_fits_capacity, scenario->shapes.count,
                      sizeof *floors->never_fits, err))
        return -1;
    for (int32_t i = 0; i < scenario->shapes.count; i++) {
        struct explanation explanation;
        explain_shape(&floors->sched.fleet, i, &explanation);
        floors->never_fits[i] = explanation.answer == FIT_NEVER;
    }
    for (int32_t i = 0; i < floors->arriving_count; i++) {
        int32_t runner = floors->arriving[i].runner;
        int32_t shape = scenario->runners[runner].shape;
        if (!floors->never_fits[shape])
            continue;
        struct floor_shortfall item = {
            .runner = runner,
            .pool = closed_pool_of(&floors->sched.fleet, &scenario->shapes.items[shape]),
        };
        if (add_item(floors->report, &item, err))
            return -1;
    }
    return 0;
}

/* The least share of a device that the shape takes on any type of the pool that suits it. */
static int32_t least_share(const struct floors *floors, int32_t number, int32_t pool)
{
    const struct fleet *fleet = &floors->sched.fleet;
    const struct shape *shape = &floors->scenario->shapes.items[number];
    int32_t least = SHARE_WHOLE;
    for (int32_t i = 0; i < fleet->group_count; i++) {
        if (fleet->groups[i].pool != pool || !fleet_suits(fleet, number, i))
            continue;
        int32_t share = shape_share_on(shape, fleet_group_type(fleet, i));
        if (share < least)
            least = share;
    }
    return least;
}

/* Adds (sign 1) or takes back (-1) what a runner claims of the only pool that may serve it. */
static void claim(struct floors *floors, int32_t runner, int32_t sign)
{
    const struct runner_def *def = &floors->scenario->runners[runner];
    const struct shape *shape = &floors->scenario->shapes.items[def->shape];
    if (shape->pool_count != 1 || floors->never_fits[def->shape])
        return;
    struct volume *volume = &floors->volumes[shape->pools[0]];
    int64_t asked[RESOURCE_COUNT] = {
        [RESOURCE_CPU] = shape->cpu_milli,
        [RESOURCE_MEMORY] = shape->mem_bytes,
    };
    if (shape->device_count > 0) {
        asked[RESOURCE_DEVICES] = shape->sharing == SHARING_WHOLE ? shape->device_count : 0;
        asked[RESOURCE_SHARE] =
            (int64_t)shape->device_count * least_share(floors, def->shape, shape->pools[0]);
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        volume->asked[i] += (int128)sign * def->floor * asked[i];
        if (volume->asked[i] > volume->asked_max[i])
            volume->asked_max[i] = volume->asked[i];
    }
}

static void sweep_claims(struct floors *floors)
{
    int32_t left = 0;
    for (int32_t i = 0; i < floors->arriving_count; i++) {
        const struct claimant *next = &floors->arriving[i];
        for (; floors->leaving[left].until_us <= next->from_us; left++)
            claim(floors, floors->leaving[left].runner, -1);
        claim(floors, next->runner, 1);
    }
}

static int64_t clamped(int128 value)
{
    return value < INT64_MAX ? (int64_t)value : INT64_MAX;
}

static int report_volume(struct floors *floors, int32_t pool, struct err *err)
{
    const struct volume *volume = &floors->volumes[pool];
    bool devices_are_short = false;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        bool is_unbounded = volume->is_unbounded && (i == RESOURCE_CPU || i == RESOURCE_MEMORY);
        /* Too few whole devices are too few shares as well: said once. */
        bool is_said = i == RESOURCE_SHARE && devices_are_short;
        if (is_unbounded || is_said || volume->asked_max[i] <= volume->there[i])
            continue;
        devices_are_short |= i == RESOURCE_DEVICES;
        struct floor_shortfall item = {
            .runner = NO_INDEX,
            .pool = pool,
            .resource = (enum resource)i,
            .asked = clamped(volume->asked_max[i]),
            .there = clamped(volume->there[i]),
        };
        if (add_item(floors->report, &item, err))
            return -1;
    }
    return 0;
}

/* ---- the trial ---- */

static int demand_floor(struct floors *floors, int32_t runner, struct err *err)
{
    const struct runner_def *def = &floors->scenario->runners[runner];
    struct runner_terms terms = {
        .shape = def->shape,
        .priority = def->priority,
        .floor = def->floor,
    };
    int32_t number;
    int32_t replica;
    if (sched_add_runner(&floors->sched, &terms, &number, err))
        return -1;
    for (int32_t i = 0; i < def->floor; i++)
        if (sched_demand(&floors->sched, number, 0, &replica, err))
            return -1;
    return 0;
}

static int pack(struct floors *floors, struct err *err)
{
    int64_t peak_us = floors->report->peak_us;
    for (int32_t i = 0; i < floors->arriving_count; i++)
        if (floors->arriving[i].from_us <= peak_us && floors->arriving[i].until_us > peak_us &&
            demand_floor(floors, floors->arriving[i].runner, err))
            return -1;
    struct decisions decisions = {0};
    int result = sched_pass(&floors->sched, 0, &decisions, err);
    for (int32_t i = 0; result == 0 && i < decisions.count; i++)
        floors->report->placed_by_trial += decisions.items[i].kind == DECISION_BIND;
    decisions_release(&decisions);
    return result;
}

static int make(struct floors *floors, struct err *err)
{
    const struct scenario *scenario = floors->scenario;
    struct sched_options options = {
        .policy = scenario->scheduler.policy,
        .policy_values = scenario->scheduler.policy_values,
        .popularity = scenario->scheduler.popularity,
        .order = scenario->scheduler.order,
        .seed = scenario->seed,
    };
    if (list_claimants(floors, err))
        return -1;
    find_peak(floors);
    if (sched_init(&floors->sched, &options, &scenario->shapes, err) ||
        build_types_and_pools(floors, err) || build_nodes(floors, err) ||
        report_misfits(floors, err))
        return -1;
    sweep_claims(floors);
    for (int32_t i = 0; i < scenario->pool_count; i++)
        if (report_volume(floors, i, err))
            return -1;
    return pack(floors, err);
}

int floor_report_make(struct floor_report *report, const struct scenario *scenario, struct err *err)
{
    *report = (struct floor_report){0};
    struct floors floors = {.scenario = scenario, .report = report};
    int result = make(&floors, err);
    sched_release(&floors.sched);
    free(floors.volumes);
    free(floors.never_fits);
    free(floors.arriving);
    free(floors.leaving);
    if (result != 0)
        floor_report_release(report);
    return result;
}

void floor_report_release(struct floor_report *report)
{
    free(report->items);
    *report = (struct floor_report){0};
}
