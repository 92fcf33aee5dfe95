/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_KNAPSACK_LABELS_H
#define STOWAGE_PLAN_KNAPSACK_LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/knapsack.h"

/* The same question as plan/knapsack.h, answered in breadth: all contents of the items so far that
 * no other one makes superfluous are kept side by side (labels). It ends where the search in depth
 * does not when many different contents are worth nearly the same.
 *
 * With devices the relaxation is solved in which shares are poured over all devices of the node:
 * its bound holds; a content that does not fit the devices is not returned. */

/* Pairs are not understood. */
bool knapsack_labels_apply(const struct knapsack *knapsack);

/* As knapsack_solve, but limits.steps_max is the number of labels that are kept from one item to
 * the next (fewer with many items), and stop_at is not looked at. What is dropped beyond them
 * counts for upper_bound, and makes the answer cut short. */
int knapsack_labels_solve(const struct knapsack *knapsack, const struct knapsack_limits *limits,
                          struct knapsack_answer *answer, int64_t *counts, struct err *err);

#endif
