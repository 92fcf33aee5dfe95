/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/pass.h"

#include <criterion/criterion.h>

#include "tests/twin.h"

Test(pass, decides_as_the_oracle_does_on_random_fleets)
{
    struct twin_counts counts = {0};
    for (uint64_t seed = 1; seed <= 2500; seed++) {
        const struct random_fleet_options options = twin_options(seed);
        struct err err;
        int result = twin_run(&options, 100, &counts, &err);
        cr_assert_eq(result, 0, "%s", err.text);
    }
    cr_assert_gt(counts.binds, 20000);
    cr_assert_gt(counts.evictions, 1500);
    cr_assert_gt(counts.nominations, 1200);
    cr_assert_gt(counts.legal, 40);
}
