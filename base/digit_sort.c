/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digit_sort.h"

#include <string.h>

enum {
    DIGIT_BITS = 11,
    DIGIT_VALUES = 1 << DIGIT_BITS,
    DIGITS = (63 + DIGIT_BITS - 1) / DIGIT_BITS
};

static int digit_of(int64_t value, int digit)
{
    return (int)((uint64_t)value >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1));
}

static void count_digit(const int64_t *values, int64_t count, int64_t counts[DIGIT_VALUES],
                        int digit)
{
    memset(counts, 0, DIGIT_VALUES * sizeof *counts);
    for (int64_t i = 0; i < count; i++)
        counts[digit_of(values[i], digit)]++;
}

/* Moves the values in order of one digit, those of equal digits in the order they had. */
static void move_by_digit(const int64_t *from, int64_t *to, int64_t count,
                          const int64_t counts[DIGIT_VALUES], int digit)
{
    int64_t next[DIGIT_VALUES];
    int64_t sum = 0;
    for (int d = 0; d < DIGIT_VALUES; d++) {
        next[d] = sum;
        sum += counts[d];
    }
    for (int64_t i = 0; i < count; i++)
        to[next[digit_of(from[i], digit)]++] = from[i];
}

void digit_sort(int64_t *values, int64_t *spare, int64_t count)
{
    int64_t counts[DIGIT_VALUES], used = 0;
    int64_t *from = values, *to = spare;
    for (int64_t i = 0; i < count; i++)
        used |= values[i];
    for (int digit = 0; digit < DIGITS && used >> (digit * DIGIT_BITS) != 0; digit++) {
        count_digit(from, count, counts, digit);
        if (counts[digit_of(from[0], digit)] == count)
            continue; /* all have the same one */
        move_by_digit(from, to, count, counts, digit);
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, (size_t)count * sizeof *values);
}
