/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void scenario_release(struct scenario *scenario)
{
    free(scenario->dists);
    free(scenario->types);
    free(scenario->type_extras);
    free(scenario->clusters);
    free(scenario->pools);
    free(scenario->nodes);
    free(scenario->runners);
    free(scenario->deployments);
    free(scenario->arrivals);
    free(scenario->events);
    free(scenario->failures);
    free(scenario->spot_capacities);
    shape_table_release(&scenario->shapes);
    problems_release(&scenario->problems);
    arena_release(&scenario->arena);
    *scenario = (struct scenario){0};
}

struct event_def event_def_empty(enum event_kind kind)
{
    return (struct event_def){
        .kind = kind,
        .runner = NO_INDEX,
        .num_replicas = NO_INDEX,
        .min_replicas = NO_INDEX,
        .pool = NO_INDEX,
        .type = NO_INDEX,
        .count = 1,
        .grace_us = TIME_NEVER,
        .repair_after = NO_INDEX,
    };
}

const char *scenario_node_name(const struct scenario *scenario, const struct node_def *node,
                               char out[NODE_NAME_SIZE])
{
    if (node->name)
        return node->name;
    snprintf(out, NODE_NAME_SIZE, "%s-%" PRId32, scenario->pools[node->pool].id, node->ordinal);
    return out;
}

bool scenario_has_devices(const struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->type_count; i++)
        if (scenario->types[i].device_count > 0)
            return true;
    return false;
}

bool scenario_has_prices(const struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->type_count; i++)
        if (scenario->types[i].has_price)
            return true;
    return false;
}

bool scenario_type_is_spot(const struct scenario *scenario, int32_t type)
{
    return scenario->type_extras != NULL && scenario->type_extras[type].offered_as != NULL;
}

bool scenario_has_event(const struct scenario *scenario, enum event_kind kind, int32_t runner)
{
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].kind == kind && scenario->events[i].runner == runner)
            return true;
    return false;
}
