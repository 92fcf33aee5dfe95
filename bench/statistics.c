/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/statistics.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/order.h"

static const double no_value = (double)NAN;

/* ---- means ---- */

/* A rounded mean must not make equal values vary. */
static bool is_constant(const double *values, int32_t count)
{
    for (int32_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

/* Two passes: the mean, then the squares around it. */
struct mean_estimate mean_estimate_make(const double *values, int32_t count, double confidence)
{
    struct mean_estimate made = {count, no_value, no_value, no_value};
    double sum = 0, squares = 0;
    if (count == 0)
        return made;
    for (int32_t i = 0; i < count; i++)
        sum += values[i];
    made.mean = sum / count;
    if (count == 1)
        return made;
    for (int32_t i = 0; i < count; i++)
        squares += (values[i] - made.mean) * (values[i] - made.mean);
    if (is_constant(values, count))
        made.mean = values[0];
    made.sd = is_constant(values, count) ? 0 : sqrt(squares / (count - 1));
    made.half_width =
        gsl_cdf_tdist_Pinv(1 - (1 - confidence) / 2, count - 1) * made.sd / sqrt(count);
    return made;
}

double mean_p_value(const struct mean_estimate *estimate)
{
    if (estimate->count < 2)
        return no_value;
    if (estimate->sd == 0)
        return estimate->mean == 0 ? 1 : 0;
    double t = fabs(estimate->mean) / estimate->sd * sqrt(estimate->count);
    return 2 * gsl_cdf_tdist_Q(t, estimate->count - 1);
}

struct welch_estimate welch_estimate_make(const struct mean_estimate *a,
                                          const struct mean_estimate *b, double confidence)
{
    struct welch_estimate made = {no_value, no_value, no_value, no_value};
    if (a->count < 2 || b->count < 2)
        return made;
    double of_a = a->sd * a->sd / a->count, of_b = b->sd * b->sd / b->count;
    double variance = of_a + of_b;
    made.difference = a->mean - b->mean;
    if (variance == 0) {
        made.half_width = 0;
        made.p_value = made.difference == 0 ? 1 : 0;
        return made;
    }
    made.degrees =
        variance * variance / (of_a * of_a / (a->count - 1) + of_b * of_b / (b->count - 1));
    made.half_width = gsl_cdf_tdist_Pinv(1 - (1 - confidence) / 2, made.degrees) * sqrt(variance);
    made.p_value = 2 * gsl_cdf_tdist_Q(fabs(made.difference) / sqrt(variance), made.degrees);
    return made;
}

double correlation(const double *a, const double *b, int32_t count)
{
    double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
    for (int32_t i = 0; i < count; i++) {
        mean_a += a[i] / count;
        mean_b += b[i] / count;
    }
    for (int32_t i = 0; i < count; i++) {
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
        ab += (a[i] - mean_a) * (b[i] - mean_b);
    }
    bool vary = aa > 0 && bb > 0 && !is_constant(a, count) && !is_constant(b, count);
    return vary ? ab / sqrt(aa) / sqrt(bb) : no_value;
}

/* ---- quantiles ---- */

void sort_values(double *values, int32_t count)
{
    qsort(values, (size_t)count, sizeof *values, order_doubles);
}

double sorted_quantile(const double *sorted, int32_t count, double q)
{
    assert(count > 0);
    int32_t rank = (int32_t)ceil(q * count - 1e-9);
    return sorted[rank < 1 ? 0 : rank - 1];
}

/* B, the number of values below the quantile, is binomial. The low-th value is above it when
 * B < low, the high-th not above it when B >= high. Check: 20 values have the interval from the
 * 6-th to the 15-th for the median, of coverage 0.9586. */
struct rank_interval rank_interval_make(int32_t count, double q, double confidence)
{
    double side = (1 - confidence) / 2;
    int32_t low = 0, high = count + 1;
    if (count < 1)
        return (struct rank_interval){0, 0, no_value};
    while (gsl_cdf_binomial_P((unsigned)low, q, (unsigned)count) <= side)
        low++;
    while (high > 1 && gsl_cdf_binomial_Q((unsigned)high - 2, q, (unsigned)count) <= side)
        high--;
    if (low < 1 || high > count)
        return (struct rank_interval){0, 0, no_value};
    double coverage = gsl_cdf_binomial_P((unsigned)high - 1, q, (unsigned)count) -
                      gsl_cdf_binomial_P((unsigned)low - 1, q, (unsigned)count);
    return (struct rank_interval){low, high, coverage};
}

struct median_estimate median_estimate_make(const double *sorted, int32_t count, double confidence)
{
    struct median_estimate made = {no_value, {no_value, no_value}};
    if (count == 0)
        return made;
    made.median = sorted[(count - 1) / 2] / 2 + sorted[count / 2] / 2;
    struct rank_interval ranks = rank_interval_make(count, 0.5, confidence);
    if (ranks.low > 0)
        made.interval = (struct interval){sorted[ranks.low - 1], sorted[ranks.high - 1]};
    return made;
}

double sign_p_value(const double *differences, int32_t count)
{
    unsigned positive = 0, negative = 0;
    for (int32_t i = 0; i < count; i++) {
        positive += differences[i] > 0;
        negative += differences[i] < 0;
    }
    unsigned more = positive > negative ? positive : negative;
    double p = 2 * gsl_cdf_binomial_P((unsigned)count - more, 0.5, (unsigned)count);
    return count == 0 || p > 1 ? 1 : p;
}

/* ---- several comparisons ---- */

void holm_adjust(double *p_values, int32_t count)
{
    int32_t there = 0, done = 0;
    double largest = 0; /* adjusted values rise with the values */
    for (int32_t i = 0; i < count; i++)
        there += !isnan(p_values[i]);
    /* The ones that are adjusted are set aside as -1 - value, so the rest can be searched. */
    for (; done < there; done++) {
        int32_t least = -1;
        for (int32_t i = 0; i < count; i++)
            if (p_values[i] >= 0 && (least < 0 || p_values[i] < p_values[least]))
                least = i;
        double adjusted = p_values[least] * (there - done);
        largest = adjusted > largest ? adjusted : largest;
        p_values[least] = -1 - (largest < 1 ? largest : 1);
    }
    for (int32_t i = 0; i < count; i++)
        if (p_values[i] < 0)
            p_values[i] = -1 - p_values[i];
}

/* ---- warm-up ---- */

static double batch_mean(const double *values, int32_t batch)
{
    double sum = 0;
    for (int32_t i = 0; i < MSER_BATCH; i++)
        sum += values[batch * MSER_BATCH + i];
    return sum / MSER_BATCH;
}

/* From the last batch to the first, mean and squares around it grow by one batch at a time (B. P.
 * Welford, Technometrics 4, 1962), so all d cost one pass. */
struct mser_result mser_make(const double *values, int32_t count)
{
    struct mser_result best = {0, no_value, true};
    int32_t batches = count / MSER_BATCH;
    double mean = 0, squares = 0;
    if (batches < 2 * MSER_TAIL)
        return best;
    for (int32_t d = batches - 1; d >= 0; d--) {
        int32_t kept = batches - d;
        double value = batch_mean(values, d);
        double step = value - mean;
        mean += step / kept;
        squares += step * (value - mean);
        double statistic = squares / ((double)kept * kept);
        if (kept > MSER_TAIL && (isnan(best.statistic) || statistic <= best.statistic)) {
            best.statistic = statistic;
            best.truncate = d * MSER_BATCH;
        }
    }
    best.is_refused = best.truncate > batches * MSER_BATCH / 2;
    return best;
}

int32_t welch_average(const double *values, int32_t count, int32_t window, double *averages)
{
    int32_t made = count > window ? count - window : 0;
    for (int32_t i = 0; i < made; i++) {
        int32_t side = i < window ? i : window;
        double sum = 0;
        for (int32_t k = i - side; k <= i + side; k++)
            sum += values[k];
        averages[i] = sum / (2 * side + 1);
    }
    return made;
}

/* ---- the best of several ---- */

/* h^2 = 2 eta (n0 - 1), where eta = ((2 alpha / (k - 1))^(-2 / (n0 - 1)) - 1) / 2. */
double kim_nelson_h2(int32_t system_count, int32_t first_count, double confidence)
{
    assert(system_count >= 2);
    assert(first_count >= 2);
    double alpha = 1 - confidence;
    double eta = (pow(2 * alpha / (system_count - 1), -2.0 / (first_count - 1)) - 1) / 2;
    return 2 * eta * (first_count - 1);
}

static double variance_of_difference(const double *a, const double *b, int32_t count)
{
    double mean = 0, squares = 0;
    for (int32_t i = 0; i < count; i++)
        mean += (a[i] - b[i]) / count;
    for (int32_t i = 0; i < count; i++)
        squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
    return squares / (count - 1);
}

void kim_nelson_start(struct kim_nelson *it, const double *const *values)
{
    assert(it->zone > 0);
    it->left_count = it->system_count;
    it->looked_count = 0;
    for (int32_t i = 0; i < it->system_count; i++) {
        it->states[i] = KIM_NELSON_LEFT;
        for (int32_t k = 0; k < it->system_count; k++)
            it->variances[i * it->system_count + k] =
                variance_of_difference(values[i], values[k], it->first_count);
    }
}

/* Sum of values[a] - values[b] over the first `count` replications, so that a is ahead where it is
 * positive. */
static double lead(const struct kim_nelson *it, const double *const *values, const int32_t pair[2],
                   int32_t count)
{
    double sum = 0;
    for (int32_t i = 0; i < count; i++)
        sum += values[pair[0]][i] - values[pair[1]][i];
    return it->prefers_lower ? -sum : sum;
}

/* Is system i so far behind one that is left that it can be dropped? With sums instead of means:
 * behind by more than max(0, h^2 S^2 / (2 zone) - zone r / 2). */
static bool is_beaten(const struct kim_nelson *it, const double *const *values, int32_t i,
                      int32_t count)
{
    for (int32_t k = 0; k < it->system_count; k++) {
        if (k == i || it->states[k] == KIM_NELSON_DROPPED)
            continue;
        double width = it->h2 * it->variances[i * it->system_count + k] / (2 * it->zone) -
                       it->zone * count / 2;
        const int32_t pair[2] = {k, i};
        double behind = lead(it, values, pair, count);
        double allowed = width > 0 ? width : 0;
        /* Where no width is left, exactly equal ones: the later is dropped. */
        if (behind > allowed || (width <= 0 && behind == 0 && k < i))
            return true;
    }
    return false;
}

/* All are judged by those that were left before this look. */
static void screen(struct kim_nelson *it, const double *const *values, int32_t count)
{
    for (int32_t i = 0; i < it->system_count; i++)
        if (it->states[i] == KIM_NELSON_LEFT && is_beaten(it, values, i, count))
            it->states[i] = KIM_NELSON_DROPPING;
    for (int32_t i = 0; i < it->system_count; i++) {
        if (it->states[i] != KIM_NELSON_DROPPING)
            continue;
        it->states[i] = KIM_NELSON_DROPPED;
        it->left_count--;
    }
}

bool kim_nelson_look(struct kim_nelson *it, const double *const *values, int32_t count)
{
    int32_t first = it->looked_count < it->first_count ? it->first_count : it->looked_count + 1;
    for (int32_t r = first; r <= count && it->left_count > 1; r++) {
        screen(it, values, r);
        it->looked_count = r;
    }
    return it->left_count == 1;
}
