/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "bench/compare.h"

/* What the runs of a comparison say: estimates, differences, verdicts. */

static const struct compare_run *run_of(const struct compare *compare, int32_t variant,
                                        int32_t replication)
{
    size_t row = (size_t)variant * (size_t)compare->request.count_max;
    return &compare->runs[row + (size_t)replication];
}

double compare_value(const struct compare *compare, int32_t variant, int32_t metric,
                     int32_t replication)
{
    return run_of(compare, variant, replication)->values[metric];
}

static double *alloc_values(const struct compare *compare, struct err *err)
{
    double *values = calloc((size_t)compare->request.count_max, sizeof *values);
    if (values == NULL)
        err_no_memory(err);
    return values;
}

static bool is_tail(const struct compare *compare, int32_t metric)
{
    return compare->request.metrics->items[metric].metric->is_tail;
}

static struct interval around(const struct mean_estimate *mean)
{
    return (struct interval){mean->mean - mean->half_width, mean->mean + mean->half_width};
}

/* `values` in any order; they are sorted. */
static void estimate_values(double *values, int32_t count, bool tail, double confidence,
                            struct compare_estimate *estimate)
{
    *estimate =
        (struct compare_estimate){.min = (double)NAN, .max = (double)NAN, .p90 = (double)NAN};
    estimate->mean = mean_estimate_make(values, count, confidence);
    sort_values(values, count);
    estimate->median = median_estimate_make(values, count, confidence);
    if (count > 0) {
        estimate->min = values[0];
        estimate->max = values[count - 1];
        estimate->p90 = sorted_quantile(values, count, 0.9);
    }
    if (count > 1 && estimate->min == estimate->max) /* ranks need more values, these do not */
        estimate->median.interval = (struct interval){estimate->min, estimate->max};
    estimate->center = tail ? estimate->median.median : estimate->mean.mean;
    estimate->interval = tail ? estimate->median.interval : around(&estimate->mean);
}

int compare_estimate(const struct compare *compare, int32_t variant, int32_t metric,
                     struct compare_estimate *estimate, struct err *err)
{
    int32_t count = 0;
    double *values = alloc_values(compare, err);
    if (values == NULL)
        return -1;
    for (int32_t i = 0; i < compare->counts[variant]; i++) {
        double value = compare_value(compare, variant, metric, i);
        if (!isnan(value))
            values[count++] = value;
    }
    estimate_values(values, count, is_tail(compare, metric), compare->request.confidence, estimate);
    free(values);
    return 0;
}

/* ---- differences ---- */

struct pairs {
    double *ours, *theirs, *differences; /* [count] */
    int32_t count;
};

static void make_pairs(const struct compare *compare, int32_t variant, int32_t metric,
                       struct pairs *pairs)
{
    pairs->count = 0;
    for (int32_t i = 0; i < compare->counts[variant] && i < compare->counts[0]; i++) {
        double ours = compare_value(compare, variant, metric, i);
        double theirs = compare_value(compare, 0, metric, i);
        if (isnan(ours) || isnan(theirs))
            continue;
        pairs->ours[pairs->count] = ours;
        pairs->theirs[pairs->count] = theirs;
        pairs->differences[pairs->count++] = ours - theirs;
    }
}

static double square(double value)
{
    return value * value;
}

static void make_difference(struct pairs *pairs, bool tail, double confidence,
                            struct compare_difference *made)
{
    struct compare_estimate estimate;
    struct mean_estimate ours = mean_estimate_make(pairs->ours, pairs->count, confidence);
    struct mean_estimate theirs = mean_estimate_make(pairs->theirs, pairs->count, confidence);
    made->count = pairs->count;
    made->correlation = correlation(pairs->ours, pairs->theirs, pairs->count);
    made->p_value =
        tail && pairs->count >= 2 ? sign_p_value(pairs->differences, pairs->count) : (double)NAN;
    estimate_values(pairs->differences, pairs->count, tail, confidence, &estimate);
    bool is_constant = pairs->count > 1 && estimate.min == estimate.max;
    if (!tail || is_constant)
        made->p_value = mean_p_value(&estimate.mean);
    made->is_equal = pairs->count > 0 && estimate.min == 0 && estimate.max == 0;
    made->p_unpaired = tail ? (double)NAN : welch_estimate_make(&ours, &theirs, confidence).p_value;
    made->effect = estimate.center;
    made->interval = estimate.interval;
    made->p_adjusted = made->p_value;
    double apart = square(ours.sd) + square(theirs.sd);
    made->variance_ratio = estimate.mean.sd > 0 ? apart / square(estimate.mean.sd) : (double)NAN;
}

static enum verdict verdict_of(const struct compare_difference *difference,
                               enum metric_direction direction, double confidence)
{
    if (isnan(difference->p_adjusted))
        return VERDICT_NO_VALUE;
    if (difference->p_adjusted > 1 - confidence || difference->effect == 0)
        return VERDICT_SAME;
    if (direction == METRIC_NEUTRAL)
        return difference->effect > 0 ? VERDICT_HIGHER : VERDICT_LOWER;
    bool is_better = (difference->effect > 0) == (direction == METRIC_HIGHER_IS_BETTER);
    return is_better ? VERDICT_BETTER : VERDICT_WORSE;
}

static void judge(const struct compare *compare, int32_t metric,
                  struct compare_difference *differences)
{
    double p_values[COMPARE_VARIANTS_MAX];
    int32_t variants = compare->request.variant_count;
    const struct metric *of = compare->request.metrics->items[metric].metric;
    for (int32_t v = 1; v < variants; v++)
        p_values[v] = differences[v].p_value;
    holm_adjust(p_values + 1, variants - 1);
    for (int32_t v = 1; v < variants; v++) {
        differences[v].p_adjusted = p_values[v];
        differences[v].verdict =
            verdict_of(&differences[v], of->direction, compare->request.confidence);
    }
}

int compare_differences(const struct compare *compare, int32_t metric,
                        struct compare_difference *differences, struct err *err)
{
    size_t room = (size_t)compare->request.count_max;
    double *memory = calloc(3 * room, sizeof *memory);
    if (memory == NULL)
        return err_no_memory(err);
    struct pairs pairs = {memory, memory + room, memory + 2 * room, 0};
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        make_pairs(compare, v, metric, &pairs);
        make_difference(&pairs, is_tail(compare, metric), compare->request.confidence,
                        &differences[v]);
    }
    differences[0].verdict = VERDICT_BASELINE;
    judge(compare, metric, differences);
    free(memory);
    return 0;
}

const char *verdict_text(enum verdict verdict)
{
    static const char *const texts[] = {
        [VERDICT_BASELINE] = "baseline",
        [VERDICT_NO_VALUE] = "no value",
        [VERDICT_SAME] = "not distinguishable",
        [VERDICT_BETTER] = "better",
        [VERDICT_WORSE] = "worse",
        [VERDICT_HIGHER] = "higher",
        [VERDICT_LOWER] = "lower",
    };
    return texts[verdict];
}

/* ---- bands ---- */

struct compare_band compare_wait_band(const struct compare *compare, int32_t variant, int32_t place)
{
    struct compare_band band = {0, (double)NAN, (double)NAN};
    int32_t count = 0;
    for (int32_t i = 0; i < compare->counts[variant]; i++) {
        double share = run_of(compare, variant, i)->wait_shares[place];
        if (isnan(share))
            continue;
        band.mean += share;
        band.low = count == 0 || share < band.low ? share : band.low;
        band.high = count == 0 || share > band.high ? share : band.high;
        count++;
    }
    band.mean = count > 0 ? band.mean / count : (double)NAN;
    return band;
}

static struct compare_band band_of(double *values, int32_t count, double confidence)
{
    struct compare_band band = {(double)NAN, (double)NAN, (double)NAN};
    if (count == 0)
        return band;
    band.mean = mean_estimate_make(values, count, confidence).mean;
    sort_values(values, count);
    band.low = sorted_quantile(values, count, 0.05);
    band.high = sorted_quantile(values, count, 0.95);
    return band;
}

int compare_time_bands(const struct compare *compare, int32_t variant, int32_t bin,
                       struct compare_band bands[2], struct err *err)
{
    double *values = alloc_values(compare, err);
    if (values == NULL)
        return -1;
    for (int which = 0; which < 2; which++) {
        int32_t count = 0;
        for (int32_t i = 0; i < compare->counts[variant]; i++) {
            const struct compare_run *run = run_of(compare, variant, i);
            double value = which == 0 ? run->utilization[bin] : run->queue[bin];
            if (!isnan(value))
                values[count++] = value;
        }
        bands[which] = band_of(values, count, compare->request.confidence);
    }
    free(values);
    return 0;
}

int64_t compare_bin_us(const struct compare *compare, int32_t variant)
{
    int64_t horizon_us = compare->request.variants[variant].scenario->horizon_us;
    return (horizon_us + TIMELINE_BINS - 1) / TIMELINE_BINS;
}

/* ---- precision ---- */

/* Half of the interval's width over the centre; 0 where nothing varies, NaN where there is no
 * value, infinite where there is no interval yet. */
static double relative_width(const struct compare_estimate *estimate)
{
    if (isnan(estimate->center))
        return (double)NAN;
    if (estimate->min == estimate->max)
        return 0;
    if (isnan(estimate->interval.low) || estimate->center == 0)
        return (double)INFINITY;
    return (estimate->interval.high - estimate->interval.low) / 2 / fabs(estimate->center);
}

int compare_widest(const struct compare *compare, struct compare_widest *widest, struct err *err)
{
    *widest = (struct compare_widest){(double)NAN, 0, 0};
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++) {
        for (int32_t v = 0; v < compare->request.variant_count; v++) {
            struct compare_estimate estimate;
            if (compare_estimate(compare, v, metric, &estimate, err) != 0)
                return -1;
            double relative = relative_width(&estimate);
            if (!isnan(relative) && !(relative <= widest->relative))
                *widest = (struct compare_widest){relative, v, metric};
        }
    }
    return 0;
}

int32_t compare_selected(const struct compare *compare)
{
    if (compare->end != COMPARE_SELECTED)
        return -1;
    for (int32_t v = 0; v < compare->request.variant_count; v++)
        if (compare->selection.states[v] == KIM_NELSON_LEFT)
            return v;
    return -1;
}

bool compare_is_constant(const struct compare *compare, int32_t variant)
{
    for (int32_t metric = 0; metric < compare->request.metrics->count; metric++) {
        double first = compare_value(compare, variant, metric, 0);
        for (int32_t i = 1; i < compare->counts[variant]; i++) {
            double value = compare_value(compare, variant, metric, i);
            if (value != first && !(isnan(value) && isnan(first)))
                return false;
        }
    }
    return true;
}
