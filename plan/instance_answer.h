/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_INSTANCE_ANSWER_H
#define STOWAGE_PLAN_INSTANCE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cost_bound.h"
#include "plan/cover.h"
#include "plan/fleet_plan.h"
#include "plan/instance.h"

/* The answer to an instance: a bound, a plan, and how far apart they are. */

struct instance_answer {
    const struct instance *instance; /* borrowed */
    struct cover cover;
    struct cost_bound bound;
    struct fleet_plan plan; /* checked; empty when infeasible */
    int64_t cost_nano;
    bool is_feasible;                  /* false: the reason says why there is no plan */
    bool is_proved_infeasible;         /* false where only none was found */
    bool has_bound;                    /* false: some item fits no type */
    char reason[INSTANCE_REASON_SIZE]; /* of infeasibility */
    int32_t misfit_count;              /* items that fit no type; the reason names the first */
    int64_t ticks_max, ticks;          /* the work allowed, and done */
};

/* The work that an answer may take, in ticks (struct knapsack_answer): half of it for the bound, a
 * quarter for the first plan; what these two leave, at most half, for making it better, or a
 * quarter for the proof that there is none. It bounds the searches and the linear programs, to
 * which all else is small. */
#define INSTANCE_TICKS_MAX INT64_C(6000000000)

/* Equal instances give equal answers. On -1 the answer is zeroed. */
int instance_answer_find(struct instance_answer *answer, const struct instance *instance,
                         struct err *err);

/* The same with less work, or more: the answer is valid with any, its gap is larger with less. */
int instance_answer_find_within(struct instance_answer *answer, const struct instance *instance,
                                int64_t ticks_max, struct err *err);
void instance_answer_release(struct instance_answer *answer);

#endif
