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

/* From the first to the last instant, over their number. */
static double mean_gap_us(const struct scenario *scenario)
{
    int64_t first_us = TIME_NEVER, last_us = 0;
    int32_t count = count_instants(scenario);
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        const struct runner_def *runner = &scenario->runners[i];
        if (!has_instant(scenario, runner))
            continue;
        first_us = runner->arrival_us < first_us ? runner->arrival_us : first_us;
        last_us = runner->arrival_us > last_us ? runner->arrival_us : last_us;
    }
    return count > 1 ? (double)(last_us - first_us) / (count - 1) : 0;
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
    *shaken = (struct shaken_scenario){.scenario = *scenario};
    shaken->runners = calloc(runners + 1, sizeof *shaken->runners);
    shaken->dists = calloc(dists + runners + 1, sizeof *shaken->dists);
    if (shaken->runners == NULL || shaken->dists == NULL) {
        shaken_scenario_release(shaken);
        return err_no_memory(err);
    }
    memcpy(shaken->runners, scenario->runners, runners * sizeof *shaken->runners);
    memcpy(shaken->dists, scenario->dists, dists * sizeof *shaken->dists);
    double by_us = mean_gap_us(scenario) * shake->amount * GAPS_AT_ALL;
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
