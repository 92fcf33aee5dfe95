/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/scope_names.h"

#include <assert.h>

const char *scope_kind(const struct scope *scope)
{
    if (scope->pool == NO_INDEX)
        return "fleet";
    return scope->group == NO_INDEX ? "nodepool" : "instance-type";
}

const char *scope_pool_id(const struct sim *sim, const struct scope *scope)
{
    return scope->pool == NO_INDEX ? NULL : sim->sched.fleet.pools[scope->pool].id;
}

/* NULL where the scope has none. */
static const char *scope_type_id(const struct sim *sim, const struct scope *scope)
{
    const struct fleet *fleet = &sim->sched.fleet;
    return scope->group == NO_INDEX ? NULL : fleet_group_type(fleet, scope->group)->id;
}

void scope_write(const struct sim *sim, const struct scope *scope, struct table *table)
{
    table_text(table, scope_kind(scope));
    table_text(table, scope_pool_id(sim, scope));
    table_text(table, scope_type_id(sim, scope));
}

bool scope_had_nodes(const struct sim *sim, const struct scope *scope)
{
    return scope->pool == NO_INDEX || scope->nodes_up_or_down.value > 0 ||
           integral_area(&scope->nodes_up_or_down, sim->now_us) > 0;
}

const char *resource_unit_name(enum resource resource)
{
    static const char *const names[RESOURCE_COUNT] = {
        [RESOURCE_CPU] = "milli-CPU",
        [RESOURCE_MEMORY] = "bytes",
        [RESOURCE_DEVICES] = "devices",
        [RESOURCE_SHARE] = "milli-devices",
    };
    assert(resource < RESOURCE_COUNT);
    return names[resource];
}
