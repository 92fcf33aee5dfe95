/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"runner", "text", "Id, or \"<name>-<k>\" of a generated runner."},
    {"crashes", "count", "Crashes of its replicas."},
    {"at_start", "count", "Of these, at the end of a start."},
    {"down_s", "replica-s",
     "Sum over its replicas of the time from a crash to the next time of running, or to when they "
     "went: back-off and restarts. Exact."},
    {"down_mean_s", "s", "The same for each crash; none without any."},
    {"work_lost_s", "replica-s", "Time for which the replicas had run that crashed."},
};

static int write_crashes(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct sim *sim = view->sim;
    for (int32_t i = 0; i < sim->runner_count; i++) {
        const struct crash_stats *crashes = &metrics_rare(&sim->metrics, i)->crashes;
        if (!sim->runners[i].def->crash || !report_view_selects(view, i))
            continue;
        field_runner(table, sim, i);
        table_int(table, crashes->count);
        table_int(table, crashes->at_start_count);
        table_seconds(table, crashes->down_us);
        if (crashes->count == 0)
            table_empty(table);
        else
            table_seconds(table, crashes->down_us / crashes->count);
        table_seconds(table, crashes->work_lost_us);
        table_end_row(table);
    }
    return 0;
}

static bool is_wanted(const struct report_view *view)
{
    for (int32_t i = 0; i < view->sim->runner_count; i++)
        if (view->sim->runners[i].def->crash)
            return true;
    return false;
}

const struct report_table crashes_table = {
    .file = "crashes.csv",
    .title = "One row for each runner with `crashes`; only where there are such.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = is_wanted,
    .write = write_crashes,
};
