/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/wait_stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/digit_sort.h"

/* A wait is sorted as 2 * length + 1 for a censored one: one integer, completed before censored.
 * Those of 0 that were completed stand before all others, so they are counted and not sorted. */
enum { PRIORITY_COUNT = 10 };

static const int64_t quantiles_permille[WAIT_QUANTILE_COUNT] = {
    [WAIT_P50] = 500, [WAIT_P95] = 950, [WAIT_P99] = 990, [WAIT_MAX] = 1000};

static int64_t add_waits(const struct waits *waits, int64_t *keys, struct wait_stats *stats)
{
    int64_t count = 0;
    for (int32_t i = 0; i < waits->later_count; i++) {
        keys[count++] = waits->later_us[i] * 2;
        stats->sum_us += waits->later_us[i];
    }
    for (int32_t i = 0; i < waits->censored_count; i++) {
        keys[count++] = waits->censored_us[i] * 2 + 1;
        stats->sum_us += waits->censored_us[i];
    }
    stats->demand_count += waits->at_once_count + count;
    stats->bound_count += waits->at_once_count + waits->later_count;
    stats->immediate_count += waits->at_once_count;
    stats->waiting_count += waits->waiting_count;
    stats->gave_up_count += waits->gave_up_count;
    stats->withdrawn_count += waits->withdrawn_count;
    return count;
}

/* Of the keys behind the completed waits of 0. */
static void read_quantiles(const int64_t *keys, struct wait_stats *stats)
{
    int64_t at_once = stats->immediate_count, count = stats->demand_count;
    int64_t exact = at_once; /* waits before the first censored one */
    while (exact < count && keys[exact - at_once] % 2 == 0)
        exact++;
    for (int i = 0; i < WAIT_QUANTILE_COUNT && count > 0; i++) {
        int64_t rank = (count * quantiles_permille[i] + 999) / 1000; /* from 1 */
        int64_t key = rank <= at_once ? 0 : keys[rank - at_once - 1];
        stats->quantiles[i] = (struct wait_quantile){key / 2, rank > exact};
    }
}

static int64_t key_count(const struct waits *waits)
{
    return (int64_t)waits->later_count + waits->censored_count;
}

int wait_stats_make(const struct sim *sim, struct wait_stats stats[WAIT_STATS_COUNT],
                    struct err *err)
{
    const struct metrics *metrics = &sim->metrics;
    int64_t total = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++)
        total += key_count(&metrics->waits[p]);
    int64_t *keys = calloc(2 * ((size_t)total + 1), sizeof *keys);
    if (keys == NULL)
        return err_no_memory(err);
    int64_t *spare = keys + total;
    struct wait_stats all = {0};
    int64_t filled = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++) {
        int64_t *mine = keys + filled;
        stats[p] = (struct wait_stats){0};
        stats[p].queue_area_us = integral_area(&metrics->waits[p].queue, sim->now_us);
        int64_t count = add_waits(&metrics->waits[p], mine, &stats[p]);
        add_waits(&metrics->waits[p], mine, &all);
        digit_sort(mine, spare, count);
        read_quantiles(mine, &stats[p]);
        all.queue_area_us += stats[p].queue_area_us;
        filled += count;
    }
    digit_sort(keys, spare, filled);
    read_quantiles(keys, &all);
    stats[WAIT_STATS_ALL] = all;
    free(keys);
    return 0;
}

double wait_stats_mean_us(const struct wait_stats *stats)
{
    return stats->demand_count == 0 ? (double)NAN
                                    : int128_ratio(stats->sum_us, stats->demand_count);
}
