/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_REGRET_H
#define STOWAGE_PLAN_REGRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "plan/found_fleet.h"
#include "scenarios/plan.h"

/* Which plan to buy when the growth of demand is not known: a plan for each growth, and what each
 * of them costs more than the right one if another growth comes.
 *
 * Where the plan bought keeps the targets, that is the difference of the costs. Where it does not,
 * the nodes that the right plan has more of are bought late, with a surcharge: cost of the larger
 * number of each axis, plus the surcharge on what was added, less the cost of the right plan. The
 * plan of least regret is the one whose worst case is cheapest (Savage 1951). Where the scenario
 * says how likely each growth is, the regrets have a mean too, and growth is then a random variable
 * to whose values all that a plan keeps adds up to a probability. */

enum { LATE_SURCHARGE_PERCENT = 25 };

struct growth_plan {
    int32_t percent;
    int32_t *counts; /* [axes->count]; NULL: no plan was found */
    int64_t cost;
    int64_t regret[PLAN_GROWTH_MAX]; /* if that growth comes */
    bool keeps[PLAN_GROWTH_MAX];     /* the targets of that growth as it is */
    int64_t worst;
    /* Where the growths have weights: the sums of weight times regret, and of the weights of those
     * whose targets it keeps. */
    int128 weighed_regret;
    int64_t weight_kept;
};

struct regret {
    struct growth_plan items[PLAN_GROWTH_MAX];
    int32_t count;
    int32_t least;      /* the plan of least regret; -1: a growth has no plan */
    int32_t least_mean; /* the plan of least mean regret; -1: that, or there are no weights */
    int64_t weight;     /* the sum of all; 0: there are none */
    int32_t *memory;
};

/* Plans for each of these growths of the request's scenario; each begins with the one before. A
 * pool that scales is compared by what its runs paid. -1 as found_fleet_make; an interrupt leaves
 * the rest without plans. */
int regret_make(struct regret *regret, const struct plan_request *request, struct err *err);
void regret_release(struct regret *regret);

/* Of a plan, where the growths have weights: its mean regret, and with which probability it keeps
 * the targets of the growth that comes. */
int64_t regret_mean(const struct regret *regret, const struct growth_plan *plan);
double regret_probability_kept(const struct regret *regret, const struct growth_plan *plan);

#endif
