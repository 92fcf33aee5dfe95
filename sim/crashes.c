/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

/* Crashes of single replicas, as Kubernetes takes them: a replica stays on its node and keeps its
 * room; it is started again there after a wait that doubles with each crash, from `first` up to
 * `most`, and begins anew once a replica has run for `reset`. Its image is there already, so a
 * restart takes as long as `restart` says, by default the loading alone. What it had done is lost.
 *
 * With the defaults (10 s, 300 s, 600 s) a replica that crashes at each start, and takes 5 s to
 * start, first at 5 s, crashes at 5, 20 (5 + 10 + 5), 45, 90, 175, 340, 645, 950 s, and so on. */

static const struct crash_def *def_of(const struct sim *sim, int32_t replica)
{
    return sim->runners[sim->sched.replicas[replica].runner].def->crash;
}

/* The draws of the replica's start of this number. */
static struct rng stream_of(const struct sim *sim, const char *name, int32_t replica)
{
    const struct replica *it = &sim->sched.replicas[replica];
    uint64_t index = rng_mix((uint64_t)(uint32_t)it->runner, (uint64_t)(uint32_t)it->ordinal,
                             (uint64_t)(uint32_t)sim->replicas[replica].crash_count);
    return rng_stream(sim->seed, name, index);
}

/* The wait after this crash. */
static int64_t back_off_us(const struct crash_def *def, struct sim_replica *it, int64_t ran_us)
{
    if (ran_us >= def->reset_us)
        it->crashes_in_row = 0;
    int64_t wait_us = def->first_us < def->most_us ? def->first_us : def->most_us;
    for (int i = 0; i < it->crashes_in_row; i++)
        wait_us = wait_us > def->most_us / 2 ? def->most_us : 2 * wait_us;
    if (it->crashes_in_row < UINT8_MAX)
        it->crashes_in_row++;
    return wait_us;
}

static int emit(struct sim *sim, int32_t replica, struct err *err)
{
    struct record record = record_of(RECORD_CRASHED);
    record.runner = sim->sched.replicas[replica].runner;
    record.ordinal = sim->sched.replicas[replica].ordinal;
    record.node = sim->sched.replicas[replica].node;
    return sim_emit(sim, &record, err);
}

/* Down for the wait and the new start, from now on. */
static int go_down(struct sim *sim, int32_t replica, int64_t ran_us, struct err *err)
{
    struct sim_replica *it = &sim->replicas[replica];
    const struct crash_def *def = def_of(sim, replica);
    struct runner_rare *rare;
    if (metrics_rare_row(&sim->metrics, sim->sched.replicas[replica].runner, &rare, err))
        return -1;
    crash_settle(sim, replica);
    it->crash_count++;
    it->is_crashed = true;
    it->crashed_us = sim->now_us;
    rare->crashes.count++;
    rare->crashes.at_start_count += ran_us < 0;
    struct rng rng = stream_of(sim, "restart", replica);
    int64_t wait_us = back_off_us(def, it, ran_us);
    struct event event = {
        .time_us =
            sim->now_us + wait_us + dist_sample_us(&sim->scenario->dists[def->restart], &rng),
        .kind = ACTION_STARTED,
        .subject = replica,
    };
    if (emit(sim, replica, err))
        return -1;
    return sim_push(sim, EVENT_CLASS_REPLICA_READY, &event, err);
}

void crash_count_down(struct sim *sim, int32_t replica)
{
    struct sim_replica *it = &sim->replicas[replica];
    it->is_crashed = false;
    const struct runner_stats *stats = &sim->metrics.runners[sim->sched.replicas[replica].runner];
    assert(stats->rare != 0);
    sim->metrics.rare[stats->rare].crashes.down_us += sim->now_us - it->crashed_us;
}

/* Of one that may crash. Not inlined, for the sake of all others. */
static __attribute__((noinline)) int start_or_crash(struct sim *sim, int32_t replica,
                                                    const struct crash_def *def, struct err *err)
{
    struct rng rng = stream_of(sim, "crash at start", replica);
    if ((int32_t)(rng_next(&rng) % 1000000) < def->at_start_permillion)
        return go_down(sim, replica, -1, err);
    crash_settle(sim, replica);
    if (replica_started(sim, replica, err))
        return -1;
    if (def->between == NO_INDEX)
        return 0;
    rng = stream_of(sim, "between crashes", replica);
    struct event event = {
        .time_us = sim->now_us + dist_sample_us(&sim->scenario->dists[def->between], &rng),
        .kind = ACTION_CRASHED,
        .subject = replica,
    };
    return sim_push(sim, EVENT_CLASS_REPLICA_READY, &event, err);
}

int replica_start_ends(struct sim *sim, int32_t replica, struct err *err)
{
    const struct crash_def *def = def_of(sim, replica);
    return def ? start_or_crash(sim, replica, def, err) : replica_started(sim, replica, err);
}

int replica_crashes(struct sim *sim, int32_t replica, struct err *err)
{
    const struct replica *it = &sim->sched.replicas[replica];
    assert(it->state == REPLICA_RUNNING);
    int64_t ran_us = sim->now_us - it->running_since;
    struct runner_delta delta = {.runner = it->runner, .running = -1};
    struct runner_rare *rare;
    if (metrics_rare_row(&sim->metrics, it->runner, &rare, err))
        return -1;
    int128 cost = expense_of(sim, replica, ran_us);
    rare->work_lost_us += ran_us;
    rare->crashes.work_lost_us += ran_us;
    if (cost > 0)
        sim->metrics.costs[it->runner].lost += cost;
    sim->metrics.cost_lost_by_crashes += cost;
    sim_cancel(sim, &sim->replicas[replica].plans);
    expense_settle(sim, replica, EXPENSE_STARTING);
    if (traffic_replica(sim, replica, STATION_GOES, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err))
        return -1;
    sched_crashed(&sim->sched, replica);
    if (go_down(sim, replica, ran_us, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}
