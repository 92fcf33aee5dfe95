/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

/* Runners that come: those of the file and those that `arrivals` generates. All are known before
 * the run and sorted; the queue of events only ever holds the next one. */

static int add_generated(struct sim *sim, const struct sim_runner *runner, struct err *err)
{
    if (sim->runner_count - sim->scenario->runner_count >= GENERATED_RUNNERS_MAX)
        return err_set(err, ERR_LIMIT,
                       "arrivals[%d] \"%s\": more than %d generated runners: give a longer "
                       "interarrival, an earlier until, or a count",
                       runner->generator, sim->scenario->arrivals[runner->generator].name,
                       GENERATED_RUNNERS_MAX);
    if (array_reserve(&sim->runners, &sim->runner_capacity, sim->runner_count + INT64_C(1),
                      sizeof *sim->runners, err))
        return -1;
    sim->runners[sim->runner_count++] = *runner;
    return 0;
}

static int generate(struct sim *sim, int32_t generator, struct err *err)
{
    const struct arrival_def *def = &sim->scenario->arrivals[generator];
    int64_t until_us = def->until_us < sim->end_us ? def->until_us : sim->end_us;
    struct rng rng = rng_stream(sim->seed, "interarrival", (uint64_t)generator);
    struct sim_runner runner = {.def = &def->template, .generator = generator};
    runner.arrival_us = def->from_us;
    for (int32_t k = 0; k < def->count_max; k++) {
        runner.arrival_us += dist_sample_us(&def->interarrival, &rng);
        if (runner.arrival_us >= until_us)
            return 0;
        runner.generated_number = k;
        if (add_generated(sim, &runner, err))
            return -1;
    }
    return 0;
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct sim_arrival *left = a;
    const struct sim_arrival *right = b;
    if (left->time_us != right->time_us)
        return left->time_us < right->time_us ? -1 : 1;
    return (left->runner > right->runner) - (left->runner < right->runner);
}

int arrivals_build(struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->scenario->arrival_count; i++)
        if (generate(sim, i, err))
            return -1;
    if (array_reserve(&sim->arrivals, &sim->arrival_capacity, sim->runner_count,
                      sizeof *sim->arrivals, err))
        return -1;
    for (int32_t i = 0; i < sim->runner_count; i++)
        if (sim->runners[i].arrival_us < sim->end_us)
            sim->arrivals[sim->arrival_count++] =
                (struct sim_arrival){.time_us = sim->runners[i].arrival_us, .runner = i};
    if (sim->arrival_count > 0)
        qsort(sim->arrivals, (size_t)sim->arrival_count, sizeof *sim->arrivals, compare_arrivals);
    return 0;
}

int arrivals_plan(struct sim *sim, struct err *err)
{
    if (sim->next_arrival == sim->arrival_count)
        return 0;
    struct event event = {
        .time_us = sim->arrivals[sim->next_arrival].time_us,
        .kind = ACTION_ARRIVALS,
        .subject = NO_INDEX,
    };
    return sim_push(sim, EVENT_CLASS_DEMAND, &event, err);
}

int arrivals_admit(struct sim *sim, struct err *err)
{
    while (sim->next_arrival < sim->arrival_count &&
           sim->arrivals[sim->next_arrival].time_us <= sim->now_us)
        if (runner_arrive(sim, sim->arrivals[sim->next_arrival++].runner, err))
            return -1;
    return 0;
}
