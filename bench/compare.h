/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_COMPARE_H
#define STOWAGE_BENCH_COMPARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/metric.h"
#include "bench/statistics.h"
#include "scenarios/scenario.h"
#include "scheduler/policy.h"

/* Variants of a scenario (policies, configurations) compared by replications under common random
 * numbers: replication r has the same seed for all, so the same runner comes at the same instant,
 * lives as long and sees the same failures under each. Batches of replications are run until every
 * chosen metric is precise enough, the best is selected, or the cap is reached:
 *
 *     compare_init
 *     while ((pieces = compare_next(&compare)) > 0)
 *         run compare_piece for each of 0 .. pieces - 1, on any number of threads
 *     read the results, compare_release
 *
 * How many replications there are is decided from the results alone, never from who was first, so
 * everything is the same for any number of threads. */

struct compare_variant { /* all borrowed */
    const char *label;
    const struct scenario *scenario;
    const struct policy *policy;              /* NULL: the scenario's */
    const struct policy_value *policy_values; /* of `policy`; NULL: its defaults */
};

enum compare_horizon {
    HORIZON_TERMINATING, /* the run is what it is: measured from its start */
    HORIZON_STEADY,      /* a long-run mean is asked for: a warm-up is left out */
};

struct compare_request {                    /* all borrowed */
    const struct compare_variant *variants; /* the first is the baseline */
    int32_t variant_count;
    const struct metric_set *metrics; /* the chosen ones, then others that are wanted too */
    int32_t chosen_count;             /* of the metrics: those that must be precise */
    uint64_t seed;                    /* of replication 0 */
    int32_t first_count, count_max;   /* replications; 2 <= first_count <= count_max */
    double confidence, precision;     /* 0.95 and 0.05: shares */
    enum compare_horizon horizon;
    int32_t select;     /* Kim and Nelson's selection by this metric of the set; -1: none */
    double zone;        /* the difference that is worth detecting, in the metric's unit */
    bool keeps_runners; /* for the list of who is hurt (blast.h) */
    double shake;       /* inputs are moved by so much of themselves (shake.h); 0: not at all */
};

enum {
    COMPARE_VARIANTS_MAX = 64,
    WAIT_GRID = 121
}; /* instants at which the distribution of waits is read */

/* One run of a variant. */
struct compare_run {
    double *values;                /* [metrics->count]; owned; NULL: not run */
    double wait_shares[WAIT_GRID]; /* of waits of at most compare->wait_grid_us */
    double *utilization, *queue;   /* [TIMELINE_BINS] means over time bins; NaN beyond the end; in
                                      the memory of `values` */
    double *runners;               /* what blast_read reads; NULL: not kept; likewise */
};

enum compare_end {
    COMPARE_GOES_ON,
    COMPARE_PRECISE,  /* every chosen metric is within the precision */
    COMPARE_CAPPED,   /* count_max was reached before */
    COMPARE_SELECTED, /* one variant is left */
    COMPARE_UNSETTLED /* steady: no warm-up could be found, the run is too short */
};

struct compare {
    struct compare_request request;
    struct compare_run *runs;     /* [variant * count_max + replication] */
    struct compare_run *unshaken; /* [variant]; NULL: nothing is shaken */
    int32_t *counts;              /* [variant] replications done */
    int64_t wait_grid_us[WAIT_GRID];
    enum resource resource; /* of utilization over time: device share where there are devices */
    enum compare_end end;
    int64_t warm_up_us; /* in force */
    bool warm_up_is_known;
    struct mser_result *warm_ups; /* [2 * variant]: of utilization and queue; steady only */
    double *pilot; /* [2 * variant][TIMELINE_BINS]: means of both over the runs they are from */
    int32_t pilot_count; /* those runs */
    struct kim_nelson selection;
    double *selection_values; /* [variant][count_max] */
    int32_t *batch;           /* [variant] replications after this batch */
    int32_t batch_unshaken;   /* pieces of the batch that are unshaken runs */
    atomic_bool is_cancelled; /* set it to end all runs soon */
};

/* On -1 the struct is zeroed. */
int compare_init(struct compare *compare, const struct compare_request *request, struct err *err);
void compare_release(struct compare *compare);

/* Looks at what there is, and plans the next batch: how many pieces it has; 0: all is done, and
 * compare->end says why. -1: out of memory. */
int32_t compare_next(struct compare *compare, struct err *err);
/* One piece of the batch; may run beside others. `context` is the struct compare. */
int compare_piece(void *context, int32_t index, struct err *err);

/* ---- results ---- */

/* Of a metric in the replications of a variant that have a value. */
struct compare_estimate {
    struct mean_estimate mean;
    struct median_estimate median;
    double min, max, p90;     /* NaN: no value */
    double center;            /* the mean, or of a tail the median */
    struct interval interval; /* of the centre */
};
/* -1: out of memory. */
int compare_estimate(const struct compare *compare, int32_t variant, int32_t metric,
                     struct compare_estimate *estimate, struct err *err);

enum verdict {
    VERDICT_BASELINE,
    VERDICT_NO_VALUE, /* fewer than two pairs have a value */
    VERDICT_SAME,     /* not distinguishable */
    VERDICT_BETTER,
    VERDICT_WORSE,
    VERDICT_HIGHER, /* of a metric of which neither is better */
    VERDICT_LOWER,
};
const char *verdict_text(enum verdict verdict);

/* A variant against the baseline, by pairs of replications of the same seed. */
struct compare_difference {
    enum verdict verdict;
    int32_t count; /* pairs */
    bool is_equal; /* no pair differs */
    double effect; /* mean (of a tail: median) of variant - baseline */
    struct interval interval;
    double p_value, p_adjusted; /* adjusted by Holm for all variants of this metric */
    double p_unpaired;          /* Welch's test, as if the runs were not paired; NaN for tails */
    double correlation;         /* of the pairs; NaN: one side does not vary */
    double variance_ratio; /* variance of the difference of independent runs over that of pairs: so
                              many times as many replications would be needed without common random
                              numbers; NaN: nothing varies */
};
/* differences[variant_count]; -1: out of memory. */
int compare_differences(const struct compare *compare, int32_t metric,
                        struct compare_difference *differences, struct err *err);

/* A value of a replication; NaN: it has none. */
double compare_value(const struct compare *compare, int32_t variant, int32_t metric,
                     int32_t replication);

/* Where the replications of a variant lie. NaN: there is no value. */
struct compare_band {
    double mean, low, high;
};
/* The share of waits of at most wait_grid_us[place]: mean, least and largest. */
struct compare_band compare_wait_band(const struct compare *compare, int32_t variant,
                                      int32_t place);
/* Utilization ([0], in %) and queue ([1]) in a time bin: mean, 5th and 95th percentile. -1: out of
 * memory. */
int compare_time_bands(const struct compare *compare, int32_t variant, int32_t bin,
                       struct compare_band bands[2], struct err *err);
/* Width of a time bin of the variant. */
int64_t compare_bin_us(const struct compare *compare, int32_t variant);

/* The widest relative half width of the chosen metrics now, and whose it is; NaN: none has one. */
struct compare_widest {
    double relative;
    int32_t variant, metric;
};
int compare_widest(const struct compare *compare, struct compare_widest *widest, struct err *err);

/* The variant that the selection found; -1: none. */
int32_t compare_selected(const struct compare *compare);

/* Did all replications of a variant give the same values (nothing random is in it)? */
bool compare_is_constant(const struct compare *compare, int32_t variant);

#endif
