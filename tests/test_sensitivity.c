/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/sensitivity.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "plan/altered_question.h"
#include "tests/scenario_make.h"

enum { AXES = 2, LARGE_PRICE = 8, SMALL_PRICE = 5, RUNNERS = 7 };

/* Seven runners of 3 cores with a floor of one, on nodes of 8 cores at 8 or of 4 cores at 5. */
static struct scenario made_fixed(void)
{
    struct scenario scenario = made_scenario();
    int32_t large = make_type(&scenario, 8000, 0);
    int32_t small = make_type(&scenario, 4000, 0);
    int32_t pool = make_pool(&scenario, large);
    make_pool_type(&scenario, pool, small);
    scenario.types[large].price_micro = LARGE_PRICE;
    scenario.types[small].price_micro = SMALL_PRICE;
    scenario.types[large].has_price = scenario.types[small].has_price = true;
    int32_t shape = make_shape(&scenario, pool, 3000, 0);
    for (int i = 0; i < RUNNERS; i++) {
        struct runner_def *runner = make_runner(&scenario, shape);
        runner->floor = runner->min_replicas = 1;
    }
    return scenario;
}

struct asked {
    struct scenario scenario;
    struct plan_axes axes;
    struct target_set targets;
    struct plan_request request;
    struct peak peak;
    struct found_fleet found;
    int32_t start[AXES];
};

static void ask(struct asked *asked)
{
    struct err err = {0};
    *asked = (struct asked){.scenario = made_fixed(), .start = {1, 1}};
    cr_assert_eq(plan_axes_make(&asked->axes, &asked->scenario, &err), 0, "%s", err.text);
    for (int32_t i = 0; i < AXES; i++)
        asked->axes.items[i].high = 20;
    cr_assert_eq(target_set_parse(&asked->targets, "floors", &err), 0, "%s", err.text);
    asked->request = (struct plan_request){
        .question = {.scenario = &asked->scenario,
                     .axes = &asked->axes,
                     .targets = &asked->targets,
                     .seed = 1,
                     .trial_count = 1,
                     .thread_count = 1},
        .goal = {.probability = 0.5, .confidence = 0.9, .is_certain = true},
        .start = asked->start,
        .points_max = 300,
    };
    const struct peak_of of = {&asked->scenario, &asked->axes, &asked->targets, {NULL, 0}, 0, 0, 0};
    cr_assert_eq(peak_make(&asked->peak, &of, &err), 0, "%s", err.text);
    cr_assert_eq(found_fleet_make(&asked->found, &asked->request, &err), 0, "%s", err.text);
    cr_assert(asked->found.is_found);
    cr_assert_eq(found_fleet_counts(&asked->found)[0], 3);
    cr_assert_eq(found_fleet_counts(&asked->found)[1], 1);
}

static void release(struct asked *asked)
{
    found_fleet_release(&asked->found);
    peak_release(&asked->peak);
    plan_axes_release(&asked->axes);
    made_release(&asked->scenario);
}

/* Each case is told once, in order. */
static void count_step(void *context, const char *what, int32_t step, int32_t count)
{
    int32_t *told = context;
    cr_expect_str_eq(what, "sensitivity");
    cr_expect_eq(step, ++*told);
    cr_expect_leq(step, count);
}

static void answer(struct asked *asked, struct sensitivity *sensitivity)
{
    const struct sensitivity_of of = {&asked->request, &asked->found, &asked->peak};
    struct err err = {0};
    cr_assert_eq(sensitivity_make(sensitivity, &of, &err), 0, "%s", err.text);
    cr_assert(sensitivity->is_complete);
}

/* The cheapest of all mixes that hold so many replicas of 3 cores, by trying every one. */
static int64_t cheapest(int32_t replicas, int64_t large_price, int64_t small_price)
{
    int64_t least = INT64_MAX;
    for (int64_t large = 0; large <= 20; large++)
        for (int64_t small = 0; small <= 20; small++) {
            int64_t cost = large * large_price + small * small_price;
            if (2 * large + small >= replicas && cost < least)
                least = cost;
        }
    return least;
}

Test(sensitivity, every_case_is_the_cheapest_plan_of_the_altered_question)
{
    struct asked asked;
    struct sensitivity sensitivity;
    int32_t told = 0;
    ask(&asked);
    asked.request.progress = (struct plan_progress){.tell_step = count_step, .context = &told};
    answer(&asked, &sensitivity);
    cr_expect_eq(told, sensitivity.case_count);
    int32_t seen[ALTER_PRICE + 1] = {0};
    for (int32_t i = 0; i < sensitivity.case_count; i++) {
        const struct sensitivity_case *it = &sensitivity.cases[i];
        const struct alteration *alteration = &it->alteration;
        int32_t replicas = RUNNERS;
        int64_t prices[AXES] = {LARGE_PRICE, SMALL_PRICE};
        if (alteration->kind == ALTER_DEMAND)
            replicas = RUNNERS * ((alteration->percent + 99) / 100);
        if (alteration->kind == ALTER_FLOOR)
            replicas++;
        if (alteration->kind == ALTER_PRICE)
            prices[alteration->axis] = altered_price(prices[alteration->axis], alteration->percent);
        seen[alteration->kind]++;
        cr_assert(it->has_plan, "case %d", i);
        cr_expect_eq(it->cost, cheapest(replicas, prices[0], prices[1]), "case %d: %d", i,
                     (int)it->cost);
        cr_expect_eq(it->cost, it->counts[0] * prices[0] + it->counts[1] * prices[1]);
        cr_expect_eq(it->cost_before, 3 * prices[0] + prices[1]);
        cr_expect_eq(it->keeps, replicas == RUNNERS, "case %d", i);
        cr_expect_eq(isnan(it->bound_adds), alteration->kind != ALTER_FLOOR, "case %d", i);
    }
    cr_expect_eq(seen[ALTER_DEMAND], 3);
    cr_expect_eq(seen[ALTER_OVERHEAD], 2);
    cr_expect_eq(seen[ALTER_FLOOR], 1, "all runners are of one kind");
    cr_expect_eq(seen[ALTER_PRICE], 4);
    sensitivity_release(&sensitivity);
    release(&asked);
}

/* Is a plan that passed cheaper than the present one at this price of the axis? */
static bool is_undercut(const struct asked *asked, const struct sensitivity *sensitivity,
                        int32_t axis, int64_t price)
{
    int64_t prices[AXES] = {LARGE_PRICE, SMALL_PRICE};
    const struct search *search = &asked->found.search;
    prices[axis] = price;
    int64_t present = 3 * prices[0] + prices[1];
    bool is_lower = false;
    for (int32_t i = 0; i < search->point_count; i++) {
        const int32_t *counts = search_counts(search, i);
        is_lower |= search->points[i].answer.passes &&
                    counts[0] * prices[0] + counts[1] * prices[1] < present;
    }
    for (int32_t i = 0; i < sensitivity->case_count; i++) {
        const struct sensitivity_case *it = &sensitivity->cases[i];
        is_lower |= it->alteration.kind == ALTER_PRICE &&
                    it->counts[0] * prices[0] + it->counts[1] * prices[1] < present;
    }
    return is_lower;
}

Test(sensitivity, a_price_within_its_range_leaves_the_plan_the_cheapest_that_was_tried)
{
    struct asked asked;
    struct sensitivity sensitivity;
    ask(&asked);
    answer(&asked, &sensitivity);
    cr_assert_eq(sensitivity.range_count, AXES);
    int32_t bounded = 0;
    for (int32_t axis = 0; axis < AXES; axis++) {
        const struct price_range *range = &sensitivity.ranges[axis];
        for (int64_t price = 0; price <= 40; price++) {
            bool is_beyond = (double)price < range->low || (double)price > range->high;
            cr_expect_eq(is_beyond, is_undercut(&asked, &sensitivity, axis, price), "axis %d at %d",
                         axis, (int)price);
        }
        bounded += !isnan(range->low) + !isnan(range->high);
    }
    cr_expect_geq(bounded, 2, "the test is about something");
    sensitivity_release(&sensitivity);
    release(&asked);
}

Test(sensitivity, an_alteration_leaves_the_question_as_it_was)
{
    struct asked asked;
    ask(&asked);
    struct event_def *event = make_event(&asked.scenario, 10, EVENT_SCALE);
    event->runner = 2;
    event->num_replicas = 4;
    event->min_replicas = 0;
    static const struct alteration rows[] = {
        {.kind = ALTER_NOTHING},
        {.kind = ALTER_DEMAND, .percent = 300},
        {.kind = ALTER_OVERHEAD, .cpu_milli = 5000, .mem_bytes = INT64_MAX},
        {.kind = ALTER_FLOOR, .runner = 2},
        {.kind = ALTER_PRICE, .axis = 1, .percent = 50},
    };
    static const struct {
        int32_t replicas, scaled, scaled_floor;
        int64_t cpu_milli, price;
    } expected[ARRAY_LEN(rows)] = {
        {1, 4, 0, 4000, 5}, {3, 12, 0, 4000, 5}, {1, 4, 0, 1, 5},
        {2, 5, 0, 4000, 5}, {1, 4, 0, 4000, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct altered_question altered;
        struct err err = {0};
        cr_assert_eq(altered_question_make(&altered, &asked.request.question, &rows[i], &err), 0);
        const struct scenario *scenario = altered.question.scenario;
        cr_expect_eq(scenario->runners[2].num_replicas, expected[i].replicas, "row %zu", i);
        cr_expect_eq(scenario->runners[2].floor, expected[i].replicas, "row %zu", i);
        cr_expect_eq(scenario->events[0].num_replicas, expected[i].scaled, "row %zu", i);
        cr_expect_eq(scenario->events[0].min_replicas, expected[i].scaled_floor, "row %zu", i);
        cr_expect_eq(scenario->types[1].cpu_milli, expected[i].cpu_milli, "row %zu", i);
        cr_expect_eq(altered.question.axes->items[1].price_micro, expected[i].price, "row %zu", i);
        altered_question_release(&altered);
        cr_expect_eq(asked.scenario.runners[2].num_replicas, 1);
        cr_expect_eq(asked.scenario.events[0].num_replicas, 4);
        cr_expect_eq(asked.scenario.types[1].cpu_milli, 4000);
        cr_expect_eq(asked.axes.items[1].price_micro, 5);
    }
    release(&asked);
}
