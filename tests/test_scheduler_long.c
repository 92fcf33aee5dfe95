/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "tests/twin.h"

/* The random part of test_pass.c with many more fleets. */
Test(scheduler_long, decides_as_the_oracle_does_on_a_hundred_thousand_fleets)
{
    struct twin_counts counts = {0};
    for (uint64_t seed = 100001; seed <= 200000; seed++) {
        const struct random_fleet_options options = twin_options(seed);
        struct err err;
        int result = twin_run(&options, 100, &counts, &err);
        cr_assert_eq(result, 0, "%s", err.text);
    }
    cr_log_info("%lld node trials, %lld beyond a budget, %lld of these legal, %lld need backing up",
                (long long)counts.trials, (long long)counts.over_budget, (long long)counts.legal,
                (long long)counts.greedy_missed);
    cr_assert_gt(counts.greedy_missed, 0); /* the fleets are odd enough to need it */
}
