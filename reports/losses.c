/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/losses.h"

#include <assert.h>

#include "base/array.h"

const char *loss_cause_name(enum loss_cause cause)
{
    static const char *const names[] = {
        [LOSS_PREEMPTION] = "preemption",
        [LOSS_DRAIN] = "drain",
        [LOSS_FAILURE] = "failure",
        [LOSS_FAILURE_NODE] = "failure-of-node",
        [LOSS_FAILURE_RACK] = "failure-of-rack",
        [LOSS_FAILURE_ZONE] = "failure-of-zone",
        [LOSS_RECLAIM] = "reclaim",
        [LOSS_CONSOLIDATION] = "consolidation",
        [LOSS_UPGRADE] = "upgrade",
        [LOSS_CRASH] = "crash",
    };
    assert((size_t)cause < ARRAY_LEN(names));
    return names[cause];
}

bool loss_is_part(enum loss_cause cause)
{
    return cause >= LOSS_FAILURE_NODE && cause <= LOSS_FAILURE_ZONE;
}

/* ---- parts ---- */

static enum blame blame_of(enum loss_cause cause)
{
    static const enum blame blames[LOSS_CAUSE_COUNT] = {
        [LOSS_PREEMPTION] = BLAME_PREEMPTION,
        [LOSS_DRAIN] = BLAME_DRAIN,
        [LOSS_FAILURE] = BLAME_FAILURE,
        [LOSS_RECLAIM] = BLAME_RECLAIM,
        [LOSS_CONSOLIDATION] = BLAME_CONSOLIDATION,
        [LOSS_UPGRADE] = BLAME_UPGRADE,
    };
    return blames[cause];
}

static enum failure_domain domain_of(const struct sim *sim, const struct node_failure *failure)
{
    bool is_by_itself =
        failure->failure != NO_INDEX && failure->failure < sim->scenario->failure_count;
    return is_by_itself ? sim->scenario->failures[failure->failure].domain : FAILURE_OF_NODE;
}

static struct loss loss_of_domain(const struct sim *sim, enum failure_domain domain)
{
    struct loss loss = {
        .replica_count = -1, .cost_lost = -1, .below_floor_us = -1, .breach_count = -1};
    for (int32_t i = 0; i < sim->failure_count; i++) {
        if (domain_of(sim, &sim->failures[i]) != domain)
            continue;
        loss.node_count++;
        loss.work_lost_us += sim->failures[i].work_lost_us;
    }
    return loss;
}

static struct loss loss_by_crashes(const struct sim *sim)
{
    struct loss loss = {.node_count = -1,
                        .cost_lost = sim->metrics.cost_lost_by_crashes,
                        .below_floor_us = -1,
                        .breach_count = -1};
    for (int32_t i = 0; i < sim->metrics.runner_count; i++) {
        const struct crash_stats *crashes = &metrics_rare(&sim->metrics, i)->crashes;
        loss.replica_count += crashes->count;
        loss.work_lost_us += crashes->work_lost_us;
    }
    return loss;
}

static int64_t nodes_hit(const struct sim *sim, enum loss_cause cause)
{
    int64_t count = 0;
    switch (cause) {
    case LOSS_FAILURE:
        return sim->metrics.node_failures;
    case LOSS_RECLAIM:
        return sim->metrics.node_reclaims;
    case LOSS_UPGRADE:
        for (int32_t i = 0; i < sim->upgrade_count; i++)
            count += sim->upgrades[i].done_count + sim->upgrades[i].active_count;
        return count;
    case LOSS_CONSOLIDATION:
        for (int32_t i = 0; i < sim->consolidations.count; i++)
            if (sim->consolidations.items[i].stage == CONSOLIDATION_DONE)
                count += sim->consolidations.items[i].node_count;
        return count;
    default:
        return -1;
    }
}

static int64_t breaches_by(const struct metrics *metrics, enum blame blame)
{
    const int64_t counts[BLAME_COUNT] = {
        [BLAME_PREEMPTION] = metrics->floor_breaches_by_preemption,
        [BLAME_DRAIN] = metrics->floor_breaches_by_drain,
        [BLAME_FAILURE] = metrics->floor_breaches_by_loss,
        [BLAME_RECLAIM] = metrics->floor_breaches_by_reclaim,
        [BLAME_CONSOLIDATION] = metrics->floor_breaches_by_consolidation,
        [BLAME_UPGRADE] = metrics->floor_breaches_by_upgrade,
    };
    return counts[blame];
}

/* ---- the whole ---- */

struct loss loss_of(const struct sim *sim, enum loss_cause cause)
{
    if (loss_is_part(cause))
        return loss_of_domain(sim, (enum failure_domain)(cause - LOSS_FAILURE_NODE));
    if (cause == LOSS_CRASH)
        return loss_by_crashes(sim);
    enum blame blame = blame_of(cause);
    struct loss loss = {
        .node_count = nodes_hit(sim, cause),
        .replica_count = sim->metrics.taken[blame].replica_count,
        .work_lost_us = sim->metrics.taken[blame].work_lost_us,
        .cost_lost = sim->metrics.cost_lost[blame],
        .breach_count = breaches_by(&sim->metrics, blame),
    };
    for (int32_t i = 0; i < sim->metrics.runner_count; i++)
        loss.below_floor_us += metrics_rare(&sim->metrics, i)->below_floor_us[blame];
    return loss;
}

bool loss_is_there(const struct loss *loss)
{
    return loss->node_count > 0 || loss->replica_count > 0;
}
