/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_REPLICATE_H
#define STOWAGE_BENCH_REPLICATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/metric.h"
#include "scenarios/scenario.h"
#include "scheduler/policy.h"
#include "sim/sim.h"

/* One replication: a scenario, run once to its end with a policy and a seed, gives a vector of
 * metric values. It has an engine of its own and only reads what it is given, so replications may
 * run on several threads at once (base/parallel.h); who stores values by index and reduces them in
 * order of the index gets equal bytes for any number of threads. Two replications of one seed see
 * the same random numbers for each entity, whatever the policy (common random numbers). */

struct replication { /* all borrowed */
    const struct scenario *scenario;
    const struct policy *policy;              /* NULL: the scenario's */
    const struct policy_value *policy_values; /* of `policy`; NULL: its defaults */
    uint64_t seed;
    int64_t warm_up_us; /* what came before is not measured; less than the horizon */
    const struct metric_set *metrics;
    /* Seen once in a while: true ends the run with ERR_SYSTEM "interrupted". NULL: never. */
    const atomic_bool *is_cancelled;
    /* Sees the finished run, and the sums at the end of the warm-up, before it is released. NULL:
     * nobody does. An error ends the replication. */
    int (*look)(void *context, const struct sim *sim, const struct metric_sums *from,
                struct err *err);
    /* The same with all that was read of it, and `view_needs` (of enum metric_need) besides. */
    int (*look_at_view)(void *context, const struct metric_view *view, struct err *err);
    unsigned view_needs;
    bool keeps_changes; /* as sim_options.keep_changes, for `look` */
    void *context;
};

/* values[metrics->count]. ERR_LIMIT as sim_init; ERR_SYSTEM: memory, or cancelled. */
int replicate(const struct replication *replication, double *values, struct err *err);

/* Is any of the metrics a property of a run? (Compaction is not; then nothing is run, and nobody
 * looks.) */
bool replication_needs_run(const struct metric_set *metrics);

/* The seed of replication `index` (from 0) of an experiment: base + index, so that each can be
 * looked at on its own by `stowage run --seed`. Seeds go from 0 to 2^63 - 1 and around. */
uint64_t replication_seed(uint64_t base, int32_t index);

#endif
