/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_DEVICE_BOUND_H
#define STOWAGE_PLAN_DEVICE_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/patterns.h"

struct glp_prob; /* of GLPK */

/* What a node with devices can hold at most, seen device by device. With a price l_r for a unit of
 * each other resource an item is worth rho_i = p_i - sum of l_r w_ir beyond what it takes of them.
 * Let v be the most that one device can hold of that: shares are a knapsack on one device, a whole
 * item counts by the devices it takes. Then no content of a node with D devices is worth more than
 *     sum of l_r x capacity_r  +  D x v  +  sum over items without devices of max(0, rho_i) x count
 * whatever the l are (Lagrangian relaxation). The best l are the dual prices of the linear program
 * over contents of single devices, which are made as they are needed. */

struct device_bound {
    const struct cover *cover; /* borrowed */
    int32_t type;
    int64_t device_count;
    struct glp_prob *lp;
    int32_t *rows; /* [row_count] that are not shares: the first columns, in this order */
    int32_t row_count;
    int32_t *shares; /* [share_count] rows that are shares, the smallest first */
    int32_t share_count;
    struct patterns contents; /* of one device: the other columns */
    int64_t *best;            /* [device units + 1] the most that so much of a device can hold */
    int32_t *last;            /* [device units + 1] a share of it; -1: none beyond less room */
    int64_t *counts;          /* [row of the cover] scratch */
    int64_t ticks;            /* of all bounds so far, see struct knapsack_answer */
};

/* Is there anything to gain: has the type devices, and do shares run on it? */
bool device_bound_applies(const struct cover *cover, int32_t type);

/* For a type to which it applies. -1: memory, and there is nothing to release. */
int device_bound_init(struct device_bound *bound, const struct cover *cover, int32_t type,
                      struct err *err);
void device_bound_release(struct device_bound *bound);

/* *worth: no content with at most count_max[row] of each row is worth more at these prices;
 * INT64_MAX: nothing is known. In integers throughout. */
int device_bound_find(struct device_bound *bound, const int64_t *prices, const int64_t *count_max,
                      int64_t *worth, struct err *err);

#endif
