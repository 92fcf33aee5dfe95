/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <stdlib.h>

#include "base/array.h"

/* Runners that come: those of the file and those that `arrivals` generates. All are known before
 * the run and sorted; the next one has its place in the order of events without being in the queue.
 */

/* The instants at which one generator's runners arrive, one after the other. */
struct course {
    const struct arrival_def *def;
    struct rng rng;
    int64_t next_us, until_us;
    int64_t count;
};

static struct course course_of(const struct sim *sim, int32_t generator)
{
    const struct arrival_def *def = &sim->scenario->arrivals[generator];
    return (struct course){
        .def = def,
        .rng = rng_stream(sim->seed, "interarrival", (uint64_t)generator),
        .next_us = def->from_us,
        .until_us = def->until_us < sim->end_us ? def->until_us : sim->end_us,
    };
}

static bool course_next(struct course *course)
{
    if (course->count >= course->def->count_max)
        return false;
    course->next_us += dist_sample_us(&course->def->interarrival, &course->rng);
    course->count++;
    return course->next_us < course->until_us;
}

/* Counted before any is made, so that a mistyped rate is an error and not a machine out of memory.
 */
static int count_generated(struct sim *sim, int64_t *count, struct err *err)
{
    *count = 0;
    for (int32_t i = 0; i < sim->scenario->arrival_count; i++) {
        struct course course = course_of(sim, i);
        while (course_next(&course))
            if (++*count > GENERATED_RUNNERS_MAX)
                return err_set(err, ERR_LIMIT,
                               "arrivals[%d] \"%s\": more than %d generated runners: give a longer "
                               "interarrival, an earlier until, or a count",
                               i, course.def->name, GENERATED_RUNNERS_MAX);
    }
    return 0;
}

static int generate(struct sim *sim, struct err *err)
{
    int64_t count;
    if (count_generated(sim, &count, err) ||
        array_reserve_on_lines(&sim->runners, &sim->runner_capacity, sim->runner_count + count,
                               sizeof *sim->runners, err))
        return -1;
    for (int32_t i = 0; i < sim->scenario->arrival_count; i++) {
        struct course course = course_of(sim, i);
        for (int32_t k = 0; course_next(&course); k++)
            sim->runners[sim->runner_count++] = (struct sim_runner){
                .def = &course.def->template,
                .generator = i,
                .generated_number = k,
                .arrival_us = course.next_us,
            };
    }
    return 0;
}

/* ---- their order ---- */

static bool is_before(const struct sim_arrival *a, const struct sim_arrival *b)
{
    return a->time_us < b->time_us || (a->time_us == b->time_us && a->runner < b->runner);
}

/* Where the run of rising ones that begins at `at` ends; count where it would begin there. */
static int32_t run_end(const struct sim_arrival *items, int32_t at, int32_t count)
{
    if (at >= count)
        return count;
    do
        at++;
    while (at < count && is_before(&items[at - 1], &items[at]));
    return at;
}

/* The runs from `begin` to `middle` and from there to `end` become one. */
static void merge(const struct sim_arrival *from, struct sim_arrival *to, int32_t begin,
                  int32_t middle, int32_t end)
{
    int32_t left = begin, right = middle;
    for (int32_t i = begin; i < end; i++) {
        bool takes_left = right == end || (left < middle && is_before(&from[left], &from[right]));
        to[i] = from[takes_left ? left++ : right++];
    }
}

/* One entry of `arrivals` makes its runners in order, and most files have theirs so: these runs are
 * merged, two by two, until there is one. O(n log(runs)), and room for as many again. */
static int sort_arrivals(struct sim *sim, struct err *err)
{
    int32_t count = sim->arrival_count, capacity = 0;
    struct sim_arrival *merged = NULL;
    while (run_end(sim->arrivals, 0, count) < count) {
        if (array_reserve_plain(&merged, &capacity, sim->arrival_capacity, sizeof *merged, err))
            return -1;
        for (int32_t begin = 0, end; begin < count; begin = end) {
            int32_t middle = run_end(sim->arrivals, begin, count);
            end = run_end(sim->arrivals, middle, count);
            merge(sim->arrivals, merged, begin, middle, end);
        }
        struct sim_arrival *swap = sim->arrivals;
        sim->arrivals = merged;
        merged = swap;
    }
    free(merged);
    return 0;
}

int arrivals_build(struct sim *sim, struct err *err)
{
    if (generate(sim, err) || array_reserve_plain(&sim->arrivals, &sim->arrival_capacity,
                                                  sim->runner_count, sizeof *sim->arrivals, err))
        return -1;
    for (int32_t i = 0; i < sim->runner_count; i++)
        if (sim->runners[i].arrival_us < sim->end_us)
            sim->arrivals[sim->arrival_count++] =
                (struct sim_arrival){.time_us = sim->runners[i].arrival_us, .runner = i};
    return sort_arrivals(sim, err);
}

/* ---- coming ---- */

void arrivals_plan(struct sim *sim)
{
    bool has_more = sim->next_arrival < sim->arrival_count;
    sim->arrivals_rank =
        has_more ? event_rank(sim->arrivals[sim->next_arrival].time_us, EVENT_CLASS_ARRIVALS)
                 : UINT64_MAX;
}

int arrivals_admit(struct sim *sim, struct err *err)
{
    while (sim->next_arrival < sim->arrival_count &&
           sim->arrivals[sim->next_arrival].time_us <= sim->now_us) {
        prefetch_arrivals(sim);
        if (runner_arrive(sim, sim->arrivals[sim->next_arrival++].runner, err))
            return -1;
    }
    return 0;
}
