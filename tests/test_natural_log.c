/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/natural_log.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"

/* The double nearest to the logarithm, by a calculation with 60 decimals. */
static const struct row {
    double x, log;
} rows[] = {
    {0x1p-1022, -0x1.6232bdd7abcd2p+9},
    {0x1p-53, -0x1.25e4f7b2737fap+5},
    {0x1.3c0ca428c59fbp-9, -0x1.81c441e6bcd8dp+2},
    {0x1.5555555555555p-2, -0x1.193ea7aad030bp+0},
    {0x1.6a09e667f3bccp-1, -0x1.62e42fefa39f1p-2}, /* the exponent rises between these two */
    {0x1.6a09e667f3bcdp-1, -0x1.62e42fefa39eep-2},
    {0x1.fffffffffffffp-1, -0x1p-53},
    {1, 0},
    {0x1.0000000000001p+0, 0x1.fffffffffffffp-53},
    {0x1.8p+0, 0x1.9f323ecbf984cp-2},
    {0x1.921fb54442d18p+1, 0x1.250d048e7a1bdp+0},
    {0x1.fffffffffffffp+1023, 0x1.62e42fefa39efp+9},
};

static double unit_in_last_place(double x)
{
    double size = fabs(x);
    return nextafter(size, INFINITY) - size;
}

Test(natural_log, is_within_one_unit_of_calculated_values)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double log = natural_log(rows[i].x);
        cr_expect_leq(fabs(log - rows[i].log), unit_in_last_place(rows[i].log), "log %a is %a",
                      rows[i].x, log);
    }
}

/* Of 1 - u, as for a random time, and of numbers of every size. */
static double number(struct rng *rng, int i)
{
    double u = rng_uniform(rng);
    return i % 2 == 0 ? 1 - u : ldexp(1 + u, (int)rng_below(rng, 2045) - 1022);
}

Test(natural_log, is_within_one_unit_of_that_of_long_doubles)
{
    enum { NUMBERS = 1000000 };
    if (LDBL_MANT_DIG < 64)
        cr_skip_test("long doubles are no longer than doubles here");
    struct rng rng = rng_stream(1, "natural log", 0);
    for (int i = 0; i < NUMBERS; i++) {
        double x = number(&rng, i);
        long double exact = logl(x);
        double error = (double)fabsl(natural_log(x) - exact);
        cr_assert_lt(error, unit_in_last_place((double)exact), "log %a", x);
    }
}

/* A compiler that fuses a multiplication with an addition, or changes their order, gives others. */
Test(natural_log, has_the_same_bits_everywhere)
{
    enum { NUMBERS = 100000 };
    struct rng rng = rng_stream(2, "natural log", 0);
    uint64_t hash = 0;
    for (int i = 0; i < NUMBERS; i++) {
        double log = natural_log(number(&rng, i));
        uint64_t bits;
        memcpy(&bits, &log, sizeof bits);
        hash = rng_mix(hash, bits, (uint64_t)i);
    }
    cr_assert_eq(hash, UINT64_C(0x85b22624470fab4f));
}

Test(natural_log, of_several_has_the_bits_of_each)
{
    struct rng rng = rng_stream(3, "natural log", 0);
    for (int32_t count = 0; count <= 20; count++) {
        double values[20], expected[20];
        for (int32_t i = 0; i < count; i++)
            expected[i] = natural_log(values[i] = number(&rng, i));
        natural_logs(values, count);
        cr_assert_arr_eq(values, expected, (size_t)count * sizeof values[0]);
    }
}
