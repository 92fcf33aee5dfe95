/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/traffic_stats.h"

#include <math.h>

#include "sim/traffic_results.h"

struct replica_use traffic_replica_use(const struct sim *sim, const struct sim_traffic *it)
{
    int64_t slots = sim->runners[it->runner].def->num_threads;
    int128 busy_us = it->totals.busy_area / MICRO;
    if (busy_us > it->totals.slot_us)
        busy_us = it->totals.slot_us;
    return (struct replica_use){it->totals.slot_us / slots, busy_us / slots};
}

bool traffic_has_verdict(const struct sim_traffic *it, double *margin)
{
    double attained = traffic_slo_attained(it);
    *margin = attained - it->def->slo.share_permille / 1000.0;
    return !isnan(attained);
}

static void add_histogram(struct wait_histogram *sum, const struct wait_histogram *more)
{
    sum->total_micro += more->total_micro;
    sum->area += more->area;
    for (int32_t i = 0; i < WAIT_BINS; i++)
        sum->bins_micro[i] += more->bins_micro[i];
}

static void add_times(struct wait_histogram *sum, const struct request_times *times)
{
    int128 area = sum->area + times->us_sum * MICRO;
    for (int32_t i = 0; i < REQUEST_TIME_BINS; i++) {
        const struct request_time_bin *bin = &times->bins[i];
        if (bin->count > 0)
            wait_histogram_add(sum, bin->count * MICRO, llround(bin->us_sum / (double)bin->count));
    }
    sum->area = area; /* not rounded by bin */
}

static void judge(const struct sim *sim, int32_t traffic, struct traffic_stats *stats)
{
    double margin, worst;
    const struct sim_traffic *it = &sim->traffics[traffic];
    if (!traffic_has_verdict(it, &margin))
        return;
    double judged = (double)(it->totals.served_micro + it->totals.dropped_micro);
    stats->target_count++;
    stats->met_count += traffic_slo_attained(it) * 1000 >= it->def->slo.share_permille;
    stats->judged_micro += judged;
    stats->kept_micro += traffic_slo_attained(it) * judged;
    if (stats->worst == NO_INDEX ||
        (traffic_has_verdict(&sim->traffics[stats->worst], &worst) && margin < worst))
        stats->worst = traffic;
}

void traffic_stats_make(const struct sim *sim, struct traffic_stats *stats)
{
    *stats = (struct traffic_stats){.runner_count = sim->traffic_count, .worst = NO_INDEX};
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        const struct sim_traffic *it = &sim->traffics[i];
        const struct traffic_totals *totals = &it->totals;
        struct replica_use use = traffic_replica_use(sim, it);
        stats->offered_micro += totals->offered_micro;
        stats->served_micro += totals->served_micro;
        stats->dropped_micro += totals->dropped_micro;
        stats->waiting_micro += it->waiting_micro;
        stats->waited_micro += traffic_waited_micro(it);
        stats->cold_micro += totals->cold_micro;
        stats->replica_us += use.running_us;
        stats->idle_us += use.running_us - use.busy_us;
        stats->cold_start_count += totals->cold_start_count;
        stats->cold_us_sum += totals->cold_us_sum;
        if (totals->cold_us_max > stats->cold_us_max)
            stats->cold_us_max = totals->cold_us_max;
        judge(sim, i, stats);
        if (it->station) {
            add_times(&stats->waits, &it->station->waits);
            add_times(&stats->responses, &it->station->responses);
        } else {
            add_histogram(&stats->waits, &it->waits);
            add_histogram(&stats->responses, &it->responses);
        }
    }
}
