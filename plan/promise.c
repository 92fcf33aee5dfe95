/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/promise.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "bench/metric_sums.h"

enum { ALL_PRIORITIES = (1 << PRIORITY_COUNT) - 1 };

static uint32_t priorities_of(const struct metric_choice *choice)
{
    return choice->priority == METRIC_ALL_PRIORITIES ? ALL_PRIORITIES : 1U << choice->priority;
}

static bool is_at_most(const struct target *target)
{
    return target->operator== TARGET_AT_MOST || target->operator== TARGET_BELOW || target->
    operator== TARGET_EQUAL;
}

static bool is_at_least(const struct target *target)
{
    return target->operator== TARGET_AT_LEAST || target->operator== TARGET_ABOVE || target->
    operator== TARGET_EQUAL;
}

/* What is at most 0, or below 1 and whole. */
static bool is_none(const struct target *target)
{
    return is_at_most(target) &&
           (target->number <= 0 || (target->operator== TARGET_BELOW && target->number <= 1));
}

/* Rounded up: the longer, the less is promised. */
static int64_t us_of(double seconds)
{
    double us = ceil(seconds * US_PER_S * (1 + 1e-12));
    if (us < 0)
        return 0;
    return us < 9e18 ? (int64_t)us : INT64_MAX;
}

/* The share of demands of which a metric gives the longest wait; 0: it is no such metric. */
static double share_of_wait(const char *name)
{
    static const struct {
        const char *name;
        double share;
    } waits[] = {{"wait_s_p50", 0.5},
                 {"wait_s_p90", 0.9},
                 {"wait_s_p95", 0.95},
                 {"wait_s_p99", 0.99},
                 {"wait_s_max", 1}};
    for (size_t i = 0; i < ARRAY_LEN(waits); i++)
        if (strcmp(waits[i].name, name) == 0)
            return waits[i].share;
    return 0;
}

static void add(struct promises *promises, struct promise promise)
{
    if (promise.share > 0)
        promises->items[promises->count++] = promise;
}

static void add_mean(struct promises *promises, struct promise promise, double seconds)
{
    static const double times[PROMISES_OF_MEAN] = {2, 5, 20};
    promise.share = 1;
    if (seconds <= 0)
        add(promises, promise);
    for (size_t i = 0; i < ARRAY_LEN(times) && seconds > 0; i++) {
        promise.within_us = us_of(seconds * times[i]);
        promise.share = 1 - 1 / times[i];
        add(promises, promise);
    }
}

static void read_metric(struct promises *promises, const struct target *target, int32_t number,
                        const struct metric_choice *choice)
{
    const char *name = choice->metric->name;
    struct promise promise = {.priorities = priorities_of(choice), .target = number};
    if (strcmp(name, "preemptions") == 0 && is_none(target))
        promises->spared |= promise.priorities;
    if (strcmp(name, "below_floor_h") == 0 && choice->priority == METRIC_ALL_PRIORITIES &&
        is_at_most(target) && target->number <= 0)
        promises->keeps_floors = true;
    if (strcmp(name, "immediate_pct") == 0 && is_at_least(target)) {
        promise.share = target->number / 100;
        add(promises, promise);
    }
    if (share_of_wait(name) > 0 && is_at_most(target)) {
        promise.share = share_of_wait(name);
        promise.within_us = us_of(target->number);
        add(promises, promise);
    }
    if (strcmp(name, "wait_s_mean") == 0 && is_at_most(target))
        add_mean(promises, promise, target->number);
}

void promises_read(struct promises *promises, const struct target_set *targets)
{
    *promises = (struct promises){.count = 0};
    for (int32_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->items[i];
        if (target->metric >= 0)
            read_metric(promises, target, i, &targets->metrics.items[target->metric]);
        else
            add(promises, (struct promise){.priorities = ALL_PRIORITIES,
                                           .within_us = target->within_us,
                                           .share = target->number / 100,
                                           .target = i});
    }
}

int64_t promise_misses_max(const struct promise *promise, int64_t demand_count)
{
    /* Shares are computed in doubles: what rounding may forgive is forgiven here too. */
    double most = (double)demand_count * (1 - promise->share + 1e-12) + 1e-6;
    return (int64_t)floor(most);
}
