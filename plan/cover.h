/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_COVER_H
#define STOWAGE_PLAN_COVER_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/instance.h"
#include "plan/knapsack.h"

/* An instance made ready for patterns. Items that no rule tells apart become one row; types that
 * another one replaces everywhere at no more cost are left out; of each resource the greatest
 * common divisor is taken out, and capacities are rounded down to what sums of requests can use.
 *
 * A pattern is a number of items of each row that fit one node of a type. */

struct cover_row {
    int64_t demand;
    int64_t count_max; /* on one node: never above the demand */
    int32_t first;     /* its items are cover.members[first..first + member_count) */
    int32_t member_count;
};

struct cover_type {
    int32_t type; /* of the instance */
    int64_t price_nano, node_max;
};

struct cover {
    const struct instance *instance; /* borrowed */
    struct arena arena;
    struct cover_row *rows;
    int32_t row_count;
    struct cover_type *types; /* cheapest first */
    int32_t type_count;
    int32_t resource_count;
    double *unit;      /* [resource] one unit of the cover in the unit of the input */
    int64_t *weight;   /* [row][resource] */
    int64_t *capacity; /* [type][resource] */
    bool *may_use;     /* [row][type] and fits an empty node */
    int32_t *members;  /* items of the instance, by row */
    int32_t *row_of;   /* [item of the instance] */
    /* As in struct knapsack, by row; NULL: no pairs. */
    int32_t *pair_first;
    struct knapsack_pair *pairs;
    int32_t device_resource;
    int64_t device_units;
    /* Limits were loosened to keep the number of rows small: patterns need not be allowed, bounds
     * stay valid. */
    bool is_relaxed;
};

/* Every item must fit a type (instance_never_fits). With more rows than rows_max items are merged
 * that only limits tell apart, and the limits loosened. -1: memory, and there is nothing to
 * release. */
int cover_init(struct cover *cover, const struct instance *instance, int32_t rows_max,
               struct err *err);
void cover_release(struct cover *cover);

static inline const int64_t *cover_weight(const struct cover *cover, int32_t row)
{
    return &cover->weight[(int64_t)row * cover->resource_count];
}

static inline const int64_t *cover_capacity(const struct cover *cover, int32_t type)
{
    return &cover->capacity[(int64_t)type * cover->resource_count];
}

static inline bool cover_may_use(const struct cover *cover, int32_t row, int32_t type)
{
    return cover->may_use[(int64_t)row * cover->type_count + type];
}

#endif
