/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_DRAFT_H
#define STOWAGE_PLAN_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/master.h"
#include "plan/node_set.h"

/* The first nodes of a plan: those of a dive into the linear program (plan/dive.h) or those filled
 * one after the other (plan/sequence.h), whichever cost less. */

/* With more rows the linear program is too slow to dive with: the sequence is the draft. */
enum { DRAFT_DIVE_ROWS_MAX = 600 };

struct draft {
    struct node_set set;
    bool is_done; /* it holds all items; else a part */
};

struct draft_request {
    struct master *master; /* solved for the full demand */
    const int64_t *worth;  /* [row_count] prices that prove the bound */
    int64_t bound_nano;    /* no plan costs less */
    int64_t ticks_max;     /* of all of it; the first pass of the sequence is always made */
};

/* Where the cover is relaxed there is no sequence, and none but patterns of the dive. Leaves the
 * demand of the master changed. *ticks grows by the work that the master does not count. On -1 the
 * draft is empty. */
int draft_make(struct draft *draft, const struct draft_request *request, int64_t *ticks,
               struct err *err);

#endif
