/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/traffic_bins.h"
#include "reports/traffic_stats.h"
#include "reports/view.h"
#include "sim/traffic_results.h"

/* Requests are counted in millionths, so amounts print like microseconds as seconds. */

static const struct column columns[] = {
    {"runner", "text", "Id of the runner."},
    {"deployment", "text", "Id of its deployment; none of a runner that was given as such."},
    {"nodepool", "text", "The first pool that may serve it."},
    {"fidelity", "text", "fluid, or requests: each request was followed by itself."},
    {"requests", "requests",
     "Requests that came; of a fluid to the millionth. requests = served + dropped + waiting."},
    {"served", "requests", "Of these, served by the end of the run."},
    {"dropped", "requests",
     "Of these, dropped: beyond queue_limit, of a disabled deployment, waiting when the runner "
     "left, or interrupted where the traffic says so."},
    {"waiting", "requests",
     "Of these, not yet served at the end of the run; single requests that were being served, "
     "too."},
    {"in_service", "requests", "Of the waiting, being served; none for a fluid."},
    {"interrupted", "count",
     "Times that a replica went while it served a request, which is then served again or dropped; "
     "none for a fluid."},
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
     "Mean time of a cold start: from the first request (of a fluid: the start of its step) to "
     "the first running replica, or to the end."},
    {"cold_s_max", "s", "The longest cold start."},
    {"replica_h", "h", "Time that its replicas ran, summed up."},
    {"busy_replica_h", "h", "Of this, the time for which all slots would have been busy."},
    {"idle_replica_h", "h", "The rest: paid for and not used."},
    {"utilization_pct", "%", "busy_replica_h / replica_h."},
    {"scale_ups", "count", "Times that its autoscaler raised num_replicas."},
    {"scale_downs", "count", "Times that it lowered it."},
    {"wish_max", "replicas", "The highest num_replicas that it set, or that it began with."},
};

static void write_times(const struct sim_traffic *it, enum traffic_time time, struct table *table)
{
    static const double quantiles[] = {0.5, 0.95, 0.99};
    table_decimal(table, traffic_mean_s(it, time), 6);
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++)
        table_decimal(table, traffic_quantile_s(it, time, quantiles[i]), 6);
}

/* What only single requests have. */
static void write_single(const struct sim_traffic *it, struct table *table)
{
    if (!it->station) {
        table_empty(table);
        table_empty(table);
        return;
    }
    table_int(table, it->station->end_count);
    table_int(table, it->counted.interrupted);
}

static void write_slo(const struct sim_traffic *it, struct table *table)
{
    const struct slo_def *slo = &it->def->slo;
    if (slo->kind == SLO_NONE) {
        for (int i = 0; i < 5; i++)
            table_empty(table);
        return;
    }
    double attained = traffic_slo_attained(it);
    table_text(table, slo->kind == SLO_WAIT ? "wait" : "response");
    table_seconds(table, slo->limit_us);
    field_permille(table, slo->share_permille);
    field_percent(table, attained);
    if (isnan(attained))
        table_empty(table);
    else
        field_yes_no(table, attained * 1000 >= slo->share_permille);
}

static void write_use(const struct sim *sim, const struct sim_traffic *it, struct table *table)
{
    const struct traffic_totals *totals = &it->totals;
    struct replica_use use = traffic_replica_use(sim, it);
    table_int(table, totals->cold_start_count);
    field_seconds_of(table, totals->cold_micro);
    if (totals->cold_start_count == 0) {
        table_empty(table);
        table_empty(table);
    } else {
        table_seconds(table, totals->cold_us_sum / totals->cold_start_count);
        table_seconds(table, totals->cold_us_max);
    }
    field_hours(table, use.running_us);
    field_hours(table, use.busy_us);
    field_hours(table, use.running_us - use.busy_us);
    field_ratio_percent(table, use.busy_us, use.running_us);
    table_int(table, totals->scale_up_count);
    table_int(table, totals->scale_down_count);
    table_int(table, totals->wish_max);
}

static void write_deployment(const struct sim *sim, int32_t runner, struct table *table)
{
    int32_t deployment = sim->runners[runner].def->deployment;
    if (deployment == NO_INDEX)
        table_empty(table);
    else
        table_text(table, sim->scenario->deployments[deployment].id);
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
        write_deployment(sim, it->runner, table);
        table_text(table, sim->scenario->pools[sim->runners[it->runner].def->pool].id);
        table_text(table, it->def->fidelity == FIDELITY_REQUESTS ? "requests" : "fluid");
        field_seconds_of(table, it->totals.offered_micro);
        field_seconds_of(table, it->totals.served_micro);
        field_seconds_of(table, it->totals.dropped_micro);
        field_seconds_of(table, it->waiting_micro);
        write_single(it, table);
        field_seconds_of(table, traffic_waited_micro(it));
        write_times(it, TRAFFIC_WAIT, table);
        write_times(it, TRAFFIC_RESPONSE, table);
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
