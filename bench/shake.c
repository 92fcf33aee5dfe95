/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/shake.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

enum { GAPS_AT_ALL = 20, TRACE_ARRIVALS_MIN = 10 };

static bool has_instant(const struct scenario *scenario, const struct runner_def *runner)
{
    return runner->arrival_us > 0 && runner->arrival_us < scenario->horizon_us;
}

static int32_t count_instants(const struct scenario *scenario)
{
    int32_t count = 0;
    for (int32_t i = 0; i < scenario->runner_count; i++)
        count += has_instant(scenario, &scenario->runners[i]);
    return count;
}

bool scenario_is_trace(const struct scenario *scenario)
{
    return count_instants(scenario) >= TRACE_ARRIVALS_MIN;
}

static int compare_instants(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The median of what lies between two arrivals that follow each other. Traces come in bursts: the
 * mean would be far longer than the gaps within one, and shaking by it would pull them apart. */
static int median_gap_us(const struct scenario *scenario, int64_t *gap_us, struct err *err)
{
    int32_t count = 0;
    int64_t *instants = calloc((size_t)count_instants(scenario) + 1, sizeof *instants);
    if (instants == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < scenario->runner_count; i++)
        if (has_instant(scenario, &scenario->runners[i]))
            instants[count++] = scenario->runners[i].arrival_us;
    qsort(instants, (size_t)count, sizeof *instants, compare_instants);
    for (int32_t i = 0; i + 1 < count; i++)
        instants[i] = instants[i + 1] - instants[i];
    qsort(instants, count > 1 ? (size_t)count - 1 : 0, sizeof *instants, compare_instants);
    *gap_us = count > 1 ? instants[(count - 1) / 2] : 0;
    free(instants);
    return 0;
}

/* Uniform in [-1, 1). */
static double draw(const struct shake *shake, const char *name, int32_t runner)
{
    struct rng rng = rng_stream(shake->seed, name, (uint64_t)runner);
    return (double)(rng_next(&rng) >> 11) * 0x1p-52 - 1;
}

static int64_t clamp_us(double us)
{
    if (us < 0)
        return 0;
    return us > (double)TIME_US_MAX ? TIME_US_MAX : llround(us);
}

static void shake_runner(struct shaken_scenario *shaken, int32_t number, double by_us,
                         const struct shake *shake)
{
    struct runner_def *runner = &shaken->runners[number];
    double factor = 1 + shake->amount * draw(shake, "shake life", number);
    int64_t life_us = runner->departure_us - runner->arrival_us;
    if (has_instant(&shaken->scenario, runner))
        runner->arrival_us =
            clamp_us((double)runner->arrival_us + by_us * draw(shake, "shake arrival", number));
    if (runner->departure_us != TIME_NEVER)
        runner->departure_us = runner->arrival_us + clamp_us((double)life_us * factor);
    if (runner->duration == NO_INDEX || shaken->dists[runner->duration].kind != DIST_CONSTANT)
        return;
    /* Durations may be shared by runners; behind the scenario's own each runner has one. */
    int32_t own = shaken->scenario.dist_count + number;
    shaken->dists[own] =
        dist_constant(clamp_us(dist_mean_us(&shaken->dists[runner->duration]) * factor));
    runner->duration = own;
}

int shaken_scenario_make(struct shaken_scenario *shaken, const struct scenario *scenario,
                         const struct shake *shake, struct err *err)
{
    assert(shake->amount > 0);
    size_t runners = (size_t)scenario->runner_count, dists = (size_t)scenario->dist_count;
    int64_t gap_us = 0;
    *shaken = (struct shaken_scenario){.scenario = *scenario};
    if (median_gap_us(scenario, &gap_us, err) != 0) {
        *shaken = (struct shaken_scenario){.runners = NULL};
        return -1;
    }
    double by_us = (double)gap_us * shake->amount * GAPS_AT_ALL;
    shaken->runners = calloc(runners + 1, sizeof *shaken->runners);
    shaken->dists = calloc(dists + runners + 1, sizeof *shaken->dists);
    if (shaken->runners == NULL || shaken->dists == NULL) {
        shaken_scenario_release(shaken);
        return err_no_memory(err);
    }
    if (runners > 0)
        memcpy(shaken->runners, scenario->runners, runners * sizeof *shaken->runners);
    if (dists > 0)
        memcpy(shaken->dists, scenario->dists, dists * sizeof *shaken->dists);
    for (int32_t i = 0; i < scenario->runner_count; i++)
        shake_runner(shaken, i, by_us, shake);
    shaken->scenario.runners = shaken->runners;
    shaken->scenario.dists = shaken->dists;
    shaken->scenario.dist_count += scenario->runner_count;
    return 0;
}

void shaken_scenario_release(struct shaken_scenario *shaken)
{
    free(shaken->runners);
    free(shaken->dists);
    *shaken = (struct shaken_scenario){.runners = NULL};
}
