/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"begun_s", "s", "Instant of the event."},
    {"nodepool", "text", "The pool."},
    {"zone", "text", "Only nodes of this zone; none: all."},
    {"parallelism", "count", "How many nodes may be out of service for it at once."},
    {"upgraded", "count", "Nodes that are done."},
    {"passed_over", "count", "Nodes that were down or still coming when their turn came."},
    {"forced", "count", "Nodes that were drained although a runner fell below its floor."},
    {"floor_wait_s", "s", "Time in which the next node waited for floors."},
    {"ended_s", "s", "Instant at which the last node was back; none: not by the end of the run."},
    {"lasted_s", "s", "Time up to then, or to the end of the run."},
};

static int write_upgrades(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct sim *sim = view->sim;
    for (int32_t i = 0; i < sim->upgrade_count; i++) {
        const struct sim_upgrade *upgrade = &sim->upgrades[i];
        const struct event_def *def = &sim->scenario->events[upgrade->event];
        bool has_ended = upgrade->ended_us != TIME_NEVER;
        table_seconds(table, def->at_us);
        table_text(table, sim->scenario->pools[def->pool].id);
        table_text(table, def->zone ? def->zone : "");
        table_int(table, def->count);
        table_int(table, upgrade->done_count);
        table_int(table, upgrade->passed_count);
        table_int(table, upgrade->forced_count);
        table_seconds(table, upgrade->waited_us);
        field_instant(table, upgrade->ended_us);
        table_seconds(table, (has_ended ? upgrade->ended_us : sim->now_us) - def->at_us);
        table_end_row(table);
    }
    return 0;
}

static bool is_wanted(const struct report_view *view)
{
    return view->sim->upgrade_count > 0;
}

const struct report_table upgrades_table = {
    .file = "upgrades.csv",
    .title = "One row for each rolling upgrade, in order of time; only where there was one.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = is_wanted,
    .write = write_upgrades,
};
