/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/view.h"

/* Who waits at the end of the run, and why. */

static const struct column columns[] = {
    {"runner", "text", "Id of the runner."},
    {"nodepool", "text", "The first pool that may serve it."},
    {"priority", "0-9", "Priority of the runner, 9 highest."},
    {"class", "text",
     "core: needed for the runner's floor; extra: above it; none for nominated and blocked "
     "demand."},
    {"count", "count", "Replicas that wait."},
    {"answer", "text",
     "never: no instance type of an eligible pool could hold one, or no eligible pool takes "
     "demand; "
     "no-node: a type could, but there is no such node; not-now: there is no room now; nominated: "
     "a "
     "place is kept, its victims have not gone yet; blocked: special handling is not done; now: "
     "the "
     "run was ended before it could be bound."},
    {"reason", "text", "The same in one sentence."},
    {"longest_wait_s", "s", "How long the one that waits longest has waited by the end."},
    {"places", "count", "Places looked at: nodes, or for never instance types in pools."},
    {"place_kind", "text", "nodes or types."},
    {"failed_pool", "count", "Of these, how many are in no eligible pool or in a closed one."},
    {"failed_node_state", "count", "How many are drained or down."},
    {"failed_arch", "count", "How many have another architecture."},
    {"failed_device_type", "count", "How many have no device of an accepted type or topology."},
    {"failed_device_memory", "count", "How many have devices with too little memory each."},
    {"failed_devices", "count", "How many have too few devices with enough free."},
    {"failed_cpu", "count", "How many have too little CPU."},
    {"failed_memory", "count", "How many have too little memory."},
    {"failed_packing", "count", "How many are ruled out by isolation or replicas per node."},
    {"near_node", "text", "Nearest miss: the node that lacks least; none where it is a type."},
    {"near_nodepool", "text", "Pool of the nearest miss."},
    {"near_instance_type", "text", "Instance type of the nearest miss."},
    {"near_lacks", "text", "What it lacks most."},
    {"near_asked", "unit of near_lacks",
     "How much of it one replica asks for: milli-CPU, bytes or devices."},
    {"near_there", "unit of near_lacks", "How much of it is there."},
    {"floor_blocked_nodes", "count",
     "Nodes on which an eviction would make room if floors did not forbid it."},
    {"new_node", "text",
     "Why no new node takes them: ambiguous (scheduling choice FAIL, and several types could); "
     "no-type (that its pools may launch could hold one); coming (one is); closed, at-maximum, "
     "out-of-stock (the pools); to-come (the run ended before it was asked for). None where no "
     "pool scales, and for nominated and blocked demand."},
};

static void write_empty(struct table *table, int count)
{
    for (int i = 0; i < count; i++)
        table_empty(table);
}

static void write_failures(const struct explanation *explanation, struct table *table)
{
    table_int(table, explanation->place_count);
    table_text(table, explanation->answer == FIT_NEVER ? "types" : "nodes");
    for (int i = 0; i < MISFIT_COUNT; i++)
        table_int(table, explanation->failed_count[i]);
}

static void write_near(const struct sim *sim, const struct near_miss *near, struct table *table)
{
    const struct fleet *fleet = &sim->sched.fleet;
    int32_t group = near->node >= 0 ? fleet->nodes[near->node].group : near->group;
    if (group < 0) {
        write_empty(table, 6);
        return;
    }
    if (near->node >= 0)
        field_node(table, sim, near->node);
    else
        table_empty(table);
    table_text(table, fleet->pools[fleet->groups[group].pool].id);
    table_text(table, fleet->types[fleet->groups[group].type].id);
    table_text(table, misfit_name(near->misfit));
    if (near->asked == 0) {
        write_empty(table, 2);
        return;
    }
    table_int(table, near->asked);
    table_int(table, near->there);
}

static bool looked_at_places(enum fit_answer answer)
{
    return answer == FIT_NOT_NOW || answer == FIT_NEVER || answer == FIT_NO_NODE;
}

static void write_explanation(const struct sim *sim, const struct explanation *explanation,
                              struct table *table)
{
    if (explanation == NULL || !looked_at_places(explanation->answer)) {
        write_empty(table, MISFIT_COUNT + 9);
        return;
    }
    write_failures(explanation, table);
    write_near(sim, &explanation->near, table);
    if (explanation->answer == FIT_NOT_NOW && sim->sched.options.preemption_enabled)
        table_int(table, explanation->floor_blocked_nodes);
    else
        table_empty(table);
}

static void write_outlook(const struct sim *sim, const struct waiting *row, struct table *table)
{
    bool is_pending = row->kind == WAITING_CORE || row->kind == WAITING_EXTRA;
    enum node_outlook outlook = is_pending ? node_outlook_of(sim, row->runner) : OUTLOOK_NONE;
    if (outlook == OUTLOOK_NONE)
        table_empty(table);
    else
        table_text(table, node_outlook_name(outlook));
}

static void write_row(const struct report_view *view, const struct waiting *row,
                      struct table *table)
{
    char reason[REASON_TEXT_SIZE];
    const struct sim *sim = view->sim;
    const struct waiting_list *list = &view->waiting;
    const struct runner_def *def = sim->runners[row->runner].def;
    field_runner(table, sim, row->runner);
    table_text(table, sim->scenario->pools[def->pool].id);
    table_int(table, def->priority);
    table_text(table, waiting_class_name(row->kind));
    table_int(table, row->count);
    table_text(table, waiting_answer(list, row));
    table_text(table, waiting_reason_print(sim, list, row, reason));
    table_seconds(table, row->longest_us);
    write_explanation(sim, row->reason == NO_INDEX ? NULL : &list->reasons[row->reason].explanation,
                      table);
    write_outlook(sim, row, table);
    table_end_row(table);
}

static int write_pending(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    for (int32_t i = 0; i < view->waiting.count; i++)
        if (report_view_selects(view, view->waiting.rows[i].runner))
            write_row(view, &view->waiting.rows[i], table);
    return 0;
}

const struct report_table pending_table = {
    .file = "pending.csv",
    .title = "One row for each runner and class of its demand that waits at the end, and why.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_pending,
};
