/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/promise_bound.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "base/units.h"
#include "bench/replicate.h"
#include "plan/found_fleet.h"
#include "plan/kind.h"
#include "plan/paid_bound.h"
#include "plan/promise.h"
#include "plan/stay_bound.h"
#include "plan/use_bound.h"

enum {
    WORK_MAX = 200000, /* spans of all runs together */
    PRICINGS_MAX = 4,
    SINGLES_MAX = 12,
    TOP_RUNS = 6, /* beside those that may fail: looked at again with other prices */
};

struct maker {
    const struct peak_of *of;
    const struct plan_axes *axes;
    const struct promise *promise;
    struct promise_bound *best; /* of all promises so far */
    struct stays *runs;         /* [run_max]; made: [run_count] */
    int64_t *bounds;            /* [run_max] the best of each run */
    int64_t *sorted;            /* [run_max] scratch */
    /* [kind] demand: that prices are made for, of the run with the highest bound, of all time. */
    double *mean, *next, *whole;
    int32_t run_max, run_count;
};

/* How many seeds are looked at: those of the search, and where pools scale, those of its later
 * rounds. */
static int32_t runs_wanted(const struct peak_of *of)
{
    bool has_rounds = of->axes->is_scaling && of->trial_count > 1;
    return of->trial_count * (has_rounds ? PLAN_ROUNDS_MAX : 1);
}

/* ---- runs ---- */

static int make_runs(struct maker *maker, const struct promises *promises,
                     const struct evictions *evictions, struct err *err)
{
    int64_t work = 0;
    maker->run_count = 0;
    for (int32_t i = 0; i < maker->run_max && work <= WORK_MAX; i++) {
        const struct stays_of of = {.scenario = maker->of->scenario,
                                    .promises = promises,
                                    .promise = maker->promise,
                                    .evictions = evictions,
                                    .seed = replication_seed(maker->of->seed, i)};
        if (stays_make(&maker->runs[i], &of, err) != 0)
            return -1;
        maker->run_count++;
        if (!maker->runs[i].is_usable)
            return 0;
        work += maker->runs[i].span_count + kind_count(maker->of->scenario);
    }
    return 0;
}

static void release_runs(struct maker *maker)
{
    for (int32_t i = 0; i < maker->run_count; i++)
        stays_release(&maker->runs[i]);
    maker->run_count = 0;
}

/* What is there on the average of all time, of a few runs. */
static void set_whole_mean(struct maker *maker)
{
    enum { RUNS = 8 };
    int32_t runs = maker->run_count < RUNS ? maker->run_count : RUNS;
    double whole = (double)maker->of->scenario->horizon_us * runs;
    for (int32_t i = 0; i < runs; i++)
        for (int32_t k = 0; k < maker->runs[i].count; k++) {
            const struct stay *stay = &maker->runs[i].items[k];
            for (int32_t s = stay->first_span; s < stay->first_span + stay->span_count; s++) {
                const struct stay_span *span = &maker->runs[i].spans[s];
                maker->whole[stay->kind] +=
                    (double)(span->until_us - span->from_us) * stay->count / whole;
            }
        }
}

/* ---- what never has a place ---- */

/* Does this run miss the target in any fleet, since too many of its stays fit no node? One of their
 * kinds; -1: it may keep it. */
static int32_t misfit_of(const struct stays *stays, const struct stay_prices *prices)
{
    int64_t count = 0;
    int32_t kind = -1;
    for (int32_t i = 0; i < stays->count; i++) {
        if (!prices->is_misfit[stays->items[i].kind])
            continue;
        count += stays->items[i].is_sure ? stays->missing_max + 1 : stays->items[i].count;
        kind = stays->items[i].kind;
    }
    return count > stays->missing_max ? kind : -1;
}

static void look_for_misfits(const struct maker *maker, const struct stay_prices *prices)
{
    struct promise_bound *best = maker->best;
    int32_t failing = 0, kind = -1;
    for (int32_t i = 0; i < maker->run_count && i < maker->of->trial_count; i++) {
        int32_t found = misfit_of(&maker->runs[i], prices);
        failing += found >= 0;
        kind = found >= 0 ? found : kind;
    }
    if (failing <= maker->of->failures_allowed || best->misfit >= 0 || maker->promise->target < 0)
        return;
    best->misfit = kind;
    best->misfit_target = maker->promise->target;
}

/* ---- the bounds of all runs ---- */

static int by_bound(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left < right) - (left > right);
}

/* The first `count` runs, the highest first; those that were not looked at are left out. */
static int32_t sort_bounds(struct maker *maker, int32_t count)
{
    int32_t known = count < maker->run_count ? count : maker->run_count;
    memcpy(maker->sorted, maker->bounds, sizeof *maker->sorted * (size_t)known);
    if (known > 0)
        qsort(maker->sorted, (size_t)known, sizeof *maker->sorted, by_bound);
    return known;
}

/* Only runs with a bound of at least so much matter: of a mean all do, else the highest ones. */
static int64_t least_that_matters(struct maker *maker)
{
    int32_t known = sort_bounds(maker, maker->of->trial_count);
    int32_t rank = maker->of->failures_allowed + TOP_RUNS;
    return maker->of->axes->is_scaling || rank >= known ? 0 : maker->sorted[rank];
}

/* With prices for the present mean; the next mean is that of the run with the highest bound.
 * *has_risen: some run's bound did. */
static int price_runs(struct maker *maker, bool *has_risen, struct err *err)
{
    struct stay_prices prices;
    int64_t highest = -1, least = least_that_matters(maker);
    size_t size = sizeof *maker->next * (size_t)kind_count(maker->of->scenario);
    *has_risen = false;
    if (stay_prices_make(&prices, maker->of->scenario, maker->axes, maker->mean, err) != 0)
        return -1;
    look_for_misfits(maker, &prices);
    int result = 0;
    for (int32_t i = 0; i < maker->run_count && result == 0; i++) {
        const struct stay_bound_of of = {
            .stays = &maker->runs[i],
            .prices = &prices,
            .whole_us = maker->of->axes->is_scaling ? maker->of->scenario->horizon_us : 0};
        int64_t bound = 0;
        if (maker->bounds[i] < least)
            continue;
        memset(maker->next, 0, size);
        result = stay_bound_find(&of, &bound, maker->next, err);
        *has_risen = *has_risen || bound > maker->bounds[i];
        maker->bounds[i] = bound > maker->bounds[i] ? bound : maker->bounds[i];
        if (bound <= highest)
            continue;
        highest = bound;
        memcpy(maker->mean, maker->next, size);
    }
    stay_prices_release(&prices);
    return result;
}

/* The mean with one shape alone among those that may share nodes with it: what it takes is rounded
 * up to whole nodes, which may be worth more than what the others add. False: it is alone. */
static bool single_out(struct maker *maker, const struct stay_prices *parts, int32_t kind)
{
    const struct scenario *scenario = maker->of->scenario;
    bool has_others = false;
    for (int32_t i = 0; i < kind_count(scenario); i++) {
        bool is_beside = parts->part[i] == parts->part[kind] &&
                         kind_def(scenario, i)->shape != kind_def(scenario, kind)->shape;
        has_others = has_others || (is_beside && maker->whole[i] > 0);
        maker->mean[i] = is_beside ? 0 : maker->whole[i];
    }
    return has_others;
}

static bool is_first_of_shape(const struct maker *maker, int32_t kind)
{
    const struct scenario *scenario = maker->of->scenario;
    for (int32_t i = 0; i < kind; i++)
        if (maker->whole[i] > 0 && kind_def(scenario, i)->shape == kind_def(scenario, kind)->shape)
            return false;
    return true;
}

static int price_singles(struct maker *maker, struct err *err)
{
    struct stay_prices parts;
    bool has_risen;
    const struct scenario *scenario = maker->of->scenario;
    if (stay_prices_make(&parts, scenario, maker->axes, maker->whole, err) != 0)
        return -1;
    int result = 0, singles = 0;
    for (int32_t i = 0; i < kind_count(scenario) && singles < SINGLES_MAX && result == 0; i++) {
        if (maker->whole[i] <= 0 || parts.part[i] < 0 || !is_first_of_shape(maker, i))
            continue;
        if (!single_out(maker, &parts, i))
            continue;
        singles++;
        result = price_runs(maker, &has_risen, err);
    }
    stay_prices_release(&parts);
    return result;
}

static int bound_runs(struct maker *maker, struct err *err)
{
    size_t kinds = (size_t)kind_count(maker->of->scenario);
    bool has_risen = true;
    memset(maker->bounds, 0, sizeof *maker->bounds * (size_t)maker->run_max);
    memset(maker->whole, 0, sizeof *maker->whole * kinds);
    set_whole_mean(maker);
    memcpy(maker->mean, maker->whole, sizeof *maker->mean * kinds);
    for (int i = 0; i < PRICINGS_MAX && has_risen; i++)
        if (price_runs(maker, &has_risen, err) != 0)
            return -1;
    return maker->of->axes->is_scaling ? 0 : price_singles(maker, err);
}

/* ---- the bound of a plan ---- */

static int64_t bound_of_passing(struct maker *maker)
{
    int32_t known = sort_bounds(maker, maker->of->trial_count);
    int32_t failures = maker->of->failures_allowed;
    return failures < known ? maker->sorted[failures] : 0;
}

static int64_t bound_of_mean(struct maker *maker)
{
    int64_t least = INT64_MAX;
    for (int32_t count = maker->of->trial_count; count <= maker->run_max;
         count += maker->of->trial_count) {
        int32_t known = sort_bounds(maker, count);
        int128 sum = 0;
        for (int32_t i = maker->of->failures_allowed; i < known; i++)
            sum += maker->sorted[i];
        int64_t mean = (int64_t)(sum / count);
        least = mean < least ? mean : least;
    }
    int64_t bound =
        least - (maker->of->axes->is_priced ? paid_bound_rounding(maker->of->scenario) : 0);
    return bound > 0 ? bound : 0;
}

static void keep_bound(struct maker *maker, int32_t target)
{
    struct promise_bound *best = maker->best;
    int64_t bound = maker->of->axes->is_scaling ? bound_of_mean(maker) : bound_of_passing(maker);
    if (bound <= best->bound || target < 0)
        return;
    best->bound = bound;
    best->target = target;
    best->run_count = maker->run_count;
}

/* By the targets that let only so much of the fleet be taken, each together with the promise. */
static int raise_by_use(struct maker *maker, struct err *err)
{
    const struct target_set *targets = maker->of->targets;
    struct use_limit limit;
    for (int32_t target = 0; target < targets->count; target++) {
        if (!use_limit_read(&limit, targets, target))
            continue;
        for (int32_t i = 0; i < maker->run_count; i++) {
            const struct use_bound_of of = {.scenario = maker->of->scenario,
                                            .axes = maker->axes,
                                            .stays = &maker->runs[i],
                                            .is_mean = maker->of->axes->is_scaling};
            int64_t bound = 0;
            if (use_bound_find(&of, &limit, &bound, err) != 0)
                return -1;
            maker->bounds[i] = bound > maker->bounds[i] ? bound : maker->bounds[i];
        }
        keep_bound(maker, target);
    }
    return 0;
}

static int try_promise(struct maker *maker, const struct promises *promises,
                       const struct evictions *evictions, struct err *err)
{
    int result = make_runs(maker, promises, evictions, err);
    bool is_usable = result == 0 && maker->runs[maker->run_count - 1].is_usable;
    if (is_usable)
        result = bound_runs(maker, err);
    if (is_usable && result == 0) {
        keep_bound(maker, maker->promise->target);
        result = raise_by_use(maker, err);
    }
    release_runs(maker);
    return result;
}

static bool has_use_limit(const struct target_set *targets)
{
    struct use_limit limit;
    for (int32_t i = 0; i < targets->count; i++)
        if (use_limit_read(&limit, targets, i))
            return true;
    return false;
}

/* Without a promise about waits the floors alone are there for certain. */
static const struct promise no_promise = {.within_us = 0, .target = -1};

static int try_promises(struct maker *maker, struct err *err)
{
    struct promises promises;
    struct evictions evictions;
    promises_read(&promises, maker->of->targets);
    bool uses_floors =
        promises.count == 0 && promises.keeps_floors && has_use_limit(maker->of->targets);
    if (promises.count == 0 && !uses_floors)
        return 0;
    if (evictions_make(&evictions, maker->of->scenario, &promises, err) != 0)
        return -1;
    int result = 0;
    for (int32_t i = 0; i < promises.count && result == 0; i++) {
        maker->promise = &promises.items[i];
        result = try_promise(maker, &promises, &evictions, err);
    }
    if (uses_floors) {
        maker->promise = &no_promise;
        result = try_promise(maker, &promises, &evictions, err);
    }
    evictions_release(&evictions);
    return result;
}

int promise_bound_find(struct promise_bound *bound, const struct peak_of *of,
                       const struct plan_axes *axes, struct err *err)
{
    struct maker maker = {.of = of, .axes = axes, .best = bound, .run_max = runs_wanted(of)};
    size_t runs = (size_t)maker.run_max + 1, kinds = (size_t)kind_count(of->scenario) + 1;
    *bound = (struct promise_bound){.target = -1, .misfit = -1, .misfit_target = -1};
    if (maker.run_max == 0)
        return 0;
    maker.runs = calloc(runs, sizeof *maker.runs);
    maker.bounds = calloc(runs, sizeof *maker.bounds);
    maker.sorted = calloc(runs, sizeof *maker.sorted);
    maker.mean = calloc(kinds, sizeof *maker.mean);
    maker.next = calloc(kinds, sizeof *maker.next);
    maker.whole = calloc(kinds, sizeof *maker.whole);
    int result = -1;
    if (!maker.runs || !maker.bounds || !maker.sorted || !maker.mean || !maker.next || !maker.whole)
        err_no_memory(err);
    else
        result = try_promises(&maker, err);
    free(maker.runs);
    free(maker.bounds);
    free(maker.sorted);
    free(maker.mean);
    free(maker.next);
    free(maker.whole);
    return result == 0 ? 0 : -1;
}
