/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"demand_priority", "0-9", "Priority of the runner for whose demand replicas were evicted."},
    {"victim_priority", "0-9", "Priority of the runner that lost them."},
    {"evictions", "count", "Evictions between the two."},
    {"work_lost_s", "replica-s", "Running time thrown away."},
    {"device_work_lost_s", "device-s", "The same times the share of devices held."},
    {"recover_s_mean", "s",
     "Mean time until the victim's runner was whole again; a lower bound where unrecovered is not "
     "0."},
    {"unrecovered", "count", "Evictions after which it was not whole again by the end."},
};

static void write_row(int demand, int victim, const struct eviction_sum *sum, struct table *table)
{
    table_int(table, demand);
    table_int(table, victim);
    table_int(table, sum->count);
    field_seconds_of(table, sum->work_lost_us);
    table_decimal(table, int128_ratio(sum->share_lost_milli_us, INT64_C(1000000000)), 6);
    table_decimal(table, int128_ratio(sum->recover_us, (int128)sum->count * 1000000), 6);
    table_int(table, sum->unrecovered_count);
    table_end_row(table);
}

static int write_totals(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    for (int demand = 9; demand >= 0; demand--)
        for (int victim = 9; victim >= 0; victim--)
            if (view->evictions.cells[demand][victim].count > 0)
                write_row(demand, victim, &view->evictions.cells[demand][victim], table);
    return 0;
}

const struct report_table preemption_totals_table = {
    .file = "preemption_totals.csv",
    .title = "One row for each pair of priorities between which there were evictions.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_totals,
};
