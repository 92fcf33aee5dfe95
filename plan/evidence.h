/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_EVIDENCE_H
#define STOWAGE_PLAN_EVIDENCE_H

#include <stdint.h>

/* What a number of independent trials says about the probability of success. */

/* The highest p such that so many successes or more have at most the probability 1 - confidence if
 * the true one is below p: the exact one-sided lower bound of Clopper and Pearson (Biometrika 26,
 * 1934), the quantile 1 - confidence of Beta(successes, trials - successes + 1). 0 without a
 * success. 0 <= successes <= trials, 0 < confidence < 1. Check value: 59 of 59 at 0.95 give
 * 0.95049.
 */
double evidence_lower_bound(int64_t successes, int64_t trials, double confidence);

/* The smallest number of trials of which `failures` may fail so that the bound reaches the
 * probability. 0 < probability < 1. Check values at 0.95: 29 for 0.90, 59 for 0.95, 299 for 0.99
 * without a failure; 93 for 0.95 with one. */
int64_t evidence_trials_needed(double probability, double confidence, int64_t failures);

#endif
