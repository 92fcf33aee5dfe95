/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/array.h"
#include "reports/bill.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

/* Where the money goes: the fleet's bill by pool, by nodes of one type, by capacity type, by use
 * and waste, and by runner. Amounts are exact, in 1e-17 USD, and rounded once for each row. */

static const struct column columns[] = {
    {"line", "text",
     "fleet; nodepool; nodes (of one type in one pool); capacity (on-demand or spot); use (what "
     "the nodes were paid for; these rows add up to the fleet); lost (work done for nothing, part "
     "of running); runner; idle (what no runner held: fleet less runners)."},
    {"name", "text",
     "For capacity: on-demand, spot. For use: running, starting, terminating (runners' parts of "
     "nodes), rest (of nodes that hold a replica: room that is free or stranded), coming (nodes "
     "that were asked for, until they are ready), warm (nodes without replicas, up to "
     "warm_instances), empty (other nodes that hold none), down. Coming and warm only where "
     "nodepools have scaling. For lost: preemption, drain, failure, reclaim, and consolidation, "
     "upgrade and crash where the scenario has them. For runner: its id."},
    {"nodepool", "text", "For nodepool and nodes."},
    {"instance_type", "text", "For nodes."},
    {"hours", "h",
     "Node-hours; for use only of coming, warm, empty and down, where nobody holds a part."},
    {"unpriced_hours", "h",
     "Of these, and for runner of its replica-hours, those at an unknown price, which cost_usd "
     "leaves out."},
    {"cost_usd", "USD", "What they cost, as far as prices are known."},
    {"share_pct", "%", "cost_usd of the fleet's."},
    {"usd_per_hour", "USD/h", "cost_usd over the length of the run."},
    {"usd_per_hour_min", "USD/h",
     "For fleet and nodepool: min_instances nodes of the cheapest type; none where a price is "
     "unknown."},
    {"usd_per_hour_max", "USD/h", "The same of max_instances nodes of the dearest type."},
    {"lost_usd", "USD",
     "For runner: of cost_usd, what its lost work had cost, for whatever cause."},
};

struct cost_row {
    const char *line, *name, *pool, *type; /* "": none */
    int128 node_us, unpriced_us;           /* -1: none */
    int128 grains;
    const int128 *lost_grains; /* NULL: none */
    bool has_range, range_is_known;
    int128 min_per_hour, max_per_hour; /* micro-USD */
};

struct cost_table {
    const struct report_view *view;
    struct table *table;
    int128 fleet_grains;
};

static void write_range(const struct cost_row *row, struct table *table)
{
    if (!row->has_range || !row->range_is_known) {
        table_empty(table);
        table_empty(table);
        return;
    }
    field_usd(table, row->min_per_hour);
    field_usd(table, row->max_per_hour);
}

static void write_hours(int128 us, struct table *table)
{
    if (us < 0)
        table_empty(table);
    else
        field_hours(table, us);
}

static void write_row(const struct cost_table *to, const struct cost_row *row)
{
    static const int64_t us_per_hour = INT64_C(3600000000);
    struct table *table = to->table;
    table_text(table, row->line);
    table_text(table, row->name);
    table_text(table, row->pool);
    table_text(table, row->type);
    write_hours(row->node_us, table);
    write_hours(row->unpriced_us, table);
    field_usd(table, micro_of_grains(row->grains));
    field_ratio_percent(table, row->grains, to->fleet_grains);
    if (to->view->end_us > 0)
        field_usd(table, micro_of_grains(row->grains / to->view->end_us * us_per_hour));
    else
        table_empty(table);
    write_range(row, table);
    if (row->lost_grains)
        field_usd(table, micro_of_grains(*row->lost_grains));
    else
        table_empty(table);
    table_end_row(table);
}

static struct cost_row row_of(const char *line, const char *name)
{
    return (struct cost_row){
        .line = line, .name = name, .pool = "", .type = "", .node_us = -1, .unpriced_us = -1};
}

/* A row of nodes: it has hours. */
static struct cost_row row_of_nodes(const char *line, const char *name)
{
    struct cost_row row = row_of(line, name);
    row.node_us = row.unpriced_us = 0;
    return row;
}

/* ---- nodes ---- */

static void add_group(const struct report_view *view, const struct scope *scope,
                      struct cost_row *row)
{
    const struct fleet *fleet = &view->sim->sched.fleet;
    const struct node_type *type = fleet_group_type(fleet, scope->group);
    int128 node_us = integral_area(&scope->nodes_up_or_down, view->end_us);
    row->node_us += node_us;
    if (type->has_price)
        row->grains += node_us * type->price_micro;
    else
        row->unpriced_us += node_us;
}

static bool group_is_spot(const struct report_view *view, const struct scope *scope)
{
    const struct scenario *scenario = view->sim->scenario;
    int32_t type = view->sim->sched.fleet.groups[scope->group].type;
    return scenario_type_is_spot(scenario, type);
}

/* Adds what the pool costs an hour at its least and at its most. */
static void add_range(const struct report_view *view, int32_t number, struct cost_row *row)
{
    struct hourly_range range;
    row->range_is_known &= pool_hourly_range(view->sim->scenario, number, &range);
    row->min_per_hour += range.least;
    row->max_per_hour += range.most;
}

static const struct scope *group_at(const struct metrics *metrics, int32_t number)
{
    return &metrics->scopes[1 + metrics->pool_scope_count + number];
}

static int32_t group_count(const struct metrics *metrics)
{
    return metrics->scope_count - 1 - metrics->pool_scope_count;
}

static void write_fleet(struct cost_table *to)
{
    const struct metrics *metrics = &to->view->sim->metrics;
    struct cost_row row = row_of_nodes("fleet", "");
    row.has_range = row.range_is_known = true;
    for (int32_t i = 0; i < group_count(metrics); i++)
        add_group(to->view, group_at(metrics, i), &row);
    for (int32_t i = 0; i < metrics->pool_scope_count; i++)
        add_range(to->view, i, &row);
    to->fleet_grains = row.grains;
    write_row(to, &row);
}

static void write_pools(const struct cost_table *to)
{
    const struct metrics *metrics = &to->view->sim->metrics;
    for (int32_t pool = 0; pool < metrics->pool_scope_count; pool++) {
        struct cost_row row = row_of_nodes("nodepool", "");
        row.pool = to->view->sim->scenario->pools[pool].id;
        row.has_range = row.range_is_known = true;
        add_range(to->view, pool, &row);
        for (int32_t i = 0; i < group_count(metrics); i++)
            if (group_at(metrics, i)->pool == pool)
                add_group(to->view, group_at(metrics, i), &row);
        write_row(to, &row);
    }
}

static void write_groups(const struct cost_table *to)
{
    const struct sim *sim = to->view->sim;
    for (int32_t i = 0; i < group_count(&sim->metrics); i++) {
        const struct scope *scope = group_at(&sim->metrics, i);
        struct cost_row row = row_of_nodes("nodes", "");
        row.pool = sim->scenario->pools[scope->pool].id;
        row.type = fleet_group_type(&sim->sched.fleet, scope->group)->id;
        add_group(to->view, scope, &row);
        if (row.node_us > 0)
            write_row(to, &row);
    }
}

static void write_capacity_types(const struct cost_table *to)
{
    static const char *const names[] = {"on-demand", "spot"};
    const struct metrics *metrics = &to->view->sim->metrics;
    for (int kind = 0; kind < 2; kind++) {
        struct cost_row row = row_of_nodes("capacity", names[kind]);
        for (int32_t i = 0; i < group_count(metrics); i++)
            if (group_is_spot(to->view, group_at(metrics, i)) == (kind == 1))
                add_group(to->view, group_at(metrics, i), &row);
        write_row(to, &row);
    }
}

/* ---- use and waste ---- */

static void write_uses(const struct cost_table *to)
{
    for (int use = 0; use < BILL_USE_COUNT; use++) {
        const struct bill_line *line = &to->view->bill.uses[use];
        struct cost_row row = row_of("use", bill_use_name((enum bill_use)use));
        row.node_us = line->node_us;
        row.unpriced_us = line->unpriced_us;
        row.grains = line->grains;
        if ((use != USE_COMING && use != USE_WARM) || to->view->sim->scaling.is_enabled)
            write_row(to, &row);
    }
}

static void write_losses(const struct cost_table *to)
{
    for (int blame = BLAME_PREEMPTION; blame < BLAME_COUNT; blame++) {
        if (blame == BLAME_CONSOLIDATION && !to->view->sim->consolidations.is_enabled)
            continue;
        if (blame == BLAME_UPGRADE && to->view->sim->upgrade_count == 0)
            continue;
        struct cost_row row = row_of("lost", blame_name((enum blame)blame));
        row.grains = to->view->sim->metrics.cost_lost[blame];
        write_row(to, &row);
    }
    if (crashes_table.is_wanted(to->view)) {
        struct cost_row row = row_of("lost", "crash");
        row.grains = to->view->sim->metrics.cost_lost_by_crashes;
        write_row(to, &row);
    }
}

/* ---- runners ---- */

static void write_runners(const struct cost_table *to)
{
    const struct sim *sim = to->view->sim;
    struct cost_row idle = row_of("idle", "");
    idle.grains = to->fleet_grains;
    for (int32_t runner = 0; runner < sim->runner_count; runner++) {
        char name[RUNNER_NAME_SIZE];
        const struct runner_cost *cost = metrics_cost(&sim->metrics, runner);
        struct cost_row row = row_of("runner", sim_runner_name(sim, runner, name));
        for (int kind = 0; kind < EXPENSE_COUNT; kind++)
            row.grains += cost->parts[kind];
        idle.grains -= row.grains;
        row.unpriced_us = sim->metrics.runners[runner].unpriced_us;
        row.lost_grains = &cost->lost;
        if (report_view_selects(to->view, runner))
            write_row(to, &row);
    }
    write_row(to, &idle);
}

static int write_cost(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    struct cost_table to = {.view = view, .table = table};
    write_fleet(&to);
    write_pools(&to);
    write_groups(&to);
    write_capacity_types(&to);
    write_uses(&to);
    write_losses(&to);
    write_runners(&to);
    return 0;
}

const struct report_table cost_table = {
    .file = "cost.csv",
    .title = "What the fleet cost, by pool, nodes, capacity type, use and waste, and runner.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_cost,
};
