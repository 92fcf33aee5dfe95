/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_TRIAL_H
#define STOWAGE_PLAN_TRIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/alteration.h"
#include "plan/axis.h"
#include "plan/losses.h"
#include "plan/run_crew.h"
#include "plan/run_store.h"
#include "plan/target.h"
#include "plan/variant.h"

/* The test of one plan by simulation: does a run of it keep all targets, with the whole fleet and
 * under each loss that it is to survive? One seed is one trial of it; it succeeds when all its runs
 * do.
 *
 * Trials are taken in blocks of a fixed size, each on all threads, and counted in the order of
 * their number, so results do not depend on the number of threads. The seeds that failed last, of
 * whatever plan, come first: with common random numbers a hard seed is hard for the next plan too,
 * and a plan that fails is mostly known after one trial. */

struct plan_question { /* pointers are borrowed */
    const struct scenario *scenario;
    const struct plan_axes *axes;
    const struct target_set *targets;
    struct survive_list survives;
    struct alteration alteration; /* that made the scenario, where it is not the one at hand; of
                                     those that change what a run does */
    struct run_store *store;      /* what is kept of runs; NULL: nothing is */
    struct run_crew *crew;        /* who simulates; NULL: threads of this process */
    uint64_t seed;                /* trial k runs with seed + k */
    int32_t trial_count;          /* trials of one test, and how many of them may fail */
    int32_t failures_allowed;
    int32_t thread_count;
    bool (*is_over)(void *context); /* asked now and then: true ends everything; NULL: never */
    void *context;
};

static inline bool plan_is_over(const struct plan_question *question)
{
    return question->is_over != NULL && question->is_over(question->context);
}

enum { HARD_SEEDS_MAX = 4 };

struct tester {
    struct plan_question question;
    struct metric_set metrics;    /* of the targets, and the cost */
    int32_t cost_metric;          /* its place there; -1: none */
    int32_t hard[HARD_SEEDS_MAX]; /* trials that failed last, the latest first */
    int32_t hard_count;
    int64_t run_count; /* simulations so far; what is in the store counts when this process asks
                          for it first, so the number is the same after an interrupt */
    int64_t saved_us;  /* when the store was saved last, by monotonic_us() */
    atomic_bool is_cancelled;
};

void tester_init(struct tester *tester, const struct plan_question *question);

/* One run of a variant of the question's scenario. */
int tester_simulate(const struct tester *tester, const struct scenario *variant, int32_t trial,
                    struct run_result *result, struct err *err);

struct trial_tally {
    int32_t trials, successes;
    int32_t short_count; /* trials that missed a target which wants more nodes (plan/target.h) */
    bool passes;         /* at most failures_allowed of trial_count failed */
    bool is_enough;      /* at most so many were short */
    int32_t missed[TARGETS_MAX]; /* trials that missed the target */
    double values[TARGETS_MAX];  /* what each target is about: the mean of the whole fleet's runs
                                    that have a value; NaN: none has */
    int32_t value_counts[TARGETS_MAX]; /* of the mean */
    int32_t first_failure;             /* its number; -1: none */
    int32_t first_loss;                /* which of the losses it was under (losses_make); 0: none */
    double cost_per_hour; /* mean of what the whole fleet cost, in USD; node-hours an hour where
                                prices are unknown */
};

/* Trials `first` to first + count - 1 of these counts. Stops as soon as too many were short,
 * unless `takes_all`. -1: memory, or cancelled (ERR_SYSTEM "interrupted"). */
struct trial_range {
    int32_t first, count;
    bool takes_all;
};
int tester_run(struct tester *tester, const int32_t *counts, const struct trial_range *range,
               struct trial_tally *tally, struct err *err);

#endif
