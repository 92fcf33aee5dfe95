/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/scope_names.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"scope", "text",
     "fleet, nodepool, or instance-type (one type in one pool); rows of one scope kind add up."},
    {"nodepool", "text", "Id of the pool; none for the fleet."},
    {"instance_type", "text", "Id of the type; none for fleet and pools."},
    {"resource", "text", "cpu, memory, devices, device-share; or nodes."},
    {"unit", "text", "Unit of the next two columns."},
    {"capacity_mean", "see unit",
     "Mean capacity over the time of the run, of nodes that are not down; for nodes: how many "
     "exist."},
    {"used_mean", "see unit",
     "Mean of what bound replicas take; a device counts when any of its share is taken; for nodes: "
     "how many are not down."},
    {"mean_pct", "%", "used_mean / capacity_mean: the exact time-weighted mean utilization."},
    {"p50_pct", "%",
     "Utilization that was not exceeded for half of the time in which there was capacity, to 0.1."},
    {"p95_pct", "%", "The same for 95 % of that time."},
    {"p99_pct", "%", "The same for 99 % of that time."},
    {"max_pct", "%", "Highest utilization that lasted for any time; exact."},
    {"node_hours", "h", "Only for nodes: time for which nodes existed (were paid for), also down."},
    {"node_hours_unpriced", "h", "Of these, of instance types whose price is unknown."},
    {"cost_usd", "USD",
     "Only for nodes: cost of the node-hours whose price is known; none where none is."},
};

static void write_resource(const struct report_view *view, const struct scope *scope,
                           enum resource resource, struct table *table)
{
    static const double quantiles[] = {0.50, 0.95, 0.99};
    const struct usage *usage = &scope->usage[resource];
    int128 capacity = integral_area(&usage->capacity, view->end_us);
    int128 used = integral_area(&usage->used, view->end_us);
    scope_write(view->sim, scope, table);
    table_text(table, resource_name(resource));
    table_text(table, resource_unit_name(resource));
    field_mean(table, capacity, view->end_us);
    field_mean(table, used, view->end_us);
    field_ratio_percent(table, used, capacity);
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++)
        field_permille(table, usage_quantile_permille(usage, quantiles[i]));
    field_ratio_percent(table, usage->max_used, usage->max_capacity);
    table_empty(table);
    table_empty(table);
    table_empty(table);
    table_end_row(table);
}

static void write_nodes(const struct report_view *view, const struct scope *scope,
                        const struct scope_cost *cost, struct table *table)
{
    scope_write(view->sim, scope, table);
    table_text(table, "nodes");
    table_text(table, "nodes");
    field_mean(table, cost->node_us, view->end_us);
    field_mean(table, integral_area(&scope->nodes, view->end_us), view->end_us);
    field_ratio_percent(table, integral_area(&scope->nodes, view->end_us), cost->node_us);
    for (int i = 0; i < 4; i++)
        table_empty(table);
    field_hours(table, cost->node_us);
    field_hours(table, cost->unknown_node_us);
    if (cost->unknown_node_us < cost->node_us || cost->node_us == 0)
        field_usd(table, cost->micro_usd);
    else
        table_empty(table);
    table_end_row(table);
}

static int write_utilization(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct metrics *metrics = &view->sim->metrics;
    for (int32_t i = 0; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        if (!scope_had_nodes(view->sim, scope))
            continue;
        for (int r = 0; r < RESOURCE_COUNT; r++)
            write_resource(view, scope, (enum resource)r, table);
        write_nodes(view, scope, &view->costs[i], table);
    }
    return 0;
}

const struct report_table utilization_table = {
    .file = "utilization.csv",
    .title = "One row for each scope (fleet, pool, instance type in a pool) and resource.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_utilization,
};
