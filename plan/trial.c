/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/trial.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "bench/parallel.h"
#include "bench/replicate.h"

enum { BLOCK_SIZE = 8, WAIT_MS = 200 };

void tester_init(struct tester *tester, const struct plan_question *question)
{
    *tester = (struct tester){.question = *question, .metrics = question->targets->metrics};
    atomic_init(&tester->is_cancelled, false);
    struct metric_choice cost;
    struct err unused;
    tester->cost_metric = -1;
    const char *name = question->axes->is_priced ? "usd_per_hour" : "nodes";
    if (metric_parse(name, &cost, &unused) == 0)
        tester->cost_metric = metric_set_add(&tester->metrics, &cost, &unused);
}

/* ---- one block of trials ---- */

/* A simulation of a block: one seed with one loss. */
struct piece {
    struct target_outcome outcome;
    double cost;
};

struct block {
    struct tester *tester;
    const struct plan_variant *variants; /* [variant_count], the whole fleet first */
    int32_t variant_count;
    int32_t trials[BLOCK_SIZE]; /* their numbers */
    int32_t trial_count;
    struct piece *pieces; /* [trial * variant_count + variant] */
};

/* Checks the targets while the finished run is there. */
struct look {
    const struct target_set *targets;
    const double *values;
    struct target_outcome outcome;
};

static int look_at_run(void *context, const struct sim *sim, const struct metric_sums *from,
                       struct err *err)
{
    struct look *look = context;
    struct target_view view = {.values = look->values, .sim = sim, .from = from};
    return target_set_check(look->targets, &view, &look->outcome, err);
}

static int run_piece(void *context, int32_t index, struct err *err)
{
    struct block *block = context;
    const struct tester *tester = block->tester;
    const struct plan_question *question = &tester->question;
    double values[METRICS_MAX];
    struct look look = {.targets = question->targets, .values = values};
    struct replication replication = {
        .scenario = &block->variants[index % block->variant_count].scenario,
        .seed = replication_seed(question->seed, block->trials[index / block->variant_count]),
        .metrics = &tester->metrics,
        .is_cancelled = &tester->is_cancelled,
        .look = look_at_run,
        .context = &look,
    };
    if (replicate(&replication, values, err) != 0)
        return -1;
    block->pieces[index] = (struct piece){
        .outcome = look.outcome,
        .cost = tester->cost_metric >= 0 ? values[tester->cost_metric] : (double)NAN,
    };
    return 0;
}

static int run_block(struct block *block, struct err *err)
{
    struct parallel parallel;
    const struct plan_question *question = &block->tester->question;
    struct parallel_work work = {
        .run = run_piece, .context = block, .count = block->trial_count * block->variant_count};
    if (parallel_start(&parallel, &work, question->thread_count, err) != 0)
        return -1;
    while (!parallel_is_over(&parallel)) {
        parallel_wait(&parallel, WAIT_MS);
        if (question->is_over != NULL && question->is_over(question->context))
            atomic_store(&block->tester->is_cancelled, true);
    }
    block->tester->run_count += work.count;
    return parallel_end(&parallel, err);
}

/* ---- the tally ---- */

static void remember_hard(struct tester *tester, int32_t trial)
{
    int32_t place = 0;
    while (place < tester->hard_count && tester->hard[place] != trial)
        place++;
    if (place == tester->hard_count && tester->hard_count < HARD_SEEDS_MAX)
        tester->hard_count++;
    if (place == HARD_SEEDS_MAX)
        place--;
    memmove(&tester->hard[1], &tester->hard[0], sizeof tester->hard[0] * (size_t)place);
    tester->hard[0] = trial;
}

/* Keeps the mean. */
static void add_value(struct trial_tally *tally, int32_t target, double value)
{
    if (isnan(value))
        return;
    int32_t count = ++tally->value_counts[target];
    double *mean = &tally->values[target];
    *mean = count == 1 ? value : *mean + (value - *mean) / count;
}

static void count_trial(struct block *block, int32_t trial, struct trial_tally *tally)
{
    const struct piece *pieces = &block->pieces[trial * block->variant_count];
    uint32_t missed = 0;
    int32_t first_variant = -1;
    for (int32_t i = 0; i < block->variant_count; i++) {
        missed |= pieces[i].outcome.missed;
        if (first_variant < 0 && pieces[i].outcome.missed != 0)
            first_variant = i;
    }
    tally->trials++;
    for (int32_t i = 0; i < block->tester->question.targets->count; i++)
        add_value(tally, i, pieces[0].outcome.values[i]);
    tally->cost_per_hour += pieces[0].cost;
    if (missed == 0) {
        tally->successes++;
        return;
    }
    for (int32_t i = 0; i < TARGETS_MAX; i++)
        tally->missed[i] += (missed >> i & 1) != 0;
    if (tally->first_failure < 0) {
        tally->first_failure = block->trials[trial];
        tally->first_loss = first_variant;
    }
    remember_hard(block->tester, block->trials[trial]);
}

/* The order of the trials: the hard seeds of the range, then the others as they come. */
static bool is_hard(const int32_t *hard, int32_t hard_count, int32_t trial)
{
    for (int32_t i = 0; i < hard_count; i++)
        if (hard[i] == trial)
            return true;
    return false;
}

static void order_trials(const struct tester *tester, const struct trial_range *range,
                         int32_t *order)
{
    int32_t used = 0;
    for (int32_t i = 0; i < tester->hard_count; i++)
        if (tester->hard[i] >= range->first && tester->hard[i] < range->first + range->count)
            order[used++] = tester->hard[i];
    int32_t hard_count = used;
    for (int32_t trial = range->first; trial < range->first + range->count; trial++)
        if (!is_hard(order, hard_count, trial))
            order[used++] = trial;
    assert(used == range->count);
}

/* The first block is small: most plans that fail do so on a hard seed. */
static int run_blocks(struct block *block, const struct trial_range *range, const int32_t *order,
                      struct trial_tally *tally, struct err *err)
{
    int32_t allowed = block->tester->question.failures_allowed;
    for (int32_t done = 0; done < range->count; done += block->trial_count) {
        if (!range->takes_all && tally->trials - tally->successes > allowed)
            break;
        int32_t size = done == 0 ? BLOCK_SIZE / 4 : BLOCK_SIZE;
        block->trial_count = range->count - done < size ? range->count - done : size;
        memcpy(block->trials, &order[done], sizeof *order * (size_t)block->trial_count);
        if (run_block(block, err) != 0)
            return -1;
        for (int32_t i = 0; i < block->trial_count; i++)
            count_trial(block, i, tally);
    }
    tally->passes = tally->trials - tally->successes <= allowed;
    tally->cost_per_hour = tally->cost_per_hour / tally->trials;
    return 0;
}

/* ---- the variants of a plan ---- */

struct fleet_variants {
    struct plan_variant *items; /* [count] */
    int32_t count, capacity;
};

static void release_variants(struct fleet_variants *variants)
{
    for (int32_t i = 0; i < variants->count; i++)
        plan_variant_release(&variants->items[i]);
    free(variants->items);
}

static int make_variants(struct fleet_variants *variants, const struct tester *tester,
                         const int32_t *counts, struct err *err)
{
    const struct plan_question *question = &tester->question;
    struct losses losses;
    struct losses_of of = {question->scenario, question->axes, counts};
    if (losses_make(&losses, &of, &question->survives, err) != 0)
        return -1;
    int result = array_reserve(&variants->items, &variants->capacity, losses.count,
                               sizeof *variants->items, err);
    for (int32_t i = 0; i < losses.count && result == 0; i++) {
        struct plan_point point = {.counts = counts, .loss = losses.items[i]};
        result =
            plan_variant_make(&variants->items[i], question->scenario, question->axes, &point, err);
        variants->count += result == 0;
    }
    losses_release(&losses);
    return result;
}

int tester_run(struct tester *tester, const int32_t *counts, const struct trial_range *range,
               struct trial_tally *tally, struct err *err)
{
    struct fleet_variants variants = {0};
    struct block block = {.tester = tester};
    int32_t *order = NULL;
    int32_t order_capacity = 0, piece_capacity = 0;
    *tally = (struct trial_tally){.first_failure = -1};
    for (int32_t i = 0; i < TARGETS_MAX; i++)
        tally->values[i] = (double)NAN;
    int result = make_variants(&variants, tester, counts, err);
    if (result == 0) {
        block.variants = variants.items;
        block.variant_count = variants.count;
        result = array_reserve(&order, &order_capacity, range->count, sizeof *order, err) ||
                 array_reserve(&block.pieces, &piece_capacity, (int64_t)BLOCK_SIZE * variants.count,
                               sizeof *block.pieces, err);
    }
    if (result == 0) {
        order_trials(tester, range, order);
        result = run_blocks(&block, range, order, tally, err);
    }
    free(block.pieces);
    free(order);
    release_variants(&variants);
    return result == 0 ? 0 : -1;
}
