/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"start_s", "s", "Start of the time bin."},
    {"end_s", "s", "Its end."},
    {"coming_mean", "nodes", "Mean number of nodes that were being provisioned."},
    {"booting_mean", "nodes", "That were provisioned, and not ready yet."},
    {"used_mean", "nodes", "That were ready and held replicas."},
    {"warm_mean", "nodes", "That were ready and held none, up to warm_instances of each pool."},
    {"empty_mean", "nodes", "That were ready and held none, beyond these."},
    {"draining_mean", "nodes", "That took no more: cordoned or draining."},
    {"failed_mean", "nodes", "That were down."},
};

static int write_states(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct metrics *metrics = &view->sim->metrics;
    for (int32_t bin = 0; bin < TIMELINE_BINS; bin++) {
        int64_t start_us = bin * metrics->bin_us;
        int64_t end_us =
            start_us + metrics->bin_us < view->end_us ? start_us + metrics->bin_us : view->end_us;
        if (start_us >= end_us)
            break;
        table_seconds(table, start_us);
        table_seconds(table, end_us);
        for (int phase = 0; phase < NODE_PHASE_COUNT; phase++)
            field_mean(table, metrics->phases[phase].bin_nodes[bin], end_us - start_us);
        table_end_row(table);
    }
    return 0;
}

static bool is_wanted(const struct report_view *view)
{
    return view->sim->scaling.is_enabled;
}

const struct report_table node_states_table = {
    .file = "node_states.csv",
    .title = "What the nodes that are paid for do: one row for each time bin of timeline.csv; only "
             "where a nodepool has simulation.scaling.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = is_wanted,
    .write = write_states,
};
