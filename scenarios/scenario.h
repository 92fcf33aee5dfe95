/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_SCENARIO_H
#define STOWAGE_SCENARIOS_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/dist.h"
#include "base/err.h"
#include "base/problems.h"
#include "scenarios/edit.h"
#include "scenarios/plan.h"
#include "scenarios/traffic.h"
#include "scheduler/fleet.h"
#include "scheduler/policy.h"
#include "scheduler/sched.h"
#include "scheduler/shape.h"

/* The validated input of a run: what docs/scenario.md describes, with all names resolved to
 * indices, all quantities to integers, all defaults filled in. Strings and arrays live in `arena`
 * (shapes: in shapes.arena) until scenario_release. Instants are microseconds from the scenario's
 * start. */

enum { NO_INDEX = -1 };
#define TIME_NEVER INT64_MAX

struct cluster_def {
    const char *id, *provider, *region, *type; /* "" where not given */
};

/* Facts of an instance type beside what the scheduler sees (scenario.types[i] is the same type). */
struct type_extra {
    const char *description, *provider, *region; /* "" where not given */
    bool is_from_catalogue;
    bool allows_on_demand, allows_spot;
    const char *offered_as; /* of spot nodes, whose type is one of its own, "<id> (spot)", at the
                               pool's spot price: the id of the same machine on demand; else NULL */
};

/* Which instance type of a pool a new node gets. */
enum expander {
    EXPANDER_CHEAPEST = 0,  /* least price for each waiting replica that the node would take */
    EXPANDER_LEAST_WASTE,   /* least room left over by the waiting replicas it would take */
    EXPANDER_MOST_REPLICAS, /* takes most of the waiting replicas */
    EXPANDER_FIRST,         /* the first of the pool's list */
};

/* Which nodes are given back to save what they cost: sim/consolidation.h. */
enum consolidation_rule {
    CONSOLIDATION_OFF = 0,       /* those that were empty for idle_timeout only */
    CONSOLIDATION_EMPTY,         /* those without replicas, sooner */
    CONSOLIDATION_UNDERUTILIZED, /* also those whose replicas find room elsewhere */
};

struct stock_out { /* nothing of these capacity types can be had in [from, until) */
    int64_t from_us, until_us;
    bool of_spot, of_on_demand;
};

/* How the number of nodes of a pool follows demand. */
struct scaling_def {
    int32_t provision_delay, boot; /* indices into dists: from asked to provisioned, to ready */
    double provision_failure;      /* probabilities: that a node never gets ready, */
    double stock_out;              /* that there is none to be had, */
    double spot_stock_out;         /* and of spot */
    const struct stock_out *stock_outs; /* [stock_out_count] */
    int32_t stock_out_count;
    int64_t retry_after_us;  /* so long after a failed start, or without stock, the instance type is
                                not asked for again */
    int64_t idle_timeout_us; /* a node that is not needed goes when it was empty for so long */
    enum expander expander;
    enum consolidation_rule consolidation;
    int64_t consolidate_after_us; /* nothing has come to the node, or gone, for so long */
    int32_t budget;               /* nodes of the pool that may be out of service for it at once */
    bool budget_is_percent;       /* of those that are there, rounded up */
    const char *const *zones;     /* of new nodes, in turn; [zone_count] */
    int32_t zone_count;           /* 0: no zone */
};

struct pool_def {
    const char *id;
    int32_t cluster;      /* NO_INDEX: none given */
    const int32_t *types; /* [type_count] */
    int32_t type_count;
    /* What a new node may be: where spot is preferred to on demand, first the spot_launch_count
     * types of spot nodes; then, or else only, those of `types` that the pool may have. */
    const int32_t *launch_types; /* [launch_type_count] */
    int32_t launch_type_count, spot_launch_count;
    int32_t min_instances, max_instances; /* in force: after enforced_* */
    int32_t warm_instances;
    bool allows_on_demand, allows_spot;
    const char
        *disabled_reason; /* NULL: takes demand. Else "max_instances is 0", "status ERROR", ... */
    const struct scaling_def *scaling; /* NULL: nodes come and go by events only */
};

struct node_def {
    const char *name; /* NULL: "<pool id>-<ordinal>" */
    const char *zone; /* NULL: none given */
    int32_t pool, type;
    int32_t ordinal; /* counts the nodes of the pool from 0 */
};

struct runner_metrics { /* apiRunnerMetrics, as observed */
    int64_t pods_total, pods_running, total_pods_running_time_s, pods_preempted_total;
};

/* What few runners have; NULL in runner_def where there is none of it. */
struct runner_extra {
    const char *description, *created_at, *modified_at; /* "" where not given */
    const char *labels;                                 /* JSON text of the array, or NULL */
    const char *metadata;                               /* JSON text of the object, or NULL */
    const struct runner_metrics *observed;              /* NULL: none */
};

/* How the replicas of a runner crash, and come back: sim/crashes.c. */
struct crash_def {
    int32_t between;             /* index into dists: from running to the crash; NO_INDEX */
    int32_t restart;             /* index into dists: from the end of the wait to running */
    int32_t at_start_permillion; /* of the starts end in a crash */
    int64_t first_us, most_us;   /* the wait, which doubles */
    int64_t reset_us;            /* it begins anew after so long without a crash */
};

struct runner_def {
    const char *id;
    const char *worker;     /* identity "model:user/app/model@version", "workflow:..."; "" none */
    const char *blocked_by; /* special handling not done: its reason; NULL: may be scheduled */
    const struct runner_extra *extra;
    int64_t arrival_us, departure_us; /* TIME_NEVER: stays */
    int64_t max_wait_us;              /* a demand not bound by then gives up; TIME_NEVER: waits */
    int64_t grace_us;                 /* of its replicas, when they are asked to go */
    int32_t startup;                  /* index into dists: from bound to running */
    int32_t image_pull; /* index into dists: a second draw, added to startup; NO_INDEX: none (a
                           constant one is already in startup) */
    int32_t duration;   /* index into dists; NO_INDEX: replicas run on */
    int32_t shape;
    int32_t pool;       /* the first eligible pool (all of them: shapes.items[shape].pools) */
    int32_t deployment; /* NO_INDEX: given as a runner */
    int32_t num_replicas, floor; /* floor in force: min(min_replicas, num_replicas) */
    int32_t min_replicas;        /* as given */
    int32_t num_threads;         /* requests that one replica serves at once; 16 by default */
    int32_t enabled_replicas; /* num_replicas where its deployment is not, or no longer, disabled */
    bool is_graceful; /* a new version runs before the old one goes, unless an event says so */
    const struct traffic_def *traffic; /* NULL: none */
    const struct crash_def *crash;     /* NULL: they do not crash */
    int8_t priority;
    bool may_preempt;
    bool must_stay; /* no consolidation moves its replicas */
};

struct deployment_def {
    const char *id;
    int32_t scheduling_choice; /* 0..8, apiDeployment.SchedulingChoice */
    int32_t first_runner, runner_count;
    bool is_disabled;
};

/* Generated runners: one after the other from a template (a runner_def that is not itself
 * simulated). */
struct arrival_def {
    const char *name; /* generated ids are "<name>-<k>", k from 0 */
    struct runner_def template;
    struct dist interarrival;
    int64_t from_us, until_us; /* arrivals in [from, until) */
    int64_t count_max;         /* TIME_NEVER: no limit but `until` */
};

enum event_kind {
    EVENT_SCALE,          /* runner: num_replicas and/or min_replicas */
    EVENT_DEPART,         /* runner */
    EVENT_CLEAR_HANDLING, /* runner: its special handling is done */
    EVENT_ADD_NODES,      /* pool, type, count */
    EVENT_CORDON_NODE,    /* node selection: takes no more */
    EVENT_DRAIN_NODE,     /* node selection: cordoned, its replicas are asked to go */
    EVENT_UNCORDON_NODE,  /* node selection */
    EVENT_REMOVE_NODE,    /* node selection: drained, then gone for good */
    EVENT_FAIL_NODE,      /* node selection: everything on it is lost at once; repair_after */
    EVENT_REPAIR_NODE,    /* node selection */
    EVENT_SET_POOL,       /* pool: is_schedulable */
    EVENT_DEPLOY,         /* runner: a new version of what it serves; is_graceful */
    EVENT_SET_STATUS,     /* runner: is_enabled */
    EVENT_UPGRADE,        /* pool, zone: its nodes in turn, count at once; see sim/upgrades.c */
    EVENT_KIND_COUNT,
};

struct event_def {
    int64_t at_us;
    enum event_kind kind;
    int32_t runner, num_replicas, min_replicas; /* NO_INDEX: not changed */
    int32_t pool, type;                         /* type: index into types */
    int32_t count;         /* nodes to add; or nodes of the pool to select, lowest index first */
    const char *node_name; /* one node by name (also one that an earlier event added), or NULL */
    const char *zone;      /* of nodes to add; or selects nodes of this zone; NULL: any */
    int64_t grace_us;      /* of a drain; TIME_NEVER: each replica's own */
    int32_t repair_after;  /* index into dists, or NO_INDEX: stays down; of an upgrade: the work */
    int64_t floor_wait_us; /* of an upgrade: so long a node waits rather than break a floor */
    bool is_schedulable;
    bool is_graceful;    /* of a DEPLOY */
    bool is_enabled;     /* of a SET_STATUS */
    bool extends_repair; /* of FAIL_NODE: a node that is down already stays so for as long as this
                            failure lasts (failures_file) */
};
/* An event at time 0 that names nothing and changes nothing yet. */
struct event_def event_def_empty(enum event_kind kind);

/* Failures that come by themselves: every failure domain (a node, a rack or a zone) is up for a
 * time drawn from `between`, then all of its nodes are down for one drawn from `repair`, and so on.
 */
enum failure_domain { FAILURE_OF_NODE, FAILURE_OF_RACK, FAILURE_OF_ZONE, FAILURE_DOMAIN_COUNT };

struct failure_def {
    enum failure_domain domain;
    int32_t pool, type;         /* of these nodes only; NO_INDEX: any */
    const char *zone;           /* the same; NULL: any */
    bool of_spot, of_on_demand; /* nodes of this capacity type */
    bool is_reclaim;        /* the nodes are taken away after a notice, and others like them come */
    int64_t notice_us;      /* of a reclaim */
    int32_t nodes_per_rack; /* a rack: so many nodes of one pool, by ordinal */
    int32_t between, repair; /* indices into dists; repair NO_INDEX: for good */
};
/* "node", "rack", "zone" as in scenario files. */
const char *failure_domain_name(enum failure_domain domain);

/* How many spot nodes of a pool are to be had over time: sim/spot_capacity.c. */
struct spot_step {
    int64_t at_us; /* from then on */
    int32_t node_count;
};
struct spot_capacity {
    int32_t pool;
    const char *zone; /* NULL: any */
    int64_t notice_us;
    const struct spot_step *steps; /* [step_count], in order of time; before the first: no limit */
    int32_t step_count;
};

/* Whether a demand that fits nowhere evicts, or waits for a new node: sim/preempt_or_scale.c. */
enum preempt_or_scale { PREEMPT_FIRST = 0, SCALE_FIRST, CHEAPEST_WAIT };
const char *preempt_or_scale_name(enum preempt_or_scale rule); /* "preempt-first", ... */

struct scheduler_config {
    const struct policy *policy;
    const struct policy_value *policy_values; /* of its parameters */
    struct popularity popularity;             /* as given; empty: what the runners ask for */
    enum demand_order order;
    bool preemption_enabled;
    enum preempt_or_scale preempt_or_scale;
    int64_t grace_us, min_runtime_us;
    /* Instance types, fastest first, and nodepools, nearest first: for new nodes of deployments
     * whose scheduling_choice is PERFORMANCE or NETWORK. */
    const char *const *performance_order, *const *network_order;
    int32_t performance_count, network_count;
};

struct scenario {
    struct arena arena;
    struct problems problems; /* warnings of a valid scenario; errors too when loading failed */
    const char *file, *name, *description;
    char files_digest[DIGEST_HEX_SIZE]; /* SHA-256 of all files read, in the order of reading */
    char digest[DIGEST_HEX_SIZE];       /* of these and the edits; the same where there are none */
    bool has_start;
    int64_t start_unix_us;
    int64_t horizon_us;
    int64_t traffic_step_us; /* traffic is counted, and autoscalers decide, once in so long */
    uint64_t seed;
    struct plan_def plan;
    struct scheduler_config scheduler;
    struct shape_table shapes;
    struct dist *dists;
    struct node_type *types;
    struct type_extra *type_extras; /* [type_count] */
    struct cluster_def *clusters;
    struct pool_def *pools;
    struct node_def *nodes; /* at the start */
    struct runner_def *runners;
    struct deployment_def *deployments;
    struct arrival_def *arrivals;
    struct event_def *events; /* in order of at_us, then of the file */
    struct failure_def *failures;
    struct spot_capacity *spot_capacities;
    int32_t dist_count, dist_capacity;
    int32_t type_count, type_capacity;
    int32_t cluster_count, cluster_capacity;
    int32_t pool_count, pool_capacity;
    int32_t node_count, node_capacity;
    int32_t runner_count, runner_capacity;
    int32_t deployment_count, deployment_capacity;
    int32_t arrival_count, arrival_capacity;
    int32_t event_count, event_capacity;
    int32_t failure_count, failure_capacity;
    int32_t spot_capacity_count, spot_capacity_capacity;
};

/* Reads and validates the scenario `path` ("-": standard input; a folder: its scenario.json) with
 * all that it includes. All problems of the input are in scenario->problems, also when -1 is
 * returned with err = ERR_INPUT ("N errors"); then the scenario holds nothing but its problems. A
 * syntax error is one problem. -1 with ERR_SYSTEM for memory and unreadable files. Release in every
 * case. Cost linear in the input; about 150 bytes a runner beside its id. */
int scenario_load(struct scenario *scenario, const char *path, struct err *err);

/* The same with edits made in the files that are read as a whole (the scenario and what it
 * includes; not in the rows of runners_file and the like). A problem with what an edit has put
 * there names the edit. Beside what else may be wrong: an edit whose path is not there, or which
 * sets a key that is not known (which in objects of the API is no more than a warning where it
 * stands in a file). */
int scenario_load_edited(struct scenario *scenario, const char *path, const struct edit_list *edits,
                         struct err *err);

void scenario_release(struct scenario *scenario);

enum { NODE_NAME_SIZE = 320 };
/* The name of a node from its parts, in `out` where it has to be made. */
const char *scenario_node_name(const struct scenario *scenario, const struct node_def *node,
                               char out[NODE_NAME_SIZE]);

/* Does any instance type have devices, or a price? */
bool scenario_has_devices(const struct scenario *scenario);
bool scenario_has_prices(const struct scenario *scenario);

/* Is the type one of spot nodes? */
bool scenario_type_is_spot(const struct scenario *scenario, int32_t type);

/* Is there an event of the kind for the runner? */
bool scenario_has_event(const struct scenario *scenario, enum event_kind kind, int32_t runner);

#endif
