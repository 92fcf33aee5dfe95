/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_STAY_BOUND_H
#define STOWAGE_PLAN_STAY_BOUND_H

#include <stdint.h>

#include "base/err.h"
#include "plan/stay_prices.h"
#include "plan/stays.h"

/* A lower bound on what the nodes cost that hold certain stays (plan/stays.h) but for m of them.
 *
 * At each instant the nodes cost at least what is on them is worth. So they cost at least its mean
 * over any times W that one may choose: with p_i the price of stay i and w_i the share of W in
 * which it is there, at least the sum of p_i w_i, less the m largest p_i w_i of those that may be
 * missing. (Energetic reasoning, as in Baptiste, Le Pape and Nuijten 2001, weighed by dual prices.)
 * Kinds that never share a node take nodes of different types, so each part of them has times of
 * its own: the bounds add up, and the m are the largest of all together.
 *
 * Short times at the highest load give much, but a missing stay counts fully in them; in long ones
 * it counts little. Tried are the times with the highest load, from the whole down to its 2^-12th
 * part; load without the stays that are dear enough to be the missing ones.
 *
 * Example: three stays of 2 h side by side and one of 1 h later, all at $1, one of them may be
 * missing: over the first 2 h it is 3 - 1 = $2; over all 3 h (6 + 1) / 3 - 2/3 = $1.67. */

struct stay_bound_of { /* borrowed */
    const struct stays *stays;
    const struct stay_prices *prices;
    int64_t whole_us; /* 0: the best times; else the mean over so much time, in which all stays lie:
                         what runs pay where pools scale */
};

/* *bound: in the unit of prices of axes, at least 0. mean[kinds], where not NULL: how many of each
 * kind are there on the average of the times chosen, without those that are missing. -1: memory.
 * O(stays log stays). */
int stay_bound_find(const struct stay_bound_of *of, int64_t *bound, double *mean, struct err *err);

#endif
