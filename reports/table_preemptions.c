/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"time_s", "s", "Instant of the eviction."},
    {"node", "text", "Node on which it happened."},
    {"nodepool", "text", "Pool of the node."},
    {"victim_runner", "text", "Runner that lost a replica."},
    {"victim_replica", "number", "Ordinal of the replica."},
    {"victim_priority", "0-9", "Priority of its runner."},
    {"victim_was", "text", "starting or running."},
    {"demand_runner", "text", "Runner of the demand for which it had to go."},
    {"demand_replica", "number", "Ordinal of the replica that is to take the place."},
    {"demand_priority", "0-9", "Priority of that runner."},
    {"demand_class", "text", "core: that demand was needed for its floor; else extra."},
    {"reason", "text",
     "lower-priority: the victim's priority was lower; extra-for-core: an extra replica went for a "
     "core demand of no higher priority."},
    {"chain_depth", "count",
     "1: an ordinary demand; n: the demand replaces a victim of depth n-1."},
    {"work_lost_s", "replica-s", "Time for which the victim had been running."},
    {"device_work_lost_s", "device-s", "The same times the share of devices that it held."},
    {"running_before", "count", "Replicas of the victim's runner that ran just before."},
    {"recover_s", "s",
     "Time until as many ran again, or as many as it then wished where that was less; up to the "
     "end "
     "(or the runner's departure) where that did not happen."},
    {"is_recovered", "yes/no", "no: recover_s is a lower bound."},
};

static void write_row(const struct sim *sim, const struct eviction *eviction, struct table *table)
{
    const struct fleet *fleet = &sim->sched.fleet;
    table_seconds(table, eviction->time_us);
    field_node(table, sim, eviction->node);
    table_text(table, fleet->pools[fleet_pool_of(fleet, eviction->node)].id);
    field_runner(table, sim, eviction->victim_runner);
    table_int(table, eviction->victim_ordinal);
    table_int(table, eviction->victim_priority);
    table_text(table, eviction->was_starting ? "starting" : "running");
    field_runner(table, sim, eviction->demand_runner);
    table_int(table, eviction->demand_ordinal);
    table_int(table, eviction->demand_priority);
    table_text(table, eviction->demand_class == CLASS_CORE ? "core" : "extra");
    table_text(table, eviction_reason(eviction));
    table_int(table, eviction->chain_depth);
    table_seconds(table, eviction->work_lost_us);
    table_decimal(table, int128_ratio(eviction_share_lost(sim, eviction), INT64_C(1000000000)), 6);
    table_int(table, eviction->running_before);
    table_seconds(table, eviction_recover_us(sim, eviction));
    field_yes_no(table, eviction->recovered_at_us != TIME_NEVER);
    table_end_row(table);
}

static int write_preemptions(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct metrics *metrics = &view->sim->metrics;
    for (int32_t i = 0; i < metrics->eviction_count; i++) {
        const struct eviction *eviction = &metrics->evictions[i];
        if (report_view_selects(view, eviction->victim_runner) ||
            report_view_selects(view, eviction->demand_runner))
            write_row(view->sim, eviction, table);
    }
    return 0;
}

const struct report_table preemptions_table = {
    .file = "preemptions.csv",
    .title = "One row for each eviction by preemption, in the order of events.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_preemptions,
};
