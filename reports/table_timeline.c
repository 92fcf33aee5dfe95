/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/scope_names.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"start_s", "s", "Start of the time bin."},
    {"end_s", "s", "Its end."},
    {"scope", "text", "fleet or nodepool."},
    {"nodepool", "text", "Id of the pool; none for the fleet."},
    {"nodes_mean", "nodes", "Mean number of nodes that were not down."},
    {"cpu_pct", "%", "Mean utilization in the bin: used / capacity."},
    {"memory_pct", "%", "The same of memory."},
    {"devices_pct", "%", "The same of devices of which any share was used."},
    {"device_share_pct", "%", "The same of device share."},
    {"cost_usd", "USD", "Cost of the bin's node-time whose price is known."},
    {"bound", "count", "Only for the fleet: replicas bound."},
    {"evictions", "count", "Only for the fleet: replicas evicted by preemption."},
    {"lost", "count", "Only for the fleet: replicas lost with failed nodes."},
    {"waiting_mean", "replicas", "Only for the fleet: mean number of replicas that waited."},
    {"waiting_mean_priority_9", "replicas", "Of these, of priority 9."},
    {"waiting_mean_priority_8", "replicas", "Of these, of priority 8."},
    {"waiting_mean_priority_7", "replicas", "Of these, of priority 7."},
    {"waiting_mean_priority_6", "replicas", "Of these, of priority 6."},
    {"waiting_mean_priority_5", "replicas", "Of these, of priority 5."},
    {"waiting_mean_priority_4", "replicas", "Of these, of priority 4."},
    {"waiting_mean_priority_3", "replicas", "Of these, of priority 3."},
    {"waiting_mean_priority_2", "replicas", "Of these, of priority 2."},
    {"waiting_mean_priority_1", "replicas", "Of these, of priority 1."},
    {"waiting_mean_priority_0", "replicas", "Of these, of priority 0."},
};

struct time_bin {
    int64_t start_us, end_us;
    int32_t number;
    bool is_last;
};

static int128 bin_cost(const struct report_view *view, const struct scope *of, int32_t bin)
{
    const struct metrics *metrics = &view->sim->metrics;
    const struct fleet *fleet = &view->sim->sched.fleet;
    int128 micro_usd = 0;
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        const struct node_type *type = fleet_group_type(fleet, scope->group);
        if ((of->pool == NO_INDEX || of->pool == scope->pool) && type->has_price)
            micro_usd += cost_of_time(scope->bin_existing[bin], type->price_micro);
    }
    return micro_usd;
}

/* What happened at the very end of the run belongs to its last bin. */
static void write_counts(const struct metrics *metrics, const struct time_bin *bin,
                         struct table *table)
{
    int64_t bound = 0;
    int64_t evictions = 0;
    int64_t lost = 0;
    int32_t past = bin->is_last ? TIMELINE_BINS : bin->number + 1;
    for (int32_t i = bin->number; i < past; i++) {
        bound += metrics->bins[i].bound;
        evictions += metrics->bins[i].evictions;
        lost += metrics->bins[i].lost;
    }
    table_int(table, bound);
    table_int(table, evictions);
    table_int(table, lost);
}

static void write_waiting(const struct metrics *metrics, const struct time_bin *bin,
                          struct table *table)
{
    int64_t length_us = bin->end_us - bin->start_us;
    int128 sum = 0;
    for (int p = 0; p < 10; p++)
        sum += metrics->waits[p].bin_queue[bin->number];
    field_mean(table, sum, length_us);
    for (int p = 9; p >= 0; p--)
        field_mean(table, metrics->waits[p].bin_queue[bin->number], length_us);
}

static void write_row(const struct report_view *view, const struct scope *scope,
                      const struct time_bin *bin, struct table *table)
{
    table_seconds(table, bin->start_us);
    table_seconds(table, bin->end_us);
    table_text(table, scope_kind(scope));
    table_text(table, scope_pool_id(view->sim, scope));
    field_mean(table, scope->bin_nodes[bin->number], bin->end_us - bin->start_us);
    for (int r = 0; r < RESOURCE_COUNT; r++)
        field_ratio_percent(table, scope->usage[r].bin_used[bin->number],
                            scope->usage[r].bin_capacity[bin->number]);
    field_usd(table, bin_cost(view, scope, bin->number));
    if (scope->pool == NO_INDEX) {
        write_counts(&view->sim->metrics, bin, table);
        write_waiting(&view->sim->metrics, bin, table);
    } else {
        for (int i = 0; i < 3 + 11; i++)
            table_empty(table);
    }
    table_end_row(table);
}

static int write_timeline(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct metrics *metrics = &view->sim->metrics;
    for (int32_t i = 0; i < TIMELINE_BINS && i * metrics->bin_us < view->end_us; i++) {
        struct time_bin bin = {i * metrics->bin_us, (i + 1) * metrics->bin_us, i, false};
        if (bin.end_us >= view->end_us || i == TIMELINE_BINS - 1) {
            bin.end_us = view->end_us;
            bin.is_last = true;
        }
        for (int32_t s = 0; s <= metrics->pool_scope_count; s++)
            if (scope_had_nodes(view->sim, &metrics->scopes[s]))
                write_row(view, &metrics->scopes[s], &bin, table);
    }
    return 0;
}

const struct report_table timeline_table = {
    .file = "timeline.csv",
    .title = "One row for each time bin (up to 480 of equal length) and scope (fleet, pool).",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_timeline,
};
