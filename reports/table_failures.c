/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"failed_s", "s", "Instant of the failure."},
    {"repaired_s", "s", "Instant from which the node was back; none where it was not."},
    {"down_s", "s", "Time from the failure on in which it was down, up to the end or its removal."},
    {"node", "text", "Name of the node."},
    {"nodepool", "text", "Its pool."},
    {"zone", "text", "Its zone, where one was given."},
    {"cause", "text",
     "event: of events or failures_file; failures[k], spot_capacity[k]: the k-th entry of these, "
     "from 0."},
    {"domain", "text", "What failed as a whole: node, rack or zone."},
    {"replicas_lost", "count", "Replicas that were bound to it, also terminating ones."},
    {"work_lost_s", "replica-s", "Running time of these that was lost."},
};

static int64_t down_us(const struct sim *sim, const struct node_failure *failure)
{
    int64_t end_us = failure->end_us;
    if (end_us == TIME_NEVER)
        end_us = sim->nodes[failure->node].removed_us;
    if (end_us == TIME_NEVER)
        end_us = sim->now_us;
    return end_us - failure->time_us;
}

static void write_cause(const struct sim *sim, int32_t failure, struct table *table)
{
    char cause[32];
    if (failure == NO_INDEX) {
        table_text(table, "event");
        table_text(table, failure_domain_name(FAILURE_OF_NODE));
        return;
    }
    if (failure >= sim->scenario->failure_count) {
        snprintf(cause, sizeof cause, "spot_capacity[%" PRId32 "]",
                 failure - sim->scenario->failure_count);
        table_text(table, cause);
        table_text(table, failure_domain_name(FAILURE_OF_NODE));
        return;
    }
    snprintf(cause, sizeof cause, "failures[%" PRId32 "]", failure);
    table_text(table, cause);
    table_text(table, failure_domain_name(sim->scenario->failures[failure].domain));
}

static int write_failures(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    const struct sim *sim = view->sim;
    for (int32_t i = 0; i < sim->failure_count; i++) {
        const struct node_failure *failure = &sim->failures[i];
        const struct node_def *node = &sim->nodes[failure->node].def;
        table_seconds(table, failure->time_us);
        field_instant(table, failure->end_us);
        table_seconds(table, down_us(sim, failure));
        field_node(table, sim, failure->node);
        table_text(table, sim->scenario->pools[node->pool].id);
        table_text(table, node->zone != NULL ? node->zone : "");
        write_cause(sim, failure->failure, table);
        table_int(table, failure->lost_count);
        table_seconds(table, failure->work_lost_us);
        table_end_row(table);
    }
    return 0;
}

static bool is_wanted(const struct report_view *view)
{
    return view->sim->failure_count > 0;
}

const struct report_table failures_table = {
    .file = "failures.csv",
    .title = "One row for each failure of a node, in order of time; only where a node failed.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = is_wanted,
    .write = write_failures,
};
