/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digit_sort.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/order.h"
#include "base/rng.h"

Test(digit_sort, the_order_is_that_of_the_c_library)
{
    enum { COUNT_MAX = 700 };
    struct rng rng = rng_stream(5, "values", 0);
    for (int round = 0; round < 300; round++) {
        int64_t values[COUNT_MAX], wanted[COUNT_MAX], spare[COUNT_MAX];
        int64_t count = (int64_t)rng_below(&rng, COUNT_MAX);
        int shift = (int)rng_below(&rng, 63);
        for (int64_t i = 0; i < count; i++)
            wanted[i] = values[i] = (int64_t)(rng_next(&rng) >> 1 >> shift);
        qsort(wanted, (size_t)count, sizeof *wanted, order_int64s);
        digit_sort(values, spare, count);
        for (int64_t i = 0; i < count; i++)
            cr_assert_eq(values[i], wanted[i]);
    }
}
