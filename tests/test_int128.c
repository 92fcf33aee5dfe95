/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/int128.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/array.h"

static const int128 largest = (((int128)INT64_MAX << 64) | (int128)UINT64_MAX);

Test(int128, prints_every_size_of_value)
{
    char text[INT128_TEXT_SIZE];
    cr_assert_str_eq(int128_print(0, text), "0");
    cr_assert_str_eq(int128_print(7, text), "7");
    cr_assert_str_eq(int128_print(-10, text), "-10");
    cr_assert_str_eq(int128_print(INT64_MAX, text), "9223372036854775807");
    cr_assert_str_eq(int128_print((int128)UINT64_MAX + 1, text), "18446744073709551616");
    cr_assert_str_eq(int128_print(largest, text), "170141183460469231731687303715884105727");
    cr_assert_str_eq(int128_print(-largest - 1, text), "-170141183460469231731687303715884105728");
}

Test(int128, prints_64_bit_values_as_printf_does)
{
    for (int64_t value = INT64_MAX; value > 0; value /= 3) {
        char text[INT128_TEXT_SIZE];
        char expected[INT128_TEXT_SIZE];
        snprintf(expected, sizeof expected, "%" PRId64, value);
        cr_assert_str_eq(int128_print(value, text), expected);
        snprintf(expected, sizeof expected, "%" PRId64, -value);
        cr_assert_str_eq(int128_print(-(int128)value, text), expected);
    }
}

Test(int128, ratios_are_the_nearest_double)
{
    cr_assert_eq(int128_ratio(1, 4), 0.25);
    cr_assert_eq(int128_ratio(-3, 2), -1.5);
    cr_assert_eq(int128_ratio(0, -5), 0.0);
    int128 exabyte_seconds = ((int128)1 << 100);
    cr_assert_eq(int128_ratio(exabyte_seconds * 3, exabyte_seconds * 4), 0.75);
    cr_assert_eq(int128_ratio(largest, 1), 0x1p127);
}

struct scaled_case {
    const char *name;
    int64_t numerator, scale, denominator, expected;
};

static const struct scaled_case scaled_cases[] = {
    {"nothing", 0, 1000, 7, 0},
    {"exact", 6, 1000, 3, 2000},
    {"below half goes down", 1, 1000, 3, 333},
    {"above half goes up", 2, 1000, 3, 667},
    {"half goes up", 1, 5, 10, 1},
    {"half goes up again", 3, 5, 10, 2},
    {"just below half", 4999, 1, 10000, 0},
    {"scale 0", 9, 0, 2, 0},
    {"odd denominator, rest at floor of half", 3, 1, 7, 0},
    {"odd denominator, rest above half", 4, 1, 7, 1},
    {"largest answer", INT64_MAX, 1, 1, INT64_MAX},
    {"product beyond 64 bits", INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
};

Test(int128, scaled_rounds_half_up)
{
    for (size_t i = 0; i < ARRAY_LEN(scaled_cases); i++) {
        const struct scaled_case *c = &scaled_cases[i];
        int64_t value = int128_scaled(c->numerator, c->scale, c->denominator);
        cr_assert_eq(value, c->expected, "%s: %" PRId64, c->name, value);
    }
}

Test(int128, scaled_agrees_with_its_definition)
{
    for (int64_t numerator = 0; numerator < 60; numerator++) {
        for (int64_t denominator = 1; denominator < 60; denominator++) {
            int64_t twice = 2 * numerator * 7 + denominator;
            cr_assert_eq(int128_scaled(numerator, 7, denominator), twice / (2 * denominator));
        }
    }
}

Test(int128, scaled_works_where_twice_the_denominator_would_overflow)
{
    cr_assert_eq(int128_scaled(largest, 1, largest), 1);
    cr_assert_eq(int128_scaled(largest / 2, 1, largest), 0);
    cr_assert_eq(int128_scaled(largest / 2 + 1, 1, largest), 1);
}

Test(int128, scaled_refuses_a_product_that_does_not_fit, .signal = SIGABRT)
{
    int128_scaled(largest, 2, largest);
}

Test(int128, ratio_refuses_a_zero_denominator, .signal = SIGABRT)
{
    int128_ratio(1, 0);
}
