/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/blast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"

static const struct {
    const char *name, *unit;
} measures[BLAST_MEASURE_COUNT] = {
    [BLAST_EVICTIONS] = {"evictions", "count"},
    [BLAST_WORK_LOST] = {"work_lost_h", "h"},
    [BLAST_MISSING] = {"missing_replica_h", "h"},
    [BLAST_BELOW_FLOOR] = {"below_floor_h", "h"},
};

const char *blast_measure_name(enum blast_measure measure)
{
    return measures[measure].name;
}

const char *blast_measure_unit(enum blast_measure measure)
{
    return measures[measure].unit;
}

/* ---- one run ---- */

static int32_t subject_count(const struct scenario *scenario)
{
    return scenario->runner_count + scenario->arrival_count;
}

int32_t blast_value_count(const struct scenario *scenario)
{
    return subject_count(scenario) * BLAST_MEASURE_COUNT;
}

static double hours(int128 us)
{
    return int128_ratio(us, US_PER_S) / 3600;
}

/* Preemption alone: work that drains and failures threw away is no matter of who is preferred. */
static void read_evictions(const struct sim *sim, double *values)
{
    for (int32_t i = 0; i < sim->metrics.eviction_count; i++) {
        const struct eviction *it = &sim->metrics.evictions[i];
        const struct sim_runner *runner = &sim->runners[it->victim_runner];
        int32_t subject = runner->generator == NO_INDEX
                              ? it->victim_runner
                              : sim->scenario->runner_count + runner->generator;
        values[subject * BLAST_MEASURE_COUNT + BLAST_EVICTIONS] += 1;
        values[subject * BLAST_MEASURE_COUNT + BLAST_WORK_LOST] += hours(it->work_lost_us);
    }
}

void blast_read(const struct sim *sim, double *values)
{
    read_evictions(sim, values);
    for (int32_t i = 0; i < sim->runner_count; i++) {
        const struct runner_stats *stats = &sim->metrics.runners[i];
        int32_t generator = sim->runners[i].generator;
        int32_t subject = generator == NO_INDEX ? i : sim->scenario->runner_count + generator;
        double *mine = values + (size_t)subject * BLAST_MEASURE_COUNT;
        mine[BLAST_MISSING] += hours(runner_area(stats, &stats->wish, sim->now_us)) -
                               hours(runner_area(stats, &stats->running, sim->now_us));
        for (int k = 0; k < BLAME_COUNT; k++)
            mine[BLAST_BELOW_FLOOR] += hours(metrics_rare(&sim->metrics, i)->below_floor_us[k]);
    }
}

/* ---- matching ---- */

struct subject {
    const char *name;
    bool is_generated;
    int32_t number;
};

static int compare_subjects(const void *left, const void *right)
{
    const struct subject *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (int)a->is_generated - (int)b->is_generated;
}

static struct subject subject_at(const struct scenario *scenario, int32_t number)
{
    bool is_generated = number >= scenario->runner_count;
    const char *name = is_generated ? scenario->arrivals[number - scenario->runner_count].name
                                    : scenario->runners[number].id;
    return (struct subject){name, is_generated, number};
}

static int32_t priority_of(const struct scenario *scenario, int32_t number)
{
    return number < scenario->runner_count
               ? scenario->runners[number].priority
               : scenario->arrivals[number - scenario->runner_count].template.priority;
}

static struct subject *sorted_subjects(const struct scenario *scenario, struct err *err)
{
    int32_t count = subject_count(scenario);
    struct subject *subjects = calloc((size_t)count + 1, sizeof *subjects);
    if (subjects == NULL) {
        err_no_memory(err);
        return NULL;
    }
    for (int32_t i = 0; i < count; i++)
        subjects[i] = subject_at(scenario, i);
    qsort(subjects, (size_t)count, sizeof *subjects, compare_subjects);
    return subjects;
}

/* ---- rows ---- */

struct making {
    const struct compare *compare;
    struct blast *blast;
    int32_t variant;
    double *differences; /* [count_max] */
};

static const struct compare_run *run_of(const struct compare *compare, int32_t variant,
                                        int32_t number)
{
    size_t row = (size_t)variant * (size_t)compare->request.count_max;
    return &compare->runs[row + (size_t)number];
}

static int add_row(struct making *making, const struct subject *now, int32_t base,
                   enum blast_measure measure, struct err *err)
{
    const struct compare *compare = making->compare;
    struct blast *blast = making->blast;
    int32_t count = compare->counts[making->variant];
    size_t ours = (size_t)now->number * BLAST_MEASURE_COUNT + measure;
    size_t theirs = (size_t)base * BLAST_MEASURE_COUNT + measure;
    double sums[2] = {0, 0};
    bool differs = false;
    for (int32_t i = 0; i < count; i++) {
        double there = run_of(compare, 0, i)->runners[theirs];
        double here = run_of(compare, making->variant, i)->runners[ours];
        sums[0] += there;
        sums[1] += here;
        making->differences[i] = here - there;
        differs = differs || here != there;
    }
    if (!differs)
        return 0;
    if (array_reserve(&blast->rows, &blast->row_capacity, blast->row_count + INT64_C(1),
                      sizeof *blast->rows, err) != 0)
        return -1;
    struct blast_row row = {.runner = now->name,
                            .is_generated = now->is_generated,
                            .variant = making->variant,
                            .measure = measure,
                            .base = sums[0] / count,
                            .now = sums[1] / count};
    row.priority = priority_of(compare->request.variants[making->variant].scenario, now->number);
    row.difference = mean_estimate_make(making->differences, count, compare->request.confidence);
    row.p_value = row.p_adjusted = mean_p_value(&row.difference);
    blast->rows[blast->row_count++] = row;
    return 0;
}

static int add_variant(struct making *making, const struct subject *base, struct err *err)
{
    const struct compare_request *request = &making->compare->request;
    const struct scenario *scenario = request->variants[making->variant].scenario;
    size_t base_count = (size_t)subject_count(request->variants[0].scenario);
    for (int32_t i = 0; i < subject_count(scenario); i++) {
        struct subject now = subject_at(scenario, i);
        const struct subject *found =
            bsearch(&now, base, base_count, sizeof *base, compare_subjects);
        for (int m = 0; found != NULL && m < BLAST_MEASURE_COUNT; m++)
            if (add_row(making, &now, found->number, (enum blast_measure)m, err) != 0)
                return -1;
    }
    return 0;
}

/* ---- verdicts ---- */

static int compare_p_values(const void *left, const void *right)
{
    const struct blast_row *a = left, *b = right;
    int order = (a->p_value > b->p_value) - (a->p_value < b->p_value);
    if (order == 0)
        order = strcmp(a->runner, b->runner);
    if (order == 0)
        order = (int)a->is_generated - (int)b->is_generated;
    return order != 0 ? order : (int)a->measure - (int)b->measure;
}

/* Holm's procedure over many rows, sorted by p-value: O(n log n). */
static void judge(struct blast_row *rows, int32_t count, double confidence)
{
    double largest = 0;
    if (count == 0)
        return;
    qsort(rows, (size_t)count, sizeof *rows, compare_p_values);
    for (int32_t i = 0; i < count; i++) {
        double adjusted = rows[i].p_value * (count - i);
        largest = adjusted > largest ? adjusted : largest;
        rows[i].p_adjusted = largest < 1 ? largest : 1;
        bool is_sure = rows[i].p_adjusted <= 1 - confidence;
        rows[i].is_hurt = is_sure && rows[i].difference.mean > 0;
        rows[i].is_helped = is_sure && rows[i].difference.mean < 0;
    }
}

static int rank_of(const struct blast_row *row)
{
    return row->is_hurt ? 0 : row->is_helped ? 1 : 2;
}

static int compare_rows(const void *left, const void *right)
{
    const struct blast_row *a = left, *b = right;
    double by_a = fabs(a->difference.mean), by_b = fabs(b->difference.mean);
    int order = a->variant - b->variant;
    if (order == 0)
        order = rank_of(a) - rank_of(b);
    if (order == 0)
        order = (int)a->measure - (int)b->measure;
    if (order == 0)
        order = (by_a < by_b) - (by_a > by_b);
    return order != 0 ? order : compare_p_values(left, right);
}

/* Each runner once, however many of its measures are hurt. */
static int compare_runners(const void *left, const void *right)
{
    const struct blast_row *a = *(const struct blast_row *const *)left;
    const struct blast_row *b = *(const struct blast_row *const *)right;
    int order = a->variant - b->variant;
    if (order == 0)
        order = strcmp(a->runner, b->runner);
    return order != 0 ? order : (int)a->is_generated - (int)b->is_generated;
}

static int count_hurt(struct blast *blast, struct err *err)
{
    const struct blast_row **hurt = calloc((size_t)blast->row_count + 1, sizeof *hurt);
    if (hurt == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < blast->row_count; i++) {
        if (blast->rows[i].is_hurt)
            hurt[blast->hurt_count++] = &blast->rows[i];
        blast->helped_count += blast->rows[i].is_helped;
    }
    qsort(hurt, (size_t)blast->hurt_count, sizeof *hurt, compare_runners);
    for (int32_t i = 0; i < blast->hurt_count; i++) {
        if (i > 0 && compare_runners(&hurt[i - 1], &hurt[i]) == 0)
            continue;
        blast->hurt_runner_count++;
        blast->hurt_by_priority[hurt[i]->priority]++;
    }
    free(hurt);
    return 0;
}

static int fill(struct blast *blast, const struct compare *compare, const struct subject *base,
                struct err *err)
{
    struct making making = {.compare = compare, .blast = blast};
    making.differences = calloc((size_t)compare->request.count_max, sizeof *making.differences);
    int result = making.differences == NULL ? err_no_memory(err) : 0;
    for (int32_t v = 1; v < compare->request.variant_count && result == 0; v++) {
        int32_t first = blast->row_count;
        making.variant = v;
        result = add_variant(&making, base, err);
        if (result == 0)
            judge(blast->rows + first, blast->row_count - first, compare->request.confidence);
    }
    free(making.differences);
    return result;
}

int blast_make(struct blast *blast, const struct compare *compare, struct err *err)
{
    *blast = (struct blast){.rows = NULL};
    struct subject *base = sorted_subjects(compare->request.variants[0].scenario, err);
    if (base == NULL)
        return -1;
    int result = fill(blast, compare, base, err);
    free(base);
    if (result == 0 && blast->row_count > 0) {
        qsort(blast->rows, (size_t)blast->row_count, sizeof *blast->rows, compare_rows);
        result = count_hurt(blast, err);
    }
    if (result != 0)
        blast_release(blast);
    return result;
}

void blast_release(struct blast *blast)
{
    free(blast->rows);
    *blast = (struct blast){.rows = NULL};
}
