/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_KNAPSACK_TABLE_H
#define STOWAGE_PLAN_KNAPSACK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/knapsack.h"

/* Dynamic programming over all amounts of room, for nodes whose capacities are small numbers:
 * exact, and its cost does not depend on the profits. */

/* Many cells are filled in the time of one tick (struct knapsack_answer). */
enum { KNAPSACK_CELLS_PER_TICK = 4 };

/* Its cost in cells, or -1 where it does not apply: pairs, devices, or more than a fixed number of
 * cells. Items of profit or count 0 do not count. */
int64_t knapsack_table_cells(const struct knapsack *knapsack);

/* As knapsack_solve; upper_bound is the profit. Only where knapsack_table_cells says a number. */
int knapsack_table_solve(const struct knapsack *knapsack, struct knapsack_answer *answer,
                         int64_t *counts, struct err *err);

#endif
