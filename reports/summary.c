/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/summary.h"

#include <math.h>

#include "reports/bill.h"
#include "reports/json_fields.h"
#include "reports/losses.h"

/* ---- preemption ---- */

static void print_eviction_sum(struct json_writer *w, const struct eviction_sum *sum)
{
    json_int(w, "evictions", sum->count);
    json_seconds(w, "work_lost_s", sum->work_lost_us);
    json_decimal(w, "device_work_lost_s",
                 int128_ratio(sum->share_lost_milli_us, INT64_C(1000000000)), 6);
    if (sum->count == 0)
        json_null(w, "recover_s_mean");
    else
        json_decimal(w, "recover_s_mean",
                     int128_ratio(sum->recover_us, (int128)sum->count * 1000000), 6);
    json_int(w, "unrecovered", sum->unrecovered_count);
}

static void print_matrix(struct json_writer *w, const struct eviction_stats *stats)
{
    json_array(w, "by_priority");
    for (int demand = 9; demand >= 0; demand--) {
        for (int victim = 9; victim >= 0; victim--) {
            if (stats->cells[demand][victim].count == 0)
                continue;
            json_object(w, NULL);
            json_int(w, "demand_priority", demand);
            json_int(w, "victim_priority", victim);
            print_eviction_sum(w, &stats->cells[demand][victim]);
            json_close_object(w);
        }
    }
    json_close_array(w);
}

enum { SUMMARY_PAIRS_MAX = 20 };

static void print_pairs(struct json_writer *w, const struct sim *sim,
                        const struct eviction_stats *stats)
{
    char name[RUNNER_NAME_SIZE];
    json_array(w, "top_pairs");
    for (int32_t i = 0; i < stats->pair_count && i < SUMMARY_PAIRS_MAX; i++) {
        json_object(w, NULL);
        json_string(w, "victim_runner", sim_runner_name(sim, stats->pairs[i].victim_runner, name));
        json_string(w, "demand_runner", sim_runner_name(sim, stats->pairs[i].demand_runner, name));
        print_eviction_sum(w, &stats->pairs[i].sum);
        json_close_object(w);
    }
    json_close_array(w);
    json_int(w, "pairs", stats->pair_count);
}

static void print_preemption(struct json_writer *w, const struct report_view *view)
{
    const struct eviction_stats *stats = &view->evictions;
    json_object(w, "preemption");
    print_eviction_sum(w, &stats->all);
    json_int(w, "victim_runners", stats->victim_runner_count);
    json_int(w, "chain_depth_max", stats->depth_max);
    print_matrix(w, stats);
    print_pairs(w, view->sim, stats);
    json_close_object(w);
}

/* ---- waits ---- */

static void print_wait_stats(struct json_writer *w, const struct wait_stats *stats, int64_t end_us)
{
    static const char *const keys[WAIT_QUANTILE_COUNT][2] = {
        {"wait_s_p50", "wait_s_p50_at_least"},
        {"wait_s_p95", "wait_s_p95_at_least"},
        {"wait_s_p99", "wait_s_p99_at_least"},
        {"wait_s_max", "wait_s_max_at_least"},
    };
    json_int(w, "demands", stats->demand_count);
    json_int(w, "bound", stats->bound_count);
    json_int(w, "immediate", stats->immediate_count);
    json_int(w, "censored", stats->demand_count - stats->bound_count);
    json_int(w, "still_waiting", stats->waiting_count);
    json_int(w, "gave_up", stats->gave_up_count);
    json_int(w, "withdrawn", stats->withdrawn_count);
    json_decimal(w, "wait_s_mean", wait_stats_mean_us(stats) / 1e6, 6);
    for (int i = 0; i < WAIT_QUANTILE_COUNT; i++) {
        if (stats->demand_count == 0) {
            json_null(w, keys[i][0]);
            json_null(w, keys[i][1]);
            continue;
        }
        json_seconds(w, keys[i][0], stats->quantiles[i].us);
        json_bool(w, keys[i][1], stats->quantiles[i].is_lower_bound);
    }
    json_mean(w, "queue_mean", stats->queue_area_us, end_us);
}

static void print_waits(struct json_writer *w, const struct report_view *view)
{
    json_object(w, "waits");
    json_object(w, "all");
    print_wait_stats(w, &view->waits[WAIT_STATS_ALL], view->end_us);
    json_close_object(w);
    json_array(w, "by_priority");
    for (int priority = 9; priority >= 0; priority--) {
        if (view->waits[priority].demand_count == 0)
            continue;
        json_object(w, NULL);
        json_int(w, "priority", priority);
        print_wait_stats(w, &view->waits[priority], view->end_us);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

/* ---- traffic ---- */

static void print_times(struct json_writer *w, const struct wait_histogram *times,
                        const char *const keys[4])
{
    static const double quantiles[] = {0.5, 0.95, 0.99};
    if (times->total_micro == 0)
        json_null(w, keys[0]);
    else
        json_decimal(w, keys[0], int128_ratio(times->area, times->total_micro) / 1e6, 6);
    for (int i = 0; i < 3; i++) {
        if (times->total_micro == 0)
            json_null(w, keys[1 + i]);
        else
            json_decimal(w, keys[1 + i], wait_histogram_quantile_us(times, quantiles[i]) / 1e6, 6);
    }
}

static void print_traffic(struct json_writer *w, const struct traffic_stats *stats)
{
    static const char *const waits[] = {"wait_s_mean", "wait_s_p50", "wait_s_p95", "wait_s_p99"};
    static const char *const responses[] = {"response_s_mean", "response_s_p50", "response_s_p95",
                                            "response_s_p99"};
    json_object(w, "traffic");
    json_int(w, "runners", stats->runner_count);
    /* Millionths of requests print like microseconds as seconds. */
    json_seconds(w, "requests", stats->offered_micro);
    json_seconds(w, "served", stats->served_micro);
    json_seconds(w, "dropped", stats->dropped_micro);
    json_seconds(w, "waiting", stats->waiting_micro);
    json_seconds(w, "waited", stats->waited_micro);
    print_times(w, &stats->waits, waits);
    print_times(w, &stats->responses, responses);
    json_int(w, "targets", stats->target_count);
    json_int(w, "targets_met", stats->met_count);
    json_percent(w, "slo_attained_pct",
                 stats->judged_micro > 0 ? stats->kept_micro / stats->judged_micro : (double)NAN);
    json_int(w, "cold_starts", stats->cold_start_count);
    json_seconds(w, "cold_requests", stats->cold_micro);
    if (stats->cold_start_count == 0) {
        json_null(w, "cold_s_mean");
        json_null(w, "cold_s_max");
    } else {
        json_seconds(w, "cold_s_mean", stats->cold_us_sum / stats->cold_start_count);
        json_seconds(w, "cold_s_max", stats->cold_us_max);
    }
    json_hours(w, "replica_hours", stats->replica_us);
    json_hours(w, "idle_replica_hours", stats->idle_us);
    json_close_object(w);
}

/* ---- cost ---- */

/* What the fleet costs an hour, at its least, on average, at its most. */
static void print_hourly(struct json_writer *w, const struct report_view *view)
{
    static const int64_t hour_us = INT64_C(3600000000);
    struct hourly_range sum = {0};
    bool is_known = true;
    for (int32_t i = 0; i < view->sim->scenario->pool_count; i++) {
        struct hourly_range range;
        is_known &= pool_hourly_range(view->sim->scenario, i, &range);
        sum.least += range.least;
        sum.most += range.most;
    }
    json_object(w, "usd_per_hour");
    if (view->end_us > 0)
        json_usd(w, "mean", micro_of_grains(view->bill.fleet / view->end_us * hour_us));
    else
        json_null(w, "mean");
    if (is_known) {
        json_usd(w, "at_least", sum.least);
        json_usd(w, "at_most", sum.most);
    } else {
        json_null(w, "at_least");
        json_null(w, "at_most");
    }
    json_close_object(w);
}

static void json_time_or_null(struct json_writer *w, const char *key, int64_t us)
{
    if (us < 0)
        json_null(w, key);
    else
        json_seconds(w, key, us);
}

static void json_count_or_null(struct json_writer *w, const char *key, int64_t count)
{
    if (count < 0)
        json_null(w, key);
    else
        json_int(w, key, count);
}

/* What went wrong, by cause; those that did nothing are left out. */
static void print_losses(struct json_writer *w, const struct report_view *view)
{
    json_object(w, "losses");
    for (int i = 0; i < LOSS_CAUSE_COUNT; i++) {
        struct loss loss = loss_of(view->sim, (enum loss_cause)i);
        if (!loss_is_there(&loss))
            continue;
        json_object(w, loss_cause_name((enum loss_cause)i));
        json_count_or_null(w, "nodes", loss.node_count);
        json_count_or_null(w, "replicas", loss.replica_count);
        json_seconds(w, "work_lost_s", loss.work_lost_us);
        if (loss.cost_lost < 0)
            json_null(w, "work_lost_usd");
        else
            json_usd(w, "work_lost_usd", micro_of_grains(loss.cost_lost));
        json_time_or_null(w, "below_floor_s", loss.below_floor_us);
        json_count_or_null(w, "floor_breaches", loss.breach_count);
        json_close_object(w);
    }
    json_close_object(w);
}

/* What the fleet was paid for, and what of that was work that was lost. */
static void print_bill(struct json_writer *w, const struct report_view *view)
{
    json_object(w, "usd_by_use");
    for (int use = 0; use < BILL_USE_COUNT; use++)
        json_usd(w, bill_use_name((enum bill_use)use),
                 micro_of_grains(view->bill.uses[use].grains));
    json_close_object(w);
    json_object(w, "usd_lost_by");
    for (int blame = BLAME_PREEMPTION; blame < BLAME_COUNT; blame++)
        json_usd(w, blame_name((enum blame)blame),
                 micro_of_grains(view->sim->metrics.cost_lost[blame]));
    json_usd(w, loss_cause_name(LOSS_CRASH),
             micro_of_grains(view->sim->metrics.cost_lost_by_crashes));
    json_close_object(w);
}

/* ---- nodes that were asked for ---- */

static void print_node_starts(struct json_writer *w, const struct report_view *view)
{
    const struct node_starts *starts = &view->starts;
    json_object(w, "node_starts");
    json_int(w, "asked_for", starts->count);
    json_int(w, "for_demand", starts->reasons[LAUNCH_FOR_DEMAND]);
    json_int(w, "for_minimum", starts->reasons[LAUNCH_FOR_MIN]);
    json_int(w, "for_warm", starts->reasons[LAUNCH_FOR_WARM]);
    json_int(w, "for_replacement", starts->reasons[LAUNCH_FOR_REPLACEMENT]);
    json_int(w, "ready", starts->outcomes[LAUNCH_READY]);
    json_int(w, "failed", starts->outcomes[LAUNCH_FAILED]);
    json_int(w, "out_of_stock", starts->outcomes[LAUNCH_OUT_OF_STOCK]);
    json_int(w, "removed", starts->outcomes[LAUNCH_WITHDRAWN]);
    json_int(w, "coming", starts->outcomes[LAUNCH_COMING]);
    json_time_or_null(w, "ready_s_p50", starts->ready_us_p50);
    json_time_or_null(w, "ready_s_p95", starts->ready_us_p95);
    json_time_or_null(w, "ready_s_max", starts->ready_us_max);
    json_int(w, "consolidations", view->sim->consolidations.count);
    json_close_object(w);
}

/* ---- cost ---- */

static void print_cost(struct json_writer *w, const struct report_view *view)
{
    const struct scope_cost *cost = &view->costs[0];
    const struct fleet *fleet = &view->sim->sched.fleet;
    json_object(w, "cost");
    if (cost->unknown_node_us < cost->node_us || cost->node_us == 0)
        json_usd(w, "usd_known", cost->micro_usd);
    else
        json_null(w, "usd_known");
    json_bool(w, "is_complete", cost->unknown_node_us == 0);
    json_hours(w, "node_hours", cost->node_us);
    json_hours(w, "node_hours_unpriced", cost->unknown_node_us);
    print_hourly(w, view);
    print_bill(w, view);
    json_array(w, "instance_types_without_price");
    for (int32_t type = 0; type < fleet->type_count; type++)
        if (type_price_is_missing(view->sim, view->costs, type))
            json_string(w, NULL, fleet->types[type].id);
    json_close_array(w);
    json_close_object(w);
}

/* ---- all ---- */

static void print_files(struct json_writer *w, const struct file_list *files)
{
    json_array(w, "files");
    for (size_t i = 0; i < files->count; i++)
        json_string(w, NULL, files->names[i]);
    json_close_array(w);
}

void summary_print(const struct report_view *view, const struct file_list *files, FILE *out)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    summary_print_run(view, &w);
    summary_print_demand(view, &w);
    summary_print_fleet(view, &w);
    print_waits(&w, view);
    print_preemption(&w, view);
    print_losses(&w, view);
    print_traffic(&w, &view->traffic);
    print_cost(&w, view);
    print_node_starts(&w, view);
    print_files(&w, files);
    json_close_object(&w);
}
