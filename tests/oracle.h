/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_ORACLE_H
#define STOWAGE_TESTS_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/pass.h"
#include "scheduler/sched.h"

/* The slow, obvious twin of scheduler/: it keeps nothing but what happened to each replica and
 * works out everything else from that whenever it is asked, by the rules in sched.h, pass.h and
 * preemption.h. It shares types with scheduler/ and no code. Of the scheduler's fleet it reads only
 * what the caller put in: types, pools, groups, and the group and state of each node. It knows
 * best-fit, first-fit, random and worst-fit by their formulas; any other policy must score all
 * nodes alike and have a rule for devices, which is asked.
 *
 * For small fleets: a pass is O(demands^2 * nodes * replicas), preemption exponential in the
 * replicas on a node. Out of memory ends the process. */

struct oracle_replica {
    int32_t runner, ordinal;
    enum replica_state state;
    enum demand_class served_class;
    int64_t asked_at, running_since;
    uint64_t devices;
    int32_t node;
    int32_t pledged_to; /* number of the nominee, or -1 */
    int32_t chain_depth;
    bool is_served; /* in the present pass */
};

struct oracle_runner {
    struct runner_terms terms;
    int32_t next_ordinal;
};

/* A decision, its replicas named by runner and ordinal. */
struct oracle_name {
    int32_t runner, ordinal;
};
struct oracle_decision {
    enum decision_kind kind;
    enum demand_class class;
    struct oracle_name replica;
    int32_t node;
    uint64_t devices;
    struct oracle_name demand, replacement; /* EVICT only, else -1 -1 */
    int32_t chain_depth;
};

struct oracle {
    struct sched_options options;
    const struct fleet *fleet;
    struct oracle_runner *runners;
    struct oracle_replica *replicas;   /* in order of birth; never reused */
    struct oracle_decision *decisions; /* of the last pass */
    int32_t runner_count, runner_capacity;
    int32_t replica_count, replica_capacity;
    int32_t decision_count, decision_capacity;
    /* What the search for victims met, over all passes. */
    int64_t trial_count;         /* nodes that all candidates together would free */
    int64_t over_budget_count;   /* of these, nodes where some runner had more than its budget */
    int64_t legal_count;         /* of these, nodes with a legal victim set, by enumeration */
    int64_t greedy_missed_count; /* of these, nodes where giving back without backing up fails */
};

void oracle_init(struct oracle *oracle, const struct sched_options *options,
                 const struct fleet *fleet);
void oracle_release(struct oracle *oracle);

/* The same calls as sched.h; replicas are named by runner and ordinal. */
void oracle_add_runner(struct oracle *oracle, const struct runner_terms *terms);
void oracle_set_floor(struct oracle *oracle, int32_t runner, int32_t floor);
void oracle_set_blocked(struct oracle *oracle, int32_t runner, bool is_blocked);
void oracle_demand(struct oracle *oracle, int32_t runner, int64_t now);
void oracle_withdraw(struct oracle *oracle, struct oracle_name name);
void oracle_running(struct oracle *oracle, struct oracle_name name, int64_t now);
void oracle_terminate(struct oracle *oracle, struct oracle_name name);
void oracle_gone(struct oracle *oracle, struct oracle_name name);
void oracle_unnominate(struct oracle *oracle, struct oracle_name name);

/* Decides, and leaves the decisions in oracle->decisions. Aborts when its own victim set fails one
 * of the laws: within budgets, none needless, found if and only if one exists. */
void oracle_pass(struct oracle *oracle, int64_t now);

/* Could an empty node of this group hold the runner's request, pool open and named? */
bool oracle_suits(const struct oracle *oracle, int32_t runner, int32_t group);

/* Does a demand of the runner fit on the node now? */
bool oracle_fits(const struct oracle *oracle, int32_t runner, int32_t node);

/* Are the states of all replicas, their nodes, devices and classes the same in the scheduler? -1
 * with the first difference in err. */
int oracle_compare(const struct oracle *oracle, const struct sched *sched, struct err *err);

/* Are these the decisions of the last pass? */
int oracle_compare_decisions(const struct oracle *oracle, const struct sched *sched,
                             const struct decisions *decisions, struct err *err);

#endif
