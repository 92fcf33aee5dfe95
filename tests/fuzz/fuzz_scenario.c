/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scenarios/scenario.h"

/* Any bytes are a scenario or get an error of the input; and of a scenario that loads every number
 * that stands for something else does so. */

static bool is_index(int32_t index, int32_t count)
{
    return index >= 0 && index < count;
}

static void check_pools(const struct scenario *s)
{
    for (int32_t i = 0; i < s->pool_count; i++) {
        const struct pool_def *pool = &s->pools[i];
        assert(text_is_clean(pool->id));
        assert(pool->cluster == NO_INDEX || is_index(pool->cluster, s->cluster_count));
        assert(pool->type_count > 0 && pool->max_instances >= 0);
        for (int32_t j = 0; j < pool->type_count; j++)
            assert(is_index(pool->types[j], s->type_count));
    }
    for (int32_t i = 0; i < s->node_count; i++) {
        assert(is_index(s->nodes[i].pool, s->pool_count));
        assert(is_index(s->nodes[i].type, s->type_count));
    }
    for (int32_t i = 0; i < s->type_count; i++) {
        const struct node_type *type = &s->types[i];
        assert(type->cpu_milli >= 0 && type->mem_bytes >= 0 && type->device_mem_bytes >= 0);
        assert(type->device_count >= 0 && type->device_count <= SHAPE_DEVICES_MAX);
    }
}

static void check_runner(const struct scenario *s, const struct runner_def *runner)
{
    assert(is_index(runner->shape, s->shapes.count));
    assert(is_index(runner->pool, s->pool_count));
    assert(is_index(runner->startup, s->dist_count));
    assert(runner->image_pull == NO_INDEX || is_index(runner->image_pull, s->dist_count));
    assert(runner->duration == NO_INDEX || is_index(runner->duration, s->dist_count));
    const struct crash_def *crash = runner->crash;
    assert(!crash || is_index(crash->restart, s->dist_count));
    assert(!crash || crash->between == NO_INDEX || is_index(crash->between, s->dist_count));
    assert(!crash || (crash->first_us >= 0 && crash->most_us >= crash->first_us));
    assert(runner->deployment == NO_INDEX || is_index(runner->deployment, s->deployment_count));
    assert(runner->floor >= 0 && runner->floor <= runner->num_replicas);
    assert(runner->priority >= 0 && runner->priority <= 9);
    assert(runner->num_threads >= 1 && runner->grace_us >= 0 && runner->max_wait_us >= 0);
    assert(runner->arrival_us >= 0 && runner->departure_us >= runner->arrival_us);
    const struct shape *shape = &s->shapes.items[runner->shape];
    assert(shape->pool_count > 0 && shape->share_milli >= 1 && shape->share_milli <= SHARE_WHOLE);
    for (int32_t i = 0; i < shape->pool_count; i++)
        assert(is_index(shape->pools[i], s->pool_count));
}

static void check_events(const struct scenario *s)
{
    for (int32_t i = 0; i < s->event_count; i++) {
        const struct event_def *event = &s->events[i];
        assert(i == 0 || s->events[i - 1].at_us <= event->at_us);
        assert(event->runner == NO_INDEX || is_index(event->runner, s->runner_count));
        assert(event->pool == NO_INDEX || is_index(event->pool, s->pool_count));
        assert(event->type == NO_INDEX || is_index(event->type, s->type_count));
        assert(event->kind != EVENT_ADD_NODES || event->type != NO_INDEX);
        assert(event->repair_after == NO_INDEX || is_index(event->repair_after, s->dist_count));
        assert(event->count >= 1);
    }
}

static void check_scenario(const struct scenario *s)
{
    assert(s->horizon_us > 0 && s->pool_count > 0 && s->scheduler.policy);
    check_pools(s);
    for (int32_t i = 0; i < s->runner_count; i++) {
        assert(text_is_clean(s->runners[i].id));
        check_runner(s, &s->runners[i]);
    }
    for (int32_t i = 0; i < s->arrival_count; i++)
        check_runner(s, &s->arrivals[i].template);
    for (int32_t i = 0; i < s->deployment_count; i++) {
        const struct deployment_def *deployment = &s->deployments[i];
        assert(deployment->first_runner + deployment->runner_count <= s->runner_count);
    }
    check_events(s);
    for (int32_t i = 0; i < s->spot_capacity_count; i++)
        assert(is_index(s->spot_capacities[i].pool, s->pool_count));
}

static void check_refused(const struct scenario *s, const struct err *err)
{
    assert(err->kind == ERR_INPUT);
    assert(s->problems.error_count > 0 && s->runners == NULL && s->arena.first == NULL);
    for (int32_t i = 0; i < s->problems.count; i++)
        assert(strlen(s->problems.items[i].text) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario scenario;
    struct err err = {0};
    char path[64];
    FILE *file = tmpfile();
    assert(file && fwrite(data, 1, size, file) == size && fflush(file) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    if (scenario_load(&scenario, path, &err) == 0)
        check_scenario(&scenario);
    else
        check_refused(&scenario, &err);
    scenario_release(&scenario);
    fclose(file);
    return 0;
}
