/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/traffic_bins.h"
#include "reports/view.h"

/* Requests are counted in millionths, so amounts print like microseconds as seconds. */

static const struct column columns[] = {
    {"runner", "text", "Id of the runner."},
    {"nodepool", "text", "The first pool that may serve it."},
    {"requests", "requests",
     "Requests that came; to the millionth, as traffic is a fluid. requests = served + dropped + "
     "waiting."},
    {"served", "requests", "Of these, served by the end of the run."},
    {"dropped", "requests",
     "Of these, dropped: beyond queue_limit, of a disabled deployment, or waiting when the runner "
     "left."},
    {"waiting", "requests", "Of these, waiting at the end of the run."},
    {"waited", "requests", "Of the served, those that had to wait for a free slot."},
    {"wait_s_mean", "s", "Mean wait of the served ones."},
    {"wait_s_p50", "s", "Half of the served waited no longer than this."},
    {"wait_s_p95", "s", "95 % of the served waited no longer than this."},
    {"wait_s_p99", "s", "99 % of the served waited no longer than this."},
    {"response_s_mean", "s", "Mean time from coming to being answered: wait and service."},
    {"response_s_p50", "s", "Half of the served were answered within this."},
    {"response_s_p95", "s", "95 % of the served were answered within this."},
    {"response_s_p99", "s", "99 % of the served were answered within this."},
    {"slo_on", "text", "wait or response: what the target is about; none without a target."},
    {"slo_s", "s", "The target's limit."},
    {"slo_target_pct", "%", "Share of the requests that are to keep it."},
    {"slo_attained_pct", "%",
     "Share of the served and dropped requests that kept it; a dropped one did not."},
    {"slo_is_met", "yes/no", "slo_attained_pct is at least slo_target_pct."},
    {"cold_starts", "count", "Times that requests came while no replica ran."},
    {"cold_requests", "requests", "Requests that came while no replica ran."},
    {"cold_s_mean", "s",
     "Mean time of a cold start: from the step in which the first request came to the first "
     "running replica, or to the end."},
    {"cold_s_max", "s", "The longest cold start."},
    {"replica_h", "h", "Time that its replicas ran, summed up."},
    {"busy_replica_h", "h", "Of this, the time for which all slots would have been busy."},
    {"idle_replica_h", "h", "The rest: paid for and not used."},
    {"utilization_pct", "%", "busy_replica_h / replica_h."},
    {"scale_ups", "count", "Times that its autoscaler raised num_replicas."},
    {"scale_downs", "count", "Times that it lowered it."},
    {"wish_max", "replicas", "The highest num_replicas that it set, or that it began with."},
};

static void write_quantiles(const struct wait_histogram *histogram, struct table *table)
{
    static const double quantiles[] = {0.5, 0.95, 0.99};
    if (histogram->total_micro == 0)
        table_empty(table);
    else
        table_decimal(table, int128_ratio(histogram->area, histogram->total_micro) / US_PER_S, 6);
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        double us = wait_histogram_quantile_us(histogram, quantiles[i]);
        table_decimal(table, us < 0 ? NAN : us / US_PER_S, 6);
    }
}

static void write_slo(const struct sim_traffic *it, struct table *table)
{
    const struct slo_def *slo = &it->def->slo;
    if (slo->kind == SLO_NONE) {
        for (int i = 0; i < 5; i++)
            table_empty(table);
        return;
    }
    const struct wait_histogram *histogram = slo->kind == SLO_WAIT ? &it->waits : &it->responses;
    double all = (double)(it->totals.served_micro + it->totals.dropped_micro);
    double attained = all > 0 ? wait_histogram_up_to(histogram, slo->limit_us) / all : NAN;
    table_text(table, slo->kind == SLO_WAIT ? "wait" : "response");
    table_seconds(table, slo->limit_us);
    field_permille(table, slo->share_permille);
    field_percent(table, attained);
    if (all > 0)
        field_yes_no(table, attained * 1000 >= slo->share_permille);
    else
        table_empty(table);
}

static void write_use(const struct sim *sim, const struct sim_traffic *it, struct table *table)
{
    const struct traffic_totals *totals = &it->totals;
    int64_t slots = sim->runners[it->runner].def->num_threads;
    int128 busy_us = totals->busy_area / MICRO;
    if (busy_us > totals->slot_us)
        busy_us = totals->slot_us;
    table_int(table, totals->cold_start_count);
    field_seconds_of(table, totals->cold_micro);
    if (totals->cold_start_count == 0) {
        table_empty(table);
        table_empty(table);
    } else {
        table_seconds(table, totals->cold_us_sum / totals->cold_start_count);
        table_seconds(table, totals->cold_us_max);
    }
    field_hours(table, totals->slot_us / slots);
    field_hours(table, busy_us / slots);
    field_hours(table, (totals->slot_us - busy_us) / slots);
    field_ratio_percent(table, busy_us, totals->slot_us);
    table_int(table, totals->scale_up_count);
    table_int(table, totals->scale_down_count);
    table_int(table, totals->wish_max);
}

static int write_traffic(const struct report_view *view, struct table *table, struct err *err)
{
    const struct sim *sim = view->sim;
    (void)err;
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        const struct sim_traffic *it = &sim->traffics[i];
        if (!report_view_selects(view, it->runner))
            continue;
        field_runner(table, sim, it->runner);
        table_text(table, sim->scenario->pools[sim->runners[it->runner].def->pool].id);
        field_seconds_of(table, it->totals.offered_micro);
        field_seconds_of(table, it->totals.served_micro);
        field_seconds_of(table, it->totals.dropped_micro);
        field_seconds_of(table, it->waiting_micro);
        field_seconds_of(table, it->waits.total_micro - it->waits.bins_micro[0]);
        write_quantiles(&it->waits, table);
        write_quantiles(&it->responses, table);
        write_slo(it, table);
        write_use(sim, it, table);
        table_end_row(table);
    }
    return 0;
}

const struct report_table traffic_table = {
    .file = "traffic.csv",
    .title = "One row for each runner with traffic; only where some runner has traffic.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = traffic_is_wanted,
    .write = write_traffic,
};
