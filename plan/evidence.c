/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/evidence.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>

double evidence_lower_bound(int64_t successes, int64_t trials, double confidence)
{
    assert(successes >= 0 && successes <= trials);
    if (successes == 0)
        return 0;
    return gsl_cdf_beta_Pinv(1 - confidence, (double)successes, (double)(trials - successes + 1));
}

/* P(at most `failures` failures of so many trials) at exactly this probability of success: the
 * claim holds when it is at most 1 - confidence. */
static double chance_of_luck(double probability, int64_t trials, int64_t failures)
{
    return gsl_cdf_binomial_P((unsigned)failures, 1 - probability, (unsigned)trials);
}

int64_t evidence_trials_needed(double probability, double confidence, int64_t failures)
{
    assert(probability > 0 && probability < 1 && failures >= 0);
    int64_t high = failures + 1;
    while (chance_of_luck(probability, high, failures) > 1 - confidence)
        high *= 2;
    int64_t low = failures; /* too few */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (chance_of_luck(probability, middle, failures) > 1 - confidence)
            low = middle;
        else
            high = middle;
    }
    return high;
}
