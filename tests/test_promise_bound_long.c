/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "tests/promise_cases.h"

Test(promise_bound_long, no_fleet_that_passes_costs_less_in_thousands_of_scenarios)
{
    struct promise_tally tally = promise_cases_try(6000, 1);
    cr_expect_gt(tally.raised, 1500, "%d", tally.raised);
    cr_expect_gt(tally.evicting, 100, "%d", tally.evicting);
}

Test(promise_bound_long, no_passing_pool_that_scales_pays_less_in_thousands_of_scenarios)
{
    struct promise_tally tally = promise_cases_try_scaling(4000, 1);
    cr_expect_gt(tally.tried, 4000, "%d", tally.tried);
}
