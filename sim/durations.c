/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/units.h"
#include "sim/engine.h"

/* How long pieces of work take. A draw is a pure function of (seed, runner, work), so that it does
 * not matter when it is made. Most jobs are the only piece of work of a runner of their own, and it
 * is known which runners come next: the draws of the first pieces of several are made at once, in
 * the lanes of a vector. One alone is two encryptions and a logarithm, one waiting for the other,
 * and the place of the end in the queue of events depends on all three. */

static const char stream_name[] = "duration";

int64_t duration_draw_us(const struct sim *sim, int32_t runner, int32_t work)
{
    struct rng rng = rng_stream(sim->seed, stream_name, rng_pair(runner, work));
    return dist_sample_us(&sim->scenario->dists[sim->runners[runner].def->duration], &rng);
}

/* Where the runner has no work, nothing. */
static const struct dist *dist_of(const struct sim *sim, int32_t runner)
{
    static const struct dist nothing = {.kind = DIST_CONSTANT, .max_us = TIME_US_MAX};
    int32_t duration = sim->runners[runner].def->duration;
    return duration != NO_INDEX ? &sim->scenario->dists[duration] : &nothing;
}

static void draw_ahead(struct sim *sim, int32_t first)
{
    struct durations_ahead *ahead = &sim->durations;
    uint64_t indices[DURATIONS_AHEAD] = {0};
    const struct dist *dists[DURATIONS_AHEAD];
    struct rng streams[DURATIONS_AHEAD];
    int32_t left = sim->arrival_count - first;
    int32_t count = left < DURATIONS_AHEAD ? left : DURATIONS_AHEAD;
    ahead->first = first;
    ahead->end = first + count;
    for (int32_t i = 0; i < count; i++) {
        int32_t runner = sim->arrivals[first + i].runner;
        indices[i] = rng_pair(runner, 0);
        dists[i] = dist_of(sim, runner);
    }
    rng_streams(sim->seed, stream_name, indices, count, streams);
    dist_sample_many_us(dists, streams, count, ahead->us);
}

int64_t duration_of_work_us(struct sim *sim, int32_t runner, int32_t work)
{
    int32_t latest = sim->next_arrival - 1;
    if (work > 0 || latest < 0 || sim->arrivals[latest].runner != runner)
        return duration_draw_us(sim, runner, work);
    if (latest >= sim->durations.end)
        draw_ahead(sim, latest);
    return sim->durations.us[latest - sim->durations.first];
}
