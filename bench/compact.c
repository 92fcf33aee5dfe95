/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/compact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "sim/sim.h"

enum { PICKY_PER_THOUSAND = 2 };

struct packing_trial {
    const struct compaction *compaction;
    struct scenario scenario;   /* the workload, on the first nodes of `nodes` */
    struct runner_def *runners; /* owned */
    struct node_def *nodes;     /* [node_count * COMPACT_CLONES] in order of removal, last first;
                                   owned */
    int64_t replica_count;
    int32_t node_count; /* of the fleet itself */
};

/* ---- the workload, all at once ---- */

static void fix_runner(struct runner_def *runner)
{
    runner->arrival_us = 0;
    runner->departure_us = TIME_NEVER;
    runner->max_wait_us = TIME_NEVER;
    runner->duration = NO_INDEX;
    runner->traffic = NULL;
    if (runner->blocked_by == NULL)
        return;
    runner->num_replicas = 0; /* it asks for no place */
    runner->floor = runner->min_replicas = 0;
}

static int fix_scenario(struct packing_trial *trial, struct err *err)
{
    const struct scenario *from = trial->compaction->scenario;
    trial->scenario = *from;
    trial->runners = calloc((size_t)from->runner_count + 1, sizeof *trial->runners);
    if (trial->runners == NULL)
        return err_no_memory(err);
    if (from->runner_count > 0)
        memcpy(trial->runners, from->runners, (size_t)from->runner_count * sizeof *trial->runners);
    for (int32_t i = 0; i < from->runner_count; i++) {
        fix_runner(&trial->runners[i]);
        trial->replica_count += trial->runners[i].num_replicas;
    }
    trial->scenario.runners = trial->runners;
    trial->scenario.arrival_count = 0;
    trial->scenario.event_count = 0;
    trial->scenario.failure_count = 0;
    trial->scenario.horizon_us = 1000;
    trial->scenario.scheduler.preemption_enabled = false;
    return 0;
}

/* Pools that grow by themselves would give what was removed. */
static int fix_pools(struct packing_trial *trial, struct pool_def **pools, struct err *err)
{
    const struct scenario *from = trial->compaction->scenario;
    *pools = calloc((size_t)from->pool_count + 1, sizeof **pools);
    if (*pools == NULL)
        return err_no_memory(err);
    memcpy(*pools, from->pools, (size_t)from->pool_count * sizeof **pools);
    for (int32_t i = 0; i < from->pool_count; i++)
        (*pools)[i].scaling = NULL;
    trial->scenario.pools = *pools;
    return 0;
}

/* ---- the fleet ---- */

/* The fleet and its clones, each shuffled for itself, so that the fleet's own nodes come first. */
static int shuffle_nodes(struct packing_trial *trial, struct err *err)
{
    const struct scenario *from = trial->compaction->scenario;
    size_t count = (size_t)from->node_count;
    struct rng rng = rng_stream(trial->compaction->seed, "compaction", 0);
    trial->node_count = from->node_count;
    trial->nodes = calloc(count * COMPACT_CLONES + 1, sizeof *trial->nodes);
    if (trial->nodes == NULL)
        return err_no_memory(err);
    for (size_t clone = 0; clone < COMPACT_CLONES; clone++) {
        struct node_def *nodes = trial->nodes + clone * count;
        if (count > 0)
            memcpy(nodes, from->nodes, count * sizeof *nodes);
        for (size_t i = count; i > 1; i--) {
            size_t with = rng_below(&rng, i);
            struct node_def swap = nodes[i - 1];
            nodes[i - 1] = nodes[with];
            nodes[with] = swap;
        }
    }
    return 0;
}

/* ---- packing ---- */

/* Names and ordinals are given anew: those of clones would be there twice. */
static void number_nodes(struct packing_trial *trial, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        trial->nodes[i].name = NULL;
        trial->nodes[i].ordinal = i;
    }
}

/* How many replicas stay without a place on the first `count` nodes; -1: failed. */
static int64_t pack(struct packing_trial *trial, int32_t count, struct err *err)
{
    struct sim sim;
    const struct compaction *compaction = trial->compaction;
    const struct sim_options options = {.policy = compaction->policy,
                                        .policy_values = compaction->policy_values,
                                        .has_seed = true,
                                        .seed = compaction->seed};
    if (compaction->is_cancelled != NULL && atomic_load(compaction->is_cancelled))
        return err_set(err, ERR_SYSTEM, "interrupted");
    trial->scenario.nodes = trial->nodes;
    trial->scenario.node_count = count;
    if (sim_init(&sim, &trial->scenario, &options, err) != 0)
        return -1;
    int64_t bound = 0;
    int result = sim_run(&sim, err);
    for (int32_t i = 0; i < sim.runner_count && result == 0; i++)
        bound += sim.sched.runners[i].live;
    sim_release(&sim);
    return result != 0 ? -1 : trial->replica_count - bound;
}

/* The fewest nodes, of the first `high`, that leave at most `allowed` replicas; the first `high`
 * do.
 */
static int32_t bisect(struct packing_trial *trial, int32_t high, int64_t allowed, struct err *err)
{
    int32_t low = 0; /* too few */
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        int64_t left = pack(trial, middle, err);
        if (left < 0)
            return -1;
        if (left <= allowed)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static int search(struct packing_trial *trial, double *percent, struct err *err)
{
    int64_t picky = trial->replica_count * PICKY_PER_THOUSAND / 1000;
    int32_t high = trial->node_count;
    *percent = (double)NAN;
    if (high == 0 || trial->replica_count == 0)
        return 0;
    number_nodes(trial, high * COMPACT_CLONES);
    int64_t left = pack(trial, high, err);
    if (left > picky) {
        high *= COMPACT_CLONES;
        left = pack(trial, high, err);
        picky += left; /* of no fleet of this kind to be had */
        if (left == trial->replica_count)
            return 0;
    }
    if (left < 0)
        return -1;
    int32_t needed = bisect(trial, high, picky, err);
    if (needed < 0)
        return -1;
    *percent = 100.0 * needed / trial->node_count;
    return 0;
}

int compact_fleet(const struct compaction *compaction, double *percent, struct err *err)
{
    struct packing_trial trial = {.compaction = compaction};
    struct pool_def *pools = NULL;
    int result = fix_scenario(&trial, err);
    if (result == 0)
        result = fix_pools(&trial, &pools, err);
    if (result == 0)
        result = shuffle_nodes(&trial, err);
    if (result == 0)
        result = search(&trial, percent, err);
    free(pools);
    free(trial.runners);
    free(trial.nodes);
    return result;
}
