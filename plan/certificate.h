/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_CERTIFICATE_H
#define STOWAGE_PLAN_CERTIFICATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "plan/cover.h"

/* The proof of a lower bound, in integers. Give each item of row i a price p_i >= 0. If no node of
 * type t can hold items worth more than its own price c_t, then every fleet that holds all items
 * costs at least the sum of demand_i x p_i: each node costs at least what its items are worth.
 * Where there are at most N_t nodes of a type, its items may be worth more, up to v_t; the sum is
 * then lowered by N_t x (v_t - c_t) (weak duality of the pattern linear program).
 *
 * Prices are in billionths of the currency times 2^shift. Whatever linear-programming code proposed
 * them, and however inexact: the worth v_t of the best node of each type is found by the integer
 * knapsack search (plan/knapsack.h), or bounded from above where that search is cut short, and the
 * prices are scaled down until the condition holds (the bound of Farley, Operations Research 38,
 * 1990). */

/* The largest shift at which no sum of prices of one node overflows. */
int32_t certificate_shift(const struct cover *cover);

/* The bound in billionths, rounded down, of prices[row_count] with worth[type_count], an upper
 * bound of the worth of any node of each type. `prices` are replaced by the scaled ones that prove
 * it. 0 <= prices, worth < 2^62. */
int64_t certificate_bound(const struct cover *cover, int32_t shift, int64_t *prices,
                          const int64_t *worth);

/* Costs are multiples of the greatest common divisor of all prices of types: the smallest multiple
 * that is not below the bound. */
int64_t certificate_round_up(const struct cover *cover, int64_t bound_nano);

#endif
