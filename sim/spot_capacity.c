/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <string.h>

#include "base/array.h"

/* How many spot nodes of a pool (in a zone) are to be had over time, as a recorded trace says. At
 * each fall below the nodes that are there, the provider takes the surplus back, the newest first,
 * with its notice; those that are still coming do not come. None is launched beyond the number. At
 * each rise, a pool without `scaling` gets nodes again, up to as many as it had at the start. */

static bool is_meant(const struct sim *sim, const struct spot_capacity *def,
                     const struct node_def *node)
{
    return node->pool == def->pool && scenario_type_is_spot(sim->scenario, node->type) &&
           (!def->zone || (node->zone && strcmp(def->zone, node->zone) == 0));
}

/* Those that the provider has not taken back: coming, ready, drained or down. */
static bool is_had(const struct sim *sim, int32_t node)
{
    return sim->sched.fleet.nodes[node].state != NODE_REMOVED && !sim->nodes[node].is_leaving;
}

/* O(nodes the pool ever had). */
static int32_t count_had(const struct sim *sim, const struct spot_capacity *def)
{
    int32_t count = 0;
    for (int32_t i = sim->pools[def->pool].first_node; i != NO_INDEX;
         i = sim->nodes[i].next_in_pool)
        count += is_meant(sim, def, &sim->nodes[i].def) && is_had(sim, i);
    return count;
}

bool spot_capacity_allows(const struct sim *sim, const struct node_def *node)
{
    for (int32_t i = 0; i < sim->scenario->spot_capacity_count; i++) {
        const struct spot_capacity *def = &sim->scenario->spot_capacities[i];
        if (is_meant(sim, def, node) && count_had(sim, def) >= sim->spots[i].available_count)
            return false;
    }
    return true;
}

static int take_back(struct sim *sim, int32_t number, struct err *err)
{
    const struct spot_capacity *def = &sim->scenario->spot_capacities[number];
    int32_t surplus = count_had(sim, def) - sim->spots[number].available_count;
    struct node_failing failing = {
        .failure = sim->scenario->failure_count + number,
        .repair_at_us = TIME_NEVER,
    };
    for (int32_t i = sim->node_count - 1; i >= 0 && surplus > 0; i--) {
        if (!is_meant(sim, def, &sim->nodes[i].def) || !is_had(sim, i))
            continue;
        failing.node = i;
        surplus--;
        if (node_reclaim(sim, &failing, err))
            return -1;
    }
    return 0;
}

static int give_again(struct sim *sim, int32_t number, struct err *err)
{
    const struct spot_capacity *def = &sim->scenario->spot_capacities[number];
    const struct sim_spot *spot = &sim->spots[number];
    if (spot->first_node == NO_INDEX || sim->scenario->pools[def->pool].scaling)
        return 0;
    int32_t wanted =
        spot->available_count < spot->first_count ? spot->available_count : spot->first_count;
    int32_t missing = wanted - count_had(sim, def);
    const struct node_def *like = &sim->nodes[spot->first_node].def;
    struct event_def more = {
        .pool = like->pool, .type = like->type, .zone = like->zone, .count = missing};
    return missing > 0 ? node_add(sim, &more, err) : 0;
}

static int plan_next(struct sim *sim, int32_t number, struct err *err)
{
    const struct spot_capacity *def = &sim->scenario->spot_capacities[number];
    const struct sim_spot *spot = &sim->spots[number];
    if (spot->next_step == def->step_count)
        return 0;
    const struct spot_step *step = &def->steps[spot->next_step];
    struct event event = {.time_us = step->at_us, .kind = ACTION_SPOT_CAPACITY, .subject = number};
    bool rises = step->node_count > spot->available_count;
    return sim_push(sim, rises ? EVENT_CLASS_NODE_READY : EVENT_CLASS_NODE_LOST, &event, err);
}

int spot_capacity_step(struct sim *sim, int32_t number, struct err *err)
{
    const struct spot_capacity *def = &sim->scenario->spot_capacities[number];
    struct sim_spot *spot = &sim->spots[number];
    spot->available_count = def->steps[spot->next_step++].node_count;
    if (take_back(sim, number, err) || give_again(sim, number, err))
        return -1;
    if (sim->scenario->pools[def->pool].scaling)
        sim->scaling.is_due = true;
    return plan_next(sim, number, err);
}

int spot_capacity_build(struct sim *sim, struct err *err)
{
    int32_t count = sim->scenario->spot_capacity_count;
    if (array_reserve(&sim->spots, &sim->spot_capacity, count, sizeof *sim->spots, err))
        return -1;
    for (int32_t i = 0; i < count; i++) {
        const struct spot_capacity *def = &sim->scenario->spot_capacities[i];
        struct sim_spot *spot = &sim->spots[i];
        *spot = (struct sim_spot){.available_count = INT32_MAX,
                                  .first_count = count_had(sim, def),
                                  .first_node = NO_INDEX};
        for (int32_t j = 0; j < sim->node_count && spot->first_node == NO_INDEX; j++)
            if (is_meant(sim, def, &sim->nodes[j].def))
                spot->first_node = j;
        if (plan_next(sim, i, err))
            return -1;
    }
    return 0;
}
