/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>

#include "base/array.h"
#include "reports/cost.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"found_s", "s", "Instant of the look that found it."},
    {"nodepool", "text", "The pool."},
    {"method", "text",
     "empty: nodes without replicas; multi: several nodes; single: one node. See nodepools, "
     "consolidation."},
    {"outcome", "text",
     "done; dropped: it did not hold any more when looked at again; no-replacement: the other node "
     "was not to be had, or did not come; open: still, at the end."},
    {"ended_s", "s",
     "Instant of that outcome; done: the nodes were told to go. None while it is open."},
    {"nodes", "count", "Nodes that were to go, or, when done, that were told to."},
    {"first_node", "text", "Name of the first of them."},
    {"replacement", "text", "Name of the node that was asked for in their place; none: none was."},
    {"replicas_moved", "count", "When done: replicas that had to move."},
    {"saved_usd_per_hour", "USD/h",
     "When done: what the nodes cost in an hour, less what the replacement does; none where a "
     "price is unknown."},
};

static const char *method_name(enum consolidation_method method)
{
    static const char *const names[CONSOLIDATE_METHOD_COUNT] = {
        [CONSOLIDATE_EMPTY] = "empty",
        [CONSOLIDATE_MULTI] = "multi",
        [CONSOLIDATE_SINGLE] = "single",
    };
    assert((size_t)method < ARRAY_LEN(names));
    return names[method];
}

static const char *outcome_name(enum consolidation_stage stage)
{
    static const char *const names[CONSOLIDATION_STAGE_COUNT] = {
        [CONSOLIDATION_WAITS] = "open",
        [CONSOLIDATION_REPLACES] = "open",
        [CONSOLIDATION_DONE] = "done",
        [CONSOLIDATION_DROPPED] = "dropped",
        [CONSOLIDATION_UNMET] = "no-replacement",
    };
    assert((size_t)stage < ARRAY_LEN(names));
    return names[stage];
}

/* Price a second that is saved, in 1e-11 USD; -1: not known. */
static int64_t saved_price(const struct sim *sim, const struct consolidation *item)
{
    const struct fleet *fleet = &sim->sched.fleet;
    int64_t price = 0;
    for (int32_t i = 0; i < item->node_count; i++) {
        const struct node_type *type =
            fleet_type_of(fleet, sim->consolidations.nodes[item->first_node + i]);
        if (!type->has_price)
            return -1;
        price += type->price_micro;
    }
    if (item->replacement != NO_INDEX)
        price -= fleet_type_of(fleet, item->replacement)->price_micro;
    return price;
}

static void write_effect(const struct sim *sim, const struct consolidation *item,
                         struct table *table)
{
    static const int64_t hour_us = INT64_C(3600000000);
    int64_t price = saved_price(sim, item);
    if (item->stage != CONSOLIDATION_DONE) {
        table_empty(table);
        table_empty(table);
        return;
    }
    table_int(table, item->replica_count);
    if (price < 0)
        table_empty(table);
    else
        field_usd(table, cost_of_time(hour_us, price));
}

static int write_consolidations(const struct report_view *view, struct table *table,
                                struct err *err)
{
    (void)err;
    const struct sim *sim = view->sim;
    for (int32_t i = 0; i < sim->consolidations.count; i++) {
        const struct consolidation *item = &sim->consolidations.items[i];
        table_seconds(table, item->found_us);
        table_text(table, sim->scenario->pools[item->pool].id);
        table_text(table, method_name(item->method));
        table_text(table, outcome_name(item->stage));
        field_instant(table, item->ended_us);
        table_int(table, item->node_count);
        field_node(table, sim, sim->consolidations.nodes[item->first_node]);
        if (item->replacement == NO_INDEX)
            table_empty(table);
        else
            field_node(table, sim, item->replacement);
        write_effect(sim, item, table);
        table_end_row(table);
    }
    return 0;
}

static bool is_wanted(const struct report_view *view)
{
    return view->sim->consolidations.is_enabled;
}

const struct report_table consolidations_table = {
    .file = "consolidations.csv",
    .title = "One row for each consolidation that was found, in order; only where a nodepool has "
             "`consolidation`.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = is_wanted,
    .write = write_consolidations,
};
