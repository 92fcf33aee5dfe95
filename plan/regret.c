/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/regret.h"

#include <stdlib.h>

#include "base/array.h"
#include "plan/altered_plan.h"

static struct alteration growth_to(int32_t percent)
{
    return (struct alteration){.kind = ALTER_DEMAND, .percent = percent};
}

/* The plan for one growth. 1: it was interrupted. */
static int plan_growth(struct growth_plan *plan, const struct plan_request *request,
                       const int32_t *start, struct err *err)
{
    const struct alteration growth = growth_to(plan->percent);
    struct altered_plan found = {.counts = plan->counts};
    int result = altered_plan_find(&found, request, &growth, start, err);
    if (!found.is_found)
        plan->counts = NULL;
    plan->cost = found.cost;
    return result;
}

/* Does the plan keep the targets of another growth? 1: interrupted. */
static int test_growth(const struct growth_plan *plan, const struct plan_request *request,
                       int32_t percent, bool *keeps, struct err *err)
{
    const struct alteration growth = growth_to(percent);
    struct altered_test test = {.counts = plan->counts};
    int result = altered_plan_test(&test, request, &growth, err);
    *keeps = test.keeps;
    return result;
}

/* What is paid for the plan and what has to be added to it, over the cost of the right plan. */
static int64_t regret_of(const struct plan_axes *axes, const struct growth_plan *bought,
                         const struct growth_plan *right, bool keeps)
{
    if (keeps)
        return bought->cost - right->cost;
    int64_t added = 0;
    for (int32_t i = 0; i < axes->count; i++)
        if (right->counts[i] > bought->counts[i])
            added += (right->counts[i] - bought->counts[i]) * axes->items[i].price_micro;
    return bought->cost + added + added * LATE_SURCHARGE_PERCENT / 100 - right->cost;
}

/* The plan's regrets and what it keeps, weighed; the first of equal means is the least. */
static void weigh_plan(struct regret *regret, int32_t i, const int32_t *weights)
{
    struct growth_plan *plan = &regret->items[i];
    for (int32_t j = 0; j < regret->count; j++) {
        plan->weighed_regret += (int128)plan->regret[j] * weights[j];
        plan->weight_kept += plan->keeps[j] ? weights[j] : 0;
    }
    if (regret->least_mean < 0 ||
        plan->weighed_regret < regret->items[regret->least_mean].weighed_regret)
        regret->least_mean = i;
}

static void weigh(struct regret *regret, const int32_t *weights)
{
    for (int32_t i = 0; i < regret->count; i++)
        regret->weight += weights[i];
    for (int32_t i = 0; i < regret->count; i++)
        weigh_plan(regret, i, weights);
}

static int compare_plans(struct regret *regret, const struct plan_request *request, struct err *err)
{
    for (int32_t i = 0; i < regret->count; i++) {
        struct growth_plan *plan = &regret->items[i];
        for (int32_t j = 0; j < regret->count; j++) {
            const struct growth_plan *right = &regret->items[j];
            plan->keeps[j] = i == j;
            int result =
                i == j ? 0 : test_growth(plan, request, right->percent, &plan->keeps[j], err);
            if (result != 0)
                return result;
            plan->regret[j] = regret_of(request->question.axes, plan, right, plan->keeps[j]);
            if (plan->regret[j] > plan->worst)
                plan->worst = plan->regret[j];
        }
        if (regret->least < 0 || plan->worst < regret->items[regret->least].worst)
            regret->least = i;
    }
    return 0;
}

static int make(struct regret *regret, const struct plan_request *request, struct err *err)
{
    const struct plan_def *def = &request->question.scenario->plan;
    int32_t axis_count = request->question.axes->count;
    const int32_t *start = request->start;
    int32_t capacity = 0;
    bool has_all = true, is_over = false;
    if (array_reserve(&regret->memory, &capacity, (int64_t)axis_count * def->growth_count,
                      sizeof *regret->memory, err))
        return -1;
    for (int32_t i = 0; i < def->growth_count && !is_over; i++) {
        struct growth_plan *plan = &regret->items[regret->count++];
        plan->percent = def->growth_percent[i];
        plan->counts = &regret->memory[i * axis_count];
        if (request->progress.tell_step != NULL)
            request->progress.tell_step(request->progress.context, "growth", i + 1,
                                        def->growth_count);
        int result = plan_growth(plan, request, start, err);
        if (result < 0)
            return -1;
        is_over = result > 0;
        has_all = has_all && plan->counts != NULL;
        start = plan->counts != NULL ? plan->counts : start;
    }
    if (!has_all || is_over)
        return 0;
    int result = compare_plans(regret, request, err);
    if (result > 0)
        regret->least = -1;
    else if (result == 0 && def->growth_weight != NULL)
        weigh(regret, def->growth_weight);
    return result < 0 ? -1 : 0;
}

int regret_make(struct regret *regret, const struct plan_request *request, struct err *err)
{
    *regret = (struct regret){.least = -1, .least_mean = -1};
    if (make(regret, request, err) == 0)
        return 0;
    regret_release(regret);
    return -1;
}

void regret_release(struct regret *regret)
{
    free(regret->memory);
    *regret = (struct regret){.least = -1, .least_mean = -1};
}

int64_t regret_mean(const struct regret *regret, const struct growth_plan *plan)
{
    return (int64_t)(plan->weighed_regret / regret->weight);
}

double regret_probability_kept(const struct regret *regret, const struct growth_plan *plan)
{
    return (double)plan->weight_kept / (double)regret->weight;
}
