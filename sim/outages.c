/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <string.h>

#include "base/array.h"

/* Failures that come by themselves: an alternating renewal process for each failure domain. It is
 * up for a time drawn from `between`, then all of its nodes are down for one drawn from `repair`;
 * the next time up begins with the repair. So the share of time in which a domain is up tends to
 * mean up time / (mean up time + mean repair), whatever the two distributions are.
 *
 * Domains of several entries may overlap: a node is down until the last of its repairs.
 *
 * A reclaim is the same process, but its nodes are drained for the length of the notice and then
 * removed; what comes after the repair are new nodes like them. */

static const struct failure_def *def_of(const struct sim *sim, int32_t outage)
{
    return &sim->scenario->failures[sim->outages[outage].failure];
}

/* ---- which nodes ---- */

static bool is_meant(const struct sim *sim, const struct failure_def *def, int32_t node)
{
    const struct node_def *it = &sim->nodes[node].def;
    if ((def->pool != NO_INDEX && def->pool != it->pool) ||
        (def->type != NO_INDEX && def->type != it->type))
        return false;
    bool is_spot = scenario_type_is_spot(sim->scenario, it->type);
    if (!(is_spot ? def->of_spot : def->of_on_demand))
        return false;
    if (def->domain == FAILURE_OF_ZONE && !it->zone)
        return false;
    return !def->zone || (it->zone && strcmp(def->zone, it->zone) == 0);
}

/* Are two nodes that are both meant in one domain? */
static bool share_domain(const struct sim *sim, const struct failure_def *def, int32_t a, int32_t b)
{
    const struct node_def *left = &sim->nodes[a].def;
    const struct node_def *right = &sim->nodes[b].def;
    switch (def->domain) {
    case FAILURE_OF_RACK:
        return left->pool == right->pool &&
               left->ordinal / def->nodes_per_rack == right->ordinal / def->nodes_per_rack;
    case FAILURE_OF_ZONE:
        return strcmp(left->zone, right->zone) == 0;
    case FAILURE_OF_NODE:
    case FAILURE_DOMAIN_COUNT:
        break;
    }
    return a == b;
}

/* Backwards: neighbours of a node are near. O(domains) for the first node of a rack or zone. */
static int32_t find_outage(const struct sim *sim, int32_t failure, int32_t node)
{
    const struct failure_def *def = &sim->scenario->failures[failure];
    if (def->domain == FAILURE_OF_NODE)
        return NO_INDEX;
    for (int32_t i = sim->outage_count - 1; i >= 0; i--)
        if (sim->outages[i].failure == failure &&
            share_domain(sim, def, sim->outages[i].node, node))
            return i;
    return NO_INDEX;
}

/* ---- random times ---- */

/* FNV-1a, 64 bits. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return hash;
}

/* By what the domain is, not by when its first node came. */
static struct rng stream_of(const struct sim *sim, const char *name, int32_t outage)
{
    const struct sim_outage *it = &sim->outages[outage];
    const struct failure_def *def = def_of(sim, outage);
    const struct node_def *node = &sim->nodes[it->node].def;
    int32_t ordinal = node->ordinal;
    if (def->domain == FAILURE_OF_RACK)
        ordinal /= def->nodes_per_rack;
    uint64_t domain = rng_pair(node->pool, ordinal);
    if (def->domain == FAILURE_OF_ZONE)
        domain = hash_text(node->zone);
    uint64_t index = rng_mix((uint64_t)(uint32_t)it->failure, domain, (uint64_t)it->count);
    return rng_stream(sim->seed, name, index);
}

static int plan_next(struct sim *sim, int32_t outage, int64_t from_us, struct err *err)
{
    struct rng rng = stream_of(sim, "between failures", outage);
    const struct dist *between = &sim->scenario->dists[def_of(sim, outage)->between];
    struct event event = {
        .time_us = from_us + dist_sample_us(between, &rng),
        .kind = ACTION_OUTAGE,
        .subject = outage,
    };
    return sim_push(sim, EVENT_CLASS_NODE_LOST, &event, err);
}

/* ---- failing ---- */

static int strike(struct sim *sim, int32_t outage, int32_t node, struct err *err)
{
    const struct sim_outage *it = &sim->outages[outage];
    enum node_state state = sim->sched.fleet.nodes[node].state;
    const struct failure_def *def = def_of(sim, outage);
    struct node_failing failing = {
        .node = node,
        .failure = it->failure,
        .repair_at_us = def->repair == NO_INDEX ? TIME_NEVER : it->end_us,
    };
    /* One that is coming is not there yet: see node_open. */
    if (state == NODE_COMING)
        return 0;
    if (def->is_reclaim)
        return state == NODE_REMOVED || sim->nodes[node].is_leaving
                   ? 0
                   : node_reclaim(sim, &failing, err);
    if (state == NODE_DOWN)
        return node_stay_down(sim, node, it->end_us, err);
    return state == NODE_REMOVED ? 0 : node_fail(sim, &failing, err);
}

static int strike_all(struct sim *sim, int32_t outage, struct err *err)
{
    const struct failure_def *def = def_of(sim, outage);
    int32_t first = sim->outages[outage].node;
    for (int32_t i = first; i < sim->node_count; i++)
        if (is_meant(sim, def, i) && share_domain(sim, def, first, i) &&
            strike(sim, outage, i, err))
            return -1;
    return 0;
}

int outages_begin(struct sim *sim, int32_t outage, struct err *err)
{
    struct sim_outage *it = &sim->outages[outage];
    const struct failure_def *def = def_of(sim, outage);
    bool is_node = def->domain == FAILURE_OF_NODE;
    if (is_node && sim->nodes[it->node].removed_us != TIME_NEVER)
        return 0;
    struct rng rng = stream_of(sim, "repair of failure", outage);
    it->end_us = sim->now_us + def->notice_us;
    if (def->repair != NO_INDEX)
        it->end_us += dist_sample_us(&sim->scenario->dists[def->repair], &rng);
    it->count++;
    if (is_node ? strike(sim, outage, it->node, err) : strike_all(sim, outage, err))
        return -1;
    if (is_node && def->is_reclaim) /* it does not come back itself */
        return 0;
    return plan_next(sim, outage, sim->outages[outage].end_us, err);
}

/* ---- domains ---- */

static int add_outage(struct sim *sim, int32_t failure, int32_t node, struct err *err)
{
    if (array_reserve(&sim->outages, &sim->outage_capacity, sim->outage_count + INT64_C(1),
                      sizeof *sim->outages, err))
        return -1;
    int32_t outage = sim->outage_count++;
    sim->outages[outage] = (struct sim_outage){.end_us = -1, .failure = failure, .node = node};
    return plan_next(sim, outage, sim->now_us, err);
}

int outages_node_added(struct sim *sim, int32_t node, struct err *err)
{
    for (int32_t i = 0; i < sim->scenario->failure_count; i++) {
        if (!is_meant(sim, &sim->scenario->failures[i], node))
            continue;
        int32_t outage = find_outage(sim, i, node);
        if (outage == NO_INDEX) {
            if (add_outage(sim, i, node, err))
                return -1;
        } else if (sim->outages[outage].end_us > sim->now_us &&
                   !sim->scenario->failures[i].is_reclaim && strike(sim, outage, node, err)) {
            return -1;
        }
    }
    return 0;
}
