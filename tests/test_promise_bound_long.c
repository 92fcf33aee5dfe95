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

Test(promise_bound_long, the_search_finds_the_cheapest_of_all_fleets_in_thousands_of_scenarios)
{
    struct search_tally tally = promise_cases_search(3000, 1);
    cr_expect_gt(tally.found, 1000, "%d", tally.found);
    cr_expect_gt(tally.optimal * 100, tally.found * 98, "%d of %d", tally.optimal, tally.found);
}
