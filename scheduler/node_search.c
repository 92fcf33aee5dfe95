/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/node_search.h"

#include "base/fetch.h"
#include "scheduler/index.h"

struct policy_context sched_node_context(const struct sched *sched)
{
    return (struct policy_context){.fleet = &sched->fleet,
                                   .replicas = sched->replicas,
                                   .runners = sched->runners,
                                   .values = sched->policy.values,
                                   .state = sched->policy.state,
                                   .seed = sched->options.seed};
}

struct policy_context sched_policy_context(const struct sched *sched, int32_t replica)
{
    const struct replica *demand = &sched->replicas[replica];
    struct policy_context context = sched_node_context(sched);
    context.shape = &sched->fleet.shapes->items[sched->runners[demand->runner].shape];
    context.demand = (uint64_t)demand->runner << 32 | (uint64_t)demand->ordinal;
    return context;
}

uint64_t sched_choose_devices(const struct sched *sched, const struct policy_context *context,
                              int32_t node, const struct room *room)
{
    const struct policy *policy = sched->policy.policy;
    if (context->shape->device_count == 0)
        return 0;
    if (policy->choose_devices != NULL)
        return policy->choose_devices(context, node, room);
    return room_choose_devices(room, fleet_type_of(&sched->fleet, node), context->shape);
}

int32_t sched_same_runner_count(const struct sched *sched, int32_t runner, int32_t node)
{
    int32_t count = 0;
    int32_t at = sched->fleet.nodes[node].first_replica;
    for (; at >= 0; at = sched->replicas[at].next_on_node)
        if (sched->replicas[at].runner == runner)
            count++;
    return count;
}

/* The occupants are counted only where the shape cares and all else fits. */
static bool fits_runner(const struct sched *sched, int32_t runner, int32_t node)
{
    int32_t shape = sched->runners[runner].shape;
    if (!fleet_fits(&sched->fleet, shape, node, 0))
        return false;
    if (!shape_depends_on_runner(&sched->fleet.shapes->items[shape]))
        return true;
    return fleet_fits(&sched->fleet, shape, node, sched_same_runner_count(sched, runner, node));
}

static int32_t best_node(const struct sched *sched, int32_t runner,
                         const struct policy_context *context)
{
    const struct policy *policy = sched->policy.policy;
    double best_score = 0.0;
    int32_t best = -1;
    for (int32_t node = 0; node < sched->fleet.node_count; node++) {
        if (!fits_runner(sched, runner, node))
            continue;
        if (policy->score == NULL)
            return node;
        double score = policy->score(context, node);
        if (best < 0 || score > best_score) {
            best = node;
            best_score = score;
        }
    }
    return best;
}

static uint64_t devices_on(const struct sched *sched, int32_t replica, int32_t node)
{
    int32_t shape = sched->runners[sched->replicas[replica].runner].shape;
    const struct shape *asked = &sched->fleet.shapes->items[shape];
    struct room room;
    if (asked->device_count == 0)
        return 0;
    if (sched->policy.policy->choose_devices == NULL)
        return fleet_choose_devices(&sched->fleet, node, asked);
    const struct policy_context context = sched_policy_context(sched, replica);
    fleet_room(&sched->fleet, node, &room);
    return sched_choose_devices(sched, &context, node, &room);
}

int32_t sched_scan_nodes(const struct sched *sched, int32_t replica, uint64_t *devices)
{
    const struct policy_context context = sched_policy_context(sched, replica);
    int32_t node = best_node(sched, sched->replicas[replica].runner, &context);
    if (node >= 0)
        *devices = devices_on(sched, replica, node);
    return node;
}

int sched_prepare_search(struct sched *sched, int32_t replica, struct err *err)
{
    int32_t runner = sched->replicas[replica].runner;
    return sched->index == NULL ? 0 : index_prepare(sched, sched->runners[runner].shape, err);
}

/* Whoever is seated there comes beside one who is there already, anywhere in memory, and the caller
 * notes it with the node. */
static void fetch_around(const struct sched *sched, int32_t node)
{
    const struct node_rows *notes = &sched->node_rows;
    const struct node *at = &sched->fleet.nodes[node];
    int32_t beside = at->enters_behind >= 0 ? at->enters_behind : at->first_replica;
    if (notes->touched_bytes > 0)
        fetch_lines((const char *)notes->rows + (size_t)node * notes->row_bytes,
                    notes->touched_bytes);
    if (beside >= 0)
        fetch_row(&sched->replicas[beside], sizeof *sched->replicas);
}

int32_t sched_search(const struct sched *sched, int32_t replica, uint64_t *devices)
{
    if (sched->index == NULL)
        return sched_scan_nodes(sched, replica, devices);
    int32_t node = index_find(sched, replica);
    if (node < 0)
        return -1;
    fetch_around(sched, node);
    *devices = devices_on(sched, replica, node);
    return node;
}

/* While it answers, nobody asks the index, which so falls behind: not by more nodes than this. */
enum { GROWN_CHANGES_MOST = 64 };

/* The only node of those that have grown on which the demand fits; -1: none. */
static int32_t only_grown(const struct sched *sched, int32_t runner, int64_t no_fit_version)
{
    const struct fleet *fleet = &sched->fleet;
    int32_t found = -1;
    for (int64_t version = no_fit_version + 1; version <= fleet->growth_version; version++) {
        int32_t node = fleet_grown_at(fleet, version);
        if (node < 0)
            return SEARCH_UNKNOWN;
        if (node == found || !fits_runner(sched, runner, node))
            continue;
        if (found >= 0)
            return SEARCH_UNKNOWN;
        found = node;
    }
    return found;
}

int32_t sched_search_known(const struct sched *sched, int32_t replica, int64_t no_fit_version,
                           uint64_t *devices)
{
    if (sched->index == NULL || sched->fleet.changed_count > GROWN_CHANGES_MOST)
        return SEARCH_UNKNOWN;
    int32_t node = only_grown(sched, sched->replicas[replica].runner, no_fit_version);
    if (node < 0)
        return node;
    fetch_around(sched, node);
    *devices = devices_on(sched, replica, node);
    return node;
}

int32_t sched_find_node(struct sched *sched, int32_t replica, uint64_t *devices)
{
    struct err err;
    if (sched_prepare_search(sched, replica, &err) != 0)
        return sched_scan_nodes(sched, replica, devices);
    return sched_search(sched, replica, devices);
}
