/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

/* The life of a runner: it arrives, wishes more or fewer replicas, leaves. */

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int ask_for(struct sim *sim, int32_t runner, int32_t count, struct err *err)
{
    for (int32_t i = 0; i < count; i++) {
        struct ask ask = {.runner = runner, .work = sim->runners[runner].work_count++};
        if (replica_ask(sim, &ask, err))
            return -1;
    }
    return 0;
}

static int plan_departure(struct sim *sim, int32_t runner, struct err *err)
{
    int64_t departure_us = sim->runners[runner].def->departure_us;
    if (departure_us == TIME_NEVER)
        return 0;
    struct event event = {.time_us = departure_us, .kind = ACTION_DEPARTURE, .subject = runner};
    return sim_push(sim, EVENT_CLASS_DEMAND, &event, err);
}

int runner_arrive(struct sim *sim, int32_t runner, struct err *err)
{
    struct sim_runner *it = &sim->runners[runner];
    if (it->departed_us != TIME_NEVER)
        return 0;
    if (it->def->departure_us <= sim->now_us) {
        it->departed_us = sim->now_us;
        return 0;
    }
    struct runner_delta delta = {.runner = runner, .wish = it->wish, .floor = it->floor};
    struct record record = record_of(RECORD_RUNNER_ARRIVED);
    record.runner = runner;
    record.count = it->wish;
    record.floor = it->floor;
    it->has_arrived = true;
    metrics_runner_arrives(&sim->metrics, runner, sim->now_us);
    if (sim_emit(sim, &record, err) ||
        metrics_change_runner(&sim->metrics, &delta, sim->now_us, err) ||
        plan_departure(sim, runner, err))
        return -1;
    return ask_for(sim, runner, it->wish, err);
}

/* Brings wish and floor to what is wished now, in all books. */
static int set_terms(struct sim *sim, int32_t runner, int32_t wish, struct err *err)
{
    struct sim_runner *it = &sim->runners[runner];
    int32_t floor = smaller(it->min_replicas, wish);
    struct runner_delta delta = {
        .runner = runner,
        .wish = wish - it->wish,
        .floor = floor - it->floor,
    };
    it->wish = wish;
    it->floor = floor;
    if (delta.floor != 0 && sched_set_floor(&sim->sched, runner, floor, err))
        return -1;
    if (!it->has_arrived)
        return 0;
    return metrics_change_runner(&sim->metrics, &delta, sim->now_us, err);
}

/* Takes back so many of the runner's replicas, see picks_of_runner. */
static int shed(struct sim *sim, int32_t runner, int32_t count, enum gone_cause cause,
                struct err *err)
{
    if (picks_of_runner(sim, runner, err))
        return -1;
    assert(count <= sim->pick_count);
    for (int32_t i = 0; i < count; i++) {
        struct farewell farewell = {
            .replica = sim->picks[i].replica,
            .cause = cause,
            .grace_us = TIME_NEVER,
        };
        uint8_t state = sim->sched.replicas[farewell.replica].state;
        bool is_bound = state == REPLICA_STARTING || state == REPLICA_RUNNING;
        if (is_bound ? replica_dismiss(sim, &farewell, err)
                     : replica_withdraw(sim, farewell.replica, err))
            return -1;
    }
    return 0;
}

int runner_depart(struct sim *sim, int32_t runner, bool *had_effect, struct err *err)
{
    struct sim_runner *it = &sim->runners[runner];
    *had_effect = it->departed_us == TIME_NEVER;
    if (!*had_effect)
        return 0;
    it->departed_us = sim->now_us;
    it->surge = 0;
    if (!it->has_arrived)
        return 0;
    struct record record = record_of(RECORD_RUNNER_DEPARTED);
    record.runner = runner;
    metrics_runner_leaves(&sim->metrics, runner, sim->now_us);
    int32_t count = it->wish;
    if (sim_emit(sim, &record, err) || set_terms(sim, runner, 0, err))
        return -1;
    return shed(sim, runner, count, GONE_DEPARTED, err);
}

int runner_scale(struct sim *sim, const struct runner_scale *scale, bool *had_effect,
                 struct err *err)
{
    struct sim_runner *it = &sim->runners[scale->runner];
    int32_t wish = scale->num_replicas != NO_INDEX ? scale->num_replicas + it->surge : it->wish;
    int32_t min_replicas = scale->min_replicas != NO_INDEX ? scale->min_replicas : it->min_replicas;
    *had_effect =
        it->departed_us == TIME_NEVER && (wish != it->wish || min_replicas != it->min_replicas);
    if (!*had_effect)
        return 0;
    struct record record = record_of(RECORD_SCALED);
    record.runner = scale->runner;
    record.count = wish;
    record.floor = smaller(min_replicas, wish);
    int32_t more = wish - it->wish;
    it->min_replicas = min_replicas;
    if (sim_emit(sim, &record, err) || set_terms(sim, scale->runner, wish, err))
        return -1;
    if (!it->has_arrived)
        return 0;
    if (more > 0 ? ask_for(sim, scale->runner, more, err)
                 : shed(sim, scale->runner, -more, GONE_SCALE_DOWN, err))
        return -1;
    if (runner_roll(sim, scale->runner, err))
        return -1;
    /* Another floor lets others evict, or this one. */
    sim_plan_pass(sim);
    return 0;
}

/* ---- new versions ---- */

/* Replicas of a runner: live ones of an older version, running ones of the present one. */
struct version_counts {
    int32_t old, renewed;
};

static struct version_counts count_versions(const struct sim *sim, int32_t runner)
{
    const struct sim_runner *it = &sim->runners[runner];
    struct version_counts counts = {0};
    for (int32_t i = it->first_replica; i != NO_INDEX; i = sim->replicas[i].next_of_runner) {
        uint8_t state = sim->sched.replicas[i].state;
        bool is_old = sim->replicas[i].version != it->version;
        counts.old += is_old && (state == REPLICA_STARTING || state == REPLICA_RUNNING);
        counts.renewed += !is_old && state == REPLICA_RUNNING;
    }
    return counts;
}

static int tell_scaled(struct sim *sim, int32_t runner, struct err *err)
{
    struct record record = record_of(RECORD_SCALED);
    record.runner = runner;
    record.count = sim->runners[runner].wish;
    record.floor = sim->runners[runner].floor;
    return sim_emit(sim, &record, err);
}

/* So many live replicas of an old version are asked to go: those that start, then the newest. With
 * `again` each is asked for again. */
static int dismiss_old(struct sim *sim, int32_t runner, int32_t count, bool again, struct err *err)
{
    if (picks_of_runner(sim, runner, err))
        return -1;
    for (int32_t i = 0; i < sim->pick_count && count > 0; i++) {
        struct farewell farewell = {
            .replica = sim->picks[i].replica,
            .cause = GONE_DEPLOYED,
            .grace_us = TIME_NEVER,
        };
        uint8_t state = sim->sched.replicas[farewell.replica].state;
        if ((state != REPLICA_STARTING && state != REPLICA_RUNNING) ||
            sim->replicas[farewell.replica].version == sim->runners[runner].version)
            continue;
        count--;
        if (replica_dismiss(sim, &farewell, err) || (again && ask_for(sim, runner, 1, err)))
            return -1;
    }
    return 0;
}

int runner_roll_on(struct sim *sim, int32_t runner, struct err *err)
{
    struct sim_runner *it = &sim->runners[runner];
    struct version_counts counts = count_versions(sim, runner);
    int32_t excess = counts.renewed + counts.old - (it->wish - it->surge);
    int32_t count = smaller(smaller(excess, counts.old), it->surge);
    if (count > 0) {
        it->surge -= count;
        if (set_terms(sim, runner, it->wish - count, err) || tell_scaled(sim, runner, err) ||
            dismiss_old(sim, runner, count, false, err))
            return -1;
        counts.old -= count;
    }
    int32_t left = it->surge;
    if (counts.old > 0 || left == 0)
        return 0;
    /* Those of an old version are gone in other ways. */
    it->surge = 0;
    return set_terms(sim, runner, it->wish - left, err) || tell_scaled(sim, runner, err) ||
                   shed(sim, runner, left, GONE_SCALE_DOWN, err)
               ? -1
               : 0;
}

int runner_deploy(struct sim *sim, int32_t runner, bool is_graceful, bool *had_effect,
                  struct err *err)
{
    struct sim_runner *it = &sim->runners[runner];
    *had_effect = it->has_arrived && it->departed_us == TIME_NEVER;
    if (!*had_effect)
        return 0;
    it->version++;
    int32_t old = count_versions(sim, runner).old;
    int32_t more = old > it->surge ? old - it->surge : 0;
    if (!is_graceful) {
        if (dismiss_old(sim, runner, old, true, err))
            return -1;
        sim_plan_pass(sim);
        return 0;
    }
    it->surge += more;
    if (set_terms(sim, runner, it->wish + more, err) || tell_scaled(sim, runner, err) ||
        ask_for(sim, runner, more, err))
        return -1;
    if (runner_roll(sim, runner, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

/* ---- status ---- */

int runner_set_enabled(struct sim *sim, int32_t runner, bool is_enabled, bool *had_effect,
                       struct err *err)
{
    struct sim_runner *it = &sim->runners[runner];
    struct runner_scale scale = {.runner = runner, .min_replicas = NO_INDEX};
    bool has_scaled;
    *had_effect = it->departed_us == TIME_NEVER && it->is_disabled == is_enabled;
    if (!*had_effect)
        return 0;
    it->is_disabled = !is_enabled;
    it->surge = 0;
    scale.num_replicas = is_enabled ? it->def->enabled_replicas : 0;
    return traffic_set_rejected(sim, runner, !is_enabled, err) ||
                   runner_scale(sim, &scale, &has_scaled, err)
               ? -1
               : 0;
}

int runner_unblock(struct sim *sim, int32_t runner, bool *had_effect, struct err *err)
{
    struct sim_runner *it = &sim->runners[runner];
    *had_effect = it->is_blocked && it->departed_us == TIME_NEVER;
    if (!*had_effect)
        return 0;
    it->is_blocked = false;
    struct record record = record_of(RECORD_UNBLOCKED);
    record.runner = runner;
    if (sim_emit(sim, &record, err) || sched_set_blocked(&sim->sched, runner, false, err))
        return -1;
    sim_plan_pass(sim);
    return 0;
}

int runner_wishes_one_less(struct sim *sim, struct runner_delta *delta, struct err *err)
{
    struct sim_runner *it = &sim->runners[delta->runner];
    assert(it->wish > 0);
    it->wish--;
    delta->wish--;
    if (it->surge > it->wish)
        it->surge = it->wish;
    int32_t floor = smaller(it->min_replicas, it->wish);
    if (floor == it->floor)
        return 0;
    delta->floor += floor - it->floor;
    it->floor = floor;
    return sched_set_floor(&sim->sched, delta->runner, floor, err);
}
