/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_STATISTICS_H
#define STOWAGE_BENCH_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

/* What independent replications say, and how surely. Pure functions on arrays; distributions are
 * GSL's. Sums run in order of the index, so equal values give equal bytes. NaN stands for "no
 * value"; values that go in are finite unless it is said. */

struct interval {
    double low, high; /* both NaN: there is none */
};

/* ---- means ---- */

/* Student's interval (W. S. Gosset, Biometrika 6, 1908) for the mean of independent values. */
struct mean_estimate {
    int32_t count;
    double mean;       /* NaN: count is 0 */
    double sd;         /* with count - 1; NaN: count is below 2 */
    double half_width; /* of the interval mean +- half_width; NaN: count is below 2 */
};
struct mean_estimate mean_estimate_make(const double *values, int32_t count, double confidence);

/* Two-sided probability, were the true mean 0, of a mean of so many values at least so far from 0:
 * of paired differences this is the paired t-test. All values 0: 1; all equal to another: 0. NaN:
 * count is below 2. */
double mean_p_value(const struct mean_estimate *estimate);

/* Difference mean(a) - mean(b) of values that are not paired, of unequal variances (B. L. Welch,
 * Biometrika 34, 1947; degrees of freedom of Satterthwaite). */
struct welch_estimate {
    double difference, half_width, degrees, p_value; /* NaN where a count is below 2 */
};
struct welch_estimate welch_estimate_make(const struct mean_estimate *a,
                                          const struct mean_estimate *b, double confidence);

/* Pearson's correlation of pairs; NaN where one side does not vary or count is below 2. */
double correlation(const double *a, const double *b, int32_t count);

/* ---- quantiles ---- */

/* The value of rank ceil(q * count) of values in ascending order; count > 0, 0 < q <= 1. */
double sorted_quantile(const double *sorted, int32_t count, double q);

/* An interval for the q-quantile of what the values are drawn from that holds for any distribution:
 * from the low-th to the high-th of the values in ascending order, ranks from 1, chosen so that
 * each end errs with at most half of 1 - confidence by the binomial distribution (H. A. David and
 * H. N. Nagaraja, Order Statistics, section 7.1). */
struct rank_interval {
    int32_t low, high; /* 0: count is too small for one */
    double coverage;   /* what it really has, at least the confidence; NaN: there is none */
};
struct rank_interval rank_interval_make(int32_t count, double q, double confidence);

/* Of values, with an interval of such ranks for the median. `sorted` is in ascending order. */
struct median_estimate {
    double median; /* of an even number: the mean of the two in the middle; NaN: count is 0 */
    struct interval interval;
};
struct median_estimate median_estimate_make(const double *sorted, int32_t count, double confidence);

/* Two-sided sign test of paired differences: were the median 0, the probability of so many
 * positive, or so many negative ones. Zeros count against the finding, so that the test and the
 * interval of ranks agree: what is equal in most pairs has a median of 0, whatever the others say.
 * 1: all are 0. */
double sign_p_value(const double *differences, int32_t count);

/* Ascending order. */
void sort_values(double *values, int32_t count);

/* ---- several comparisons ---- */

/* Adjusts p-values for being several (S. Holm, Scandinavian J. Statistics 6, 1979): rejecting those
 * that are at most alpha afterwards errs in any with probability at most alpha. NaN stays and does
 * not count. O(count^2). */
void holm_adjust(double *p_values, int32_t count);

/* ---- warm-up ---- */

/* MSER-5 (K. P. White, SIMULATION 69, 1997; White, Cobb and Spratt, WSC 2000): the observations of
 * one series in batches of 5, Z_1 .. Z_k, what is left over is ignored; of all d the one with the
 * least sum over j > d of (Z_j - their mean)^2 / (k - d)^2 is the number of batches to leave out.
 * It is refused in the second half: the series is too short to tell. The last MSER_TAIL batches are
 * not candidates, as a few equal values there would always win. */
enum { MSER_BATCH = 5, MSER_TAIL = 5 };
struct mser_result {
    int32_t truncate; /* observations to leave out: d * MSER_BATCH */
    double statistic; /* at d; NaN: fewer than 2 * MSER_TAIL batches, and then it is refused */
    bool is_refused;
};
struct mser_result mser_make(const double *values, int32_t count);

/* Welch's moving average (P. D. Welch, in: The Computer Performance Modeling Handbook, 1983; Law,
 * Simulation Modeling and Analysis, section 9.5.1) of a series: averages[i] is the mean of the
 * window + 1 + window values around it, of fewer near the start (as many on each side); there are
 * count - window of them, which is the result (0 where it is negative). */
int32_t welch_average(const double *values, int32_t count, int32_t window, double *averages);

/* ---- the best of several ---- */

/* Kim and Nelson's fully sequential procedure (ACM TOMACS 11, 2001), with c = 1, which allows
 * unequal variances and common random numbers. After a first stage of n0 replications each, systems
 * are dropped as soon as they are too far behind one that is left; with probability at least the
 * confidence the last one is the best, if it is better than all others by the indifference zone or
 * more. */

/* h^2 of the procedure; first_count >= 2, system_count >= 2. */
double kim_nelson_h2(int32_t system_count, int32_t first_count, double confidence);

enum kim_nelson_state { KIM_NELSON_DROPPED, KIM_NELSON_LEFT, KIM_NELSON_DROPPING };

struct kim_nelson {
    int32_t system_count, first_count;
    double h2, zone; /* zone > 0: the difference that is worth detecting */
    bool prefers_lower;
    enum kim_nelson_state *states;    /* [system_count] borrowed */
    double *variances;                /* [system_count * system_count] of differences; borrowed */
    int32_t left_count, looked_count; /* looked: replications that were considered */
};
/* values[system][replication]: `states` and `variances` have room; first_count of each are there.
 */
void kim_nelson_start(struct kim_nelson *it, const double *const *values);
/* Considers replications one after the other until one system is left or `count` of each were
 * considered; true: done, the best is the one left. Replications of dropped ones are not read. */
bool kim_nelson_look(struct kim_nelson *it, const double *const *values, int32_t count);

#endif
