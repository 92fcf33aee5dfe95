/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/eviction_stats.h"

#include <stdlib.h>

#include "base/order.h"
#include "reports/occupants.h"

int64_t eviction_recover_us(const struct sim *sim, const struct eviction *eviction)
{
    int64_t departed_us = sim->runners[eviction->victim_runner].departed_us;
    int64_t until_us = eviction->recovered_at_us;
    if (until_us == TIME_NEVER)
        until_us = departed_us < sim->now_us ? departed_us : sim->now_us;
    return until_us - eviction->time_us;
}

int128 eviction_share_lost(const struct sim *sim, const struct eviction *eviction)
{
    const struct shape *shape =
        &sim->scenario->shapes.items[sim->sched.runners[eviction->victim_runner].shape];
    const struct node_type *type = fleet_type_of(&sim->sched.fleet, eviction->node);
    return (int128)eviction->work_lost_us * shape_takes(shape, type, RESOURCE_SHARE);
}

const char *eviction_reason(const struct eviction *eviction)
{
    return eviction->demand_priority > eviction->victim_priority ? "lower-priority"
                                                                 : "extra-for-core";
}

static void add_eviction(const struct sim *sim, const struct eviction *eviction,
                         struct eviction_sum *sum)
{
    sum->count++;
    sum->unrecovered_count += eviction->recovered_at_us == TIME_NEVER;
    sum->work_lost_us += eviction->work_lost_us;
    sum->share_lost_milli_us += eviction_share_lost(sim, eviction);
    sum->recover_us += eviction_recover_us(sim, eviction);
}

/* ---- who took from whom ---- */

static int compare_runners(const void *left, const void *right)
{
    const struct eviction_pair *a = left;
    const struct eviction_pair *b = right;
    int order = order_int(a->victim_runner, b->victim_runner);
    return order != 0 ? order : order_int(a->demand_runner, b->demand_runner);
}

static int compare_counts(const void *left, const void *right)
{
    const struct eviction_pair *a = left;
    const struct eviction_pair *b = right;
    int order = (a->sum.count < b->sum.count) - (a->sum.count > b->sum.count);
    return order != 0 ? order : compare_runners(left, right);
}

static void add_sum(struct eviction_sum *to, const struct eviction_sum *from)
{
    to->count += from->count;
    to->unrecovered_count += from->unrecovered_count;
    to->work_lost_us += from->work_lost_us;
    to->share_lost_milli_us += from->share_lost_milli_us;
    to->recover_us += from->recover_us;
}

/* One pair for each eviction, sorted by runners, then equal neighbours merged. */
static void merge_pairs(struct eviction_stats *stats, int32_t eviction_count)
{
    struct eviction_pair *pairs = stats->pairs;
    qsort(pairs, (size_t)eviction_count, sizeof *pairs, compare_runners);
    int32_t merged = 0;
    for (int32_t i = 0; i < eviction_count; i++) {
        bool is_new_victim =
            merged == 0 || pairs[merged - 1].victim_runner != pairs[i].victim_runner;
        stats->victim_runner_count += is_new_victim;
        if (is_new_victim || pairs[merged - 1].demand_runner != pairs[i].demand_runner)
            pairs[merged++] = pairs[i];
        else
            add_sum(&pairs[merged - 1].sum, &pairs[i].sum);
    }
    stats->pair_count = merged;
    qsort(pairs, (size_t)merged, sizeof *pairs, compare_counts);
}

int eviction_stats_make(const struct sim *sim, struct eviction_stats *stats, struct err *err)
{
    const struct metrics *metrics = &sim->metrics;
    struct eviction_pair *pairs = calloc((size_t)metrics->eviction_count + 1, sizeof *pairs);
    if (pairs == NULL)
        return err_no_memory(err);
    *stats = (struct eviction_stats){.pairs = pairs};
    for (int32_t i = 0; i < metrics->eviction_count; i++) {
        const struct eviction *eviction = &metrics->evictions[i];
        pairs[i].victim_runner = eviction->victim_runner;
        pairs[i].demand_runner = eviction->demand_runner;
        add_eviction(sim, eviction, &pairs[i].sum);
        add_sum(&stats->all, &pairs[i].sum);
        add_sum(&stats->cells[eviction->demand_priority][eviction->victim_priority], &pairs[i].sum);
        if (eviction->chain_depth > stats->depth_max)
            stats->depth_max = eviction->chain_depth;
    }
    merge_pairs(stats, metrics->eviction_count);
    return 0;
}

void eviction_stats_release(struct eviction_stats *stats)
{
    free(stats->pairs);
    *stats = (struct eviction_stats){0};
}
