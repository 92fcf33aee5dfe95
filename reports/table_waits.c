/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

/* Quantiles come in the order of WAIT_P50, ..., WAIT_MAX, each with its mark. */

static const struct column columns[] = {
    {"priority", "0-9 or all", "Priority of the runners; the last row is of all together."},
    {"demands", "count", "Replicas asked for over the run; each is one wait."},
    {"bound", "count", "Waits that ended with a place."},
    {"immediate", "count", "Of these, without any wait."},
    {"censored", "count",
     "Waits that did not end with a place; they count with the length they had reached, so what "
     "follows are lower bounds where marked."},
    {"still_waiting", "count", "Of these, still waiting at the end of the run."},
    {"gave_up", "count", "Of these, longer than max_wait."},
    {"withdrawn", "count", "Of these, no longer wanted (scaled down, departed)."},
    {"wait_s_mean", "s", "Mean over all waits; a lower bound unless censored is 0."},
    {"wait_s_p50", "s", "Half of all waits are no longer than this."},
    {"wait_s_p50_at_least", "yes/no", "yes: a lower bound, as a wait up to this one is censored."},
    {"wait_s_p95", "s", "95 % of all waits are no longer than this."},
    {"wait_s_p95_at_least", "yes/no", "yes: a lower bound, as a wait up to this one is censored."},
    {"wait_s_p99", "s", "99 % of all waits are no longer than this."},
    {"wait_s_p99_at_least", "yes/no", "yes: a lower bound, as a wait up to this one is censored."},
    {"wait_s_max", "s", "The longest wait."},
    {"wait_s_max_at_least", "yes/no", "yes: a lower bound, as some wait is censored."},
    {"queue_mean", "replicas", "Mean number of replicas that waited, over the time of the run."},
};

static void write_row(const struct wait_stats *stats, int64_t end_us, struct table *table)
{
    table_int(table, stats->demand_count);
    table_int(table, stats->bound_count);
    table_int(table, stats->immediate_count);
    table_int(table, stats->demand_count - stats->bound_count);
    table_int(table, stats->waiting_count);
    table_int(table, stats->gave_up_count);
    table_int(table, stats->withdrawn_count);
    table_decimal(table, wait_stats_mean_us(stats) / 1e6, 6);
    for (int i = 0; i < WAIT_QUANTILE_COUNT; i++) {
        table_seconds(table, stats->quantiles[i].us);
        field_yes_no(table, stats->quantiles[i].is_lower_bound);
    }
    field_mean(table, stats->queue_area_us, end_us);
    table_end_row(table);
}

static int write_waits(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    for (int priority = 9; priority >= 0; priority--) {
        if (view->waits[priority].demand_count == 0)
            continue;
        table_int(table, priority);
        write_row(&view->waits[priority], view->end_us, table);
    }
    if (view->waits[WAIT_STATS_ALL].demand_count > 0) {
        table_text(table, "all");
        write_row(&view->waits[WAIT_STATS_ALL], view->end_us, table);
    }
    return 0;
}

const struct report_table waits_table = {
    .file = "waits.csv",
    .title = "One row for each priority with demand: how long replicas waited for a place.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_waits,
};
