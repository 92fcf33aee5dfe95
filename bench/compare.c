/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/blast.h"
#include "bench/replicate.h"
#include "bench/shake.h"
#include "base/units.h"
#include "reports/plot_frame.h"

/* ---- one run ---- */

static struct compare_run *run_at(const struct compare *compare, int32_t variant, int32_t number)
{
    return &compare->runs[(size_t)variant * (size_t)compare->request.count_max + (size_t)number];
}

struct looking {
    const struct compare *compare;
    struct compare_run *run;
};

static void read_bins(const struct compare *compare, const struct sim *sim, struct compare_run *run)
{
    const struct usage *usage = &sim->metrics.scopes[0].usage[compare->resource];
    for (int32_t bin = 0; bin < TIMELINE_BINS; bin++) {
        int128 waiting = 0;
        for (int p = 0; p < PRIORITY_COUNT; p++)
            waiting += sim->metrics.waits[p].bin_queue[bin];
        bool is_there = bin < plot_bin_count(sim) && plot_bin_length_us(sim, bin) > 0;
        run->utilization[bin] =
            is_there && usage->bin_capacity[bin] > 0
                ? 100 * int128_ratio(usage->bin_used[bin], usage->bin_capacity[bin])
                : (double)NAN;
        run->queue[bin] = is_there ? plot_bin_mean(sim, bin, waiting) : (double)NAN;
    }
}

static int look(void *context, const struct metric_view *view, struct err *err)
{
    (void)err;
    const struct looking *looking = context;
    wait_sample_shares(&view->waits, looking->compare->wait_grid_us, WAIT_GRID,
                       looking->run->wait_shares);
    read_bins(looking->compare, view->sim, looking->run);
    if (looking->run->runners != NULL)
        blast_read(view->sim, looking->run->runners);
    return 0;
}

struct piece {
    int32_t variant, number;
    bool is_shaken;
};

static int run_scenario(const struct compare *compare, const struct piece *piece,
                        const struct scenario *scenario, struct compare_run *run, struct err *err)
{
    const struct compare_request *request = &compare->request;
    const struct compare_variant *variant = &request->variants[piece->variant];
    int32_t count = request->metrics->count;
    bool keeps_runners = request->keeps_runners;
    size_t of_runners = keeps_runners ? (size_t)blast_value_count(scenario) : 0;
    double *memory = calloc((size_t)count + 2 * TIMELINE_BINS + of_runners, sizeof *memory);
    if (memory == NULL)
        return err_no_memory(err);
    run->utilization = memory + count;
    run->queue = run->utilization + TIMELINE_BINS;
    run->runners = keeps_runners ? run->queue + TIMELINE_BINS : NULL;
    struct looking looking = {compare, run};
    for (int i = 0; i < WAIT_GRID; i++) /* until somebody looks */
        run->wait_shares[i] = (double)NAN;
    for (int i = 0; i < TIMELINE_BINS; i++)
        run->utilization[i] = run->queue[i] = (double)NAN;
    const struct replication replication = {
        .scenario = scenario,
        .policy = variant->policy,
        .policy_values = variant->policy_values,
        .seed = replication_seed(request->seed, piece->number),
        .warm_up_us = compare->warm_up_us,
        .metrics = request->metrics,
        .is_cancelled = &compare->is_cancelled,
        .look_at_view = look,
        .view_needs = NEED_WAITS,
        .context = &looking,
    };
    if (replicate(&replication, memory, err) != 0) {
        free(memory);
        return -1;
    }
    run->values = memory;
    return 0;
}

static int run_piece(const struct compare *compare, const struct piece *piece,
                     struct compare_run *run, struct err *err)
{
    const struct compare_request *request = &compare->request;
    const struct scenario *scenario = request->variants[piece->variant].scenario;
    struct shaken_scenario shaken;
    if (!piece->is_shaken)
        return run_scenario(compare, piece, scenario, run, err);
    const struct shake shake = {request->shake, replication_seed(request->seed, piece->number)};
    if (shaken_scenario_make(&shaken, scenario, &shake, err) != 0)
        return -1;
    int result = run_scenario(compare, piece, &shaken.scenario, run, err);
    shaken_scenario_release(&shaken);
    return result;
}

/* Replications in order, and in each the variants, so that pairs are run close together. */
static struct piece piece_at(const struct compare *compare, int32_t index)
{
    for (int32_t number = 0;; number++) {
        assert(number < compare->request.count_max);
        for (int32_t v = 0; v < compare->request.variant_count; v++) {
            if (number < compare->counts[v] || number >= compare->batch[v])
                continue;
            if (index == 0)
                return (struct piece){v, number, compare->request.shake > 0};
            index--;
        }
    }
}

int compare_piece(void *context, int32_t index, struct err *err)
{
    struct compare *compare = context;
    if (index < compare->batch_unshaken) {
        const struct piece piece = {index, 0, false};
        return run_piece(compare, &piece, &compare->unshaken[index], err);
    }
    struct piece piece = piece_at(compare, index - compare->batch_unshaken);
    return run_piece(compare, &piece, run_at(compare, piece.variant, piece.number), err);
}

/* ---- beginning and end ---- */

/* 0, and then a second to the horizon in equal steps of the logarithm. */
static void make_grid(struct compare *compare)
{
    double end_s = 2;
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        double horizon_s = (double)compare->request.variants[v].scenario->horizon_us / US_PER_S;
        end_s = horizon_s > end_s ? horizon_s : end_s;
    }
    for (int32_t i = 1; i < WAIT_GRID; i++)
        compare->wait_grid_us[i] =
            llround(pow(end_s, (double)(i - 1) / (WAIT_GRID - 2)) * US_PER_S);
}

int compare_init(struct compare *compare, const struct compare_request *request, struct err *err)
{
    size_t variants = (size_t)request->variant_count, count_max = (size_t)request->count_max;
    assert(request->variant_count > 0);
    assert(request->first_count >= 2);
    assert(request->first_count <= request->count_max);
    *compare = (struct compare){.request = *request};
    compare->runs = calloc(variants * count_max, sizeof *compare->runs);
    compare->counts = calloc(variants, sizeof *compare->counts);
    compare->batch = calloc(variants, sizeof *compare->batch);
    compare->warm_ups = calloc(2 * variants, sizeof *compare->warm_ups);
    compare->pilot = calloc(2 * variants * TIMELINE_BINS, sizeof *compare->pilot);
    compare->selection_values = calloc(variants * count_max, sizeof(double));
    compare->selection.states = calloc(variants, sizeof *compare->selection.states);
    compare->selection.variances = calloc(variants * variants, sizeof(double));
    compare->unshaken = calloc(variants, sizeof *compare->unshaken);
    if (compare->runs == NULL || compare->counts == NULL || compare->batch == NULL ||
        compare->warm_ups == NULL || compare->pilot == NULL || compare->selection_values == NULL ||
        compare->selection.states == NULL || compare->selection.variances == NULL ||
        compare->unshaken == NULL) {
        compare_release(compare);
        return err_no_memory(err);
    }
    compare->resource =
        scenario_has_devices(request->variants[0].scenario) ? RESOURCE_SHARE : RESOURCE_CPU;
    make_grid(compare);
    return 0;
}

static void forget_runs(struct compare *compare)
{
    size_t count = (size_t)compare->request.variant_count * (size_t)compare->request.count_max;
    for (size_t i = 0; compare->runs != NULL && i < count; i++) {
        free(compare->runs[i].values);
        compare->runs[i] = (struct compare_run){.values = NULL};
    }
    for (int32_t v = 0; compare->unshaken != NULL && v < compare->request.variant_count; v++) {
        free(compare->unshaken[v].values);
        compare->unshaken[v] = (struct compare_run){.values = NULL};
    }
}

void compare_release(struct compare *compare)
{
    forget_runs(compare);
    free(compare->runs);
    free(compare->unshaken);
    free(compare->counts);
    free(compare->batch);
    free(compare->warm_ups);
    free(compare->pilot);
    free(compare->selection_values);
    free(compare->selection.states);
    free(compare->selection.variances);
    *compare = (struct compare){.runs = NULL};
}

/* ---- warm-up ---- */

/* Mean over the runs of a variant of one of its two series. */
static void average_series(const struct compare *compare, int32_t variant, bool is_queue,
                           double averages[TIMELINE_BINS])
{
    for (int32_t bin = 0; bin < TIMELINE_BINS; bin++) {
        double sum = 0;
        for (int32_t i = 0; i < compare->counts[variant]; i++) {
            const struct compare_run *run = run_at(compare, variant, i);
            sum += is_queue ? run->queue[bin] : run->utilization[bin];
        }
        averages[bin] = sum / compare->counts[variant];
    }
}

/* Values before the first that is none. */
static int32_t count_values(const double *values)
{
    int32_t count = 0;
    while (count < TIMELINE_BINS && !isnan(values[count]))
        count++;
    return count;
}

/* The latest that any variant and either series asks for, so that all leave out the same. */
static void find_warm_up(struct compare *compare)
{
    int32_t latest = 0;
    bool is_refused = false;
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        for (int32_t i = 0; i < 2; i++) {
            double *series = &compare->pilot[(2 * v + i) * TIMELINE_BINS];
            average_series(compare, v, i == 1, series);
            struct mser_result found = mser_make(series, count_values(series));
            compare->warm_ups[2 * v + i] = found;
            is_refused = is_refused || found.is_refused;
            latest = found.truncate > latest ? found.truncate : latest;
        }
    }
    int64_t horizon_us = compare->request.variants[0].scenario->horizon_us;
    int64_t bin_us = (horizon_us + TIMELINE_BINS - 1) / TIMELINE_BINS;
    compare->pilot_count = compare->counts[0];
    compare->warm_up_is_known = true;
    compare->warm_up_us = is_refused ? 0 : latest * bin_us;
    if (is_refused)
        compare->end = COMPARE_UNSETTLED;
}

/* ---- how many ---- */

static int32_t plan_pieces(struct compare *compare, int32_t count)
{
    int32_t pieces = 0;
    if (count > compare->request.count_max)
        count = compare->request.count_max;
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        bool is_dropped = compare->selection.system_count > 0 &&
                          compare->selection.states[v] == KIM_NELSON_DROPPED;
        compare->batch[v] = is_dropped ? compare->counts[v] : count;
        pieces += compare->batch[v] - compare->counts[v];
    }
    return pieces;
}

static int32_t plan_first(struct compare *compare)
{
    bool is_pilot = compare->request.horizon == HORIZON_STEADY && !compare->warm_up_is_known;
    bool wants_unshaken = compare->request.shake > 0 && !is_pilot;
    compare->batch_unshaken = wants_unshaken ? compare->request.variant_count : 0;
    return plan_pieces(compare, compare->request.first_count) + compare->batch_unshaken;
}

static int32_t most_done(const struct compare *compare)
{
    int32_t most = 0;
    for (int32_t v = 0; v < compare->request.variant_count; v++)
        most = compare->counts[v] > most ? compare->counts[v] : most;
    return most;
}

static int32_t look_at_selection(struct compare *compare)
{
    const struct compare_request *request = &compare->request;
    struct kim_nelson *selection = &compare->selection;
    const double *values[COMPARE_VARIANTS_MAX];
    int32_t done = most_done(compare);
    for (int32_t v = 0; v < request->variant_count; v++) {
        double *mine = &compare->selection_values[(size_t)v * (size_t)request->count_max];
        for (int32_t i = 0; i < compare->counts[v]; i++)
            mine[i] = run_at(compare, v, i)->values[request->select];
        values[v] = mine;
    }
    if (selection->system_count == 0) {
        const struct metric *metric = request->metrics->items[request->select].metric;
        selection->system_count = request->variant_count;
        selection->first_count = request->first_count;
        selection->h2 =
            kim_nelson_h2(request->variant_count, request->first_count, request->confidence);
        selection->zone = request->zone;
        selection->prefers_lower = metric->direction == METRIC_LOWER_IS_BETTER;
        kim_nelson_start(selection, values);
    }
    if (kim_nelson_look(selection, values, done))
        compare->end = COMPARE_SELECTED;
    else if (done == request->count_max)
        compare->end = COMPARE_CAPPED;
    return compare->end == COMPARE_GOES_ON ? plan_pieces(compare, done + request->first_count) : 0;
}

/* As many as the present deviation would need, but at least a fifth more and at most twice as many,
 * since the deviation itself is uncertain. */
static int32_t look_at_precision(struct compare *compare, struct err *err)
{
    struct compare_widest widest;
    int32_t done = compare->counts[0];
    if (compare_widest(compare, &widest, err) != 0)
        return -1;
    if (isnan(widest.relative) || widest.relative <= compare->request.precision) {
        compare->end = COMPARE_PRECISE;
        return 0;
    }
    if (done == compare->request.count_max) {
        compare->end = COMPARE_CAPPED;
        return 0;
    }
    double ratio = widest.relative / compare->request.precision;
    double wanted = ceil(done * ratio * ratio);
    int32_t least = done + (done + 4) / 5, most = 2 * done;
    return plan_pieces(compare, wanted < least ? least : wanted > most ? most : (int32_t)wanted);
}

int32_t compare_next(struct compare *compare, struct err *err)
{
    assert(compare->end == COMPARE_GOES_ON);
    compare->batch_unshaken = 0;
    for (int32_t v = 0; v < compare->request.variant_count; v++)
        compare->counts[v] = compare->batch[v];
    if (most_done(compare) == 0)
        return plan_first(compare);
    if (compare->request.horizon == HORIZON_STEADY && !compare->warm_up_is_known) {
        find_warm_up(compare);
        if (compare->end == COMPARE_UNSETTLED || compare->warm_up_us == 0)
            return compare->end == COMPARE_UNSETTLED ? 0 : compare_next(compare, err);
        forget_runs(compare);
        for (int32_t v = 0; v < compare->request.variant_count; v++)
            compare->counts[v] = compare->batch[v] = 0;
        return plan_first(compare);
    }
    if (compare->request.select >= 0)
        return look_at_selection(compare);
    return look_at_precision(compare, err);
}
