/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_KNAPSACK_H
#define STOWAGE_PLAN_KNAPSACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The most valuable content of one node: a bounded knapsack with several resources, in integers
 * throughout, so that its answer is a proof. Depth-first branch and bound; items in falling order
 * of profit per weight, where the weight is the sum of the resources times their multipliers (a
 * surrogate constraint). The bound is that of the fractional knapsack over this one weight
 * (Dantzig); any multipliers are valid, good ones are the dual prices of the knapsack's linear
 * relaxation.
 *
 * Where the same room is left at the same level as before, with no more profit than then, nothing
 * new can follow: a table of such states turns the search into dynamic programming where capacities
 * are small numbers. */

enum { KNAPSACK_RESOURCES_MAX = 32 };

/* Two items that limit each other on one node. */
struct knapsack_pair {
    int32_t item;      /* the other one */
    int64_t other_max; /* of the other, where there is one of this; INT64_MAX: no limit */
    int64_t own_max;   /* of this, where there is one of the other */
};

struct knapsack {
    int32_t item_count, resource_count;
    const int64_t *profit;     /* [item_count] >= 0 */
    const int64_t *count_max;  /* [item_count] >= 0; the sum of count_max x profit fits 62 bits */
    const int64_t *weight;     /* [item_count][resource_count] >= 0 */
    const int64_t *capacity;   /* [resource_count] >= 0 */
    const int64_t *multiplier; /* [resource_count] >= 0; sum of multiplier x capacity < 2^61 */
    /* Pairs of item i are pairs[pair_first[i]..pair_first[i + 1]); NULL: none. */
    const int32_t *pair_first;
    const struct knapsack_pair *pairs;
    int32_t device_resource; /* -1: none; see struct instance */
    int64_t device_units;
};

struct knapsack_limits {
    int64_t above;     /* contents of at most this profit are of no interest */
    int64_t stop_at;   /* a content of at least this profit ends the search */
    int64_t steps_max; /* nodes of the search tree */
    int64_t ticks_max; /* see struct knapsack_answer */
    /* Devices whose packing was given up: true takes them for fitting (for a bound), false for not
     * fitting (for a content that is to be used). */
    bool trusts_devices;
};

struct knapsack_answer {
    int64_t profit;      /* of the best content found; -1: none above limits.above */
    int64_t upper_bound; /* no content has more; >= limits.above */
    int64_t ticks;       /* passes through innermost loops: the work done, a few ns each */
    bool is_cut_short;   /* ended by limits.steps_max or ticks_max */
};

/* Memory for searches with up to so many items and resources; reusable. -1 of its init: there is
 * none, and nothing to release. */
struct knapsack_work {
    void *memory;
    int64_t *seen;  /* states that were looked into */
    int64_t search; /* number of the present search: what is older in `seen` does not count */
    int32_t item_max, resource_max;
};

int knapsack_work_init(struct knapsack_work *work, int32_t item_max, int32_t resource_max,
                       struct err *err);
void knapsack_work_release(struct knapsack_work *work);

/* counts[item_count] receives the best content found; untouched when there is none. */
struct knapsack_answer knapsack_solve(const struct knapsack *knapsack,
                                      const struct knapsack_limits *limits,
                                      struct knapsack_work *work, int64_t *counts);

#endif
