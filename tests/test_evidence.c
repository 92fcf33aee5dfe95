/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/evidence.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/array.h"

Test(evidence, the_trials_without_a_failure_follow_the_success_run_rule)
{
    static const struct {
        double probability;
        int64_t failures, trials;
    } rows[] = {
        {0.90, 0, 29}, {0.95, 0, 59}, {0.99, 0, 299}, {0.95, 1, 93}, {0.95, 2, 124}, {0.90, 1, 46},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(evidence_trials_needed(rows[i].probability, 0.95, rows[i].failures),
                     rows[i].trials, "row %zu", i);
}

Test(evidence, the_bound_is_the_root_of_the_binomial_tail)
{
    for (int64_t trials = 1; trials <= 40; trials++)
        for (int64_t successes = 1; successes <= trials; successes++) {
            double bound = evidence_lower_bound(successes, trials, 0.95);
            double tail = gsl_cdf_binomial_Q((unsigned)successes - 1, bound, (unsigned)trials);
            cr_expect(fabs(tail - 0.05) < 1e-9, "%d of %d: %.12f", (int)successes, (int)trials,
                      tail);
        }
}

Test(evidence, nothing_is_claimed_without_a_success)
{
    cr_expect_eq(evidence_lower_bound(0, 100, 0.95), 0);
}

Test(evidence, the_needed_trials_are_the_fewest_that_reach_the_bound)
{
    for (int64_t failures = 0; failures < 5; failures++) {
        int64_t trials = evidence_trials_needed(0.95, 0.9, failures);
        cr_expect_geq(evidence_lower_bound(trials - failures, trials, 0.9), 0.95);
        cr_expect_lt(evidence_lower_bound(trials - 1 - failures, trials - 1, 0.9), 0.95);
    }
}
