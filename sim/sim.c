/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "sim/engine.h"

_Static_assert((int)ACTION_COUNT - 1 <= (int)EVENT_KIND_MAX, "the queue can hold every action");

/* ---- what all parts use ---- */

/* At the horizon only what ends is processed. */
static bool is_beyond_end(const struct sim *sim, int64_t time_us, enum event_class class)
{
    return time_us > sim->end_us || (time_us == sim->end_us && class != EVENT_CLASS_REPLICA_GONE);
}

/* The plans that an event belongs to, or NULL: it is about no replica and no node. */
static struct plans *plans_of(const struct sim *sim, const struct event *event)
{
    if (event->kind < (int32_t)ACTION_REPLICA_END)
        return &sim->replicas[event->subject].plans;
    return event->kind < (int32_t)ACTION_NODE_END ? &sim->nodes[event->subject].plans : NULL;
}

int sim_push(struct sim *sim, enum event_class class, const struct event *event, struct err *err)
{
    assert(event->time_us >= sim->now_us);
    if (is_beyond_end(sim, event->time_us, class))
        return 0;
    struct plans *plans = plans_of(sim, event);
    struct event planned = *event;
    planned.generation = plans ? plans->generation : 0;
    if (event_queue_push(&sim->events, class, &planned, err))
        return -1;
    if (plans)
        plans->count++;
    return 0;
}

int sim_push_start(struct sim *sim, int32_t replica, struct err *err)
{
    if (array_reserve(&sim->starts, &sim->start_capacity, sim->start_count + INT64_C(1),
                      sizeof *sim->starts, err))
        return -1;
    sim->starts[sim->start_count++] = replica;
    return 0;
}

static bool is_dead(const void *context, const struct event *event)
{
    const struct plans *plans = plans_of(context, event);
    return plans && plans->generation != event->generation;
}

struct event_filter sim_event_filter(const struct sim *sim)
{
    return (struct event_filter){.is_dead = is_dead, .context = sim};
}

/* What is swept will not be popped, and is counted here instead: how many events a run has does not
 * depend on when the queue sweeps. */
void sim_bury(struct sim *sim, int32_t count)
{
    const struct event_filter filter = sim_event_filter(sim);
    sim->event_count += event_queue_add_dead(&sim->events, count, &filter);
}

int sim_keep_record(struct sim *sim, const struct record *record, struct err *err)
{
    if (array_reserve(&sim->records, &sim->record_capacity, sim->record_count + INT64_C(1),
                      sizeof *sim->records, err))
        return -1;
    sim->records[sim->record_count++] = *record;
    return 0;
}

/* ---- one step ---- */

/* An event has left the queue. false: it was cancelled. */
static bool is_due(struct sim *sim, const struct event *event)
{
    struct plans *plans = plans_of(sim, event);
    if (plans && plans->generation != event->generation) {
        sim->events.dead_count--;
        return false;
    }
    if (plans)
        plans->count--;
    return true;
}

/* Runners that arrive at this instant stand before those that leave. */
static int depart(struct sim *sim, int32_t runner, struct err *err)
{
    bool had_effect;
    return arrivals_admit(sim, err) || runner_depart(sim, runner, &had_effect, err) ? -1 : 0;
}

/* The startup of a replica is over. */
static int end_startup(struct sim *sim, int32_t replica, struct err *err)
{
    if (replica_start_ends(sim, replica, err))
        return -1;
    return runner_roll(sim, sim->sched.replicas[replica].runner, err);
}

static int process(struct sim *sim, const struct event *event, struct err *err)
{
    assert(event->kind >= 0 && event->kind < (int32_t)ACTION_COUNT);
    switch ((enum event_action)event->kind) {
    case ACTION_GONE:
        return replica_gone(sim, event->subject, err);
    case ACTION_FINISHED:
        return replica_finished(sim, event->subject, err);
    case ACTION_STARTED:
        return end_startup(sim, event->subject, err);
    case ACTION_CRASHED:
        return replica_crashes(sim, event->subject, err);
    case ACTION_UNPROTECTED:
        sim_plan_pass(sim);
        return 0;
    case ACTION_NODE_REPAIRED:
        return node_repair(sim, event->subject, err);
    case ACTION_DEPARTURE:
        return depart(sim, event->subject, err);
    case ACTION_SCRIPTED:
        return scripted_run(sim, event->subject, err);
    case ACTION_GAVE_UP:
        return replica_gave_up(sim, event->subject, err);
    case ACTION_OUTAGE:
        return outages_begin(sim, event->subject, err);
    case ACTION_NODE_RECLAIMED:
        return node_reclaimed(sim, event->subject, err);
    case ACTION_NODE_REPLACED:
        return node_replace(sim, event->subject, err);
    case ACTION_TRAFFIC:
        return traffic_step(sim, err);
    case ACTION_NODE_COMES:
        return node_comes(sim, event->subject, err);
    case ACTION_NODE_BOOTS:
        node_boots(sim, event->subject);
        return 0;
    case ACTION_SCALE_NODES:
        return node_scaling_run(sim, err);
    case ACTION_CONSOLIDATE:
        return consolidation_run(sim, event->subject, err);
    case ACTION_SPOT_CAPACITY:
        return spot_capacity_step(sim, event->subject, err);
    case ACTION_UPGRADE:
        return upgrade_turn(sim, event->subject, err);
    case ACTION_NODE_UPGRADED:
        return upgrade_node_done(sim, event->subject, err);
    case ACTION_COUNT:
        break;
    }
    return -1;
}

static void go_to(struct sim *sim, int64_t now_us)
{
    assert(now_us >= sim->now_us);
    sim->now_us = now_us;
    metrics_advance(&sim->metrics, now_us);
}

static int take_event(struct sim *sim, struct err *err)
{
    struct event event;
    event_queue_pop(&sim->events, &event);
    if (sim->events.many_count > 0)
        prefetch_next(sim);
    go_to(sim, event.time_us);
    return is_due(sim, &event) ? process(sim, &event, err) : 0;
}

static int take_arrivals(struct sim *sim, struct err *err)
{
    go_to(sim, event_rank_us(sim->arrivals_rank));
    if (arrivals_admit(sim, err))
        return -1;
    arrivals_plan(sim);
    return 0;
}

/* A start that a pass has listed. It is cancelled where its replica is no longer starting: until
 * all are over there is no other pass, so none of their slots starts anew. */
static int take_start(struct sim *sim, struct err *err)
{
    int32_t replica = sim->starts[sim->start_next++];
    if (sim->start_next == sim->start_count)
        sim->start_next = sim->start_count = 0;
    bool is_cancelled = sim->sched.replicas[replica].state != REPLICA_STARTING;
    return is_cancelled ? 0 : end_startup(sim, replica, err);
}

/* Does nothing of the queue come before this? */
static bool comes_first(struct sim *sim, uint64_t rank)
{
    bool has_before = event_queue_has_before(&sim->events, rank);
    if (sim->events.near_count > 0)
        prefetch_near(sim);
    return !has_before;
}

/* Processes the first event of the queue, or what is not there but has its place among its events:
 * a start, a pass, the next arrivals. Of its own class a start stands before what is in the queue:
 * when the pass ran, nothing of that class was left at its instant. */
static int take_first(struct sim *sim, bool *is_over, struct err *err)
{
    if (sim->start_count > 0)
        return comes_first(sim, event_rank(sim->now_us, EVENT_CLASS_REPLICA_READY))
                   ? take_start(sim, err)
                   : take_event(sim, err);
    uint64_t pass_rank = event_rank(sim->now_us, EVENT_CLASS_PASS);
    if (sim->pass_is_planned && pass_rank < sim->arrivals_rank)
        return comes_first(sim, pass_rank) ? pass_step(sim, err) : take_event(sim, err);
    if (!comes_first(sim, sim->arrivals_rank))
        return take_event(sim, err);
    *is_over = sim->arrivals_rank == UINT64_MAX;
    return *is_over ? 0 : take_arrivals(sim, err);
}

/* What follows each event, where sim->is_followed. */
static int follow(struct sim *sim, struct err *err)
{
    if (node_scaling_plan(sim, err) || consolidation_plan(sim, err))
        return -1;
    if (sim->options.check && sim_check(sim, err)) {
        err_prefix(err, "event %" PRId64 " at %" PRId64 " us", sim->event_count, sim->now_us);
        return -1;
    }
    return 0;
}

int sim_step(struct sim *sim, struct err *err)
{
    bool is_over = sim->is_finished;
    if (is_over)
        return 0;
    sim->record_count = 0;
    if (take_first(sim, &is_over, err))
        return -1;
    if (is_over) {
        sim->now_us = sim->end_us;
        sim->is_complete = true;
        return sim_finish(sim, err);
    }
    sim->event_count++;
    return sim->is_followed && follow(sim, err) ? -1 : 1;
}

int64_t sim_next_us(const struct sim *sim)
{
    if (sim->pass_is_planned || sim->start_count > 0)
        return sim->now_us;
    int64_t queue_us = event_queue_first_us(&sim->events);
    bool is_arrival =
        sim->arrivals_rank != UINT64_MAX && event_rank_us(sim->arrivals_rank) < queue_us;
    return is_arrival ? event_rank_us(sim->arrivals_rank) : queue_us;
}

int sim_run(struct sim *sim, struct err *err)
{
    int result;
    do
        result = sim_step(sim, err);
    while (result > 0);
    return result;
}

/* ---- begin and end ---- */

int sim_init(struct sim *sim, const struct scenario *scenario, const struct sim_options *options,
             struct err *err)
{
    *sim = (struct sim){
        .scenario = scenario,
        .options = *options,
        .end_us = scenario->horizon_us,
        .seed = options->has_seed ? options->seed : scenario->seed,
        .policy = options->policy ? options->policy : scenario->scheduler.policy,
        .policy_values =
            options->policy ? options->policy_values : scenario->scheduler.policy_values,
    };
    decision_digest_init(&sim->digest);
    if (sim_build(sim, err)) {
        sim_release(sim);
        return -1;
    }
    return 0;
}

/* Demands that still wait are censored, in order of replica number. */
static int close_waits(struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->sched.replica_count; i++) {
        const struct replica *replica = &sim->sched.replicas[i];
        if (replica->state != REPLICA_BLOCKED && replica->state != REPLICA_PENDING &&
            replica->state != REPLICA_NOMINATED)
            continue;
        struct wait_ended wait = {
            .wait_us = sim->now_us - replica->asked_at,
            .priority = sim->sched.runners[replica->runner].priority,
            .end = WAIT_OPEN,
        };
        if (metrics_wait_ends(&sim->metrics, &wait, sim->now_us, err))
            return -1;
    }
    return 0;
}

/* Replicas that are still bound, and their nodes. */
static void close_nodes(struct sim *sim)
{
    for (int32_t i = 0; i < sim->sched.replica_count; i++) {
        prefetch_bound(sim, i);
        uint8_t state = sim->sched.replicas[i].state;
        if (state != REPLICA_STARTING && state != REPLICA_RUNNING && state != REPLICA_TERMINATING)
            continue;
        const struct occupancy occupancy = replica_occupancy(sim, i);
        occupancy_settle(sim, &occupancy);
        expense_settle(sim, i, (enum expense)sim->replicas[i].expense);
        if (state == REPLICA_STARTING)
            crash_settle(sim, i);
    }
    for (int32_t i = 0; i < sim->node_count; i++) {
        node_settle(sim, i);
        occupancy_finish(sim, i);
    }
}

int sim_finish(struct sim *sim, struct err *err)
{
    if (sim->is_finished)
        return 0;
    metrics_advance(&sim->metrics, sim->now_us);
    if (close_waits(sim, err) || traffic_finish(sim, err))
        return -1;
    close_nodes(sim);
    node_scaling_settle(sim);
    upgrades_finish(sim);
    metrics_finish(&sim->metrics, sim->now_us);
    sim->is_finished = true;
    return sim_check_results(sim, err);
}

void sim_release(struct sim *sim)
{
    sched_release(&sim->sched);
    event_queue_release(&sim->events);
    metrics_release(&sim->metrics);
    decisions_release(&sim->decisions);
    traffic_release(sim);
    node_scaling_release(sim);
    consolidation_release(sim);
    free(sim->runners);
    free(sim->nodes);
    free(sim->replicas);
    free(sim->starts);
    free(sim->pools);
    free(sim->arrivals);
    free(sim->named_nodes);
    free(sim->popular_shapes);
    free(sim->selected_nodes);
    free(sim->picks);
    free(sim->idle_events);
    free(sim->outages);
    free(sim->spots);
    free(sim->upgrades);
    free(sim->failures);
    free(sim->records);
    *sim = (struct sim){0};
}

/* ---- names ---- */

const char *sim_runner_name(const struct sim *sim, int32_t runner, char out[RUNNER_NAME_SIZE])
{
    const struct sim_runner *it = &sim->runners[runner];
    if (it->generator == NO_INDEX)
        return it->def->id;
    snprintf(out, RUNNER_NAME_SIZE, "%s-%" PRId32, sim->scenario->arrivals[it->generator].name,
             it->generated_number);
    return out;
}

const char *sim_node_name(const struct sim *sim, int32_t node, char out[NODE_NAME_SIZE])
{
    return scenario_node_name(sim->scenario, &sim->nodes[node].def, out);
}
