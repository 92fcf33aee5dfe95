/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/scenario_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"

/* Out of memory in a test: there is nothing to go on with. */
static void *must(void *allocated)
{
    if (!allocated)
        abort();
    return allocated;
}

static void reserve(void *items, int32_t *capacity, int32_t needed, size_t item_size)
{
    struct err err;
    if (array_reserve(items, capacity, needed, item_size, &err))
        abort();
}

static const char *numbered(struct scenario *scenario, const char *prefix, int32_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%s%" PRId32, prefix, number);
    return must(arena_strdup(&scenario->arena, text));
}

struct scenario made_scenario(void)
{
    struct scenario scenario = {
        .file = "made",
        .name = "made",
        .description = "",
        .horizon_us = INT64_C(1000) * US_PER_S,
        .seed = 1,
        .scheduler = {.policy = policy_find("best-fit"), .preemption_enabled = true},
    };
    make_dist(&scenario, dist_constant(0));
    return scenario;
}

void made_release(struct scenario *scenario)
{
    free(scenario->dists);
    free(scenario->types);
    free(scenario->pools);
    free(scenario->nodes);
    free(scenario->runners);
    free(scenario->arrivals);
    free(scenario->events);
    free(scenario->failures);
    shape_table_release(&scenario->shapes);
    arena_release(&scenario->arena);
    *scenario = (struct scenario){0};
}

int32_t make_dist(struct scenario *scenario, struct dist dist)
{
    reserve(&scenario->dists, &scenario->dist_capacity, scenario->dist_count + 1,
            sizeof *scenario->dists);
    scenario->dists[scenario->dist_count] = dist;
    return scenario->dist_count++;
}

int32_t make_type(struct scenario *scenario, int64_t cpu_milli, int32_t device_count)
{
    reserve(&scenario->types, &scenario->type_capacity, scenario->type_count + 1,
            sizeof *scenario->types);
    scenario->types[scenario->type_count] = (struct node_type){
        .id = numbered(scenario, "t", scenario->type_count),
        .cpu_milli = cpu_milli,
        .mem_bytes = INT64_C(1) << 36,
        .device_mem_bytes = INT64_C(1) << 34,
        .device_count = device_count,
        .has_device_mem = true,
    };
    return scenario->type_count++;
}

int32_t make_pool(struct scenario *scenario, int32_t type)
{
    reserve(&scenario->pools, &scenario->pool_capacity, scenario->pool_count + 1,
            sizeof *scenario->pools);
    int32_t pool = scenario->pool_count++;
    scenario->pools[pool] = (struct pool_def){
        .id = numbered(scenario, "p", pool),
        .cluster = NO_INDEX,
        .types = must(arena_array(&scenario->arena, 4, sizeof(int32_t))),
    };
    make_pool_type(scenario, pool, type);
    return pool;
}

void make_pool_type(struct scenario *scenario, int32_t pool, int32_t type)
{
    struct pool_def *def = &scenario->pools[pool];
    if (def->type_count == 4)
        abort();
    int32_t *types = must(arena_array(&scenario->arena, 4, sizeof(int32_t)));
    memcpy(types, def->types, (size_t)def->type_count * sizeof *types);
    types[def->type_count++] = type;
    def->types = types;
}

void make_nodes(struct scenario *scenario, int32_t pool, int32_t type, int32_t count,
                const char *zone)
{
    int32_t ordinal = 0;
    for (int32_t i = 0; i < scenario->node_count; i++)
        ordinal += scenario->nodes[i].pool == pool;
    reserve(&scenario->nodes, &scenario->node_capacity, scenario->node_count + count,
            sizeof *scenario->nodes);
    for (int32_t i = 0; i < count; i++)
        scenario->nodes[scenario->node_count++] =
            (struct node_def){.zone = zone, .pool = pool, .type = type, .ordinal = ordinal + i};
}

int32_t make_shape(struct scenario *scenario, int32_t pool, int64_t cpu_milli, int32_t device_count)
{
    struct shape shape = {
        .cpu_milli = cpu_milli,
        .device_count = device_count,
        .share_milli = SHARE_WHOLE,
        .pools = &pool,
        .pool_count = 1,
    };
    struct err err;
    int32_t number;
    if (shape_table_intern(&scenario->shapes, &shape, &number, &err))
        abort();
    return number;
}

struct runner_def made_template(const struct scenario *scenario, int32_t shape)
{
    return (struct runner_def){
        .id = "",
        .worker = "",
        .departure_us = TIME_NEVER,
        .max_wait_us = TIME_NEVER,
        .image_pull = NO_INDEX,
        .duration = NO_INDEX,
        .shape = shape,
        .pool = scenario->shapes.items[shape].pools[0],
        .deployment = NO_INDEX,
        .num_replicas = 1,
        .num_threads = 16,
        .may_preempt = true,
    };
}

struct runner_def *make_runner(struct scenario *scenario, int32_t shape)
{
    reserve(&scenario->runners, &scenario->runner_capacity, scenario->runner_count + 1,
            sizeof *scenario->runners);
    struct runner_def *runner = &scenario->runners[scenario->runner_count];
    *runner = made_template(scenario, shape);
    runner->id = numbered(scenario, "r", scenario->runner_count++);
    return runner;
}

struct arrival_def *make_arrivals(struct scenario *scenario, const struct runner_def *template,
                                  struct dist interarrival)
{
    reserve(&scenario->arrivals, &scenario->arrival_capacity, scenario->arrival_count + 1,
            sizeof *scenario->arrivals);
    struct arrival_def *arrivals = &scenario->arrivals[scenario->arrival_count];
    *arrivals = (struct arrival_def){
        .name = numbered(scenario, "a", scenario->arrival_count++),
        .template = *template,
        .interarrival = interarrival,
        .until_us = scenario->horizon_us,
        .count_max = TIME_NEVER,
    };
    return arrivals;
}

struct event_def *make_event(struct scenario *scenario, int64_t at_us, enum event_kind kind)
{
    reserve(&scenario->events, &scenario->event_capacity, scenario->event_count + 1,
            sizeof *scenario->events);
    struct event_def *event = &scenario->events[scenario->event_count++];
    *event = event_def_empty(kind);
    event->at_us = at_us;
    return event;
}

/* ---- random ones ---- */

enum { STEP_S = 10 };

static int32_t below(struct rng *rng, int32_t bound)
{
    return (int32_t)rng_below(rng, (uint64_t)bound);
}

static bool one_in(struct rng *rng, int32_t n)
{
    return below(rng, n) == 0;
}

static int64_t steps(struct rng *rng, int32_t bound)
{
    return (int64_t)below(rng, bound) * STEP_S * US_PER_S;
}

/* Often 0 or a few steps, sometimes anything. */
static struct dist some_duration(struct rng *rng)
{
    if (one_in(rng, 3))
        return dist_constant(0);
    if (one_in(rng, 2))
        return dist_constant(steps(rng, 8));
    double mean = (double)(1 + steps(rng, 20));
    return (struct dist){.kind = DIST_EXPONENTIAL, .a = mean, .max_us = TIME_US_MAX};
}

/* Several draws are never made in one expression: C leaves their order to the compiler, and a
 * scenario's number should mean the same scenario everywhere. */

static void random_nodes(struct rng *rng, struct scenario *scenario, int32_t pool, int32_t type)
{
    static const char *const zones[] = {NULL, "a", "b"};
    int32_t count = below(rng, 4);
    make_nodes(scenario, pool, type, count, zones[below(rng, (int32_t)ARRAY_LEN(zones))]);
}

static void random_fleet(struct rng *rng, struct scenario *scenario, int32_t size)
{
    int32_t type_count = 1 + below(rng, 3);
    for (int32_t i = 0; i < type_count; i++) {
        int64_t cpu_milli = 1000 * (1 + below(rng, 4));
        make_type(scenario, cpu_milli, below(rng, 4));
        scenario->types[i].is_unbounded = one_in(rng, 12);
    }
    int32_t pool_count = 1 + below(rng, 2);
    for (int32_t i = 0; i < pool_count; i++) {
        int32_t first = below(rng, type_count);
        make_pool(scenario, first);
        make_nodes(scenario, i, first, size, NULL);
        random_nodes(rng, scenario, i, first);
        int32_t second = below(rng, type_count);
        if (second != first) {
            make_pool_type(scenario, i, second);
            random_nodes(rng, scenario, i, second);
        }
        if (one_in(rng, 10))
            scenario->pools[i].disabled_reason = "test";
    }
    if (one_in(rng, 2))
        scenario->nodes[below(rng, scenario->node_count)].name = "named";
}

static void random_devices(struct rng *rng, struct shape *shape)
{
    shape->device_count = 1 + below(rng, 2);
    shape->sharing = (enum device_sharing)below(rng, 3);
    if (shape->sharing == SHARING_MILLI)
        shape->share_milli = 100 * (1 + below(rng, 10));
    if (shape->sharing == SHARING_MEMORY)
        shape->device_mem_bytes = (int64_t)(1 + below(rng, 4)) << 32;
}

static int32_t random_shape(struct rng *rng, struct scenario *scenario)
{
    int32_t pools[2] = {0, 1};
    struct shape shape = {.share_milli = SHARE_WHOLE, .pools = pools, .pool_count = 1};
    pools[0] = below(rng, scenario->pool_count);
    if (scenario->pool_count == 2 && one_in(rng, 3)) {
        pools[0] = 0;
        shape.pool_count = 2;
    }
    shape.cpu_milli = 250 * below(rng, 6);
    shape.mem_bytes = (int64_t)below(rng, 3) << 30;
    if (one_in(rng, 8))
        shape.max_per_node = 1 + below(rng, 2);
    if (one_in(rng, 12))
        shape.packing = PACKING_ISOLATED;
    if (one_in(rng, 3))
        random_devices(rng, &shape);
    struct err err;
    int32_t number;
    if (shape_table_intern(&scenario->shapes, &shape, &number, &err))
        abort();
    return number;
}

static void random_terms(struct rng *rng, struct scenario *scenario, struct runner_def *runner)
{
    runner->num_replicas = below(rng, 9);
    runner->min_replicas = one_in(rng, 2) ? 0 : below(rng, 4);
    runner->floor =
        runner->min_replicas < runner->num_replicas ? runner->min_replicas : runner->num_replicas;
    runner->priority = (int8_t)below(rng, 10);
    runner->grace_us = one_in(rng, 2) ? 0 : steps(rng, 6);
    runner->max_wait_us = one_in(rng, 8) ? steps(rng, 10) : TIME_NEVER;
    runner->may_preempt = !one_in(rng, 8);
    runner->startup = make_dist(scenario, some_duration(rng));
    if (one_in(rng, 3))
        runner->image_pull = make_dist(scenario, some_duration(rng));
    if (one_in(rng, 3))
        runner->duration = make_dist(scenario, some_duration(rng));
}

static void random_runners(struct rng *rng, struct scenario *scenario, int32_t size)
{
    int32_t count = size * (2 + below(rng, 8));
    for (int32_t i = 0; i < count; i++) {
        struct runner_def runner = made_template(scenario, random_shape(rng, scenario));
        random_terms(rng, scenario, &runner);
        runner.arrival_us = one_in(rng, 3) ? 0 : steps(rng, 40);
        if (one_in(rng, 4))
            runner.departure_us = runner.arrival_us + steps(rng, 60);
        runner.blocked_by = one_in(rng, 6) ? "test" : NULL;
        struct runner_def *made = make_runner(scenario, runner.shape);
        const char *id = made->id;
        *made = runner;
        made->id = id;
    }
    if (one_in(rng, 3)) {
        struct runner_def template = made_template(scenario, random_shape(rng, scenario));
        random_terms(rng, scenario, &template);
        struct dist interarrival = {
            .kind = DIST_EXPONENTIAL, .a = 40.0 * US_PER_S, .max_us = TIME_US_MAX};
        struct arrival_def *arrivals = make_arrivals(scenario, &template, interarrival);
        arrivals->from_us = steps(rng, 30);
        arrivals->count_max = 1 + below(rng, 20);
    }
}

static void random_selection(struct rng *rng, struct scenario *scenario, struct event_def *event)
{
    static const char *const names[] = {"named", "p0-0", "p0-1", "p0-4", "p1-0", "p1-2", "none"};
    event->grace_us = one_in(rng, 2) ? TIME_NEVER : steps(rng, 4);
    if (event->kind == EVENT_FAIL_NODE && !one_in(rng, 3))
        event->repair_after = make_dist(scenario, some_duration(rng));
    if (one_in(rng, 2)) {
        event->node_name = names[below(rng, (int32_t)ARRAY_LEN(names))];
        return;
    }
    event->pool = below(rng, scenario->pool_count);
    event->count = 1 + below(rng, 3);
    event->zone = one_in(rng, 3) ? "a" : NULL;
}

static void random_upgrade(struct rng *rng, struct scenario *scenario, struct event_def *event)
{
    event->pool = below(rng, scenario->pool_count);
    event->count = 1 + below(rng, 3);
    event->zone = one_in(rng, 3) ? "a" : NULL;
    event->grace_us = one_in(rng, 2) ? TIME_NEVER : steps(rng, 4);
    event->repair_after = make_dist(scenario, some_duration(rng));
    event->floor_wait_us = steps(rng, 6);
}

static void random_event(struct rng *rng, struct scenario *scenario, int64_t at_us)
{
    enum event_kind kind = (enum event_kind)below(rng, EVENT_KIND_COUNT);
    if (kind == EVENT_UPGRADE) {
        random_upgrade(rng, scenario, make_event(scenario, at_us, kind));
        return;
    }
    struct event_def *event = make_event(scenario, at_us, kind);
    if (kind == EVENT_DEPLOY || kind == EVENT_SET_STATUS) {
        event->runner = below(rng, scenario->runner_count);
        event->is_graceful = one_in(rng, 2);
        event->is_enabled = one_in(rng, 2);
    } else if (kind == EVENT_SCALE || kind == EVENT_DEPART || kind == EVENT_CLEAR_HANDLING) {
        event->runner = below(rng, scenario->runner_count);
        if (one_in(rng, 2))
            event->num_replicas = below(rng, 8);
        if (one_in(rng, 2) || event->num_replicas == NO_INDEX)
            event->min_replicas = below(rng, 5);
    } else if (kind == EVENT_ADD_NODES || kind == EVENT_SET_POOL) {
        event->pool = below(rng, scenario->pool_count);
        const struct pool_def *pool = &scenario->pools[event->pool];
        event->type = pool->types[below(rng, pool->type_count)];
        event->count = 1 + below(rng, 3);
        event->is_schedulable = one_in(rng, 2);
    } else {
        random_selection(rng, scenario, event);
    }
}

struct failure_def *make_failure(struct scenario *scenario, int32_t pool, struct dist between,
                                 struct dist repair)
{
    reserve(&scenario->failures, &scenario->failure_capacity, scenario->failure_count + 1,
            sizeof *scenario->failures);
    struct failure_def *made = &scenario->failures[scenario->failure_count++];
    *made = (struct failure_def){
        .pool = pool,
        .type = NO_INDEX,
        .nodes_per_rack = 1,
        .of_spot = true,
        .of_on_demand = true,
        .between = make_dist(scenario, between),
        .repair = make_dist(scenario, repair),
    };
    return made;
}

static void random_failures(struct rng *rng, struct scenario *scenario)
{
    for (int32_t count = below(rng, 4); count > 1; count--) {
        struct dist between = {
            .kind = DIST_EXPONENTIAL, .a = 150.0 * US_PER_S, .max_us = TIME_US_MAX};
        int32_t pool = one_in(rng, 2) ? NO_INDEX : below(rng, scenario->pool_count);
        struct failure_def *failure = make_failure(scenario, pool, between, some_duration(rng));
        failure->domain = (enum failure_domain)below(rng, FAILURE_DOMAIN_COUNT);
        failure->nodes_per_rack = 1 + below(rng, 3);
        failure->zone = one_in(rng, 3) ? "a" : NULL;
        failure->is_reclaim = one_in(rng, 3);
        if (failure->is_reclaim)
            failure->notice_us = steps(rng, 4);
        if (failure->is_reclaim && one_in(rng, 2))
            failure->repair = NO_INDEX;
    }
}

struct scenario random_scenario(struct rng *rng, int32_t size)
{
    struct scenario scenario = made_scenario();
    scenario.horizon_us = INT64_C(700) * US_PER_S;
    scenario.seed = rng_next(rng) >> 1;
    size_t policy_count;
    const struct policy *const *policies = policy_list(&policy_count);
    scenario.scheduler.policy = policies[below(rng, (int32_t)policy_count)];
    scenario.scheduler.order = one_in(rng, 2) ? ORDER_FLOOR_FIRST : ORDER_PRIORITY_FIRST;
    scenario.scheduler.preemption_enabled = !one_in(rng, 5);
    scenario.scheduler.min_runtime_us = one_in(rng, 3) ? steps(rng, 6) : 0;
    random_fleet(rng, &scenario, size);
    random_runners(rng, &scenario, size);
    int32_t event_count = below(rng, 16);
    int64_t at_us = 0;
    for (int32_t i = 0; i < event_count; i++) {
        random_event(rng, &scenario, at_us);
        at_us += steps(rng, 8);
    }
    random_failures(rng, &scenario);
    return scenario;
}
