/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/metrics.h"

#include <assert.h>

#include "base/array.h"
#include "scenarios/scenario.h"

/* Step functions and what is made of them over scopes: areas, shares of time, time bins. */

static const char *const resource_names[] = {
    [RESOURCE_CPU] = "cpu",
    [RESOURCE_MEMORY] = "memory",
    [RESOURCE_DEVICES] = "devices",
    [RESOURCE_SHARE] = "device-share",
};
_Static_assert(ARRAY_LEN(resource_names) == RESOURCE_COUNT, "every resource has a name");

const char *resource_name(enum resource resource)
{
    assert((size_t)resource < ARRAY_LEN(resource_names));
    return resource_names[resource];
}

int128 integral_area(const struct integral *integral, int64_t now_us)
{
    assert(integral->since_us <= now_us);
    return integral->area + (int128)integral->value * (now_us - integral->since_us);
}

void integral_settle(struct integral *integral, int64_t now_us)
{
    integral->area = integral_area(integral, now_us);
    integral->since_us = now_us;
}

/* used / capacity in permille, rounded half up; capacity > 0. Memory of a large fleet in bytes
 * leaves no room for the factor in 64 bits. */
static int32_t permille(int64_t used, int64_t capacity)
{
    int64_t rounded;
    if (used <= INT64_MAX / 4096 && capacity <= INT64_MAX / 4096)
        rounded = (2 * UTILIZATION_STEPS * used + capacity) / (2 * capacity);
    else
        rounded = int128_scaled(used, UTILIZATION_STEPS, capacity);
    return rounded < INT32_MAX ? (int32_t)rounded : INT32_MAX;
}

/* The least that may be used of the capacity for so many half steps: half_steps * capacity / (2 *
 * UTILIZATION_STEPS), rounded up. */
static int64_t least_used(int64_t half_steps, int64_t capacity)
{
    const int64_t divisor = INT64_C(2) * UTILIZATION_STEPS;
    if (capacity <= INT64_MAX / 4096 && half_steps < 4000)
        return (half_steps * capacity + divisor - 1) / divisor;
    return (int64_t)(((int128)half_steps * capacity + divisor - 1) / divisor);
}

/* The time since the last level was found, up to until_us, was at that level. */
static void count_level(struct usage *usage, int64_t until_us)
{
    int32_t step = usage->permille < UTILIZATION_STEPS ? usage->permille : UTILIZATION_STEPS;
    if (usage->capacity.value > 0)
        usage->time_at_us[step] += until_us - usage->permille_since_us;
    usage->permille_since_us = until_us;
}

/* The level is not below the highest so far; the exact utilization may be. */
static void keep_highest(struct usage *usage, int32_t level)
{
    int64_t used = usage->used.value;
    int64_t capacity = usage->capacity.value;
    usage->max_permille = level;
    if (usage->max_capacity > 0 &&
        (int128)used * usage->max_capacity <= (int128)usage->max_used * capacity)
        return;
    usage->max_used = used;
    usage->max_capacity = capacity;
}

/* The most that may be used of this capacity so that the highest utilization stays it. */
static int64_t most_of_highest(const struct usage *usage)
{
    if (usage->max_capacity == usage->capacity.value)
        return usage->max_used;
    return (int64_t)((int128)usage->max_used * usage->capacity.value / usage->max_capacity);
}

/* The level is that of `permille` as long as 2 * level - 1 half steps are used and no 2 * level
 * + 1. */
static void find_bounds(struct usage *usage, int64_t level)
{
    int64_t capacity = usage->capacity.value;
    usage->used_least = level == 0 ? 0 : least_used(2 * level - 1, capacity);
    usage->used_most = level == INT32_MAX ? INT64_MAX : least_used(2 * level + 1, capacity) - 1;
    if (level < usage->max_permille)
        return;
    int64_t most = most_of_highest(usage);
    if (most < usage->used_most)
        usage->used_most = most;
}

/* What is used left its bounds with the last change. Not inlined: it would take registers from the
 * changes that stay within theirs, which are most. */
static __attribute__((noinline)) void find_level(struct usage *usage)
{
    count_level(usage, usage->changed_us);
    if (usage->capacity.value <= 0) {
        usage->used_least = 0;
        usage->used_most = INT64_MAX;
        return;
    }
    usage->permille = permille(usage->used.value, usage->capacity.value);
    if (usage->permille >= usage->max_permille)
        keep_highest(usage, usage->permille);
    find_bounds(usage, usage->permille);
}

/* Before a change: has what it ends lasted, then it counts. */
static void usage_settle(struct usage *usage, int64_t now_us)
{
    if (now_us == usage->changed_us)
        return;
    if (usage->used.value < usage->used_least || usage->used.value > usage->used_most)
        find_level(usage);
    usage->changed_us = now_us;
}

static void add_used(struct usage *usage, int64_t by, int64_t now_us)
{
    usage_settle(usage, now_us);
    integral_add(&usage->used, by, now_us);
    assert(usage->used.value >= 0);
}

static void add_capacity(struct usage *usage, int64_t by, int64_t now_us)
{
    if (by == 0)
        return;
    usage_settle(usage, now_us);
    count_level(usage, now_us);
    integral_add(&usage->capacity, by, now_us);
    usage->used_most = -1;
    assert(usage->capacity.value >= 0);
}

static int32_t group_scope(const struct metrics *metrics, int32_t group)
{
    return 1 + metrics->pool_scope_count + group;
}

void metrics_add_usage(struct metrics *metrics, const struct usage_delta *delta, int64_t now_us)
{
    int32_t number = group_scope(metrics, delta->group);
    while (number != NO_INDEX) {
        struct scope *scope = &metrics->scopes[number];
        for (int i = 0; i < RESOURCE_COUNT; i++)
            if (delta->used[i] != 0)
                add_used(&scope->usage[i], delta->used[i], now_us);
        number = scope->within;
    }
}

void metrics_add_capacity(struct metrics *metrics, const struct capacity_delta *delta,
                          int64_t now_us)
{
    int32_t number = group_scope(metrics, delta->group);
    while (number != NO_INDEX) {
        struct scope *scope = &metrics->scopes[number];
        for (int i = 0; i < RESOURCE_COUNT; i++)
            add_capacity(&scope->usage[i], delta->capacity[i], now_us);
        integral_add(&scope->nodes, delta->nodes, now_us);
        integral_add(&scope->nodes_up_or_down, delta->nodes_up_or_down, now_us);
        number = scope->within;
    }
}

const struct scope *metrics_scope(const struct metrics *metrics, int32_t number)
{
    const struct scope *scope = &metrics->scopes[number];
    return scope->same_as == NO_INDEX ? scope : &metrics->scopes[scope->same_as];
}

/* ---- phases of nodes ---- */

const char *node_phase_name(enum node_phase phase)
{
    static const char *const names[NODE_PHASE_COUNT] = {
        [PHASE_COMING] = "coming", [PHASE_BOOTING] = "booting", [PHASE_USED] = "used",
        [PHASE_WARM] = "warm",     [PHASE_EMPTY] = "empty",     [PHASE_DRAINING] = "draining",
        [PHASE_FAILED] = "failed",
    };
    assert((size_t)phase < ARRAY_LEN(names));
    return names[phase];
}

static void add_to_phase(struct integral *integral, int64_t by, int64_t now_us)
{
    if (by == 0)
        return;
    integral_add(integral, by, now_us);
    assert(integral->value >= 0);
}

void metrics_add_phase(struct metrics *metrics, const struct phase_delta *delta, int64_t now_us)
{
    struct phase_stats *stats = &metrics->phases[delta->phase];
    add_to_phase(&stats->nodes, delta->nodes, now_us);
    add_to_phase(&stats->unpriced_nodes, delta->unpriced_nodes, now_us);
    add_to_phase(&stats->price, delta->price, now_us);
}

int32_t usage_quantile_permille(const struct usage *usage, double q)
{
    int64_t total_us = 0;
    for (int i = 0; i <= UTILIZATION_STEPS; i++)
        total_us += usage->time_at_us[i];
    if (total_us == 0)
        return -1;
    double wanted_us = q * (double)total_us;
    int64_t sum_us = 0;
    for (int i = 0; i < UTILIZATION_STEPS; i++) {
        sum_us += usage->time_at_us[i];
        if (sum_us > 0 && (double)sum_us >= wanted_us)
            return i;
    }
    return UTILIZATION_STEPS;
}

/* Each bin first gets the area from 0 to its end. */
static void close_bin(struct metrics *metrics, int32_t bin, int64_t end_us)
{
    for (int32_t i = 0; i < metrics->scope_count; i++) {
        struct scope *scope = &metrics->scopes[i];
        if (scope->same_as != NO_INDEX)
            continue;
        for (int j = 0; j < RESOURCE_COUNT; j++) {
            struct usage *usage = &scope->usage[j];
            usage->bin_used[bin] = integral_area(&usage->used, end_us);
            usage->bin_capacity[bin] = integral_area(&usage->capacity, end_us);
        }
        scope->bin_nodes[bin] = integral_area(&scope->nodes, end_us);
        scope->bin_existing[bin] = integral_area(&scope->nodes_up_or_down, end_us);
    }
    for (int i = 0; i < NODE_PHASE_COUNT; i++)
        metrics->phases[i].bin_nodes[bin] = integral_area(&metrics->phases[i].nodes, end_us);
    for (size_t i = 0; i < ARRAY_LEN(metrics->waits); i++)
        metrics->waits[i].bin_queue[bin] = integral_area(&metrics->waits[i].queue, end_us);
}

void metrics_close_bins(struct metrics *metrics, int64_t now_us)
{
    while (metrics->bin_end_us <= now_us) {
        close_bin(metrics, metrics->bins_closed++, metrics->bin_end_us);
        metrics->bin_end_us = metrics->bins_closed < TIMELINE_BINS
                                  ? (metrics->bins_closed + 1) * metrics->bin_us
                                  : INT64_MAX;
    }
}

/* Turns areas up to the ends of bins into areas of bins. */
static void difference(int128 bins[TIMELINE_BINS])
{
    for (int i = TIMELINE_BINS - 1; i > 0; i--)
        bins[i] -= bins[i - 1];
}

static void finish_scope(struct scope *scope, int64_t now_us)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct usage *usage = &scope->usage[i];
        usage_settle(usage, now_us);
        count_level(usage, now_us);
        integral_settle(&usage->used, now_us);
        integral_settle(&usage->capacity, now_us);
        difference(usage->bin_used);
        difference(usage->bin_capacity);
    }
    integral_settle(&scope->nodes, now_us);
    integral_settle(&scope->nodes_up_or_down, now_us);
    difference(scope->bin_nodes);
    difference(scope->bin_existing);
}

/* What is charged stays: it is of groups only, and they are kept themselves. */
static void copy_scope(struct scope *scope, const struct scope *kept)
{
    for (int i = 0; i < RESOURCE_COUNT; i++)
        scope->usage[i] = kept->usage[i];
    scope->nodes = kept->nodes;
    scope->nodes_up_or_down = kept->nodes_up_or_down;
    for (int i = 0; i < TIMELINE_BINS; i++) {
        scope->bin_nodes[i] = kept->bin_nodes[i];
        scope->bin_existing[i] = kept->bin_existing[i];
    }
}

static void finish_scopes(struct metrics *metrics, int64_t now_us)
{
    for (int32_t i = 0; i < metrics->scope_count; i++)
        if (metrics->scopes[i].same_as == NO_INDEX)
            finish_scope(&metrics->scopes[i], now_us);
    for (int32_t i = 0; i < metrics->scope_count; i++)
        if (metrics->scopes[i].same_as != NO_INDEX)
            copy_scope(&metrics->scopes[i], metrics_scope(metrics, i));
}

static void finish_phase(struct phase_stats *phase, int64_t now_us)
{
    integral_settle(&phase->nodes, now_us);
    integral_settle(&phase->unpriced_nodes, now_us);
    integral_settle(&phase->price, now_us);
    difference(phase->bin_nodes);
}

static void take_out(struct integral *from, const struct integral *part)
{
    from->value -= part->value;
    from->area -= part->area;
}

/* What was counted in both is in the narrower one alone from now on. */
static void set_apart(struct phase_stats *wide, const struct phase_stats *narrow)
{
    take_out(&wide->nodes, &narrow->nodes);
    take_out(&wide->unpriced_nodes, &narrow->unpriced_nodes);
    take_out(&wide->price, &narrow->price);
    for (int i = 0; i < TIMELINE_BINS; i++)
        wide->bin_nodes[i] -= narrow->bin_nodes[i];
}

void metrics_finish_scopes(struct metrics *metrics, int64_t now_us)
{
    metrics_advance(metrics, now_us);
    while (metrics->bins_closed < TIMELINE_BINS)
        close_bin(metrics, metrics->bins_closed++, now_us);
    finish_scopes(metrics, now_us);
    for (int i = 0; i < NODE_PHASE_COUNT; i++)
        finish_phase(&metrics->phases[i], now_us);
    set_apart(&metrics->phases[PHASE_USED], &metrics->phases[PHASE_EMPTY]);
    set_apart(&metrics->phases[PHASE_EMPTY], &metrics->phases[PHASE_WARM]);
    for (size_t i = 0; i < ARRAY_LEN(metrics->waits); i++) {
        integral_settle(&metrics->waits[i].queue, now_us);
        difference(metrics->waits[i].bin_queue);
    }
}
