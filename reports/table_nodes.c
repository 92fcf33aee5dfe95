/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/occupants.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"node", "text", "Name of the node."},
    {"nodepool", "text", "Its pool."},
    {"instance_type", "text", "Its instance type."},
    {"zone", "text", "Its zone, where one was given."},
    {"state", "text",
     "At the end: ready; drained (keeps what it has, takes no more); down (failed); removed; "
     "coming "
     "(asked for, not ready yet)."},
    {"added_s", "s", "Instant from which it exists."},
    {"removed_s", "s", "Instant at which it was removed; none while it exists."},
    {"existed_s", "s", "Time for which it existed (and is paid for), in any state."},
    {"down_s", "s", "Of that, time for which it was down."},
    {"drained_s", "s", "Of that, time for which it was cordoned or draining."},
    {"cpu_milli", "milli-CPU", "CPU capacity; 0 where CPU and memory are not checked (local-dev)."},
    {"cpu_used_milli", "milli-CPU", "CPU of the replicas bound to it at the end."},
    {"memory_bytes", "bytes", "Memory capacity."},
    {"memory_used_bytes", "bytes", "Memory of the replicas bound to it at the end."},
    {"devices", "count", "Devices that it has."},
    {"devices_used", "count", "Devices of which any share is used at the end."},
    {"device_share_used_milli", "milli-devices",
     "Share used of all its devices together at the end."},
    {"replicas", "count", "Replicas bound to it at the end."},
    {"replicas_max", "count", "Most replicas bound to it at one time."},
    {"cpu_mean_pct", "%", "Mean of the CPU used, of capacity, over its time not down."},
    {"memory_mean_pct", "%", "The same of memory."},
    {"devices_mean_pct", "%", "The same of devices of which any share was used."},
    {"device_share_mean_pct", "%", "The same of device share."},
    {"stranded", "text",
     "Resources that are free here at the end, but that nothing which asks for them can take; "
     "joined "
     "by semicolons. See packing.csv."},
    {"bound", "count", "Replicas bound to it over the run."},
    {"evicted", "count", "Of these, evicted by preemption."},
    {"failures", "count", "Times it failed."},
    {"work_lost_s", "replica-s", "Running time of replicas that were lost with it."},
    {"cost_usd", "USD", "Price times the time it existed; none where the price is unknown."},
};

static const char *state_name(enum node_state state)
{
    static const char *const names[] = {[NODE_READY] = "ready",
                                        [NODE_DRAINED] = "drained",
                                        [NODE_DOWN] = "down",
                                        [NODE_REMOVED] = "removed",
                                        [NODE_COMING] = "coming"};
    assert((size_t)state < ARRAY_LEN(names));
    return names[state];
}

/* Time in a state: what is settled, and since the last change if the node is in it now. */
static int64_t time_in(const struct report_view *view, int32_t node, enum node_state state)
{
    const struct sim_node *at = &view->sim->nodes[node];
    int64_t settled_us = state == NODE_DOWN ? at->down_us : at->drained_us;
    bool is_in_it = view->sim->sched.fleet.nodes[node].state == state;
    return settled_us + (is_in_it ? view->end_us - at->state_since_us : 0);
}

static void write_place(const struct sim *sim, int32_t node, struct table *table)
{
    const struct fleet *fleet = &sim->sched.fleet;
    field_node(table, sim, node);
    table_text(table, fleet->pools[fleet_pool_of(fleet, node)].id);
    table_text(table, fleet_type_of(fleet, node)->id);
    table_text(table, sim->nodes[node].def.zone);
    table_text(table, state_name(fleet->nodes[node].state));
    table_seconds(table, sim->nodes[node].added_us);
    field_instant(table, sim->nodes[node].removed_us);
}

static void write_room(const struct report_view *view, int32_t node, struct table *table)
{
    struct node_room room = {0};
    const struct fleet *fleet = &view->sim->sched.fleet;
    const struct node_type *type = fleet_type_of(fleet, node);
    if (node_is_there(&fleet->nodes[node]))
        node_room_read(fleet, node, &room);
    table_int(table, capacity_of_type(type, RESOURCE_CPU));
    table_int(table, room.used[RESOURCE_CPU]);
    table_int(table, capacity_of_type(type, RESOURCE_MEMORY));
    table_int(table, room.used[RESOURCE_MEMORY]);
    table_int(table, type->device_count);
    table_int(table, room.used[RESOURCE_DEVICES]);
    table_int(table, room.used[RESOURCE_SHARE]);
    table_int(table, view->bound_on_node[node]);
    table_int(table, view->sim->nodes[node].replicas_max);
}

static void write_means(const struct report_view *view, int32_t node, struct table *table)
{
    const struct node_type *type = fleet_type_of(&view->sim->sched.fleet, node);
    int64_t up_us = node_existed_us(view->sim, node) - time_in(view, node, NODE_DOWN) -
                    view->sim->nodes[node].coming_us;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        enum resource resource = (enum resource)r;
        int128 used = sim_node_area(&view->sim->nodes[node], resource);
        field_ratio_percent(table, used, (int128)up_us * capacity_of_type(type, resource));
    }
}

static const char *print_stranded(unsigned char bits, char *out, size_t size)
{
    out[0] = '\0';
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        size_t used = strlen(out);
        if ((bits >> r & 1) != 0)
            snprintf(out + used, size - used, "%s%s", used == 0 ? "" : ";",
                     resource_name((enum resource)r));
    }
    return out;
}

static void write_row(const struct report_view *view, int32_t node, struct table *table)
{
    char stranded[64];
    const struct sim_node *at = &view->sim->nodes[node];
    const struct node_type *type = fleet_type_of(&view->sim->sched.fleet, node);
    int64_t existed_us = node_existed_us(view->sim, node);
    write_place(view->sim, node, table);
    table_seconds(table, existed_us);
    table_seconds(table, time_in(view, node, NODE_DOWN));
    table_seconds(table, time_in(view, node, NODE_DRAINED));
    write_room(view, node, table);
    write_means(view, node, table);
    table_text(table, print_stranded(view->packing.node_stranded[node], stranded, sizeof stranded));
    table_int(table, at->bound_count);
    table_int(table, at->evicted_count);
    table_int(table, at->failure_count);
    table_seconds(table, at->work_lost_us);
    if (type->has_price)
        field_usd(table, cost_of_time(existed_us, type->price_micro));
    else
        table_empty(table);
    table_end_row(table);
}

static int write_nodes(const struct report_view *view, struct table *table, struct err *err)
{
    (void)err;
    for (int32_t node = 0; node < view->sim->node_count; node++)
        write_row(view, node, table);
    return 0;
}

const struct report_table nodes_table = {
    .file = "nodes.csv",
    .title = "One row for each node of the run, also those added or removed during it.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_nodes,
};
