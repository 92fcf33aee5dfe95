/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/metrics.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "scenarios/scenario.h"

/* What is measured of waits, runners and evictions; of scopes see metrics_usage.c. */

static int set_up_runners(struct metrics *metrics, const struct metrics_size *size, struct err *err)
{
    if (array_reserve_on_lines(&metrics->runners, &metrics->runner_capacity, size->runner_count,
                               sizeof *metrics->runners, err) ||
        array_reserve(&metrics->rare, &metrics->rare_capacity, 1, sizeof *metrics->rare, err))
        return -1;
    if (size->has_prices && array_reserve(&metrics->costs, &metrics->cost_capacity,
                                          size->runner_count, sizeof *metrics->costs, err))
        return -1;
    metrics->runner_count = size->runner_count;
    metrics->rare[metrics->rare_count++] = (struct runner_rare){.open_evictions = NO_INDEX};
    return 0;
}

/* The scope of the only group of a pool; NO_INDEX: it has several, or none. */
static int32_t only_group_of(const struct metrics *metrics, int32_t pool)
{
    int32_t only = NO_INDEX;
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++) {
        if (metrics->scopes[i].pool != pool)
            continue;
        if (only != NO_INDEX)
            return NO_INDEX;
        only = i;
    }
    return only;
}

static void find_equal_scopes(struct metrics *metrics)
{
    struct scope *fleet = &metrics->scopes[0];
    for (int32_t i = 0; i < metrics->pool_scope_count; i++)
        metrics->scopes[1 + i].same_as = only_group_of(metrics, i);
    if (metrics->pool_scope_count == 1)
        fleet->same_as = fleet[1].same_as != NO_INDEX ? fleet[1].same_as : 1;
}

static void nest_scopes(struct metrics *metrics)
{
    int32_t fleet = metrics->scopes[0].same_as == NO_INDEX ? 0 : NO_INDEX;
    metrics->scopes[0].within = NO_INDEX;
    for (int32_t i = 1; i < metrics->scope_count; i++) {
        struct scope *scope = &metrics->scopes[i];
        bool is_in_kept =
            scope->group != NO_INDEX && metrics->scopes[1 + scope->pool].same_as == NO_INDEX;
        scope->within = is_in_kept ? 1 + scope->pool : fleet;
    }
}

static int set_up_scopes(struct metrics *metrics, const struct metrics_size *size, struct err *err)
{
    int64_t count = INT64_C(1) + size->pool_count + size->group_count;
    int32_t capacity = 0;
    if (array_reserve(&metrics->scopes, &capacity, count, sizeof *metrics->scopes, err))
        return -1;
    metrics->scope_count = (int32_t)count;
    metrics->pool_scope_count = size->pool_count;
    for (int32_t i = 0; i < metrics->scope_count; i++) {
        int32_t group = i - 1 - size->pool_count;
        struct scope *scope = &metrics->scopes[i];
        scope->same_as = NO_INDEX;
        scope->group = group >= 0 ? group : NO_INDEX;
        scope->pool = group >= 0 ? size->groups[group].pool : i - 1;
    }
    metrics->scopes[0].pool = NO_INDEX;
    find_equal_scopes(metrics);
    nest_scopes(metrics);
    return 0;
}

int metrics_init(struct metrics *metrics, const struct metrics_size *size, struct err *err)
{
    assert(size->horizon_us > 0);
    *metrics = (struct metrics){
        .bin_us = (size->horizon_us - 1) / TIMELINE_BINS + 1,
        .keeps_changes = size->keeps_changes,
    };
    metrics->bin_end_us = metrics->bin_us;
    if (set_up_runners(metrics, size, err) || set_up_scopes(metrics, size, err)) {
        metrics_release(metrics);
        return -1;
    }
    return 0;
}

void metrics_release(struct metrics *metrics)
{
    free(metrics->scopes);
    for (size_t i = 0; i < ARRAY_LEN(metrics->waits); i++) {
        free(metrics->waits[i].later_us);
        free(metrics->waits[i].censored_us);
    }
    free(metrics->evictions);
    free(metrics->eviction_next);
    free(metrics->runners);
    free(metrics->costs);
    free(metrics->rare);
    change_log_release(&metrics->changes);
    *metrics = (struct metrics){0};
}

/* ---- waits ---- */

static int append_us(int64_t **items, int32_t *count, int32_t *capacity, int64_t us,
                     struct err *err)
{
    if (array_reserve_plain(items, capacity, *count + INT64_C(1), sizeof **items, err))
        return -1;
    (*items)[(*count)++] = us;
    return 0;
}

int metrics_keep_wait(struct waits *waits, const struct wait_ended *wait, struct err *err)
{
    if (wait->end == WAIT_BOUND)
        return append_us(&waits->later_us, &waits->later_count, &waits->later_capacity,
                         wait->wait_us, err);
    waits->gave_up_count += wait->end == WAIT_GAVE_UP;
    waits->withdrawn_count += wait->end == WAIT_WITHDRAWN;
    waits->waiting_count += wait->end == WAIT_OPEN;
    return append_us(&waits->censored_us, &waits->censored_count, &waits->censored_capacity,
                     wait->wait_us, err);
}

/* ---- runners ---- */

int metrics_rare_row(struct metrics *metrics, int32_t runner, struct runner_rare **row,
                     struct err *err)
{
    struct runner_stats *stats = &metrics->runners[runner];
    if (stats->rare == 0) {
        if (array_reserve_plain(&metrics->rare, &metrics->rare_capacity,
                                metrics->rare_count + INT64_C(1), sizeof *metrics->rare, err))
            return -1;
        stats->rare = metrics->rare_count++;
        metrics->rare[stats->rare] = metrics->rare[0];
    }
    *row = &metrics->rare[stats->rare];
    return 0;
}

const struct runner_cost *metrics_cost(const struct metrics *metrics, int32_t runner)
{
    static const struct runner_cost nothing;
    return metrics->costs ? &metrics->costs[runner] : &nothing;
}

/* As long as at most one wait was above 0, it is the sum. */
int64_t metrics_wait_us_max(const struct metrics *metrics, int32_t runner)
{
    int64_t kept_us = metrics_rare(metrics, runner)->wait_us_max;
    return kept_us > 0 ? kept_us : metrics->runners[runner].wait_us_sum;
}

int metrics_keep_longest(struct metrics *metrics, int32_t runner, int64_t wait_us, struct err *err)
{
    int64_t before_us = metrics_wait_us_max(metrics, runner);
    struct runner_rare *rare;
    if (metrics_rare_row(metrics, runner, &rare, err))
        return -1;
    rare->wait_us_max = wait_us > before_us ? wait_us : before_us;
    return 0;
}

static void add_met_time(struct met_time *time, int64_t asked, int64_t there, int64_t lasted_us)
{
    if (asked == 0)
        return;
    bool is_met = there >= asked;
    time->asked_us += lasted_us;
    if (is_met)
        time->met_us += lasted_us;
    if (is_met || time->asked_since_us > 0)
        time->asked_since_us += lasted_us;
}

int128 runner_area(const struct runner_stats *stats, const struct replica_count *count,
                   int64_t now_us)
{
    assert(stats->since_us <= now_us);
    return count->area + (int128)count->value * (now_us - stats->since_us);
}

static void add_area(struct replica_count *count, int64_t lasted_us)
{
    count->area += (int128)count->value * lasted_us;
}

/* Time with a floor, which most runners have not. */
static void settle_floor(struct runner_rare *rare, const struct runner_stats *stats,
                         int64_t lasted_us)
{
    add_met_time(&rare->floor_by_running, rare->floor, stats->running.value, lasted_us);
    add_met_time(&rare->floor_by_live, rare->floor, stats->live.value, lasted_us);
    if (stats->live.value < rare->floor)
        rare->below_floor_us[rare->blame] += lasted_us;
}

void metrics_settle_runner(struct metrics *metrics, struct runner_stats *stats, int64_t now_us)
{
    int64_t lasted_us = now_us - stats->since_us;
    assert(lasted_us >= 0);
    stats->since_us = now_us;
    add_area(&stats->running, lasted_us);
    add_area(&stats->live, lasted_us);
    add_area(&stats->wish, lasted_us);
    if (!stats->is_there)
        return;
    stats->existed_us += lasted_us;
    add_met_time(&stats->wish_by_running, stats->wish.value, stats->running.value, lasted_us);
    if (stats->rare != 0)
        settle_floor(&metrics->rare[stats->rare], stats, lasted_us);
}

void metrics_runner_leaves(struct metrics *metrics, int32_t runner, int64_t now_us)
{
    struct runner_stats *stats = &metrics->runners[runner];
    metrics_settle_runner(metrics, stats, now_us);
    stats->is_there = false;
}

/* The open evictions of a runner are a stack in order of running_before, the least on top: those
 * below are open because fewer replicas run than ran before them, so a new one has fewer. */
static void close_evictions(struct metrics *metrics, struct runner_rare *rare,
                            const struct runner_stats *stats, int64_t now_us)
{
    while (rare->open_evictions != NO_INDEX) {
        struct eviction *eviction = &metrics->evictions[rare->open_evictions];
        if (stats->running.value < eviction->running_before &&
            stats->running.value < stats->wish.value)
            return;
        eviction->recovered_at_us = now_us;
        rare->open_evictions = metrics->eviction_next[rare->open_evictions];
    }
}

/* What a change means for one that has had a floor or losses. */
static int change_rare(struct metrics *metrics, int32_t runner, int32_t floor, int64_t now_us,
                       struct err *err)
{
    const struct runner_stats *stats = &metrics->runners[runner];
    struct runner_rare *rare;
    if (metrics_rare_row(metrics, runner, &rare, err))
        return -1;
    rare->floor += floor;
    if (stats->live.value >= rare->floor)
        rare->blame = BLAME_NONE;
    if (stats->is_there)
        close_evictions(metrics, rare, stats, now_us);
    return 0;
}

static int log_change(struct metrics *metrics, int32_t runner, int64_t now_us, struct err *err)
{
    const struct runner_stats *stats = &metrics->runners[runner];
    const struct runner_change change = {.time_us = now_us,
                                         .runner = runner,
                                         .wish = stats->wish.value,
                                         .live = stats->live.value,
                                         .running = stats->running.value,
                                         .floor = metrics_rare(metrics, runner)->floor};
    return change_log_add(&metrics->changes, &change, err);
}

int metrics_note_change(struct metrics *metrics, int32_t runner, int32_t floor, int64_t now_us,
                        struct err *err)
{
    bool is_rare = metrics->runners[runner].rare != 0 || floor != 0;
    if (is_rare && change_rare(metrics, runner, floor, now_us, err))
        return -1;
    return metrics->keeps_changes ? log_change(metrics, runner, now_us, err) : 0;
}

int metrics_add_eviction(struct metrics *metrics, const struct eviction *eviction, struct err *err)
{
    int64_t needed = metrics->eviction_count + INT64_C(1);
    struct runner_rare *demand, *victim;
    if (array_reserve(&metrics->evictions, &metrics->eviction_capacity, needed,
                      sizeof *metrics->evictions, err) ||
        array_reserve(&metrics->eviction_next, &metrics->eviction_next_capacity, needed,
                      sizeof *metrics->eviction_next, err) ||
        metrics_rare_row(metrics, eviction->victim_runner, &victim, err) ||
        metrics_rare_row(metrics, eviction->demand_runner, &demand, err))
        return -1;
    victim = &metrics->rare[metrics->runners[eviction->victim_runner].rare]; /* it may have moved */
    int32_t number = metrics->eviction_count++;
    metrics->evictions[number] = *eviction;
    metrics->eviction_next[number] = victim->open_evictions;
    victim->open_evictions = number;
    victim->evicted_count++;
    victim->work_lost_us += eviction->work_lost_us;
    demand->evicting_count++;
    metrics->evictions_between[eviction->demand_priority][eviction->victim_priority]++;
    metrics_bin(metrics)->evictions++;
    return 0;
}

void metrics_blame(struct metrics *metrics, int32_t runner, enum blame blame)
{
    const struct runner_stats *stats = &metrics->runners[runner];
    struct runner_rare *rare = &metrics->rare[stats->rare];
    if (stats->live.value < rare->floor && rare->blame == BLAME_NONE)
        rare->blame = (uint8_t)blame;
}

/* ---- the end ---- */

void metrics_finish(struct metrics *metrics, int64_t now_us)
{
    metrics_finish_scopes(metrics, now_us);
    for (int32_t i = 0; i < metrics->runner_count; i++) {
        struct runner_stats *stats = &metrics->runners[i];
        metrics_settle_runner(metrics, stats, now_us);
        metrics->wish_us += stats->wish.area;
        metrics->running_us += stats->running.area;
    }
}
