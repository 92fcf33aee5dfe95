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

const char *scenario_node_name(const struct scenario *scenario, const struct node_def *node,
                               char out[NODE_NAME_SIZE])
{
    if (node->name)
        return node->name;
    snprintf(out, NODE_NAME_SIZE, "%s-%" PRId32, scenario->pools[node->pool].id, node->ordinal);
    return out;
}
