/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/array.h"
#include "bench/blast.h"
#include "bench/compare_report.h"
#include "bench/replicate.h"

enum { DIGITS = 9, P_DIGITS = 9 };

/* ---- every value ---- */

static const struct column value_columns[] = {
    {"variant", "text", "What was run: the policy, the scenario, or both."},
    {"metric", "text", "Name of the metric."},
    {"unit", "text", "Its unit."},
    {"replication", "count",
     "Number of the replication, from 0; none for the run of a trace as it was recorded."},
    {"seed", "count", "Seed of the run: the same for all variants of a replication."},
    {"shaken", "yes/no", "Was the input shaken?"},
    {"value", "as unit", "The metric's value; none where the run has none."},
};

static void write_value(const struct compare *compare, struct table *table, int32_t at[3],
                        double value)
{
    char name[METRIC_NAME_SIZE];
    const struct metric_choice *choice = &compare->request.metrics->items[at[1]];
    bool is_unshaken = at[2] < 0;
    table_text(table, compare->request.variants[at[0]].label);
    table_text(table, metric_name(choice, name));
    table_text(table, choice->metric->unit);
    if (is_unshaken)
        table_empty(table);
    else
        table_int(table, at[2]);
    table_int(table, (int64_t)replication_seed(compare->request.seed, is_unshaken ? 0 : at[2]));
    table_text(table, compare->request.shake > 0 && !is_unshaken ? "yes" : "no");
    table_decimal(table, value, DIGITS);
    table_end_row(table);
}

static int write_values(const struct compare *compare, struct table *table, struct err *err)
{
    (void)err;
    int32_t at[3];
    for (at[0] = 0; at[0] < compare->request.variant_count; at[0]++) {
        for (at[1] = 0; at[1] < compare->request.metrics->count; at[1]++) {
            const double *unshaken = compare->unshaken[at[0]].values;
            at[2] = -1;
            if (unshaken != NULL)
                write_value(compare, table, at, unshaken[at[1]]);
            for (at[2] = 0; at[2] < compare->counts[at[0]]; at[2]++)
                write_value(compare, table, at, compare_value(compare, at[0], at[1], at[2]));
        }
    }
    return 0;
}

/* ---- verdicts ---- */

static const struct column verdict_columns[] = {
    {"metric", "text", "Name of the metric."},
    {"unit", "text", "Its unit."},
    {"better", "text", "lower, higher or neither."},
    {"variant", "text", "What was run."},
    {"replications", "count", "Replications that have a value."},
    {"mean", "as unit", "Mean of the values."},
    {"sd", "as unit", "Their standard deviation, with n - 1."},
    {"median", "as unit", "Their median."},
    {"min", "as unit", "The least value."},
    {"p90", "as unit", "The 90th percentile of the values."},
    {"max", "as unit", "The largest value."},
    {"statistic", "text", "What the interval is about: mean, or median for the tail metrics."},
    {"low", "as unit", "Lower end of its interval."},
    {"high", "as unit", "Upper end of its interval."},
    {"unshaken", "as unit", "The value of the trace as it was recorded."},
    {"verdict", "text",
     "Against the baseline: baseline, better, worse, higher, lower, not distinguishable, no "
     "value."},
    {"pairs", "count", "Pairs of replications of the same seed that both have a value."},
    {"effect", "as unit", "Mean (or median) of variant - baseline over the pairs."},
    {"effect_low", "as unit", "Lower end of its interval."},
    {"effect_high", "as unit", "Upper end of its interval."},
    {"p_value", "probability",
     "Of an effect at least as large, were there none: paired t-test, or sign test for tails."},
    {"p_adjusted", "probability", "The same, adjusted by Holm for the variants of this metric."},
    {"p_unpaired", "probability",
     "Welch's t-test of the same values as if they were not paired: what common random numbers "
     "bring; none for tails."},
    {"correlation", "ratio", "Of the pairs: what common random numbers bring."},
    {"variance_ratio", "ratio",
     "So many times as many replications would be needed without common random numbers."},
};

static void write_estimate(const struct compare_estimate *estimate, bool is_tail,
                           struct table *table)
{
    table_int(table, estimate->mean.count);
    table_decimal(table, estimate->mean.mean, DIGITS);
    table_decimal(table, estimate->mean.sd, DIGITS);
    table_decimal(table, estimate->median.median, DIGITS);
    table_decimal(table, estimate->min, DIGITS);
    table_decimal(table, estimate->p90, DIGITS);
    table_decimal(table, estimate->max, DIGITS);
    table_text(table, is_tail ? "median" : "mean");
    table_decimal(table, estimate->interval.low, DIGITS);
    table_decimal(table, estimate->interval.high, DIGITS);
}

static void write_difference(const struct compare_difference *difference, struct table *table)
{
    table_text(table, verdict_text(difference->verdict));
    if (difference->verdict == VERDICT_BASELINE) {
        for (int i = 0; i < 9; i++)
            table_empty(table);
        return;
    }
    table_int(table, difference->count);
    table_decimal(table, difference->effect, DIGITS);
    table_decimal(table, difference->interval.low, DIGITS);
    table_decimal(table, difference->interval.high, DIGITS);
    table_decimal(table, difference->p_value, P_DIGITS);
    table_decimal(table, difference->p_adjusted, P_DIGITS);
    table_decimal(table, difference->p_unpaired, P_DIGITS);
    table_decimal(table, difference->correlation, 6);
    table_decimal(table, difference->variance_ratio, 6);
}

static const char *better_text(const struct metric *metric)
{
    if (metric->direction == METRIC_NEUTRAL)
        return "neither";
    return metric->direction == METRIC_LOWER_IS_BETTER ? "lower" : "higher";
}

static int write_verdicts_of(const struct compare *compare, int32_t metric, struct table *table,
                             struct err *err)
{
    char name[METRIC_NAME_SIZE];
    struct compare_difference differences[COMPARE_VARIANTS_MAX];
    const struct metric_choice *choice = &compare->request.metrics->items[metric];
    if (compare_differences(compare, metric, differences, err) != 0)
        return -1;
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        struct compare_estimate estimate;
        if (compare_estimate(compare, v, metric, &estimate, err) != 0)
            return -1;
        table_text(table, metric_name(choice, name));
        table_text(table, choice->metric->unit);
        table_text(table, better_text(choice->metric));
        table_text(table, compare->request.variants[v].label);
        write_estimate(&estimate, choice->metric->is_tail, table);
        const double *unshaken = compare->unshaken[v].values;
        table_decimal(table, unshaken != NULL ? unshaken[metric] : (double)NAN, DIGITS);
        write_difference(&differences[v], table);
        table_end_row(table);
    }
    return 0;
}

static int write_verdicts(const struct compare *compare, struct table *table, struct err *err)
{
    for (int32_t metric = 0; metric < compare->request.metrics->count; metric++)
        if (write_verdicts_of(compare, metric, table, err) != 0)
            return -1;
    return 0;
}

/* ---- what the plots show ---- */

static const struct column wait_columns[] = {
    {"variant", "text", "What was run."},
    {"wait_s", "s", "A length of time."},
    {"share_mean", "ratio",
     "Share of the demands that waited no longer (Kaplan-Meier), mean over the replications."},
    {"share_low", "ratio", "The least of the replications."},
    {"share_high", "ratio", "The largest of the replications."},
};

static int write_waits(const struct compare *compare, struct table *table, struct err *err)
{
    (void)err;
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        for (int32_t i = 0; i < WAIT_GRID; i++) {
            struct compare_band band = compare_wait_band(compare, v, i);
            table_text(table, compare->request.variants[v].label);
            table_seconds(table, compare->wait_grid_us[i]);
            table_decimal(table, band.mean, 6);
            table_decimal(table, band.low, 6);
            table_decimal(table, band.high, 6);
            table_end_row(table);
        }
    }
    return 0;
}

static const struct column band_columns[] = {
    {"variant", "text", "What was run."},
    {"from_s", "s", "Start of the time bin."},
    {"utilization_pct_mean", "%",
     "Utilization in it (device share; CPU where there are no devices), mean over the "
     "replications."},
    {"utilization_pct_low", "%", "The 5th percentile of the replications."},
    {"utilization_pct_high", "%", "The 95th percentile of the replications."},
    {"queue_mean", "replicas", "Demands that wait, mean over the bin and the replications."},
    {"queue_low", "replicas", "The 5th percentile of the replications."},
    {"queue_high", "replicas", "The 95th percentile of the replications."},
};

static void write_band(struct table *table, const struct compare_band *band)
{
    table_decimal(table, band->mean, 4);
    table_decimal(table, band->low, 4);
    table_decimal(table, band->high, 4);
}

static int write_bands(const struct compare *compare, struct table *table, struct err *err)
{
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        for (int32_t bin = 0; bin < TIMELINE_BINS; bin++) {
            struct compare_band bands[2];
            if (compare_time_bands(compare, v, bin, bands, err) != 0)
                return -1;
            if (isnan(bands[1].mean))
                break;
            table_text(table, compare->request.variants[v].label);
            table_seconds(table, bin * compare_bin_us(compare, v));
            write_band(table, &bands[0]);
            write_band(table, &bands[1]);
            table_end_row(table);
        }
    }
    return 0;
}

/* ---- who is hurt ---- */

static const struct column hurt_columns[] = {
    {"variant", "text", "What was run."},
    {"runner", "text",
     "Id of the runner; NAME-* stands for all that an entry of arrivals generates."},
    {"priority", "count", "Its priority in the variant."},
    {"measure", "text",
     "evictions; work_lost_h: replica-hours thrown away by preemption; missing_replica_h: "
     "replica-hours that were wished for and not running; below_floor_h: hours below the floor."},
    {"unit", "text", "Its unit."},
    {"base", "as unit", "Mean in the baseline."},
    {"now", "as unit", "Mean in the variant."},
    {"effect", "as unit", "Mean difference over the pairs."},
    {"effect_low", "as unit", "Lower end of its interval."},
    {"effect_high", "as unit", "Upper end of its interval."},
    {"p_adjusted", "probability", "Paired t-test, adjusted by Holm for all rows of the variant."},
    {"verdict", "text", "hurt, helped or not distinguishable."},
};

static bool keeps_runners(const struct compare *compare)
{
    return compare->request.keeps_runners;
}

static void write_hurt_row(const struct compare *compare, const struct blast_row *row,
                           struct table *table)
{
    char name[RUNNER_NAME_SIZE];
    snprintf(name, sizeof name, "%s%s", row->runner, row->is_generated ? "-*" : "");
    table_text(table, compare->request.variants[row->variant].label);
    table_text(table, name);
    table_int(table, row->priority);
    table_text(table, blast_measure_name(row->measure));
    table_text(table, blast_measure_unit(row->measure));
    table_decimal(table, row->base, DIGITS);
    table_decimal(table, row->now, DIGITS);
    table_decimal(table, row->difference.mean, DIGITS);
    table_decimal(table, row->difference.mean - row->difference.half_width, DIGITS);
    table_decimal(table, row->difference.mean + row->difference.half_width, DIGITS);
    table_decimal(table, row->p_adjusted, P_DIGITS);
    table_text(table, row->is_hurt ? "hurt" : row->is_helped ? "helped" : "not distinguishable");
    table_end_row(table);
}

static int write_hurt(const struct compare *compare, struct table *table, struct err *err)
{
    struct blast blast;
    if (blast_make(&blast, compare, err) != 0)
        return -1;
    for (int32_t i = 0; i < blast.row_count; i++)
        write_hurt_row(compare, &blast.rows[i], table);
    blast_release(&blast);
    return 0;
}

static const struct compare_table tables[] = {
    {"compare.csv", "A value: one metric of one replication of one variant.", value_columns,
     ARRAY_LEN(value_columns), NULL, write_values},
    {"verdicts.csv", "A metric of a variant: its estimate and how it stands to the baseline.",
     verdict_columns, ARRAY_LEN(verdict_columns), NULL, write_verdicts},
    {"waits.csv", "The distribution of the waits of a variant at one length.", wait_columns,
     ARRAY_LEN(wait_columns), NULL, write_waits},
    {"bands.csv", "A time bin of a variant.", band_columns, ARRAY_LEN(band_columns), NULL,
     write_bands},
    {"hurt.csv",
     "What differs for a runner from the baseline, with --against or --config: what hurts first.",
     hurt_columns, ARRAY_LEN(hurt_columns), keeps_runners, write_hurt},
};

const struct compare_table *compare_tables(size_t *count)
{
    *count = ARRAY_LEN(tables);
    return tables;
}
