/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>

#include "base/array.h"
#include "reports/cost.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"asked_s", "s", "Instant at which the node was asked for."},
    {"nodepool", "text", "In which pool."},
    {"instance_type", "text", "Of which type."},
    {"node", "text", "Its name; none where there was none to be had."},
    {"zone", "text", "Its zone, where the pool names zones."},
    {"why", "text",
     "demand: for replicas that waited; min: the pool had fewer than min_instances; warm: for "
     "warm_instances; replacement: a consolidation replaces others by it."},
    {"runner", "text", "For demand: the runner of the first replica that it was to take."},
    {"replicas", "count", "For demand: how many waiting replicas it was to take."},
    {"outcome", "text",
     "ready; failed: it did not get ready; out-of-stock: there was none to be had; removed: by an "
     "event, before it was ready; coming: still, at the end."},
    {"ended_s", "s", "Instant of that outcome; none while it is coming."},
    {"start_up_s", "s", "Time from asked for to that outcome, or to the end of the run."},
    {"start_up_usd", "USD",
     "What that time cost, in which the node served nobody; none where the price is unknown."},
    {"idle_s", "s",
     "Time from ready to the first replica, or to its removal or the end of the run "
     "where none came; none where it did not get ready."},
};

static const char *reason_name(enum launch_reason reason)
{
    static const char *const names[] = {[LAUNCH_FOR_DEMAND] = "demand",
                                        [LAUNCH_FOR_MIN] = "min",
                                        [LAUNCH_FOR_WARM] = "warm",
                                        [LAUNCH_FOR_REPLACEMENT] = "replacement"};
    assert((size_t)reason < ARRAY_LEN(names));
    return names[reason];
}

static const char *outcome_name(enum launch_outcome outcome)
{
    static const char *const names[] = {[LAUNCH_COMING] = "coming",
                                        [LAUNCH_READY] = "ready",
                                        [LAUNCH_FAILED] = "failed",
                                        [LAUNCH_OUT_OF_STOCK] = "out-of-stock",
                                        [LAUNCH_WITHDRAWN] = "removed"};
    assert((size_t)outcome < ARRAY_LEN(names));
    return names[outcome];
}

/* From ready to the first replica, to its removal, or to the end. */
static int64_t idle_us(const struct report_view *view, const struct launch *launch)
{
    const struct sim_node *node = &view->sim->nodes[launch->node];
    int64_t until_us = view->end_us;
    if (node->removed_us < until_us)
        until_us = node->removed_us;
    if (node->first_bound_us < until_us)
        until_us = node->first_bound_us;
    return until_us - launch->ended_us;
}

static void write_demand(const struct sim *sim, const struct launch *launch, struct table *table)
{
    table_text(table, reason_name(launch->reason));
    if (launch->reason == LAUNCH_FOR_DEMAND) {
        field_runner(table, sim, launch->runner);
        table_int(table, launch->replica_count);
    } else {
        table_empty(table);
        table_empty(table);
    }
}

static void write_outcome(const struct report_view *view, const struct launch *launch,
                          struct table *table)
{
    const struct node_type *type = &view->sim->sched.fleet.types[launch->type];
    bool is_coming = launch->outcome == LAUNCH_COMING;
    int64_t start_up_us = (is_coming ? view->end_us : launch->ended_us) - launch->asked_us;
    table_text(table, outcome_name(launch->outcome));
    field_instant(table, launch->ended_us);
    table_seconds(table, start_up_us);
    if (type->has_price)
        field_usd(table, cost_of_time(start_up_us, type->price_micro));
    else
        table_empty(table);
    if (launch->outcome == LAUNCH_READY)
        table_seconds(table, idle_us(view, launch));
    else
        table_empty(table);
}

static int write_launches(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct sim *sim = view->sim;
    for (int32_t i = 0; i < sim->scaling.launch_count; i++) {
        const struct launch *launch = &sim->scaling.launches[i];
        bool has_node = launch->node != NO_INDEX;
        table_seconds(table, launch->asked_us);
        table_text(table, sim->scenario->pools[launch->pool].id);
        table_text(table, sim->sched.fleet.types[launch->type].id);
        if (has_node)
            field_node(table, sim, launch->node);
        else
            table_empty(table);
        table_text(table, has_node ? sim->nodes[launch->node].def.zone : NULL);
        write_demand(sim, launch, table);
        write_outcome(view, launch, table);
        table_end_row(table);
    }
    return 0;
}

static bool is_wanted(const struct report_view *view)
{
    return view->sim->scaling.is_enabled;
}

const struct report_table launches_table = {
    .file = "launches.csv",
    .title = "One row for each node that was asked for, in order; only where a nodepool has "
             "simulation.scaling.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = is_wanted,
    .write = write_launches,
};
