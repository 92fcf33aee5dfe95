/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/trial.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/parallel.h"
#include "base/units.h"
#include "bench/replicate.h"

enum { BLOCK_SIZE = 8, WAIT_MS = 200, SAVE_EVERY_US = 10 * US_PER_S };

void tester_init(struct tester *tester, const struct plan_question *question)
{
    *tester = (struct tester){
        .question = *question, .metrics = question->targets->metrics, .saved_us = monotonic_us()};
    atomic_init(&tester->is_cancelled, false);
    struct metric_choice cost;
    struct err unused;
    tester->cost_metric = -1;
    const char *name = question->axes->is_priced ? "usd_per_hour" : "nodes";
    if (metric_parse(name, &cost, &unused) == 0)
        tester->cost_metric = metric_set_add(&tester->metrics, &cost, &unused);
}

/* ---- one block of trials ---- */

/* Its pieces are simulations, of one seed with one loss each. */
struct block {
    struct tester *tester;
    const struct plan_variant *variants; /* [variant_count], the whole fleet first */
    const int32_t *counts;               /* of the plan */
    int32_t variant_count;
    int32_t point;              /* of the store */
    int32_t trials[BLOCK_SIZE]; /* their numbers */
    int32_t trial_count;
    struct run_result *pieces; /* [trial * variant_count + variant] */
    int32_t *missing;          /* pieces that are to be simulated */
    bool *is_done;             /* [piece] has been */
    int32_t missing_count;
};

static int32_t trial_of(const struct block *block, int32_t piece)
{
    return block->trials[piece / block->variant_count];
}

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

int tester_simulate(const struct tester *tester, const struct scenario *variant, int32_t trial,
                    struct run_result *result, struct err *err)
{
    const struct plan_question *question = &tester->question;
    double values[METRICS_MAX];
    struct look look = {.targets = question->targets, .values = values};
    struct replication replication = {
        .scenario = variant,
        .seed = replication_seed(question->seed, trial),
        .metrics = &tester->metrics,
        .is_cancelled = &tester->is_cancelled,
        .look = look_at_run,
        .context = &look,
    };
    if (replicate(&replication, values, err) != 0)
        return -1;
    *result = (struct run_result){
        .missed = look.outcome.missed,
        .cost = tester->cost_metric >= 0 ? values[tester->cost_metric] : (double)NAN,
    };
    memcpy(result->values, look.outcome.values,
           sizeof *result->values * (size_t)question->targets->count);
    return 0;
}

static int run_piece(void *context, int32_t index, struct err *err)
{
    struct block *block = context;
    int32_t piece = block->missing[index];
    const struct scenario *variant = &block->variants[piece % block->variant_count].scenario;
    if (tester_simulate(block->tester, variant, trial_of(block, piece), &block->pieces[piece],
                        err) != 0)
        return -1;
    block->is_done[piece] = true;
    return 0;
}

static int run_on_threads(struct block *block, struct err *err)
{
    struct parallel parallel;
    const struct plan_question *question = &block->tester->question;
    struct parallel_work work = {.run = run_piece, .context = block, .count = block->missing_count};
    if (parallel_start(&parallel, &work, question->thread_count, err) != 0)
        return -1;
    while (!parallel_is_over(&parallel)) {
        parallel_wait(&parallel, WAIT_MS);
        if (plan_is_over(question))
            atomic_store(&block->tester->is_cancelled, true);
    }
    return parallel_end(&parallel, err);
}

static int run_on_crew(struct block *block, struct err *err)
{
    const struct plan_question *question = &block->tester->question;
    bool is_cancelled = false;
    struct run_order *orders = calloc((size_t)block->missing_count, sizeof *orders);
    if (orders == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < block->missing_count; i++) {
        int32_t piece = block->missing[i];
        orders[i] = (struct run_order){.alteration = question->alteration,
                                       .trial = trial_of(block, piece),
                                       .loss = piece % block->variant_count,
                                       .place = piece};
    }
    const struct run_batch batch = {.orders = orders,
                                    .counts = block->counts,
                                    .count = block->missing_count,
                                    .results = block->pieces,
                                    .is_done = block->is_done,
                                    .is_over = question->is_over,
                                    .context = question->context};
    int result = run_crew_run(question->crew, &batch, &is_cancelled, err);
    if (is_cancelled)
        atomic_store(&block->tester->is_cancelled, true);
    free(orders);
    return result;
}

/* Takes from the store what it has. */
static void look_up(struct block *block)
{
    struct run_store *store = block->tester->question.store;
    block->missing_count = 0;
    for (int32_t i = 0; i < block->trial_count * block->variant_count; i++) {
        bool is_new = true;
        const struct run_result *kept =
            store == NULL ? NULL
                          : run_store_find(store, block->point, trial_of(block, i),
                                           i % block->variant_count, &is_new);
        block->tester->run_count += is_new;
        block->is_done[i] = false;
        if (kept != NULL)
            block->pieces[i] = *kept;
        else
            block->missing[block->missing_count++] = i;
    }
}

/* Gives to the store what was simulated, also of a block that was interrupted. */
static int keep(struct block *block, struct err *err)
{
    struct tester *tester = block->tester;
    if (tester->question.store == NULL)
        return 0;
    for (int32_t i = 0; i < block->missing_count; i++) {
        int32_t piece = block->missing[i];
        const struct kept_run run = {.result = block->pieces[piece],
                                     .trial = trial_of(block, piece),
                                     .loss = piece % block->variant_count,
                                     .is_asked = true};
        if (block->is_done[piece] &&
            run_store_add(tester->question.store, block->point, &run, err) != 0)
            return -1;
    }
    if (monotonic_us() - tester->saved_us < SAVE_EVERY_US)
        return 0;
    tester->saved_us = monotonic_us();
    return run_store_save(tester->question.store, block->point, err);
}

static int run_block(struct block *block, struct err *err)
{
    struct err ignored;
    look_up(block);
    if (block->missing_count == 0)
        return 0;
    int result =
        block->tester->question.crew != NULL ? run_on_crew(block, err) : run_on_threads(block, err);
    int kept = keep(block, result == 0 ? err : &ignored);
    return result == 0 ? kept : -1;
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
    const struct run_result *pieces = &block->pieces[trial * block->variant_count];
    uint32_t missed = 0;
    int32_t first_variant = -1;
    for (int32_t i = 0; i < block->variant_count; i++) {
        missed |= pieces[i].missed;
        if (first_variant < 0 && pieces[i].missed != 0)
            first_variant = i;
    }
    tally->trials++;
    for (int32_t i = 0; i < block->tester->question.targets->count; i++)
        add_value(tally, i, pieces[0].values[i]);
    tally->cost_per_hour += pieces[0].cost;
    if (missed == 0) {
        tally->successes++;
        return;
    }
    uint32_t wanting = target_set_wanting_more(block->tester->question.targets);
    tally->short_count += (missed & wanting) != 0;
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
        if (!range->takes_all && tally->short_count > allowed)
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
    tally->is_enough = tally->short_count <= allowed;
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

/* Room for the pieces of a block, and the place of the plan in the store. */
static int prepare(struct block *block, const struct fleet_variants *variants, struct err *err)
{
    struct run_store *store = block->tester->question.store;
    int64_t pieces = (int64_t)BLOCK_SIZE * variants->count;
    int32_t piece_capacity = 0, missing_capacity = 0, done_capacity = 0;
    block->variants = variants->items;
    block->variant_count = variants->count;
    if (array_reserve(&block->pieces, &piece_capacity, pieces, sizeof *block->pieces, err) ||
        array_reserve(&block->missing, &missing_capacity, pieces, sizeof *block->missing, err) ||
        array_reserve(&block->is_done, &done_capacity, pieces, sizeof *block->is_done, err))
        return -1;
    if (store == NULL)
        return 0;
    const struct run_store_key key = {&block->tester->question.alteration, block->counts,
                                      variants->count};
    block->point = run_store_open(store, &key, err);
    return block->point < 0 ? -1 : 0;
}

static void release_block(struct block *block)
{
    free(block->pieces);
    free(block->missing);
    free(block->is_done);
}

/* What is kept of a test that failed or was interrupted is written too. */
static int save(struct block *block, int result, struct err *err)
{
    struct err ignored;
    struct run_store *store = block->tester->question.store;
    if (block->point < 0)
        return result;
    int saved = run_store_save(store, block->point, result == 0 ? err : &ignored);
    return result == 0 ? saved : -1;
}

int tester_run(struct tester *tester, const int32_t *counts, const struct trial_range *range,
               struct trial_tally *tally, struct err *err)
{
    struct fleet_variants variants = {0};
    struct block block = {.tester = tester, .counts = counts, .point = -1};
    int32_t *order = NULL;
    int32_t order_capacity = 0;
    *tally = (struct trial_tally){.first_failure = -1};
    for (int32_t i = 0; i < TARGETS_MAX; i++)
        tally->values[i] = (double)NAN;
    int result = make_variants(&variants, tester, counts, err);
    if (result == 0)
        result = prepare(&block, &variants, err);
    if (result == 0)
        result = array_reserve(&order, &order_capacity, range->count, sizeof *order, err);
    if (result == 0) {
        order_trials(tester, range, order);
        result = run_blocks(&block, range, order, tally, err);
    }
    result = save(&block, result, err);
    release_block(&block);
    free(order);
    release_variants(&variants);
    return result == 0 ? 0 : -1;
}
