/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/altered_plan.h"

static const int32_t demand_percents[] = {110, 120, 150};
static const int32_t price_percents[] = {80, 120};
static const struct {
    int64_t cpu_milli, mem_bytes;
} overheads[] = {{500, INT64_C(1) << 30}, {1000, INT64_C(2) << 30}};

/* ---- which cases ---- */

static int add_case(struct sensitivity *sensitivity, const struct alteration *alteration,
                    struct err *err)
{
    if (array_reserve(&sensitivity->cases, &sensitivity->case_capacity,
                      sensitivity->case_count + INT64_C(1), sizeof *sensitivity->cases, err))
        return -1;
    sensitivity->cases[sensitivity->case_count++] =
        (struct sensitivity_case){.alteration = *alteration, .bound_adds = (double)NAN};
    return 0;
}

static bool has_floor_case(const struct sensitivity *sensitivity, const struct scenario *scenario,
                           int32_t shape)
{
    for (int32_t i = 0; i < sensitivity->case_count; i++) {
        const struct alteration *it = &sensitivity->cases[i].alteration;
        if (it->kind == ALTER_FLOOR && scenario->runners[it->runner].shape == shape)
            return true;
    }
    return false;
}

/* The first runner with a floor of each kind, those with a price in the bound before the others. */
static int add_floor(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                     int32_t runner, double bound_adds, struct err *err)
{
    const struct scenario *scenario = of->request->question.scenario;
    const struct alteration alteration = {.kind = ALTER_FLOOR, .runner = runner};
    if (scenario->runners[runner].floor <= 0 ||
        has_floor_case(sensitivity, scenario, scenario->runners[runner].shape))
        return 0;
    int32_t floors = 0;
    for (int32_t i = 0; i < sensitivity->case_count; i++)
        floors += sensitivity->cases[i].alteration.kind == ALTER_FLOOR;
    if (floors == SENSITIVITY_FLOORS_MAX) {
        sensitivity->floors_left_out++;
        return 0;
    }
    if (add_case(sensitivity, &alteration, err) != 0)
        return -1;
    sensitivity->cases[sensitivity->case_count - 1].bound_adds = bound_adds;
    return 0;
}

static int add_floors(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                      struct err *err)
{
    const struct scenario *scenario = of->request->question.scenario;
    for (int32_t i = 0; i < of->peak->price_count; i++)
        for (int32_t r = 0; r < scenario->runner_count; r++)
            if (strcmp(scenario->runners[r].id, of->peak->prices[i].runner) == 0 &&
                add_floor(sensitivity, of, r, of->peak->prices[i].usd_per_hour, err) != 0)
                return -1;
    for (int32_t r = 0; r < scenario->runner_count; r++)
        if (add_floor(sensitivity, of, r, (double)NAN, err) != 0)
            return -1;
    return 0;
}

static bool has_exact_prices(const struct plan_axes *axes)
{
    return axes->is_priced && !axes->is_scaling;
}

static int add_prices(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                      struct err *err)
{
    const struct plan_axes *axes = of->request->question.axes;
    const int32_t *plan = found_fleet_counts(of->answer);
    for (int32_t i = 0; i < axes->count && has_exact_prices(axes); i++)
        for (size_t p = 0; p < ARRAY_LEN(price_percents); p++) {
            const struct alteration alteration = {
                .kind = ALTER_PRICE, .axis = i, .percent = price_percents[p]};
            /* What the plan has nothing of may become dearer. */
            bool matters = plan[i] > 0 || alteration.percent < 100;
            if (axes->count > 1 && matters && add_case(sensitivity, &alteration, err) != 0)
                return -1;
        }
    return 0;
}

static int list_cases(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                      struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(demand_percents); i++) {
        const struct alteration alteration = {.kind = ALTER_DEMAND, .percent = demand_percents[i]};
        if (add_case(sensitivity, &alteration, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(overheads); i++) {
        const struct alteration alteration = {.kind = ALTER_OVERHEAD,
                                              .cpu_milli = overheads[i].cpu_milli,
                                              .mem_bytes = overheads[i].mem_bytes};
        if (add_case(sensitivity, &alteration, err) != 0)
            return -1;
    }
    return add_floors(sensitivity, of, err) != 0 ? -1 : add_prices(sensitivity, of, err);
}

/* ---- one case ---- */

/* The plan of the nearest milder case of the kind, or the present one. */
static const int32_t *start_of(const struct sensitivity *sensitivity,
                               const struct sensitivity_of *of, int32_t number)
{
    const struct sensitivity_case *cases = sensitivity->cases;
    if (number > 0 && cases[number - 1].has_plan &&
        cases[number].alteration.kind == cases[number - 1].alteration.kind &&
        (cases[number].alteration.kind == ALTER_DEMAND ||
         cases[number].alteration.kind == ALTER_OVERHEAD))
        return cases[number - 1].counts;
    return found_fleet_counts(of->answer);
}

/* What the present plan costs in the case. */
static int64_t cost_of_plan(const struct sensitivity_of *of, const struct alteration *alteration)
{
    const struct plan_axes *axes = of->request->question.axes;
    int64_t cost = of->answer->search.points[of->answer->search.best].answer.cost;
    if (alteration->kind != ALTER_PRICE)
        return cost;
    int64_t price = axes->items[alteration->axis].price_micro;
    int64_t change = altered_price(price, alteration->percent) - price;
    return cost + change * found_fleet_counts(of->answer)[alteration->axis];
}

/* 1: interrupted. */
static int answer_case(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                       int32_t number, struct err *err)
{
    struct sensitivity_case *it = &sensitivity->cases[number];
    const struct plan_axes *axes = of->request->question.axes;
    const int32_t *plan = found_fleet_counts(of->answer);
    struct altered_test test = {.counts = plan, .keeps = true};
    int result = it->alteration.kind == ALTER_PRICE
                     ? 0
                     : altered_plan_test(&test, of->request, &it->alteration, err);
    sensitivity->runs += test.runs;
    it->keeps = test.keeps;
    it->cost = it->cost_before = cost_of_plan(of, &it->alteration);
    memcpy(it->counts, plan, sizeof *plan * (size_t)axes->count);
    if (result != 0)
        return result;
    it->has_plan = it->keeps;
    if (it->keeps && it->alteration.kind != ALTER_PRICE)
        return 0;
    struct altered_plan found = {.counts = it->counts};
    result = altered_plan_find(&found, of->request, &it->alteration,
                               start_of(sensitivity, of, number), err);
    sensitivity->runs += found.runs;
    it->has_plan = found.is_found;
    it->cost = found.cost;
    return result;
}

/* ---- ranges of prices ---- */

/* At which price of the axis is `other` cheaper than the plan? With D = what it costs more now, and
 * n nodes of the axis more than the plan: D + n (price - now) < 0. */
static void look_at_other(struct price_range *range, const struct sensitivity_of *of,
                          const int32_t *other, int64_t cost)
{
    const struct found_fleet *answer = of->answer;
    int32_t more = other[range->axis] - found_fleet_counts(answer)[range->axis];
    double now = (double)of->request->question.axes->items[range->axis].price_micro;
    if (more == 0)
        return;
    int64_t dearer = cost - answer->search.points[answer->search.best].answer.cost;
    double at = now - (double)dearer / more;
    if (more > 0 && at > 0 && !(at <= range->low)) {
        range->low = at;
        range->low_counts = other;
    }
    if (more < 0 && !(at >= range->high)) {
        range->high = at;
        range->high_counts = other;
    }
}

static void find_range(struct price_range *range, const struct sensitivity *sensitivity,
                       const struct sensitivity_of *of)
{
    const struct search *search = &of->answer->search;
    range->low = range->high = (double)NAN;
    for (int32_t i = 0; i < search->point_count; i++)
        if (search->points[i].answer.passes)
            look_at_other(range, of, search_counts(search, i), search->points[i].answer.cost);
    for (int32_t i = 0; i < sensitivity->case_count; i++) {
        const struct sensitivity_case *it = &sensitivity->cases[i];
        if (it->alteration.kind == ALTER_PRICE && it->has_plan)
            look_at_other(range, of, it->counts,
                          plan_axes_price(of->request->question.axes, it->counts));
    }
}

static int find_ranges(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                       struct err *err)
{
    const struct plan_axes *axes = of->request->question.axes;
    if (!has_exact_prices(axes))
        return 0;
    if (array_reserve(&sensitivity->ranges, &sensitivity->range_capacity, axes->count,
                      sizeof *sensitivity->ranges, err))
        return -1;
    for (int32_t i = 0; i < axes->count; i++) {
        struct price_range *range = &sensitivity->ranges[sensitivity->range_count++];
        *range = (struct price_range){.axis = i};
        find_range(range, sensitivity, of);
    }
    return 0;
}

/* ---- all of it ---- */

static int make(struct sensitivity *sensitivity, const struct sensitivity_of *of, struct err *err)
{
    const struct plan_progress *progress = &of->request->progress;
    int32_t axis_count = of->request->question.axes->count;
    int32_t capacity = 0;
    if (list_cases(sensitivity, of, err) != 0 ||
        array_reserve(&sensitivity->memory, &capacity,
                      (int64_t)sensitivity->case_count * axis_count, sizeof *sensitivity->memory,
                      err))
        return -1;
    for (int32_t i = 0; i < sensitivity->case_count; i++)
        sensitivity->cases[i].counts = &sensitivity->memory[(int64_t)i * axis_count];
    for (int32_t i = 0; i < sensitivity->case_count; i++) {
        if (progress->tell_step != NULL)
            progress->tell_step(progress->context, "sensitivity", i + 1, sensitivity->case_count);
        int result = answer_case(sensitivity, of, i, err);
        if (result < 0)
            return -1;
        if (result > 0) {
            sensitivity->case_count = i;
            return find_ranges(sensitivity, of, err);
        }
    }
    sensitivity->is_complete = true;
    return find_ranges(sensitivity, of, err);
}

int sensitivity_make(struct sensitivity *sensitivity, const struct sensitivity_of *of,
                     struct err *err)
{
    *sensitivity = (struct sensitivity){.is_asked = true};
    if (make(sensitivity, of, err) == 0)
        return 0;
    sensitivity_release(sensitivity);
    return -1;
}

void sensitivity_release(struct sensitivity *sensitivity)
{
    free(sensitivity->cases);
    free(sensitivity->ranges);
    free(sensitivity->memory);
    *sensitivity = (struct sensitivity){.is_asked = false};
}
