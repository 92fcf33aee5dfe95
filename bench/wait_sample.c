/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/wait_sample.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digit_sort.h"

/* The estimator: with the waits in ascending order, of which n - i are at least as long as the i-th
 * (from 0), the share S of waits that are longer is multiplied by (n - i - 1) / (n - i) at each one
 * that ended, and stays at one that was cut off. Between two losses these factors cancel out: with
 * r waits at least as long at the start, d that end make it (r - d) / r. So it is enough to count
 * how many ended by each loss, and by each length that is asked for.
 *
 * Example: 1, 2+, 3, 4 (+: cut off). S is 3/4 behind 1; the loss 2+ has 1 ended and leaves r = 2; S
 * is 3/4 * (2 - 1) / 2 = 3/8 behind 3, so the median is 3. A quarter is at most 1. */

/* Where the estimator asks for the wait of a rank, digits of so many bits. */
enum { DIGIT_BITS = 11, DIGIT_VALUES = 1 << DIGIT_BITS };

/* ---- counting ---- */

/* Classes of lengths that grow with the length: eight to a doubling. */
enum {
    CLASS_BITS = 3,
    CLASS_PARTS = 1 << CLASS_BITS,
    CLASS_COUNT = (64 - CLASS_BITS) * CLASS_PARTS
};

static int class_of(int64_t us)
{
    if (us < CLASS_PARTS)
        return (int)us;
    int top = 63 - __builtin_clzll((uint64_t)us); /* the highest bit that is set */
    int part = (int)((uint64_t)us >> (top - CLASS_BITS)) & (CLASS_PARTS - 1);
    return (top - CLASS_BITS + 1) * CLASS_PARTS + part;
}

/* Where the limits of each class begin: first[class] to first[class + 1] - 1. */
static void index_limits(const int64_t *limits, int64_t count, int64_t first[CLASS_COUNT + 1])
{
    int64_t at = 0;
    for (int class = 0; class < CLASS_COUNT; class ++) {
        first[class] = at;
        while (at < count && class_of(limits[at]) == class)
            at++;
    }
    first[CLASS_COUNT] = count;
}

/* The first limit of a range (both ends) that is not below the wait; `end`: there is none. */
static int64_t find_limit(const int64_t *limits, int64_t at, int64_t end, int64_t us)
{
    while (at < end) {
        int64_t middle = at + (end - at) / 2;
        if (limits[middle] < us)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

/* How many waits that ended are no longer than each limit, these in ascending order. `counts` has
 * room for one more. */
static void count_ended(const struct wait_sample *sample, const int64_t *limits, int64_t count,
                        int64_t *counts)
{
    int64_t first[CLASS_COUNT + 1];
    index_limits(limits, count, first);
    memset(counts, 0, (size_t)(count + 1) * sizeof *counts);
    for (int32_t s = 0; s < sample->source_count; s++) {
        const struct wait_source *source = &sample->sources[s];
        for (int64_t i = 0; i < source->ended_count; i++) {
            int64_t us = source->ended_us[i];
            int class = class_of(us);
            counts[find_limit(limits, first[class], first[class + 1], us)]++;
        }
        counts[0] += source->none_count;
    }
    for (int64_t i = 1; i < count; i++)
        counts[i] += counts[i - 1];
}

/* Counts the waits that ended in DIGIT_VALUES steps of 1 << shift from `low` on. */
static void count_steps(const struct wait_sample *sample, int64_t low, int shift,
                        int64_t counts[DIGIT_VALUES])
{
    memset(counts, 0, DIGIT_VALUES * sizeof *counts);
    for (int32_t s = 0; s < sample->source_count; s++) {
        const struct wait_source *source = &sample->sources[s];
        for (int64_t i = 0; i < source->ended_count; i++) {
            uint64_t step = (uint64_t)(source->ended_us[i] - low) >> shift; /* huge: below low */
            if (step < DIGIT_VALUES)
                counts[step]++;
        }
        if (low == 0)
            counts[0] += source->none_count;
    }
}

/* The wait of that rank, from 1, of those that ended, digit by digit from the highest. */
static int64_t select_ended(const struct wait_sample *sample, int64_t rank)
{
    int64_t counts[DIGIT_VALUES], low = 0;
    int digit = 0;
    while (sample->longest_ended_us >> (digit * DIGIT_BITS) >= DIGIT_VALUES)
        digit++;
    for (; digit >= 0; digit--) {
        int64_t step = 0;
        count_steps(sample, low, digit * DIGIT_BITS, counts);
        for (; counts[step] < rank; step++)
            rank -= counts[step];
        low += step << (digit * DIGIT_BITS);
    }
    return low;
}

/* ---- making ---- */

static void sum_up(struct wait_sample *sample, const struct wait_source *source)
{
    int64_t none_count = source->none_count, longest_us = 0;
    int128 sum_us = 0;
    for (int64_t i = 0; i < source->ended_count; i++) {
        int64_t us = source->ended_us[i];
        none_count += us == 0;
        longest_us = us > longest_us ? us : longest_us;
        sum_us += us;
    }
    if (longest_us > sample->longest_ended_us)
        sample->longest_ended_us = longest_us;
    for (int64_t i = 0; i < source->cut_off_count; i++) {
        int64_t us = source->cut_off_us[i];
        longest_us = us > longest_us ? us : longest_us;
        sum_us += us;
    }
    if (longest_us > sample->longest_us)
        sample->longest_us = longest_us;
    sample->none_count += none_count;
    sample->sum_us += sum_us;
    sample->ended_count += source->ended_count + source->none_count;
    sample->count += source->ended_count + source->none_count + source->cut_off_count;
}

/* Gathers the losses in `losses`, or only counts them where that is NULL. */
static int64_t gather_losses(const struct wait_sample *sample, int64_t *losses)
{
    int64_t count = 0;
    for (int32_t s = 0; s < sample->source_count; s++) {
        const struct wait_source *source = &sample->sources[s];
        for (int64_t i = 0; i < source->cut_off_count; i++) {
            if (source->cut_off_us[i] >= sample->longest_ended_us)
                continue;
            if (losses != NULL)
                losses[count] = source->cut_off_us[i];
            count++;
        }
    }
    return count;
}

/* At least as long as the waits behind the first `losses` losses, of which `ended` end by then. */
static int64_t at_risk(const struct wait_sample *sample, int64_t losses)
{
    int64_t ended = losses > 0 ? sample->loss_ended[losses - 1] : 0;
    return sample->count - ended - losses;
}

/* The share that is longer when, behind so many losses, so many have ended in all. */
static double longer_than(const struct wait_sample *sample, int64_t losses, int64_t ended)
{
    int64_t before = losses > 0 ? sample->loss_ended[losses - 1] : 0;
    double longer = losses > 0 ? sample->loss_longer[losses - 1] : 1;
    int64_t risk = at_risk(sample, losses);
    assert(risk >= ended - before);
    return ended > before ? longer * ((double)(risk - (ended - before)) / (double)risk) : longer;
}

static int order_losses(struct wait_sample *sample, struct err *err)
{
    int64_t count = gather_losses(sample, NULL);
    if (count == 0)
        return 0;
    sample->loss_us = malloc((size_t)count * sizeof *sample->loss_us);
    sample->loss_ended = malloc(((size_t)count + 1) * sizeof *sample->loss_ended);
    sample->loss_longer = malloc((size_t)count * sizeof *sample->loss_longer);
    if (sample->loss_us == NULL || sample->loss_ended == NULL || sample->loss_longer == NULL)
        return err_no_memory(err);
    gather_losses(sample, sample->loss_us);
    digit_sort(sample->loss_us, sample->loss_ended, count);
    count_ended(sample, sample->loss_us, count, sample->loss_ended);
    for (int64_t i = 0; i < count; i++)
        sample->loss_longer[i] = longer_than(sample, i, sample->loss_ended[i]);
    sample->loss_count = count;
    return 0;
}

int wait_sample_init(struct wait_sample *sample, const struct wait_source *sources, int32_t count,
                     struct err *err)
{
    assert(count <= PRIORITY_COUNT);
    *sample = (struct wait_sample){.source_count = count};
    for (int32_t s = 0; s < count; s++) {
        sample->sources[s] = sources[s];
        sum_up(sample, &sources[s]);
    }
    if (order_losses(sample, err) == 0)
        return 0;
    wait_sample_release(sample);
    return -1;
}

void wait_sample_release(struct wait_sample *sample)
{
    free(sample->loss_us);
    free(sample->loss_ended);
    free(sample->loss_longer);
    *sample = (struct wait_sample){.count = 0};
}

static struct wait_source source_of(const struct sim *sim, const struct metric_sums *from,
                                    int priority)
{
    const struct waits *waits = &sim->metrics.waits[priority];
    int32_t later = from->later_count[priority], cut_off = from->censored_count[priority];
    struct wait_source source = {.none_count = waits->at_once_count - from->at_once_count[priority],
                                 .ended_count = waits->later_count - later,
                                 .cut_off_count = waits->censored_count - cut_off};
    if (source.ended_count > 0)
        source.ended_us = waits->later_us + later;
    if (source.cut_off_count > 0)
        source.cut_off_us = waits->censored_us + cut_off;
    return source;
}

int wait_sample_read(struct wait_sample *sample, const struct sim *sim,
                     const struct metric_sums *from, int32_t priority, struct err *err)
{
    struct wait_source sources[PRIORITY_COUNT];
    int32_t count = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++) {
        if (priority >= 0 && priority != p)
            continue;
        struct wait_source source = source_of(sim, from, p);
        if (source.none_count + source.ended_count + source.cut_off_count > 0)
            sources[count++] = source;
    }
    return wait_sample_init(sample, sources, count, err);
}

/* ---- reading ---- */

/* The fewest that end, behind so many losses, by which the estimator reaches q; -1: it does not
 * before the next loss. */
static int64_t ended_at(const struct wait_sample *sample, int64_t losses, double q)
{
    int64_t low = losses > 0 ? sample->loss_ended[losses - 1] : 0; /* too few */
    int64_t high = losses < sample->loss_count ? sample->loss_ended[losses] : sample->ended_count;
    if (high == low || 1 - longer_than(sample, losses, high) < q - 1e-12)
        return -1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (1 - longer_than(sample, losses, middle) >= q - 1e-12)
            high = middle;
        else
            low = middle;
    }
    return high;
}

int64_t wait_sample_quantile_us(const struct wait_sample *sample, double q, bool *is_lower_bound)
{
    assert(q > 0);
    assert(q <= 1);
    *is_lower_bound = false;
    if (sample->count == 0)
        return -1;
    int64_t rank = (int64_t)ceil(q * (double)sample->count - 1e-9); /* from 1 */
    if (rank <= (sample->loss_count > 0 ? sample->loss_ended[0] : sample->ended_count))
        return select_ended(sample, rank);
    for (int64_t losses = 1; losses <= sample->loss_count; losses++) {
        int64_t ended = ended_at(sample, losses, q);
        if (ended >= 0)
            return select_ended(sample, ended);
    }
    *is_lower_bound = true;
    return sample->longest_us;
}

void wait_sample_shares(const struct wait_sample *sample, const int64_t *us, int32_t count,
                        double *shares)
{
    int64_t ended[WAIT_SHARES_MAX + 1], losses = 0;
    assert(count <= WAIT_SHARES_MAX);
    count_ended(sample, us, count, ended);
    for (int32_t i = 0; i < count; i++) {
        while (losses < sample->loss_count && sample->loss_us[losses] <= us[i])
            losses++;
        shares[i] = sample->count > 0 ? 1 - longer_than(sample, losses, ended[i]) : (double)NAN;
    }
}

double wait_sample_mean_us(const struct wait_sample *sample)
{
    return sample->count > 0 ? int128_ratio(sample->sum_us, sample->count) : (double)NAN;
}
