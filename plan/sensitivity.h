/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_SENSITIVITY_H
#define STOWAGE_PLAN_SENSITIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/alteration.h"
#include "plan/found_fleet.h"
#include "plan/peak.h"

/* What becomes of a plan if the world is a little other than the scenario says: demand, overhead of
 * the nodes, one more floor, a price. Each case is a plan of its own, looked for from the present
 * one on; where the present one keeps the targets as it is, none is looked for (but for prices,
 * which change no run, only what is cheapest). */

struct sensitivity_case {
    struct alteration alteration;
    bool keeps;          /* the present plan keeps the targets in it */
    bool has_plan;       /* false: none was found within the bounds */
    int32_t *counts;     /* [axes->count] of the plan for it; the present one where that keeps */
    int64_t cost;        /* of that plan, as altered, in the unit of plan_axes_price */
    int64_t cost_before; /* of the present plan, as altered */
    double bound_adds;   /* ALTER_FLOOR: USD an hour that the bound says it costs; NaN: not known */
};

/* At which price of an axis another plan that was simulated, and keeps the targets, is cheaper. */
struct price_range {
    int32_t axis;
    double low, high; /* cheaper below, above this, in the unit of price_micro; NaN: nowhere */
    const int32_t *low_counts, *high_counts; /* of those plans */
};

enum { SENSITIVITY_FLOORS_MAX = 5 };
struct sensitivity {
    struct sensitivity_case *cases;
    int32_t case_count, case_capacity;
    struct price_range *ranges; /* of every AXIS_NODES; none where prices are unknown or a pool
                                   scales, for then costs are those of the runs */
    int32_t range_count, range_capacity;
    int32_t *memory;            /* of all counts */
    int32_t floors_left_out;    /* kinds of runners with a floor beyond SENSITIVITY_FLOORS_MAX */
    int64_t runs;               /* simulations that it took */
    bool is_asked, is_complete; /* false: interrupted */
};

/* `answer` is the plan of the request, which was found. -1 as found_fleet_make, and zeroed. */
struct sensitivity_of { /* borrowed */
    const struct plan_request *request;
    const struct found_fleet *answer;
    const struct peak *peak;
};
int sensitivity_make(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                     struct err *err);
void sensitivity_release(struct sensitivity *sensitivity);

#endif
