/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "reports/fields.h"
#include "reports/scope_names.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"scope", "text", "fleet, nodepool, or instance-type (one type in one pool)."},
    {"nodepool", "text", "Id of the pool; none for the fleet."},
    {"instance_type", "text", "Id of the type; none for fleet and pools."},
    {"resource", "text", "cpu, memory, devices, device-share."},
    {"unit", "text", "Unit of the amounts."},
    {"capacity", "see unit", "Of the nodes that are ready or drained at the end."},
    {"used", "see unit", "What bound replicas take."},
    {"held", "see unit", "What is kept for nominated replicas."},
    {"free", "see unit", "The rest: capacity = used + held + free."},
    {"free_closed", "see unit", "Of free: on nodes that take no demand (drained, or closed pool)."},
    {"stranded", "see unit",
     "Of free: on nodes that take demand, but where nothing that asks for this resource fits (of "
     "the "
     "shapes that wait and could use such a node; where none waits, of all shapes of the "
     "scenario). None where no shape of the scenario asks for the resource."},
    {"stranded_pct", "%", "stranded / capacity."},
    {"nodes", "count", "Nodes that are ready or drained."},
    {"nodes_used", "count", "Of these, nodes with at least one bound replica."},
    {"used_pct_of_used_nodes", "%", "used / capacity of the nodes in use: packing efficiency."},
    {"nodes_bound", "count",
     "Fewest nodes, largest first, whose capacity sums up to used: no packing can need fewer. None "
     "for devices, whose shares may be put together."},
};

static void write_row(const struct report_view *view, int32_t number, enum resource resource,
                      struct table *table)
{
    const struct scope_packing *packing = &view->packing.scopes[number];
    const struct packing_resource *amounts = &packing->resources[resource];
    scope_write(view->sim, &view->sim->metrics.scopes[number], table);
    table_text(table, resource_name(resource));
    table_text(table, resource_unit_name(resource));
    field_int128(table, amounts->capacity);
    field_int128(table, amounts->used);
    field_int128(table, amounts->held);
    field_int128(table, amounts->free);
    field_int128(table, amounts->closed);
    if (view->packing.is_asked[resource]) {
        field_int128(table, amounts->stranded);
        field_ratio_percent(table, amounts->stranded, amounts->capacity);
    } else {
        table_empty(table);
        table_empty(table);
    }
    table_int(table, packing->node_count);
    table_int(table, packing->used_node_count);
    field_percent(table, packing_used_share(amounts));
    if (amounts->nodes_bound < 0)
        table_empty(table);
    else
        table_int(table, amounts->nodes_bound);
    table_end_row(table);
}

static int write_packing(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    for (int32_t i = 0; i < view->sim->metrics.scope_count; i++) {
        if (i > 0 && view->packing.scopes[i].node_count == 0)
            continue;
        for (int r = 0; r < RESOURCE_COUNT; r++)
            write_row(view, i, (enum resource)r, table);
    }
    return 0;
}

const struct report_table packing_table = {
    .file = "packing.csv",
    .title = "One row for each scope and resource: how it is packed at the end of the run.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_packing,
};
