/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* The events of the scenario file: which nodes they mean, and what they do. */

enum event_class scripted_class(const struct event_def *def)
{
    switch (def->kind) {
    case EVENT_CORDON_NODE:
    case EVENT_DRAIN_NODE:
    case EVENT_REMOVE_NODE:
    case EVENT_FAIL_NODE:
    case EVENT_UPGRADE:
        return EVENT_CLASS_NODE_LOST;
    case EVENT_ADD_NODES:
    case EVENT_UNCORDON_NODE:
    case EVENT_REPAIR_NODE:
        return EVENT_CLASS_NODE_READY;
    case EVENT_SET_POOL:
        return def->is_schedulable ? EVENT_CLASS_NODE_READY : EVENT_CLASS_NODE_LOST;
    case EVENT_SCALE:
    case EVENT_DEPART:
    case EVENT_CLEAR_HANDLING:
    case EVENT_DEPLOY:
    case EVENT_SET_STATUS:
    case EVENT_KIND_COUNT:
        break;
    }
    return EVENT_CLASS_DEMAND;
}

/* ---- nodes by name ---- */

static int compare_named_nodes(const void *a, const void *b)
{
    const struct sim_named_node *left = a;
    const struct sim_named_node *right = b;
    return strcmp(left->name, right->name);
}

int scripted_name_nodes(struct sim *sim, struct err *err)
{
    const struct scenario *scenario = sim->scenario;
    int32_t count = 0;
    for (int32_t i = 0; i < scenario->event_count; i++)
        count += scenario->events[i].node_name != NULL;
    if (count == 0)
        return 0;
    if (array_reserve(&sim->named_nodes, &sim->named_node_capacity, count, sizeof *sim->named_nodes,
                      err))
        return -1;
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].node_name)
            sim->named_nodes[sim->named_node_count++] =
                (struct sim_named_node){scenario->events[i].node_name, NO_INDEX};
    /* Equal names compare equal, and are alike: the order among them does not matter. */
    qsort(sim->named_nodes, (size_t)count, sizeof *sim->named_nodes, compare_named_nodes);
    int32_t kept = 1;
    for (int32_t i = 1; i < count; i++)
        if (strcmp(sim->named_nodes[i].name, sim->named_nodes[kept - 1].name) != 0)
            sim->named_nodes[kept++] = sim->named_nodes[i];
    sim->named_node_count = kept;
    return 0;
}

static struct sim_named_node *find_named(const struct sim *sim, const char *name)
{
    if (sim->named_node_count == 0)
        return NULL;
    struct sim_named_node key = {.name = name};
    return bsearch(&key, sim->named_nodes, (size_t)sim->named_node_count, sizeof *sim->named_nodes,
                   compare_named_nodes);
}

void scripted_node_added(struct sim *sim, int32_t node)
{
    char buffer[NODE_NAME_SIZE];
    if (sim->named_node_count == 0)
        return;
    struct sim_named_node *named = find_named(sim, sim_node_name(sim, node, buffer));
    if (named && named->node == NO_INDEX)
        named->node = node;
}

/* ---- selection ---- */

/* Does the event mean something to the node? One that is called by name may also be cordoned (to
 * drain, remove or fail) or down (to remove or uncordon); of a pool, ready ones are taken. */
static bool is_meant(const struct sim *sim, int32_t node, const struct event_def *def)
{
    enum node_state state = sim->sched.fleet.nodes[node].state;
    const struct sim_node *it = &sim->nodes[node];
    bool by_name = def->node_name != NULL;
    switch (def->kind) {
    case EVENT_CORDON_NODE:
        return state == NODE_READY;
    case EVENT_DRAIN_NODE:
        return state == NODE_READY || (by_name && state == NODE_DRAINED && !it->is_leaving);
    case EVENT_REMOVE_NODE:
        return state == NODE_READY || (by_name && state != NODE_REMOVED && !it->is_leaving);
    case EVENT_FAIL_NODE:
        return state == NODE_READY || (by_name && state == NODE_DRAINED) ||
               (def->extends_repair && state == NODE_DOWN);
    case EVENT_UNCORDON_NODE:
        return it->is_cordoned && !it->is_leaving && it->upgrade == NO_INDEX &&
               (state == NODE_DRAINED || (by_name && state == NODE_DOWN));
    case EVENT_REPAIR_NODE:
        return state == NODE_DOWN;
    case EVENT_SCALE:
    case EVENT_DEPART:
    case EVENT_CLEAR_HANDLING:
    case EVENT_ADD_NODES:
    case EVENT_SET_POOL:
    case EVENT_DEPLOY:
    case EVENT_SET_STATUS:
    case EVENT_UPGRADE:
    case EVENT_KIND_COUNT:
        break;
    }
    return false;
}

bool node_is_in_zone(const struct sim_node *node, const char *zone)
{
    return !zone || (node->def.zone && strcmp(node->def.zone, zone) == 0);
}

static int select_node(struct sim *sim, int32_t node, struct err *err)
{
    if (array_reserve(&sim->selected_nodes, &sim->selected_node_capacity,
                      sim->selected_node_count + INT64_C(1), sizeof *sim->selected_nodes, err))
        return -1;
    sim->selected_nodes[sim->selected_node_count++] = node;
    return 0;
}

static int select_nodes(struct sim *sim, const struct event_def *def, struct err *err)
{
    sim->selected_node_count = 0;
    if (def->node_name) {
        const struct sim_named_node *named = find_named(sim, def->node_name);
        bool is_selected = named && named->node != NO_INDEX && is_meant(sim, named->node, def);
        return is_selected ? select_node(sim, named->node, err) : 0;
    }
    for (int32_t i = sim->pools[def->pool].first_node;
         i != NO_INDEX && sim->selected_node_count < def->count; i = sim->nodes[i].next_in_pool)
        if (is_meant(sim, i, def) && node_is_in_zone(&sim->nodes[i], def->zone) &&
            select_node(sim, i, err))
            return -1;
    return 0;
}

/* ---- what the events do ---- */

static int fail_node(struct sim *sim, const struct event_def *def, int32_t node, struct err *err)
{
    struct node_failing failing = {
        .node = node,
        .failure = NO_INDEX,
        .repair_at_us = node_draw_repair(sim, node, def->repair_after),
    };
    if (sim->sched.fleet.nodes[node].state == NODE_DOWN)
        return node_stay_down(sim, node, failing.repair_at_us, err);
    return node_fail(sim, &failing, err);
}

static int run_on_node(struct sim *sim, const struct event_def *def, int32_t node, struct err *err)
{
    switch (def->kind) {
    case EVENT_CORDON_NODE:
        return node_cordon(sim, node, err);
    case EVENT_DRAIN_NODE:
        return node_drain(sim, node, def->grace_us, err);
    case EVENT_UNCORDON_NODE:
        return node_uncordon(sim, node, err);
    case EVENT_REMOVE_NODE:
        return node_remove(sim, node, def->grace_us, err);
    case EVENT_FAIL_NODE:
        return fail_node(sim, def, node, err);
    case EVENT_REPAIR_NODE:
        return node_repair(sim, node, err);
    case EVENT_SCALE:
    case EVENT_DEPART:
    case EVENT_CLEAR_HANDLING:
    case EVENT_ADD_NODES:
    case EVENT_SET_POOL:
    case EVENT_DEPLOY:
    case EVENT_SET_STATUS:
    case EVENT_UPGRADE:
    case EVENT_KIND_COUNT:
        break;
    }
    return 0;
}

static int run_on_nodes(struct sim *sim, const struct event_def *def, bool *had_effect,
                        struct err *err)
{
    if (select_nodes(sim, def, err))
        return -1;
    *had_effect = sim->selected_node_count > 0;
    for (int32_t i = 0; i < sim->selected_node_count; i++)
        if (run_on_node(sim, def, sim->selected_nodes[i], err))
            return -1;
    return 0;
}

static int run_scale(struct sim *sim, const struct event_def *def, bool *had_effect,
                     struct err *err)
{
    struct runner_scale scale = {
        .runner = def->runner,
        .num_replicas = def->num_replicas,
        .min_replicas = def->min_replicas,
    };
    return runner_scale(sim, &scale, had_effect, err);
}

static int run(struct sim *sim, const struct event_def *def, bool *had_effect, struct err *err)
{
    *had_effect = true;
    switch (def->kind) {
    case EVENT_UPGRADE:
        return upgrade_begin(sim, (int32_t)(def - sim->scenario->events), err);
    case EVENT_SCALE:
        return run_scale(sim, def, had_effect, err);
    case EVENT_DEPART:
        return runner_depart(sim, def->runner, had_effect, err);
    case EVENT_CLEAR_HANDLING:
        return runner_unblock(sim, def->runner, had_effect, err);
    case EVENT_DEPLOY:
        return runner_deploy(sim, def->runner, def->is_graceful, had_effect, err);
    case EVENT_SET_STATUS:
        return runner_set_enabled(sim, def->runner, def->is_enabled, had_effect, err);
    case EVENT_ADD_NODES:
        return node_add(sim, def, err);
    case EVENT_SET_POOL:
        return pool_set_schedulable(sim, def->pool, def->is_schedulable, had_effect, err);
    case EVENT_CORDON_NODE:
    case EVENT_DRAIN_NODE:
    case EVENT_UNCORDON_NODE:
    case EVENT_REMOVE_NODE:
    case EVENT_FAIL_NODE:
    case EVENT_REPAIR_NODE:
    case EVENT_KIND_COUNT:
        break;
    }
    return run_on_nodes(sim, def, had_effect, err);
}

int scripted_run(struct sim *sim, int32_t index, struct err *err)
{
    const struct event_def *def = &sim->scenario->events[index];
    bool had_effect;
    /* Runners that arrive at this instant stand before the events of the file. */
    if (scripted_class(def) == EVENT_CLASS_DEMAND && arrivals_admit(sim, err))
        return -1;
    if (run(sim, def, &had_effect, err))
        return -1;
    if (had_effect)
        return 0;
    if (array_reserve(&sim->idle_events, &sim->idle_event_capacity,
                      sim->idle_event_count + INT64_C(1), sizeof *sim->idle_events, err))
        return -1;
    sim->idle_events[sim->idle_event_count++] = index;
    return 0;
}
