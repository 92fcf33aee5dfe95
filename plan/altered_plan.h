/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_ALTERED_PLAN_H
#define STOWAGE_PLAN_ALTERED_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/altered_question.h"
#include "plan/found_fleet.h"

/* Plans for a request whose question is altered. */

struct altered_plan {
    bool is_found;   /* there is one, and its fresh seeds agree */
    int32_t *counts; /* [axes->count]; the caller's room, filled where it is found */
    int64_t cost;    /* as altered, in the unit of plan_axes_price */
    int64_t runs;    /* simulations that it took */
};

/* Looks for a plan from `start` on; plan->counts is set before. 1: interrupted; -1 as
 * found_fleet_make. */
int altered_plan_find(struct altered_plan *plan, const struct plan_request *request,
                      const struct alteration *alteration, const int32_t *start, struct err *err);

/* Does a plan keep the targets of the altered question, with the seeds of a search? Likewise. */
struct altered_test {
    const int32_t *counts; /* of the plan */
    bool keeps;
    int64_t runs;
};
int altered_plan_test(struct altered_test *test, const struct plan_request *request,
                      const struct alteration *alteration, struct err *err);

#endif
