/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/twin.h"

#include <inttypes.h>

#include "scheduler/explain.h"
#include "tests/oracle.h"

static void mirror(struct oracle *oracle, const struct fleet_op *op, int64_t now)
{
    const struct oracle_name name = {op->runner, op->ordinal};
    switch (op->kind) {
    case OP_DEMAND:
        oracle_demand(oracle, op->runner, now);
        break;
    case OP_WITHDRAW:
        oracle_withdraw(oracle, name);
        break;
    case OP_RUNNING:
        oracle_running(oracle, name, now);
        break;
    case OP_TERMINATE:
        oracle_terminate(oracle, name);
        break;
    case OP_GONE:
        oracle_gone(oracle, name);
        break;
    case OP_UNNOMINATE:
        oracle_unnominate(oracle, name);
        break;
    case OP_SET_FLOOR:
        oracle_set_floor(oracle, op->runner, op->value);
        break;
    case OP_SET_BLOCKED:
        oracle_set_blocked(oracle, op->runner, op->value != 0);
        break;
    case OP_PASS:
        oracle_pass(oracle, now);
        break;
    case OP_NODE_STATE:
    case OP_ADD_NODE:
    case OP_POOL_OPEN:
        break; /* the oracle sees these in the fleet */
    }
}

/* Never, no node, or not now, for a demand that fits nowhere. */
static enum fit_answer expected_answer(const struct oracle *oracle, int32_t runner)
{
    const struct fleet *fleet = oracle->fleet;
    bool has_group = false;
    for (int32_t i = 0; i < fleet->group_count; i++)
        has_group = has_group || oracle_suits(oracle, runner, i);
    if (!has_group)
        return FIT_NEVER;
    for (int32_t i = 0; i < fleet->node_count; i++) {
        if (oracle_fits(oracle, runner, i))
            return FIT_NOW;
        if (fleet->nodes[i].state != NODE_REMOVED &&
            oracle_suits(oracle, runner, fleet->nodes[i].group))
            has_group = false;
    }
    return has_group ? FIT_NO_NODE : FIT_NOT_NOW;
}

static int check_explanations(const struct random_fleet *fleet, const struct oracle *oracle,
                              struct err *err)
{
    const struct sched *sched = &fleet->sched;
    for (int32_t i = 0; i < sched->replica_count; i++) {
        struct explanation explanation;
        if (sched->replicas[i].state != REPLICA_PENDING &&
            sched->replicas[i].state != REPLICA_NOMINATED)
            continue;
        enum fit_answer expected = expected_answer(oracle, sched->replicas[i].runner);
        explain_demand(sched, i, fleet->now, &explanation);
        if (explanation.answer != expected)
            return err_set(err, ERR_SYSTEM, "replica %" PRId32 " explained by %d, oracle: %d", i,
                           (int)explanation.answer, (int)expected);
        if (expected == FIT_NOW && sched->replicas[i].state == REPLICA_PENDING)
            return err_set(err, ERR_SYSTEM, "replica %" PRId32 " was left though it fits", i);
    }
    return 0;
}

static int check_pass(const struct random_fleet *fleet, const struct oracle *oracle,
                      const struct decisions *decisions, struct err *err)
{
    if (oracle_compare_decisions(oracle, &fleet->sched, decisions, err))
        return -1;
    if (sched_check_no_fit(&fleet->sched, err))
        return -1;
    return check_explanations(fleet, oracle, err);
}

static void count(const struct decisions *decisions, struct twin_counts *counts)
{
    for (int32_t i = 0; i < decisions->count; i++) {
        counts->binds += decisions->items[i].kind == DECISION_BIND;
        counts->evictions += decisions->items[i].kind == DECISION_EVICT;
        counts->nominations += decisions->items[i].kind == DECISION_NOMINATE;
    }
}

static int step(struct random_fleet *fleet, struct oracle *oracle, struct twin_counts *counts,
                struct err *err)
{
    struct decisions decisions = {0};
    struct fleet_op op;
    random_fleet_next(fleet, &op);
    mirror(oracle, &op, fleet->now);
    int result = random_fleet_apply(fleet, &op, &decisions, err);
    if (result == 0)
        result = sched_check(&fleet->sched, err);
    if (result == 0 && op.kind == OP_PASS)
        result = check_pass(fleet, oracle, &decisions, err);
    if (result == 0)
        result = oracle_compare(oracle, &fleet->sched, err);
    count(&decisions, counts);
    counts->passes += op.kind == OP_PASS;
    decisions_release(&decisions);
    return result;
}

int twin_run(const struct random_fleet_options *options, int32_t steps, struct twin_counts *counts,
             struct err *err)
{
    struct random_fleet fleet;
    struct oracle oracle;
    int result = 0;
    random_fleet_init(&fleet, options);
    oracle_init(&oracle, &fleet.sched.options, &fleet.sched.fleet);
    for (int32_t i = 0; i < fleet.sched.runner_count; i++)
        oracle_add_runner(&oracle, &fleet.terms[i]);
    for (int32_t i = 0; i < steps && result == 0; i++) {
        result = step(&fleet, &oracle, counts, err);
        if (result != 0)
            err_prefix(err, "seed %" PRIu64 ", step %" PRId32, options->seed, i);
    }
    counts->trials += oracle.trial_count;
    counts->over_budget += oracle.over_budget_count;
    counts->legal += oracle.legal_count;
    counts->greedy_missed += oracle.greedy_missed_count;
    oracle_release(&oracle);
    random_fleet_release(&fleet);
    return result;
}

struct random_fleet_options twin_options(uint64_t seed)
{
    /* Small fleets with an index for large ones, and with the one that suits them. */
    const struct index_tuning lists = {.scan_below = 1,
                                       .list_limit = (int32_t)(1 + seed % 3),
                                       .journal_least = 8,
                                       .journal_fresh = seed % 2 == 0 ? 1 : 0,
                                       .is_portable = seed % 7 == 0};
    return (struct random_fleet_options){.seed = seed,
                                         .tuning = seed % 5 < 3 ? lists : (struct index_tuning){0},
                                         .policy = seed % 4 == 1 ? &policy_scatter : NULL,
                                         .node_max = (int32_t)(1 + seed % 5),
                                         .runner_max = 8,
                                         .replica_max = (int32_t)(12 + seed % 7),
                                         .is_about_devices = seed % 2 == 1};
}
