/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/int128.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

char *int128_print(int128 value, char text[INT128_TEXT_SIZE])
{
    bool is_negative = value < 0;
    uint128 rest = is_negative ? -(uint128)value : (uint128)value;
    char digits[INT128_TEXT_SIZE]; /* filled from its end */
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789"[rest % 10];
        rest /= 10;
    } while (rest > 0);
    if (is_negative)
        digits[--at] = '-';
    memcpy(text, digits + at, sizeof digits - at);
    return text;
}

double int128_ratio(int128 numerator, int128 denominator)
{
    assert(denominator != 0);
    return (double)numerator / (double)denominator;
}

int64_t int128_scaled(int128 numerator, int64_t scale, int128 denominator)
{
    assert(numerator >= 0);
    assert(scale >= 0);
    assert(denominator > 0);
    int128 product;
    bool has_overflowed = __builtin_mul_overflow(numerator, (int128)scale, &product);
    assert(!has_overflowed);
    int128 quotient = product / denominator;
    int128 remainder = product % denominator;
    if (remainder >= denominator - remainder)
        quotient++;
    assert(quotient <= INT64_MAX);
    return (int64_t)quotient;
}
