/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>

#include "base/array.h"
#include "sim/engine.h"

/* Why no new node takes what waits, told at any time from what the evaluation of nodes would find.
 */

const char *node_outlook_name(enum node_outlook outlook)
{
    static const char *const names[NODE_OUTLOOK_COUNT] = {
        [OUTLOOK_NONE] = "",
        [OUTLOOK_AMBIGUOUS] = "ambiguous",
        [OUTLOOK_NO_TYPE] = "no-type",
        [OUTLOOK_COMING] = "coming",
        [OUTLOOK_CLOSED] = "closed",
        [OUTLOOK_AT_MAXIMUM] = "at-maximum",
        [OUTLOOK_OUT_OF_STOCK] = "out-of-stock",
        [OUTLOOK_TO_COME] = "to-come",
    };
    assert((size_t)outlook < ARRAY_LEN(names));
    return names[outlook];
}

static int32_t group_of(const struct fleet *fleet, int32_t pool, int32_t type)
{
    for (int32_t i = 0; i < fleet->group_count; i++)
        if (fleet->groups[i].pool == pool && fleet->groups[i].type == type)
            return i;
    return NO_INDEX;
}

/* Could a node of this group hold the shape, were the pool open? */
static bool could_hold(const struct sim *sim, int32_t shape, int32_t group)
{
    const struct fleet *fleet = &sim->sched.fleet;
    return group != NO_INDEX &&
           (fleet_group_misfits(fleet, &fleet->shapes->items[shape], group) & ~MISFIT_POOL) == 0;
}

static enum node_outlook outlook_of_group(const struct sim *sim, int32_t group)
{
    int32_t pool = sim->sched.fleet.groups[group].pool;
    if (!sim->sched.fleet.pools[pool].is_schedulable)
        return OUTLOOK_CLOSED;
    if (sim->pools[pool].existing_count >= sim->scenario->pools[pool].max_instances)
        return OUTLOOK_AT_MAXIMUM;
    return node_may_launch(sim, group) ? OUTLOOK_TO_COME : OUTLOOK_OUT_OF_STOCK;
}

static bool is_coming(const struct sim *sim, int32_t shape)
{
    const struct node_scaling *scaling = &sim->scaling;
    for (int32_t i = 0; i < scaling->coming_count; i++) {
        const struct launch *launch = &scaling->launches[scaling->coming[i]];
        if (launch->reason != LAUNCH_FOR_REPLACEMENT &&
            fleet_suits(&sim->sched.fleet, shape, sim->sched.fleet.nodes[launch->node].group))
            return true;
    }
    return false;
}

/* What is nearest to a node, over all types that could hold the shape; how many there are. */
static enum node_outlook best_outlook(const struct sim *sim, int32_t number, int32_t *type_count)
{
    const struct shape *shape = &sim->scenario->shapes.items[number];
    enum node_outlook best = OUTLOOK_NONE;
    *type_count = 0;
    for (int32_t i = 0; i < shape->pool_count; i++) {
        const struct pool_def *pool = &sim->scenario->pools[shape->pools[i]];
        for (int32_t j = 0; pool->scaling && j < pool->launch_type_count; j++) {
            int32_t group = group_of(&sim->sched.fleet, shape->pools[i], pool->launch_types[j]);
            if (!could_hold(sim, number, group))
                continue;
            enum node_outlook outlook = outlook_of_group(sim, group);
            best = outlook > best ? outlook : best;
            *type_count += j >= pool->spot_launch_count;
        }
        best = pool->scaling && best == OUTLOOK_NONE ? OUTLOOK_NO_TYPE : best;
    }
    return best;
}

enum node_outlook node_outlook_of(const struct sim *sim, int32_t runner)
{
    const struct runner_def *def = sim->runners[runner].def;
    int32_t type_count;
    enum node_outlook best = best_outlook(sim, def->shape, &type_count);
    if (best == OUTLOOK_NONE || best == OUTLOOK_NO_TYPE)
        return best;
    if (is_coming(sim, def->shape))
        return OUTLOOK_COMING;
    bool fails = def->deployment != NO_INDEX &&
                 sim->scenario->deployments[def->deployment].scheduling_choice == CHOICE_FAIL;
    return fails && type_count > 1 ? OUTLOOK_AMBIGUOUS : best;
}
