/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_ENGINE_H
#define STOWAGE_SIM_ENGINE_H

#include <assert.h>
#include <stdint.h>

#include "sim/sim.h"

/* What the parts of the engine share; not for callers of sim.h. Each function that takes an err
 * returns -1 only for want of memory (check.c: for a contradiction too), after which the sim can
 * only be released. */

enum event_action {
    /* About a replica, and among its plans. */
    ACTION_GONE = 0,    /* its grace period is over */
    ACTION_FINISHED,    /* its duration is over */
    ACTION_STARTED,     /* its startup is over */
    ACTION_UNPROTECTED, /* it has run for min_runtime and may be a victim */
    ACTION_GAVE_UP,     /* max_wait is over */
    ACTION_CRASHED,
    ACTION_REPLICA_END,
    /* About a node, and among its plans. */
    ACTION_NODE_REPAIRED = ACTION_REPLICA_END,
    ACTION_NODE_RECLAIMED, /* the notice is over */
    ACTION_NODE_BOOTS,     /* it is provisioned, and not ready yet */
    ACTION_NODE_COMES,     /* its provisioning is over */
    ACTION_NODE_END,
    /* About other things. */
    ACTION_DEPARTURE = ACTION_NODE_END, /* runner: its departure_us */
    ACTION_SCRIPTED,                    /* index into scenario->events */
    ACTION_OUTAGE,                      /* index into sim->outages: the domain fails */
    ACTION_NODE_REPLACED,               /* a removed node: one like it comes */
    ACTION_TRAFFIC,                     /* the end of a step of all runners' traffic */
    ACTION_SCALE_NODES,
    ACTION_CONSOLIDATE, /* index into sim->consolidations.items: the wait is over; NO_INDEX: a look
                         */
    ACTION_SPOT_CAPACITY, /* index into scenario->spot_capacities: its next step */
    ACTION_UPGRADE,       /* index into sim->upgrades: its next turn */
    ACTION_NODE_UPGRADED, /* node: the work on it is done */
    ACTION_COUNT,
};

/* ---- sim.c ---- */

/* Puts an event into the queue, unless it is beyond the end of the run. One about a replica or node
 * is among its plans; the generation is set here. */
int sim_push(struct sim *sim, enum event_class class, const struct event *event, struct err *err);

/* Plans the start, at this instant, of a replica that a pass has just bound. As an event of its own
 * in the queue would: behind the pass, in order of binding. */
int sim_push_start(struct sim *sim, int32_t replica, struct err *err);

/* For sim_cancel alone: so many events are dead now. */
void sim_bury(struct sim *sim, int32_t count);
/* Cancels what is planned; `plans` are those of a replica or node of the sim. Mostly nothing is. */
static inline void sim_cancel(struct sim *sim, struct plans *plans)
{
    int32_t count = plans->count;
    plans->generation++;
    plans->count = 0;
    if (count > 0)
        sim_bury(sim, count);
}
/* The sim as one that knows which events are dead. */
struct event_filter sim_event_filter(const struct sim *sim);

/* Plans a pass for now, where there is demand that it could help. To be called whenever demand,
 * room, or what may be evicted has grown. */
static inline void sim_plan_pass(struct sim *sim)
{
    bool has_demand = sim->sched.queue.demand_count > 0 || sim->sched.ready_count > 0;
    if (has_demand && sim->now_us < sim->end_us)
        sim->pass_is_planned = true;
}

/* A record with all indices NO_INDEX. */
static inline struct record record_of(enum record_kind kind)
{
    return (struct record){
        .kind = kind,
        .runner = NO_INDEX,
        .ordinal = NO_INDEX,
        .node = NO_INDEX,
        .other_runner = NO_INDEX,
        .other_ordinal = NO_INDEX,
    };
}

/* For sim_emit alone. */
int sim_keep_record(struct sim *sim, const struct record *record, struct err *err);

/* Takes the record into the digest, and keeps it when options.keep_records. In the header, since
 * most of a record is known where it is made: as long as nobody has its address, it need not be in
 * memory. */
static inline int sim_emit(struct sim *sim, const struct record *record, struct err *err)
{
    record_digest(record, sim->now_us, &sim->digest);
    sim->consolidations.is_due = true;
    if (!sim->options.keep_records)
        return 0;
    struct record kept = *record;
    kept.time_us = sim->now_us;
    return sim_keep_record(sim, &kept, err);
}

/* ---- build.c: the state at time 0 ---- */

int sim_build(struct sim *sim, struct err *err);

/* Adds one node to the scheduler and to the engine's tables, READY or COMING from now on. */
int sim_build_node(struct sim *sim, const struct node_def *def, enum node_state state,
                   int32_t *node, struct err *err);

/* ---- arrivals.c ---- */

/* Makes the generated runners and the order in which runners arrive. */
int arrivals_build(struct sim *sim, struct err *err);
/* Plans the next arrivals. */
void arrivals_plan(struct sim *sim);
/* Lets all runners arrive that arrive by now. */
int arrivals_admit(struct sim *sim, struct err *err);

/* ---- runner_life.c ---- */

int runner_arrive(struct sim *sim, int32_t runner, struct err *err);
/* false in *had_effect: it has left already. */
int runner_depart(struct sim *sim, int32_t runner, bool *had_effect, struct err *err);
struct runner_scale {
    int32_t runner;
    int32_t num_replicas, min_replicas; /* NO_INDEX: not changed */
};
int runner_scale(struct sim *sim, const struct runner_scale *scale, bool *had_effect,
                 struct err *err);
/* A new version of what the runner serves. Gracefully: as many replicas more as it has are asked
 * for, and each that runs lets one of the old version go, so that no fewer serve meanwhile. Else
 * all that are bound are asked to go, and asked for again, at once. */
int runner_deploy(struct sim *sim, int32_t runner, bool is_graceful, bool *had_effect,
                  struct err *err);
/* One of its replicas runs, or it wishes fewer: replicas of an old version may have to go, where a
 * new one is coming. */
int runner_roll_on(struct sim *sim, int32_t runner, struct err *err);
static inline int runner_roll(struct sim *sim, int32_t runner, struct err *err)
{
    return sim->runners[runner].surge == 0 ? 0 : runner_roll_on(sim, runner, err);
}
/* Disabled: it wishes none, whatever its autoscaler says, and its requests are rejected. Enabled:
 * as many as at the start. */
int runner_set_enabled(struct sim *sim, int32_t runner, bool is_enabled, bool *had_effect,
                       struct err *err);
int runner_unblock(struct sim *sim, int32_t runner, bool *had_effect, struct err *err);
/* A replica finished or a demand gave up: one less is wanted. Adds what changes to *delta, which
 * the caller hands to the metrics. */
int runner_wishes_one_less(struct sim *sim, struct runner_delta *delta, struct err *err);

/* ---- durations.c ---- */

/* How long a piece of work of a runner that has a duration takes. The second is for pieces that are
 * asked for in the order of the run: where it is the first of the runner that arrived last, it was
 * drawn together with those of the next ones. */
int64_t duration_draw_us(const struct sim *sim, int32_t runner, int32_t work);
int64_t duration_of_work_us(struct sim *sim, int32_t runner, int32_t work);

/* ---- prefetch.c ---- */

/* Asks for the memory of arrivals that are some arrivals away; of events that are near now; of what
 * comes next and some events behind one that is being taken, for which it has the queue look ahead;
 * of the node of a decision; of nodes and runners of replicas some rows away, for who takes all in
 * order. */
void prefetch_arrivals(const struct sim *sim);
void prefetch_near(struct sim *sim);
void prefetch_next(struct sim *sim);
void prefetch_decision(const struct sim *sim, int32_t number);
void prefetch_bound(const struct sim *sim, int32_t at);

/* ---- replica_life.c ---- */

/* One more demand of the runner, for a piece of work (see sim.h). */
struct ask {
    int32_t runner, work;
};
int replica_ask(struct sim *sim, const struct ask *ask, struct err *err);
int replica_bound(struct sim *sim, const struct decision *decision, struct err *err);
int replica_evicted(struct sim *sim, const struct decision *decision, struct err *err);
int replica_nominated(struct sim *sim, const struct decision *decision, struct err *err);
int replica_started(struct sim *sim, int32_t replica, struct err *err);
int replica_finished(struct sim *sim, int32_t replica, struct err *err);

/* A live replica is asked to go; `grace_us` TIME_NEVER: its runner's. */
struct farewell {
    int32_t replica;
    enum gone_cause cause;
    int64_t grace_us;
    int64_t grace_us_max; /* where is_limited: it takes no longer */
    bool is_limited;
};
int replica_dismiss(struct sim *sim, const struct farewell *farewell, struct err *err);
/* As replica_dismiss, with its node: it is asked for again at once. */
int replica_drain(struct sim *sim, const struct farewell *farewell, struct err *err);
/* What a bound replica has of its node. */
struct occupancy replica_occupancy(const struct sim *sim, int32_t replica);
/* A terminating replica is gone. */
int replica_gone(struct sim *sim, int32_t replica, struct err *err);
/* A bound replica is lost with its node; a live one is asked for again. */
int replica_lost(struct sim *sim, int32_t replica, struct err *err);
/* A demand that is not bound is not wanted any more (RECORD_WITHDRAWN) or gives up. */
int replica_withdraw(struct sim *sim, int32_t replica, struct err *err);
int replica_gave_up(struct sim *sim, int32_t replica, struct err *err);
int replica_unnominate(struct sim *sim, int32_t replica, struct err *err);

/* ---- crashes.c ---- */

/* Its startup is over: it runs, or crashes. */
int replica_start_ends(struct sim *sim, int32_t replica, struct err *err);
int replica_crashes(struct sim *sim, int32_t replica, struct err *err);
/* Counts the time down after a crash up to now, where there was one; when the replica runs again,
 * goes, or at the end. */
void crash_count_down(struct sim *sim, int32_t replica);
static inline void crash_settle(struct sim *sim, int32_t replica)
{
    if (sim->replicas[replica].is_crashed)
        crash_count_down(sim, replica);
}

/* ---- expense.c: what replicas cost ---- */

/* Part of a node of this type that a replica of the shape holds, in 1e-9. */
int64_t expense_share(const struct shape *shape, const struct node_type *type);
/* Time of a bound replica on its node, in 1e-17 USD; 0 where the price is unknown. */
int128 expense_of(const struct sim *sim, int32_t replica, int64_t us);
/* The replica has been bound. */
static inline void expense_begin(struct sim *sim, int32_t replica)
{
    sim->replicas[replica].charged_us = sim->now_us;
    sim->replicas[replica].expense = EXPENSE_STARTING;
}
/* Charges the replica, which is still on its node, for so much time at what it is doing. */
void expense_charge(struct sim *sim, int32_t replica, int64_t us);
/* The same for the time up to now; what follows is `next`. */
static inline void expense_settle(struct sim *sim, int32_t replica, enum expense next)
{
    struct sim_replica *it = &sim->replicas[replica];
    assert(it->charged_us <= sim->now_us);
    if (it->charged_us < sim->now_us)
        expense_charge(sim, replica, sim->now_us - it->charged_us);
    it->charged_us = sim->now_us;
    it->expense = (uint8_t)next;
}
/* A live replica is taken, and the work of so much time lost: what it cost. */
void expense_lost(struct sim *sim, int32_t replica, int64_t work_us, enum blame blame);

/* ---- picks.c: lists of replicas in sim->picks, valid until the next list is made ---- */

/* All on a node, bound or nominated, by (runner, ordinal). */
int picks_of_node(struct sim *sim, int32_t node, struct err *err);
/* All of a runner but terminating ones, in the order in which a scale-down takes them: pending or
 * blocked, nominated, starting, running; among these the newest first (latest asked for, bound,
 * running; highest ordinal). */
int picks_of_runner(struct sim *sim, int32_t runner, struct err *err);

/* ---- occupancy.c: what nodes have of replicas ---- */

/* Capacity of a type as it is measured; nothing of CPU and memory where it is unbounded. */
void type_capacity(const struct node_type *type, int64_t capacity[RESOURCE_COUNT]);
/* A replica with these devices is bound to the node, or has left it; to be told after the
 * scheduler. */
struct occupancy {
    int32_t node, shape;
    uint64_t devices;
    int64_t bound_us;
};
void occupancy_take(struct sim *sim, const struct occupancy *occupancy);
void occupancy_give(struct sim *sim, const struct occupancy *occupancy);
/* At the end of the run: of a replica that is still bound, and of each node. */
void occupancy_settle(struct sim *sim, const struct occupancy *occupancy);
void occupancy_finish(struct sim *sim, int32_t node);
/* The node counts as capacity from now on, or no longer; and it exists, or no longer. */
void occupancy_count_node(struct sim *sim, int32_t node, int32_t counted, int32_t existing);

/* ---- node_life.c ---- */

int node_add(struct sim *sim, const struct event_def *def, struct err *err);
int node_cordon(struct sim *sim, int32_t node, struct err *err);
int node_drain(struct sim *sim, int32_t node, int64_t grace_us, struct err *err);
int node_uncordon(struct sim *sim, int32_t node, struct err *err);
int node_remove(struct sim *sim, int32_t node, int64_t grace_us, struct err *err);
struct node_failing {
    int32_t node;
    int32_t failure;      /* as in struct node_failure */
    int64_t repair_at_us; /* TIME_NEVER: no repair is planned */
};
int node_fail(struct sim *sim, const struct node_failing *failing, struct err *err);
/* When a failure of the node now would end. `repair_after`: index into scenario->dists, or
 * NO_INDEX.
 */
int64_t node_draw_repair(const struct sim *sim, int32_t node, int32_t repair_after);
/* One that is down will not be repaired before this instant. */
int node_stay_down(struct sim *sim, int32_t node, int64_t repair_at_us, struct err *err);
/* The provider takes the node back: it is drained, no grace period outlasts the notice, and it is
 * removed. At failing->repair_at_us another node like it comes. */
int node_reclaim(struct sim *sim, const struct node_failing *failing, struct err *err);
/* The notice is over. */
int node_reclaimed(struct sim *sim, int32_t node, struct err *err);
/* Another node like this one comes; not where the pool scales, which asks for what it needs. */
int node_replace(struct sim *sim, int32_t node, struct err *err);
/* The node goes to save what it costs; its replicas are asked for again. */
int node_consolidate(struct sim *sim, int32_t node, struct err *err);
/* A node that is coming is provisioned. */
void node_boots(struct sim *sim, int32_t node);
/* The node is drained, to be worked on. */
int node_upgrade(struct sim *sim, int32_t node, int64_t grace_us, struct err *err);
/* A node that was asked for is ready. */
int node_open(struct sim *sim, int32_t node, struct err *err);
int node_repair(struct sim *sim, int32_t node, struct err *err);
/* The last replica has left a node that is in an upgrade or leaving: the work begins, or it is
 * removed. */
int node_is_free(struct sim *sim, int32_t node, struct err *err);
/* A replica has left, or the node was told to go. */
static inline int node_vacated(struct sim *sim, int32_t node, struct err *err)
{
    const struct sim_node *it = &sim->nodes[node];
    if (it->replica_count > 0 || (it->upgrade == NO_INDEX && !it->is_leaving))
        return 0;
    return node_is_free(sim, node, err);
}
int pool_set_schedulable(struct sim *sim, int32_t pool, bool is_schedulable, bool *had_effect,
                         struct err *err);
/* Counts the time in the present state up to now; before each change of state and at the end. */
void node_settle(struct sim *sim, int32_t node);

/* ---- outages.c: failures that come by themselves ---- */

/* The node has come: its failure domains are known from now on. One of them may be down now, and
 * then so is the node. */
int outages_node_added(struct sim *sim, int32_t node, struct err *err);
/* A domain fails. */
int outages_begin(struct sim *sim, int32_t outage, struct err *err);

/* ---- spot_capacity.c: as many spot nodes as there are ---- */

/* After the nodes of the start. */
int spot_capacity_build(struct sim *sim, struct err *err);
int spot_capacity_step(struct sim *sim, int32_t number, struct err *err);
/* May there be one more such node now? */
bool spot_capacity_allows(const struct sim *sim, const struct node_def *node);

/* What a pool counts of its nodes, when a node enters a state or, with by = -1, leaves it. Before
 * and after each change of its state. */
void node_count_in_pool(struct sim *sim, int32_t node, int32_t by);
/* The same where its last replica has left it, or (false) its first one comes. */
void node_turns_empty(struct sim *sim, int32_t node, bool is_empty);

/* ---- node_scaling.c: the number of nodes follows demand ---- */

int node_scaling_build(struct sim *sim, struct err *err);
void node_scaling_release(struct sim *sim);
/* Plans an evaluation for the end of this instant, unless one is planned. */
int node_scaling_plan_due(struct sim *sim, struct err *err);
/* The same where one is due. After every event. */
static inline int node_scaling_plan(struct sim *sim, struct err *err)
{
    bool is_due = sim->scaling.is_enabled && sim->scaling.is_due;
    return is_due ? node_scaling_plan_due(sim, err) : 0;
}
/* An evaluation: asks for nodes for what waits, for minima and warm nodes; removes empty ones. */
int node_scaling_run(struct sim *sim, struct err *err);
/* Settles launches whose nodes events have removed; before each evaluation and at the end. */
void node_scaling_settle(struct sim *sim);
/* A node that was asked for comes, or fails to. */
int node_comes(struct sim *sim, int32_t node, struct err *err);
/* One node more. False in *is_launched: it is not to be had now. */
struct launch_request {
    int32_t group;         /* of the fleet: pool and type */
    int32_t runner;        /* for whom, or NO_INDEX */
    int32_t replica_count; /* how many waiting replicas it is to take */
    enum launch_reason reason;
};
int node_launch(struct sim *sim, const struct launch_request *request, bool *is_launched,
                struct err *err);
/* How many nodes the pool should have, ready or coming: busy and warm ones, within its bounds. */
int32_t node_scaling_target(const struct sim *sim, int32_t pool);
/* May the pool have one more node of this type now? */
bool node_may_launch(const struct sim *sim, int32_t group);

/* ---- scale_up.c ---- */

/* Asks for nodes for the demand that waits and that no coming node will take. Sets
 * sim->scaling.expected_busy. */
int scale_up(struct sim *sim, struct err *err);
void scale_up_release(struct sim *sim);
/* What makes one shape larger than another, in this order: devices, their memory, CPU, memory. */
void shape_size(const struct shape *shape, int64_t size[4]);
struct room room_of_empty(const struct node_type *type);

/* ---- preempt_or_scale.c ---- */

/* Does the scheduler evict only where no node is to be had? */
bool evictions_are_granted(const struct scenario *scenario);
/* A node that could be asked for, for so many replicas; the first of them in this bucket. */
struct scale_offer {
    int32_t bucket; /* of the demand queue */
    int32_t group;  /* of the fleet */
    int64_t taken;
};
/* Is eviction the cheaper way? Then it is granted, and a pass is planned. */
int evicts_rather_than_scales(struct sim *sim, const struct scale_offer *offer, bool *evicts,
                              struct err *err);
/* After an evaluation: what it has left over may evict. Plans a pass where that is news. */
int grant_evictions(struct sim *sim, struct err *err);

/* ---- consolidation.c: nodes that are hardly used go ---- */

int consolidation_build(struct sim *sim, struct err *err);
void consolidation_release(struct sim *sim);
/* Plans a look. */
int consolidation_plan_due(struct sim *sim, struct err *err);
/* The same where something has changed. After every event. */
static inline int consolidation_plan(struct sim *sim, struct err *err)
{
    bool is_due = sim->consolidations.is_enabled && sim->consolidations.is_due;
    return is_due ? consolidation_plan_due(sim, err) : 0;
}
/* A look at all pools (NO_INDEX), or at what was found some time ago. */
int consolidation_run(struct sim *sim, int32_t item, struct err *err);
/* A node that was asked for to replace others is ready, or will not come. */
int consolidation_replaced(struct sim *sim, int32_t node, bool has_come, struct err *err);

/* ---- consolidation_trial.c ---- */

struct trial_request {
    const int32_t *nodes; /* [count] of this pool */
    int32_t count, pool;
    int32_t extra_node; /* holds nothing and takes replicas all the same, and then no other is to be
                           had; NO_INDEX */
};
/* Before trials of a fleet that has changed since. */
int consolidation_trials_begin(struct sim *sim, struct err *err);
/* O(replicas of the nodes * nodes with replicas). */
int consolidation_try(struct sim *sim, const struct trial_request *request,
                      struct consolidation_trial *trial, struct err *err);

/* ---- upgrades.c ---- */

int upgrade_begin(struct sim *sim, int32_t event, struct err *err);
/* Lets nodes begin for which it is time. */
int upgrade_turn(struct sim *sim, int32_t upgrade, struct err *err);
/* The node has lost a replica, or all: if it is empty and in an upgrade, the work begins. */
int upgrade_node_empty(struct sim *sim, int32_t node, struct err *err);
int upgrade_node_done(struct sim *sim, int32_t node, struct err *err);
/* Counts waits that are still open, at the end. */
void upgrades_finish(struct sim *sim);

/* ---- scripted.c ---- */

/* NULL: any. */
bool node_is_in_zone(const struct sim_node *node, const char *zone);

/* The class in which an event of the file is processed. */
enum event_class scripted_class(const struct event_def *def);
int scripted_run(struct sim *sim, int32_t index, struct err *err);
/* Tables of the nodes that events call by name: made once, then told of each new node. */
int scripted_name_nodes(struct sim *sim, struct err *err);
void scripted_node_added(struct sim *sim, int32_t node);

/* ---- traffic.c ---- */

int traffic_build(struct sim *sim, struct err *err);
/* Counts the traffic of the step that ends now, and lets the autoscalers decide. */
int traffic_step(struct sim *sim, struct err *err);
/* Counts up to now, at the end of the run. */
int traffic_finish(struct sim *sim, struct err *err);
void traffic_release(struct sim *sim);
/* What becomes of a replica to which requests go. */
enum station_change {
    STATION_OPENS,  /* it runs from now on */
    STATION_CLOSES, /* it was asked to go and takes no more requests */
    STATION_GOES,   /* it is gone, and so is what it still served */
};
/* Where some runner has traffic. */
int traffic_change(struct sim *sim, int32_t replica, enum station_change change, struct err *err);
/* Before the runner's counts change. */
static inline int traffic_replica(struct sim *sim, int32_t replica, enum station_change change,
                                  struct err *err)
{
    return sim->traffic_count == 0 ? 0 : traffic_change(sim, replica, change, err);
}
/* The runner's requests are rejected from now on, or no longer. */
int traffic_set_rejected(struct sim *sim, int32_t runner, bool is_rejected, struct err *err);
/* Requests = served + dropped + waiting, exactly. */
int traffic_check(const struct sim *sim, struct err *err);

/* ---- pass_step.c ---- */

int pass_step(struct sim *sim, struct err *err);

/* ---- check.c ---- */

/* Compares all books with each other and with the scheduler's; O(everything). */
int sim_check(const struct sim *sim, struct err *err);

/* ERR_SYSTEM "contradiction: WHAT (NUMBER)", for this file and the next. */
int check_contradiction(struct err *err, const char *what, int32_t number);

/* ---- check_results.c ---- */

/* Sum of all waits = area under the queue, replica-seconds by runner and by node, counts of
 * evictions; after sim_finish. */
int sim_check_results(const struct sim *sim, struct err *err);

#endif
