/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_FILLING_H
#define STOWAGE_PLAN_FILLING_H

#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/devices.h"
#include "plan/patterns.h"

/* One node filled greedily: again and again the row joins whose worth is highest for the shares
 * that it takes of what is still free (the effective gradient of Toyoda, Management Science 21,
 * 1975). What is scarce on this node becomes dear, so its resources run out together. A quick rule
 * of thumb for where a knapsack search (plan/knapsack.h) would be too slow. */

struct filling {
    const struct cover *cover; /* borrowed */
    int64_t *counts;           /* [row] the content of the last node filled */
    int32_t *used;             /* [used_count] the rows of it */
    int32_t used_count;
    int64_t ticks; /* of all fillings so far, see struct knapsack_answer */
    /* The node that is being filled. */
    int64_t room[INSTANCE_RESOURCES_MAX];
    int64_t device_room[DEVICES_MAX];
    int32_t device_count;
    int32_t *open; /* [row] rows that may still join */
    int32_t open_count;
};

/* Which row joins next. */
enum filling_order {
    FILLING_BY_GRADIENT, /* the highest worth for the shares of what is free */
    FILLING_LARGE_FIRST, /* the same with the square of the worth */
    FILLING_BY_WORTH,    /* the highest worth, whatever it takes */
    FILLING_ORDERS       /* how many there are */
};

struct filling_request {
    int32_t type;
    const double *worth; /* [row] of one */
    const int64_t *left; /* [row] how many there are */
    const int32_t *rows; /* [row_count] those with some left */
    int32_t row_count;
    enum filling_order order;
};

/* -1: memory, and there is nothing to release. */
int filling_init(struct filling *filling, const struct cover *cover, struct err *err);
void filling_release(struct filling *filling);

/* What the last node filled holds, until the next one. */
static inline struct content filling_content(const struct filling *filling)
{
    return (struct content){filling->counts, filling->used, filling->used_count};
}

/* Fills an empty node; returns the worth of its content, which fits, pairs and devices too. */
double filling_fill(struct filling *filling, const struct filling_request *request);

#endif
