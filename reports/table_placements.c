/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/occupants.h"
#include "reports/tables.h"
#include "reports/view.h"

/* What is where at the end of the run. */

static const struct column columns[] = {
    {"node", "text", "Name of the node."},
    {"nodepool", "text", "Pool of the node."},
    {"instance_type", "text", "Instance type of the node."},
    {"zone", "text", "Zone of the node, where one was given."},
    {"runner", "text", "Id of the runner."},
    {"replica", "number", "Ordinal of the replica within its runner, from 0, never used twice."},
    {"priority", "0-9", "Priority of the runner, 9 highest."},
    {"state", "text",
     "starting, running or terminating: the replica holds its room; nominated: the room is kept "
     "for "
     "it until the victims there are gone."},
    {"devices", "text", "Indices of its devices on the node, joined by semicolons."},
    {"cpu_milli", "milli-CPU",
     "CPU that it takes; 0 on nodes whose CPU and memory are not checked (local-dev)."},
    {"memory_bytes", "bytes", "Memory that it takes."},
    {"device_count", "count", "Devices that it takes a share of."},
    {"device_share_milli", "milli-devices",
     "Share of all its devices together; 1000 is a whole device."},
    {"bound_s", "s", "Instant at which it was bound; none for a nominated one."},
    {"running_since_s", "s", "Instant from which it runs; none before."},
};

static const char *print_devices(uint64_t devices, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < SHAPE_DEVICES_MAX; i++)
        if (devices >> i & 1U)
            used += (size_t)snprintf(out + used, size - used, used == 0 ? "%d" : ";%d", i);
    return out;
}

static void write_takes(const struct sim *sim, const struct replica *replica, struct table *table)
{
    const struct shape *shape =
        &sim->scenario->shapes.items[sim->sched.runners[replica->runner].shape];
    const struct node_type *type = fleet_type_of(&sim->sched.fleet, replica->node);
    for (int r = 0; r < RESOURCE_COUNT; r++)
        table_int(table, shape_takes(shape, type, (enum resource)r));
}

static void write_row(const struct sim *sim, int32_t number, struct table *table)
{
    char devices[SHAPE_DEVICES_MAX * 3 + 1];
    const struct fleet *fleet = &sim->sched.fleet;
    const struct replica *replica = &sim->sched.replicas[number];
    bool is_bound = replica_is_bound(replica);
    field_node(table, sim, replica->node);
    table_text(table, fleet->pools[fleet_pool_of(fleet, replica->node)].id);
    table_text(table, fleet_type_of(fleet, replica->node)->id);
    table_text(table, sim->nodes[replica->node].def.zone);
    field_runner(table, sim, replica->runner);
    table_int(table, replica->ordinal);
    table_int(table, sim->sched.runners[replica->runner].priority);
    table_text(table, replica_state_name((enum replica_state)replica->state));
    table_text(table, print_devices(replica->devices, devices, sizeof devices));
    write_takes(sim, replica, table);
    field_instant(table, is_bound ? sim->replicas[number].bound_us : TIME_NEVER);
    field_instant(table, replica->running_since);
    table_end_row(table);
}

static int write_placements(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    for (int32_t i = 0; i < view->occupant_count; i++)
        if (report_view_selects(view, view->sim->sched.replicas[view->occupants[i]].runner))
            write_row(view->sim, view->occupants[i], table);
    return 0;
}

const struct report_table placements_table = {
    .file = "placements.csv",
    .title = "One row for each replica that has a place at the end of the run, by node.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_placements,
};
