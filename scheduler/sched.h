/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_SCHED_H
#define STOWAGE_SCHEDULER_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scheduler/demand.h"
#include "scheduler/demand_queue.h"
#include "scheduler/fleet.h"
#include "scheduler/policy.h"

/* The scheduler: a fleet, the runners and replicas on it, and the pass that decides (pass.h). It
 * knows neither time nor files and could be linked into a real scheduler. The caller reports what
 * happened (a demand arose, a replica runs, is asked to go, is gone; a node came or failed), runs a
 * pass, and acts on its decisions.
 *
 *   sched_demand -> PENDING -(pass)-> STARTING -sched_running-> RUNNING
 *                      \-(pass)-> NOMINATED -(pass, victims gone)-> STARTING
 *   RUNNING -sched_crashed-> STARTING
 *   STARTING/RUNNING -sched_terminate, or eviction in a pass-> TERMINATING -sched_gone-> none
 *   PENDING/NOMINATED/BLOCKED -sched_withdraw-> none
 *
 * Reservation. A nominated demand has its node and devices, and counts as an occupant there. Of
 * each resource it holds what its victims will not bring: max(0, request - what its pledged victims
 * that still terminate have of it). As they go, their room moves into what is held; what is too
 * much becomes free. Once all have gone the whole request is held and the next pass binds the
 * demand. A nomination outlives the draining of its node, as bound replicas do; the caller may take
 * it back with sched_unnominate.
 */

/* How sched_find_node looks for the best node; the answer is the same. */
enum node_search {
    SEARCH_INDEXED = 0, /* the time hardly depends on the number of nodes */
    SEARCH_PLAIN,       /* asks every node: what the index is measured against */
};

/* Sizes of the index, for tests on small fleets. 0: as it suits the fleet. */
struct index_tuning {
    int32_t
        scan_below; /* with fewer nodes than this, no lists are kept, with more for all shapes */
    int32_t list_limit;    /* nodes kept on a list */
    int32_t journal_least; /* entries of the journal: a power of two, 8 or more */
    int32_t journal_fresh; /* so far back what a later one supersedes is blanked */
    bool is_portable;      /* no use of vector instructions that not all processors have */
};

struct node_index;

struct sched_options {
    const struct policy *policy;              /* borrowed */
    const struct policy_value *policy_values; /* of its parameters, read by sched_init; NULL: the
                                                 defaults. Parts of a `weighted` are borrowed */
    struct popularity popularity;             /* for policies that ask for it; read by sched_init */
    enum demand_order order;
    bool preemption_enabled;    /* from the first replica on, or never */
    bool evictions_are_granted; /* a demand evicts only within its bucket's grant */
    int64_t min_runtime_ticks;  /* a replica that ran for less is no victim; 0: all may be */
    uint64_t seed;
    enum node_search search;
    struct index_tuning tuning;
};

/* Rows that the caller keeps of the nodes, by the same numbers. When a demand is seated he will
 * touch the first bytes of the node's row; they are asked for as soon as the node is found, which
 * is the earliest that anybody knows of it. Zero: he keeps none. */
struct node_rows {
    const void *rows; /* borrowed */
    size_t row_bytes, touched_bytes;
};

struct sched {
    struct sched_options options;
    struct policy_instance policy;
    struct fleet fleet;
    struct runner *runners;
    struct replica *replicas;
    int32_t runner_count, runner_capacity;
    int32_t replica_count, replica_capacity; /* slots, free ones included */
    int32_t free_replica;                    /* head of the list of free slots (next_on_node); -1 */
    struct demand_queue queue;
    struct node_index *index; /* NULL with SEARCH_PLAIN */
    int32_t *ready_nominees;  /* nominated replicas whose victims have all gone */
    int32_t ready_count, ready_capacity;
    int32_t *merge; /* working memory of a pass: the heap of the buckets of a level */
    int32_t merge_capacity;
    /* [shape] fleet.growth_version at which it was found to fit nowhere (0: never), for shapes that
     * do not depend on the runner. */
    int64_t *no_fit_version;
    int32_t no_fit_capacity;
    int64_t evictable[10];      /* by priority: the sum of its runners' budgets */
    int64_t eviction_version;   /* rises whenever a budget rose, or a replica began to age */
    int32_t most_of_a_runner;   /* candidates of one runner that a search met on one node */
    int64_t floor_breach_count; /* evictions that took a runner below its floor: always 0 */
    struct node_rows node_rows; /* set by the caller, whenever they move */
};

/* `shapes` is borrowed and may grow later. On -1 the struct is zeroed. */
int sched_init(struct sched *sched, const struct sched_options *options,
               const struct shape_table *shapes, struct err *err);
void sched_release(struct sched *sched);

/* Takes in the shapes, types and groups that came since: fleet_refresh_suits, and the same for the
 * policy. A pass begins with it; who asks sched_find_node without a pass calls it himself after
 * adding groups. O(1) when nothing was added. */
static inline int sched_refresh(struct sched *sched, struct err *err);

/* The part of sched_refresh where something was added, or the policy wants to be asked. */
int sched_take_in(struct sched *sched, struct err *err);

/* All functions below that take an err fail only for want of memory; after a -1 the scheduler can
 * only be released. */

struct runner_terms {
    int32_t shape, priority, floor;
    bool is_blocked, may_preempt;
};
int sched_add_runner(struct sched *sched, const struct runner_terms *terms, int32_t *runner,
                     struct err *err);
/* There will be so many in all: makes room for them at once, without copies of a growing table. */
int sched_expect_runners(struct sched *sched, int32_t count, struct err *err);

/* The floor in force; demands of the runner change class at once. */
int sched_set_floor(struct sched *sched, int32_t runner, int32_t floor, struct err *err);

/* Unblocks or blocks a runner; its waiting demands move between PENDING and BLOCKED. A nominated
 * demand keeps its place. */
int sched_set_blocked(struct sched *sched, int32_t runner, bool is_blocked, struct err *err);

/* One more replica is wanted: a new demand, asked at tick `now`. */
int sched_demand(struct sched *sched, int32_t runner, int64_t now, int32_t *replica,
                 struct err *err);

/* A demand that is not bound is no longer wanted; its slot is free afterwards. Victims that
 * terminate for it go on, their room is free for all. */
int sched_withdraw(struct sched *sched, int32_t replica, struct err *err);

/* STARTING -> RUNNING at tick `now`. */
void sched_running(struct sched *sched, int32_t replica, int64_t now);

/* RUNNING -> STARTING: it is started again where it is. */
void sched_crashed(struct sched *sched, int32_t replica);

/* STARTING or RUNNING -> TERMINATING: not live any more, still holds its room. */
int sched_terminate(struct sched *sched, int32_t replica, struct err *err);

/* A bound replica is gone (finished, terminated, lost): its room becomes free, or is held for the
 * nominee it is pledged to. Its slot is free afterwards. */
int sched_gone(struct sched *sched, int32_t replica, struct err *err);

/* A nominated demand loses its node and waits in the queue again, with the tick it was asked at. */
int sched_unnominate(struct sched *sched, int32_t replica, struct err *err);

/* With options.evictions_are_granted: so many demands of this bucket of the queue, its first, may
 * evict in passes to come. 0 at first; each nomination uses one up. */
void sched_grant_evictions(struct sched *sched, int32_t bucket, int32_t count);

/* The caller first empties a node (sched_gone, sched_unnominate) that goes DOWN or is REMOVED. */
void sched_set_node_state(struct sched *sched, int32_t node, enum node_state state);
void sched_set_pool_schedulable(struct sched *sched, int32_t pool, bool is_schedulable);

/* The class in which a waiting demand (pending or blocked) stands now; that in which a nominated or
 * bound one was served. O(1); for a blocked one O(waiting demands of the runner). */
enum demand_class sched_class_of(const struct sched *sched, int32_t replica);

/* The node on which the policy puts this demand now, or -1: "does not fit now". `devices` is set
 * where a node is found. The one place where a node is chosen among those that fit: by the index
 * (index.h), or by a plain scan where that was asked for or memory does not suffice. */
int32_t sched_find_node(struct sched *sched, int32_t replica, uint64_t *devices);

/* The same by a plain scan over all nodes: the oracle for the index. O(nodes). */
int32_t sched_scan_nodes(const struct sched *sched, int32_t replica, uint64_t *devices);

/* Recomputes everything from scratch and compares: free + held + used = capacity per node and
 * device, nothing negative; every bound or nominated replica on one node, on as many distinct
 * devices as it asked for; counts of every runner; the queue's order and classes; what is held;
 * pledges. O(everything); -1 with the first contradiction in err. */
int sched_check(const struct sched *sched, struct err *err);

/* -1 with err when a pending demand would fit a schedulable node now; call after a pass. O(demand *
 * nodes), shapes that were tried once are not tried again. */
int sched_check_no_fit(const struct sched *sched, struct err *err);

static inline int sched_refresh(struct sched *sched, struct err *err)
{
    bool is_current = fleet_suits_are_current(&sched->fleet) &&
                      sched->no_fit_capacity >= sched->fleet.shapes->count &&
                      sched->policy.policy->refresh == NULL;
    return is_current ? 0 : sched_take_in(sched, err);
}

#endif
