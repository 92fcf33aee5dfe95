/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/bill.h"
#include "reports/fields.h"
#include "reports/losses.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"cause", "text",
     "preemption; drain (by events, with removals); failure (of nodes, by events and by "
     "themselves); failure-of-node, -rack, -zone (parts of failure, by what failed as a whole); "
     "reclaim; consolidation; upgrade; crash (of replicas)."},
    {"nodes", "count", "Nodes that it hit; none where it is not about nodes, or not counted."},
    {"replicas", "count", "Live replicas that it took; of crash: crashes; none of the parts."},
    {"work_lost_s", "replica-s", "Time for which these had been running."},
    {"work_lost_usd", "USD", "What that time cost, on nodes with a price; none of the parts."},
    {"below_floor_s", "s",
     "Time below their floors of all runners, where this cause was the first to break it; none of "
     "the parts and of crash, which leaves replicas live."},
    {"floor_breaches", "count",
     "Replicas taken that left their runner with fewer live ones than its floor; none as before."},
};

static void field_count(struct table *table, int64_t count)
{
    if (count < 0)
        table_empty(table);
    else
        table_int(table, count);
}

static void write_loss(const struct loss *loss, struct table *table)
{
    field_count(table, loss->node_count);
    field_count(table, loss->replica_count);
    table_seconds(table, loss->work_lost_us);
    if (loss->cost_lost < 0)
        table_empty(table);
    else
        field_usd(table, micro_of_grains(loss->cost_lost));
    if (loss->below_floor_us < 0)
        table_empty(table);
    else
        table_seconds(table, loss->below_floor_us);
    field_count(table, loss->breach_count);
}

static int write_losses(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    for (int i = 0; i < LOSS_CAUSE_COUNT; i++) {
        struct loss loss = loss_of(view->sim, (enum loss_cause)i);
        if (!loss_is_there(&loss))
            continue;
        table_text(table, loss_cause_name((enum loss_cause)i));
        write_loss(&loss, table);
        table_end_row(table);
    }
    return 0;
}

static bool is_wanted(const struct report_view *view)
{
    for (int i = 0; i < LOSS_CAUSE_COUNT; i++) {
        struct loss loss = loss_of(view->sim, (enum loss_cause)i);
        if (loss_is_there(&loss))
            return true;
    }
    return false;
}

const struct report_table losses_table = {
    .file = "losses.csv",
    .title = "What went wrong and what it cost: one row for each cause that hit a node or a "
             "replica; only where one did.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = is_wanted,
    .write = write_losses,
};
