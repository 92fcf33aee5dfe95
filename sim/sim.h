/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_SIM_H
#define STOWAGE_SIM_SIM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/memory.h"
#include "scenarios/scenario.h"
#include "scheduler/pass.h"
#include "scheduler/sched.h"
#include "sim/consolidation.h"
#include "sim/event_queue.h"
#include "sim/metrics.h"
#include "sim/node_scaling.h"
#include "sim/record.h"
#include "sim/traffic.h"

/* The engine: virtual time over the scheduler. Stepwise: sim_init, sim_step until it says 0 (or as
 * long as the caller likes), sim_finish, read the results, sim_release. Equal (scenario, seed,
 * version) give equal records, bit for bit.
 *
 * Time. The run covers [0, horizon]. At the horizon itself what ends still counts (replicas that
 * finish or have gone), but nothing begins: no arrival, no other event, no pass.
 *
 * At one instant, in this order: what frees room; nodes that are lost, cordoned, drained or
 * removed, pools that close; nodes that come back, pools that open; replicas that run; arrivals (by
 * runner index), the other events of the file (in its order), departures; traffic and autoscalers,
 * by runner index; one pass, where there is demand and something changed that could help it;
 * demands that give up. Another pass follows at the same instant where room is freed at once (grace
 * period 0), or where the pass itself made more replicas evictable.
 *
 * Random numbers are keyed by entity, so that two policies see the same ones: "startup" by runner
 * and ordinal, "duration" by runner and piece of work, "crash at start",
 * "between crashes" and "restart" by runner, ordinal and number of its crash, "interarrival" by
 * entry of `arrivals`, "repair" by node and number of its failure, "between failures" and "repair
 * of failure" by entry of `failures`, domain and number of its failure, "upgrade" by number of the
 * upgrade and node, "launch" and "scheduling-choice" by pool and number of the node asked for
 * there. A replica that replaces one that was evicted, drained or lost does that one's piece of
 * work again from the start, so it needs the same time: were it drawn anew, long replicas, which
 * are evicted more often, would turn into short ones.
 *
 * A replica that is asked to go does not finish any more. One that finishes goes at once. */

struct sim_options {
    bool check; /* verify all invariants after every event (slow); a contradiction is an err */
    bool keep_records; /* keep what happened in each step for the trace */
    bool keep_changes; /* keep the counts of all runners over time, for pictures of a few */
    const struct policy *policy;              /* NULL: the scenario's */
    const struct policy_value *policy_values; /* of `policy`; NULL: its defaults */
    bool has_seed;
    uint64_t seed;
    enum node_search search; /* of the scheduler; the results are the same */
};

/* A runner of the run: the scenario's first, in its order, then those that `arrivals` generated. */
struct sim_runner {
    const struct runner_def *def; /* the template for a generated one */
    int32_t generator;            /* index into scenario->arrivals, NO_INDEX */
    int32_t generated_number;     /* k of "<name>-<k>" */
    int64_t arrival_us;
    int64_t departed_us; /* TIME_NEVER: it has not left */
    int32_t wish;        /* num_replicas in force */
    int32_t floor;       /* in force: min(min_replicas, wish) */
    int32_t min_replicas;
    int32_t first_replica; /* list of its replicas of any state, newest first; NO_INDEX */
    int32_t version;       /* of what it serves: how often a new one was deployed */
    int32_t surge;         /* of its wish: replicas more, until those of an old version are gone */
    int32_t work_count;    /* pieces of work so far: demands that replace no other */
    bool has_arrived, is_blocked, is_disabled;
};
static_assert(sizeof(struct sim_runner) == CACHE_LINE_BYTES, "a runner has grown");

/* What the engine keeps of a pool beside the scheduler: its nodes in order of index. */
struct sim_pool {
    int32_t first_node, last_node; /* NO_INDEX: none */
    int32_t next_ordinal;          /* of the next node that is added */
    int32_t existing_count;        /* nodes in any state but removed */
    int32_t ready_count, coming_count;
    int32_t idle_count;    /* ready and without replicas */
    int32_t idle_unpriced; /* of these, of unknown price */
    int64_t idle_price;    /* sum of the known prices of these */
    int32_t launch_count;  /* nodes asked for so far */
    int64_t idle_check_us; /* no empty node is to be removed before */
};

/* The events that are planned for one replica or node. They are cancelled together: the generation
 * rises, and those of an older one are dead. */
struct plans {
    uint32_t generation;
    int32_t count; /* in the queue, of this generation */
};

/* A node of the run: the scenario's first, then added ones. Index = the scheduler's node number. */
struct sim_node {
    /* What every replica that comes or goes touches, on two lines of the cache. */
    _Alignas(CACHE_LINE_BYTES) int128_close used_area[RESOURCE_COUNT]; /* see sim_node_area */
    int64_t quiet_since_us;       /* its state changed, a replica came or went */
    uint64_t devices_in_use;      /* bit mask of those with replicas */
    int32_t replica_count;        /* bound to it now */
    int32_t replicas_max;         /* over the run */
    int32_t bound_count, upgrade; /* over the run; index into sim->upgrades, NO_INDEX */
    int64_t first_bound_us;       /* of its first replica; TIME_NEVER: it had none */
    int64_t busy_us;              /* time with replicas, up to busy_since_us where it has some */
    int64_t busy_since_us;
    int64_t idle_since_us; /* TIME_NEVER: not ready, or it has replicas */
    /* What few of them do. */
    bool is_cordoned;             /* cordoned or draining; kept while it is down */
    bool is_booting;              /* while it is coming: it has been provisioned */
    bool is_leaving;              /* removed once it is empty */
    bool is_worked_on;            /* in its upgrade: it is empty */
    bool stays_cordoned;          /* after its upgrade */
    struct node_def def;          /* name NULL: see scenario_node_name */
    int64_t added_us, removed_us; /* removed: TIME_NEVER while it exists */
    int64_t down_us;              /* total time down so far, up to state_since_us */
    int64_t drained_us;           /* total time cordoned or draining, likewise */
    int64_t coming_us;            /* total time from asked for to ready, likewise */
    int64_t state_since_us;
    int64_t repair_at_us;                 /* while it is down; TIME_NEVER: no repair is planned */
    int64_t work_lost_us;                 /* of replicas lost with it */
    struct plans plans;                   /* cancelled with every change of state */
    int32_t evicted_count, failure_count; /* over the run */
    int32_t next_in_pool;                 /* NO_INDEX: the last one */
    int32_t
        reclaimed_by; /* as failure of struct node_failure; NO_INDEX: it is not being reclaimed */
    int32_t last_failure; /* index into sim->failures, where failure_count is above 0 */
};
enum { SIM_NODE_HOT_BYTES = 2 * CACHE_LINE_BYTES };
static_assert(offsetof(struct sim_node, is_cordoned) == SIM_NODE_HOT_BYTES,
              "what every replica touches has grown");

/* What replicas had of the resource, as value x us; once the run is finished (occupancy.c). */
static inline int128 sim_node_area(const struct sim_node *node, enum resource resource)
{
    return node->used_area[resource];
}

/* The engine's side of a replica; index = the scheduler's replica number (slots are reused). */
struct sim_replica {
    int64_t bound_us; /* while bound */
    union {
        int64_t duration_us; /* until it terminates: of its work, where the runner has a duration */
        int64_t gone_at_us;  /* while terminating */
    };
    struct plans plans;                         /* cancelled when the slot is reused, too */
    int32_t version;                            /* of its runner, when it was bound */
    int32_t work;                               /* number of its piece of work within the runner */
    int32_t next_of_runner, previous_of_runner; /* NO_INDEX: none */
    int64_t charged_us;                         /* while bound: its cost is counted up to then */
    int64_t crashed_us;                         /* where is_crashed */
    int32_t crash_count;
    bool is_crashed;        /* since its last crash it has not run */
    uint8_t crashes_in_row; /* each of which doubles the wait after the next */
    uint8_t cause;          /* enum gone_cause, while terminating */
    uint8_t expense;        /* enum expense, while bound */
};
static_assert(sizeof(struct sim_replica) == CACHE_LINE_BYTES, "a replica has grown");

/* A runner that arrives within the run, in order of (time, runner). */
struct sim_arrival {
    int64_t time_us;
    int32_t runner;
};

/* How long the first pieces of work of the next arrivals take. */
enum { DURATIONS_AHEAD = 8 };
struct durations_ahead {
    int32_t first, end; /* indices into sim->arrivals, the second excluded */
    int64_t us[DURATIONS_AHEAD];
};

/* A replica in a list, and the keys by which the list is in ascending order. */
struct replica_pick {
    int64_t keys[3];
    int32_t replica;
};

/* A node that an event calls by name, in order of the name. */
struct sim_named_node {
    const char *name;
    int32_t node; /* NO_INDEX: there is none yet */
};

/* A failure domain of an entry of scenario->failures: a node, a rack or a zone. */
struct sim_outage {
    int64_t end_us;  /* of its latest failure; -1: there was none */
    int32_t failure; /* index into scenario->failures */
    int32_t node;    /* the first node of the domain */
    int32_t count;   /* failures so far */
};

/* The state of an entry of scenario->spot_capacities. */
struct sim_spot {
    int32_t next_step, available_count;
    int32_t first_count; /* such nodes at the start */
    int32_t first_node;  /* the first of them; NO_INDEX: none */
};

/* A rolling upgrade that has begun. */
struct sim_upgrade {
    int32_t event;            /* index into scenario->events */
    int32_t next_node;        /* of its pool; NO_INDEX: all have had their turn */
    int32_t end_node;         /* nodes from this one on have come later */
    int32_t active_count;     /* out of service for it now */
    int32_t done_count;       /* upgraded */
    int32_t passed_count;     /* not in service when their turn came */
    int32_t forced_count;     /* drained although a floor broke */
    int64_t waiting_since_us; /* the next node waits for floors; TIME_NEVER */
    int64_t waited_us;        /* such times */
    int64_t retry_at_us;      /* the last planned look at floors */
    int64_t ended_us;         /* TIME_NEVER: it has not */
};

/* One failure of one node. */
struct node_failure {
    int64_t time_us, end_us; /* end: TIME_NEVER while it is down, or where it was removed */
    int64_t work_lost_us;
    int32_t node;
    int32_t failure;    /* index into scenario->failures, and beyond those into spot_capacities;
                           NO_INDEX: an event of the file */
    int32_t lost_count; /* replicas bound to it */
};

struct sim {
    const struct scenario *scenario; /* borrowed */
    struct sim_options options;
    struct sched sched;
    struct event_queue events;
    bool has_fetched_coming; /* prefetch.c: what is likely to be near next */
    struct metrics metrics;
    struct decision_digest digest;
    struct decisions decisions; /* of the last pass */
    struct sim_runner *runners;
    struct sim_node *nodes;
    struct sim_replica *replicas;
    int32_t runner_count, runner_capacity;
    int32_t node_count, node_capacity;
    int32_t replica_capacity;
    int32_t *starts; /* replicas that the last pass bound and that need no startup; those before
                        start_next run */
    int32_t start_next, start_count, start_capacity;
    struct sim_traffic *traffics; /* of the runners that have some, in order of the runner */
    int32_t traffic_count, traffic_capacity;
    struct sim_pool *pools;       /* [sched.fleet.pool_count] */
    struct sim_arrival *arrivals; /* all of them; next_arrival: the first to come */
    struct durations_ahead durations;
    struct sim_named_node *named_nodes;
    struct popular_shape *popular_shapes; /* by the replicas that runners ask for when they arrive;
                                             what a policy is told of the demand to expect */
    int32_t *selected_nodes;              /* that one event is about */
    struct replica_pick *picks; /* replicas that one event is about, in the order of their turn */
    int32_t pool_capacity;
    int32_t arrival_count, arrival_capacity, next_arrival;
    int32_t named_node_count, named_node_capacity;
    int32_t popular_shape_count, popular_shape_capacity;
    int32_t selected_node_count, selected_node_capacity;
    int32_t pick_count, pick_capacity;
    int32_t *idle_events; /* indices into scenario->events of those that changed nothing: no node
                             was selected, the runner had left */
    int32_t idle_event_count, idle_event_capacity;
    struct sim_outage *outages;    /* failure domains */
    struct node_failure *failures; /* that happened */
    int32_t outage_count, outage_capacity;
    struct sim_upgrade *upgrades; /* in the order of their beginning */
    int32_t upgrade_count, upgrade_capacity;
    struct sim_spot *spots; /* [scenario->spot_capacity_count] */
    int32_t spot_capacity;
    int32_t failure_count, failure_capacity;
    struct record *records; /* of the last step, when keep_records */
    int32_t record_count, record_capacity;
    struct node_scaling scaling;
    struct consolidations consolidations;
    int64_t now_us;
    int64_t end_us;                           /* the horizon */
    int64_t event_count;                      /* processed, cancelled ones included */
    uint64_t seed;                            /* in force */
    const struct policy *policy;              /* in force */
    const struct policy_value *policy_values; /* of its parameters; NULL: the defaults */
    uint64_t arrivals_rank; /* event_rank of the next arrivals; UINT64_MAX: none are to come */
    bool pass_is_planned;   /* at now_us */
    bool is_followed; /* nodes scale or are consolidated, or all is checked: after each event */
    bool is_finished; /* the horizon was reached, or sim_finish was called */
    bool is_complete; /* the horizon was reached */
};

/* Generated runners of one run, all entries of `arrivals` together. */
enum { GENERATED_RUNNERS_MAX = 20 * 1000 * 1000 };

/* Builds the fleet, the runners (generated ones included) and the first events. `scenario` must
 * outlive the sim. On -1 the struct is zeroed; ERR_LIMIT: more than GENERATED_RUNNERS_MAX. */
int sim_init(struct sim *sim, const struct scenario *scenario, const struct sim_options *options,
             struct err *err);

/* Processes one event. 1: there is more; 0: the horizon is reached and the results are complete;
 * -1: out of memory, or a contradiction (in the results at the end; when options.check, after any
 * event); then the sim can only be released. */
int sim_step(struct sim *sim, struct err *err);

/* Is anything left before the horizon? */
static inline bool sim_has_next(const struct sim *sim)
{
    return sim->pass_is_planned || sim->start_count > 0 || sim->arrivals_rank != UINT64_MAX ||
           event_queue_count(&sim->events) > 0;
}

/* The instant of what the next step processes; INT64_MAX: nothing is left. Cost:
 * event_queue_first_us. */
int64_t sim_next_us(const struct sim *sim);

/* Steps until the end. */
int sim_run(struct sim *sim, struct err *err);

/* Closes all integrals at now_us; called by sim_step at the horizon, or by the caller to end a run
 * early (is_complete stays false). Waits still open are counted as censored. Idempotent. */
int sim_finish(struct sim *sim, struct err *err);

void sim_release(struct sim *sim);

/* How long the replica that answers the number-th demand of a runner (from 0) holds its room,
 * whenever it is bound and on whatever node, if nobody takes it away and it does not crash: startup
 * and duration. TIME_NEVER: it runs on. Only of demands that replace no other one; known before the
 * run. */
int64_t sim_stay_us(const struct sim *sim, int32_t runner, int32_t number);

enum { RUNNER_NAME_SIZE = 640 };
/* "<id>" or "<name>-<k>"; in `out` where it has to be made. */
const char *sim_runner_name(const struct sim *sim, int32_t runner, char out[RUNNER_NAME_SIZE]);
const char *sim_node_name(const struct sim *sim, int32_t node, char out[NODE_NAME_SIZE]);

/* ---- before the run ---- */

/* Floors that cannot be met even by an empty fleet at its maximum size. Maximum size: per pool the
 * larger of its max_instances and of its nodes at the start with those that events add; the further
 * nodes are of its largest type (most devices, then CPU, then memory).
 *
 * Floors count while their runner is there, from arrival to departure; of a runner whose replicas
 * end by themselves at its arrival only. Generated runners, scale events and failures are left
 * aside. */
struct floor_shortfall {
    int32_t runner;         /* index into scenario->runners; NO_INDEX for a sum over a pool */
    int32_t pool;           /* for a sum: the pool whose volume is too small; for a runner: the
                               first pool that could hold it, were it not closed; NO_INDEX: none */
    enum resource resource; /* for a sum: of what */
    int64_t asked, there;   /* for a sum: in the unit of the resource, at the instant at which most
                               is asked for */
};
struct floor_report {
    struct floor_shortfall *items; /* proven: the runner's shape fits no type of its open pools, or
                                      the floors that only this pool may serve ask for more than it
                                      has at its maximum size; owned */
    int32_t count, capacity;
    int64_t peak_us;         /* the first instant at which the sum of floors is highest */
    int64_t floor_replicas;  /* sum of floors then */
    int64_t placed_by_trial; /* of these, placed by a trial packing of an empty maximum fleet by the
                                scenario's policy and order */
};
int floor_report_make(struct floor_report *report, const struct scenario *scenario,
                      struct err *err);
void floor_report_release(struct floor_report *report);

#endif
