/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/sched.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "scheduler/index.h"
#include "scheduler/transitions.h"
#include "scheduler/waiting.h"

int sched_init(struct sched *sched, const struct sched_options *options,
               const struct shape_table *shapes, struct err *err)
{
    assert(options->policy != NULL);
    assert(options->policy->api_version == POLICY_API_VERSION);
    assert(options->min_runtime_ticks >= 0);
    const struct policy_setting setting = {.shapes = shapes, .popularity = options->popularity};
    *sched = (struct sched){0};
    if (policy_instance_start(&sched->policy, options->policy, options->policy_values, &setting,
                              err))
        return -1;
    if (options->search == SEARCH_INDEXED) {
        sched->index = index_new(&options->tuning, err);
        if (sched->index == NULL) {
            policy_instance_stop(&sched->policy);
            *sched = (struct sched){0};
            return -1;
        }
    }
    if (fleet_init(&sched->fleet, shapes, err)) {
        index_free(sched->index);
        policy_instance_stop(&sched->policy);
        *sched = (struct sched){0};
        return -1;
    }
    sched->options = *options;
    sched->queue.order = options->order;
    sched->free_replica = -1;
    return 0;
}

void sched_release(struct sched *sched)
{
    policy_instance_stop(&sched->policy);
    fleet_release(&sched->fleet);
    index_free(sched->index);
    demand_queue_release(&sched->queue);
    free(sched->runners);
    free(sched->replicas);
    free(sched->ready_nominees);
    free(sched->merge);
    free(sched->no_fit_version);
    *sched = (struct sched){0};
}

int sched_take_in(struct sched *sched, struct err *err)
{
    if (fleet_refresh_suits(&sched->fleet, err) ||
        array_reserve(&sched->no_fit_version, &sched->no_fit_capacity, sched->fleet.shapes->count,
                      sizeof *sched->no_fit_version, err))
        return -1;
    return policy_instance_refresh(&sched->policy, &sched->fleet, err);
}

/* ---- runners ---- */

int sched_expect_runners(struct sched *sched, int32_t count, struct err *err)
{
    return array_reserve_on_lines(&sched->runners, &sched->runner_capacity, count,
                                  sizeof *sched->runners, err);
}

int sched_add_runner(struct sched *sched, const struct runner_terms *terms, int32_t *runner,
                     struct err *err)
{
    assert(terms->shape >= 0 && terms->shape < sched->fleet.shapes->count);
    assert(terms->priority >= 0 && terms->priority <= 9);
    assert(terms->floor >= 0);
    if (array_reserve_on_lines(&sched->runners, &sched->runner_capacity,
                               (int64_t)sched->runner_count + 1, sizeof *sched->runners, err))
        return -1;
    sched->runners[sched->runner_count] = (struct runner){.shape = terms->shape,
                                                          .priority = terms->priority,
                                                          .floor = terms->floor,
                                                          .first_pending = -1,
                                                          .last_pending = -1,
                                                          .first_extra = -1,
                                                          .first_bound = -1,
                                                          .is_blocked = terms->is_blocked,
                                                          .may_preempt = terms->may_preempt};
    *runner = sched->runner_count++;
    return 0;
}

int sched_set_floor(struct sched *sched, int32_t runner, int32_t floor, struct err *err)
{
    struct runner *changing = &sched->runners[runner];
    assert(floor >= 0);
    int32_t before = runner_budget(changing);
    changing->floor = floor;
    runner_budget_changed(sched, runner, before);
    return waiting_settle(sched, runner, err);
}

int sched_set_blocked(struct sched *sched, int32_t runner, bool is_blocked, struct err *err)
{
    return waiting_set_blocked(sched, runner, is_blocked, err);
}

/* ---- replicas ---- */

int sched_demand(struct sched *sched, int32_t runner, int64_t now, int32_t *replica,
                 struct err *err)
{
    return replica_new(sched, runner, now, replica, err);
}

int sched_withdraw(struct sched *sched, int32_t replica, struct err *err)
{
    struct replica *demand = &sched->replicas[replica];
    assert(demand->state >= REPLICA_BLOCKED && demand->state <= REPLICA_NOMINATED);
    int32_t runner = demand->runner;
    if (demand->state == REPLICA_NOMINATED)
        replica_drop_nomination(sched, replica);
    else
        waiting_remove(sched, replica);
    replica_free(sched, replica);
    return waiting_settle(sched, runner, err);
}

void sched_running(struct sched *sched, int32_t replica, int64_t now)
{
    assert(sched->replicas[replica].state == REPLICA_STARTING);
    sched->replicas[replica].state = REPLICA_RUNNING;
    sched->replicas[replica].running_since = now;
    sched->eviction_version++;
    if (sched->options.preemption_enabled)
        fleet_touch(&sched->fleet, sched->replicas[replica].node);
}

void sched_crashed(struct sched *sched, int32_t replica)
{
    assert(sched->replicas[replica].state == REPLICA_RUNNING);
    sched->replicas[replica].state = REPLICA_STARTING;
    sched->replicas[replica].running_since = INT64_MAX;
    sched->eviction_version++;
    if (sched->options.preemption_enabled)
        fleet_touch(&sched->fleet, sched->replicas[replica].node);
}

void sched_grant_evictions(struct sched *sched, int32_t bucket, int32_t count)
{
    assert(bucket >= 0 && bucket < sched->queue.bucket_count);
    assert(count >= 0);
    sched->queue.buckets[bucket].grant = count;
}

int sched_terminate(struct sched *sched, int32_t replica, struct err *err)
{
    return replica_terminate(sched, replica, err);
}

int sched_gone(struct sched *sched, int32_t replica, struct err *err)
{
    return replica_leave(sched, replica, err);
}

int sched_unnominate(struct sched *sched, int32_t replica, struct err *err)
{
    replica_drop_nomination(sched, replica);
    return waiting_add(sched, replica, err);
}

/* ---- nodes and pools ---- */

void sched_set_node_state(struct sched *sched, int32_t node, enum node_state state)
{
    fleet_set_node_state(&sched->fleet, node, state);
}

void sched_set_pool_schedulable(struct sched *sched, int32_t pool, bool is_schedulable)
{
    fleet_set_pool_schedulable(&sched->fleet, pool, is_schedulable);
}
