/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/wait_sample.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The estimator: with the waits in ascending order, of which n - i are at least as long as the i-th
 * (from 0), the share S of waits that are longer is multiplied by (n - i - 1) / (n - i) at each one
 * that ended, and stays at one that was cut off. Example: 1, 2+, 3, 4 (+: cut off): S is 3/4 behind
 * 1 and 3/4 * 1/2 = 3/8 behind 3, so the median is 3; a quarter is at most 1. */

/* ---- sorting ---- */

enum {
    DIGIT_BITS = 11,
    DIGIT_VALUES = 1 << DIGIT_BITS,
    DIGITS = (63 + DIGIT_BITS - 1) / DIGIT_BITS
};

static int digit_of(int64_t key, int digit)
{
    return (int)((uint64_t)key >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1));
}

static void count_digit(const int64_t *keys, int64_t count, int64_t counts[DIGIT_VALUES], int digit)
{
    memset(counts, 0, DIGIT_VALUES * sizeof *counts);
    for (int64_t i = 0; i < count; i++)
        counts[digit_of(keys[i], digit)]++;
}

/* Moves the keys in order of one digit, those of equal digits in the order they had. */
static void move_by_digit(const int64_t *from, int64_t *to, int64_t count,
                          const int64_t counts[DIGIT_VALUES], int digit)
{
    int64_t next[DIGIT_VALUES];
    int64_t sum = 0;
    for (int value = 0; value < DIGIT_VALUES; value++) {
        next[value] = sum;
        sum += counts[value];
    }
    for (int64_t i = 0; i < count; i++)
        to[next[digit_of(from[i], digit)]++] = from[i];
}

void wait_keys_sort(int64_t *keys, int64_t *spare, int64_t count)
{
    int64_t counts[DIGIT_VALUES], used = 0;
    int64_t *from = keys, *to = spare;
    for (int64_t i = 0; i < count; i++)
        used |= keys[i];
    for (int digit = 0; digit < DIGITS && used >> (digit * DIGIT_BITS) != 0; digit++) {
        count_digit(from, count, counts, digit);
        if (counts[digit_of(from[0], digit)] == count)
            continue; /* all keys have the same one */
        move_by_digit(from, to, count, counts, digit);
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, (size_t)count * sizeof *keys);
}

/* ---- making ---- */

static int64_t add_keys(const struct waits *waits, const struct metric_sums *from, int priority,
                        int64_t *keys)
{
    int64_t count = 0;
    for (int32_t i = from->wait_count[priority]; i < waits->count; i++)
        keys[count++] = waits->bound_us[i] * 2;
    for (int32_t i = from->censored_count[priority]; i < waits->censored_count; i++)
        keys[count++] = waits->censored_us[i] * 2 + 1;
    return count;
}

static int64_t count_waits(const struct sim *sim, const struct metric_sums *from)
{
    int64_t count = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++) {
        const struct waits *waits = &sim->metrics.waits[p];
        count += (int64_t)waits->count - from->wait_count[p];
        count += (int64_t)waits->censored_count - from->censored_count[p];
    }
    return count;
}

static void sort_unless_sorted(int64_t *keys, int64_t *spare, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        if (keys[i - 1] > keys[i]) {
            wait_keys_sort(keys, spare, count);
            return;
        }
    }
}

int wait_samples_make(struct wait_samples *samples, const struct sim *sim,
                      const struct metric_sums *from, struct err *err)
{
    int64_t total = count_waits(sim, from);
    int64_t *memory = malloc(((size_t)total * 3 + 1) * sizeof *memory);
    if (memory == NULL)
        return err_no_memory(err);
    int64_t *spare = memory + 2 * total, *own = memory;
    *samples = (struct wait_samples){.memory = memory};
    for (int p = 0; p < PRIORITY_COUNT; p++) {
        int64_t count = add_keys(&sim->metrics.waits[p], from, p, own);
        samples->of_priority[p] = (struct wait_sample){own, count};
        sort_unless_sorted(own, spare, count);
        if (count == total)
            samples->all = samples->of_priority[p]; /* all are of this one */
        own += count;
    }
    if (samples->all.count == total)
        return 0;
    memcpy(own, memory, (size_t)total * sizeof *memory);
    sort_unless_sorted(own, spare, total);
    samples->all = (struct wait_sample){own, total};
    return 0;
}

void wait_samples_release(struct wait_samples *samples)
{
    free(samples->memory);
    *samples = (struct wait_samples){.memory = NULL};
}

/* ---- reading ---- */

static bool is_cut_off(int64_t key)
{
    return key % 2 != 0;
}

int64_t wait_sample_quantile_us(const struct wait_sample *sample, double q, bool *is_lower_bound)
{
    assert(q > 0);
    assert(q <= 1);
    int64_t count = sample->count;
    int64_t rank = (int64_t)ceil(q * (double)count - 1e-9); /* from 1 */
    int64_t ended = 0;                                      /* before the first that was cut off */
    *is_lower_bound = false;
    if (count == 0)
        return -1;
    while (ended < rank && !is_cut_off(sample->keys[ended]))
        ended++;
    if (ended == rank)
        return sample->keys[rank - 1] / 2;
    double longer = (double)(count - ended) / (double)count;
    for (int64_t i = ended; i < count; i++) {
        if (is_cut_off(sample->keys[i]))
            continue;
        longer *= (double)(count - i - 1) / (double)(count - i);
        if (1 - longer >= q - 1e-12)
            return sample->keys[i] / 2;
    }
    *is_lower_bound = true;
    return sample->keys[count - 1] / 2;
}

void wait_sample_shares(const struct wait_sample *sample, const int64_t *us, int32_t count,
                        double *shares)
{
    int64_t total = sample->count;
    int64_t at = 0;
    double longer = 1;
    for (int32_t i = 0; i < count; i++) {
        for (; at < total && sample->keys[at] / 2 <= us[i]; at++)
            if (!is_cut_off(sample->keys[at]))
                longer *= (double)(total - at - 1) / (double)(total - at);
        shares[i] = total > 0 ? 1 - longer : (double)NAN;
    }
}

double wait_sample_mean_us(const struct wait_sample *sample)
{
    int128 sum = 0;
    for (int64_t i = 0; i < sample->count; i++)
        sum += sample->keys[i] / 2;
    return sample->count > 0 ? int128_ratio(sum, sample->count) : (double)NAN;
}
