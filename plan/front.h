/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_FRONT_H
#define STOWAGE_PLAN_FRONT_H

#include <stdint.h>

#include "base/err.h"
#include "plan/found_fleet.h"

/* What less money buys: plans of the search that failed, measured to the end. A search leaves a
 * plan at its first failures; here all trials of some of them are run. */

struct front_point {
    int32_t point; /* of the search */
    struct trial_tally tally;
    bool is_efficient; /* no plan here that costs no more succeeds as often or more */
};

enum { FRONT_MAX = 12 };
struct front {
    struct front_point items[FRONT_MAX + 1]; /* by cost, ascending; the plan is the last */
    int32_t count;
};

/* Of the plans that failed and cost less than the result, at most FRONT_MAX, evenly spread over
 * their order by cost; and the result itself. */
int front_make(struct front *front, struct found_fleet *answer, struct err *err);

#endif
