/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/growth.h"

#include <string.h>

#include "base/array.h"
#include "base/units.h"

enum { WHOLE = 100 };

static int grow_count(int32_t *count, int32_t percent, struct err *err)
{
    int64_t grown = ((int64_t)*count * percent + WHOLE - 1) / WHOLE;
    if (*count <= 0)
        return 0;
    if (grown > INT32_MAX)
        return err_set(err, ERR_LIMIT, "%d %% of the demand are more replicas than can be counted",
                       (int)percent);
    *count = (int32_t)grown;
    return 0;
}

/* Times that are drawn between two arrivals, shorter by the factor. */
static struct dist quicken(struct dist dist, int32_t percent)
{
    double factor = (double)WHOLE / percent;
    dist.a *= factor;
    if (dist.kind == DIST_UNIFORM || dist.kind == DIST_NORMAL)
        dist.b *= factor;
    dist.min_us = (int64_t)((double)dist.min_us * factor);
    if (dist.max_us < TIME_US_MAX)
        dist.max_us = (int64_t)((double)dist.max_us * factor);
    return dist;
}

static int grow_traffic(struct grown_scenario *grown, const struct traffic_def **traffic,
                        int32_t percent, struct err *err)
{
    if (*traffic == NULL)
        return 0;
    size_t size = sizeof *(*traffic)->pieces * (size_t)(*traffic)->piece_count;
    struct traffic_def *copy = arena_alloc(&grown->arena, sizeof *copy);
    struct traffic_piece *pieces = arena_alloc(&grown->arena, size > 0 ? size : 1);
    if (copy == NULL || pieces == NULL)
        return err_no_memory(err);
    *copy = **traffic;
    for (int32_t i = 0; i < copy->piece_count; i++) {
        pieces[i] = copy->pieces[i];
        int64_t rate;
        if (!checked_mul(pieces[i].rate_micro, percent, &rate) ||
            rate / WHOLE > TRAFFIC_RATE_MAX_MICRO)
            return err_set(err, ERR_LIMIT,
                           "%d %% of the traffic are more requests than there may "
                           "be",
                           (int)percent);
        pieces[i].rate_micro = rate / WHOLE;
    }
    copy->pieces = pieces;
    *traffic = copy;
    return 0;
}

static int grow_runner(struct grown_scenario *grown, struct runner_def *runner, int32_t percent,
                       struct err *err)
{
    return grow_count(&runner->num_replicas, percent, err) ||
                   grow_count(&runner->enabled_replicas, percent, err) ||
                   grow_count(&runner->floor, percent, err) ||
                   grow_count(&runner->min_replicas, percent, err) ||
                   grow_traffic(grown, &runner->traffic, percent, err)
               ? -1
               : 0;
}

/* Copies of count elements of a size, in the arena. */
static void *copy_of(struct grown_scenario *grown, const void *items, int32_t count, size_t size)
{
    void *copy = arena_alloc(&grown->arena, size * ((size_t)count + 1));
    if (copy != NULL && count > 0)
        memcpy(copy, items, size * (size_t)count);
    return copy;
}

static int grow(struct grown_scenario *grown, int32_t percent, struct err *err)
{
    struct scenario *copy = &grown->scenario;
    struct runner_def *runners =
        copy_of(grown, copy->runners, copy->runner_count, sizeof *copy->runners);
    struct arrival_def *arrivals =
        copy_of(grown, copy->arrivals, copy->arrival_count, sizeof *copy->arrivals);
    struct event_def *events =
        copy_of(grown, copy->events, copy->event_count, sizeof *copy->events);
    if (runners == NULL || arrivals == NULL || events == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < copy->runner_count; i++)
        if (grow_runner(grown, &runners[i], percent, err) != 0)
            return -1;
    for (int32_t i = 0; i < copy->arrival_count; i++)
        arrivals[i].interarrival = quicken(arrivals[i].interarrival, percent);
    for (int32_t i = 0; i < copy->event_count; i++)
        if (events[i].kind == EVENT_SCALE &&
            (grow_count(&events[i].num_replicas, percent, err) != 0 ||
             grow_count(&events[i].min_replicas, percent, err) != 0))
            return -1;
    copy->runners = runners;
    copy->arrivals = arrivals;
    copy->events = events;
    return 0;
}

int grown_scenario_make(struct grown_scenario *grown, const struct scenario *scenario,
                        int32_t percent, struct err *err)
{
    *grown = (struct grown_scenario){.scenario = *scenario};
    if (grow(grown, percent, err) == 0)
        return 0;
    grown_scenario_release(grown);
    return -1;
}

void grown_scenario_release(struct grown_scenario *grown)
{
    arena_release(&grown->arena);
    *grown = (struct grown_scenario){0};
}
