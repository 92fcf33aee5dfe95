/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/search.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"

/* A covering problem: enough of each resource. The obvious twin looks at every point of the box. */
enum { AXES_MAX = 4, RESOURCES = 2 };

struct cover {
    struct search_axis axes[AXES_MAX];
    int32_t gives[AXES_MAX][RESOURCES];
    int32_t wants[RESOURCES];
    int32_t axis_count;
    int32_t hole; /* this sum of counts fails, as a packing heuristic may; -1: none */
    int32_t stop_after;
};

static bool is_enough(const struct cover *cover, const int32_t *counts)
{
    int32_t total = 0;
    for (int32_t i = 0; i < cover->axis_count; i++)
        total += counts[i];
    if (total == cover->hole)
        return false;
    for (int r = 0; r < RESOURCES; r++) {
        int32_t sum = 0;
        for (int32_t i = 0; i < cover->axis_count; i++)
            sum += counts[i] * cover->gives[i][r];
        if (sum < cover->wants[r])
            return false;
    }
    return true;
}

static int64_t cost_of(const struct cover *cover, const int32_t *counts)
{
    int64_t cost = 0;
    for (int32_t i = 0; i < cover->axis_count; i++)
        cost += counts[i] * cover->axes[i].unit_cost;
    return cost;
}

static int test_cover(void *context, const int32_t *counts, struct search_answer *answer,
                      struct err *err)
{
    struct cover *cover = context;
    (void)err;
    if (cover->stop_after-- == 0)
        return 1;
    answer->passes = answer->is_enough = is_enough(cover, counts);
    answer->cost = cost_of(cover, counts);
    return 0;
}

static int64_t least_cost(const struct cover *cover)
{
    int32_t counts[AXES_MAX];
    int64_t least = INT64_MAX;
    for (int32_t i = 0; i < cover->axis_count; i++)
        counts[i] = cover->axes[i].low;
    for (;;) {
        if (is_enough(cover, counts) && cost_of(cover, counts) < least)
            least = cost_of(cover, counts);
        int32_t i = 0;
        for (; i < cover->axis_count && counts[i] == cover->axes[i].high; i++)
            counts[i] = cover->axes[i].low;
        if (i == cover->axis_count)
            return least;
        counts[i]++;
    }
}

static void run_with(struct cover *cover, struct search_request request, struct search *search)
{
    struct err err = {0};
    request.axes = cover->axes;
    request.axis_count = cover->axis_count;
    request.test = test_cover;
    request.context = cover;
    cr_assert_eq(search_init(search, &request, &err), 0, "%s", err.text);
    cr_assert_eq(search_run(search, &err), 0, "%s", err.text);
}

static void run(struct cover *cover, const int32_t *start, struct search *search)
{
    run_with(cover, (struct search_request){.start = start, .points_max = 500}, search);
}

Test(search, the_example_of_the_source_ends_where_it_says)
{
    struct cover cover = {.axes = {{0, 9, 8}, {0, 9, 3}},
                          .gives = {{4, 0}, {1, 0}},
                          .wants = {9, 0},
                          .axis_count = 2,
                          .hole = -1,
                          .stop_after = -1};
    struct search search;
    run(&cover, (int32_t[]){1, 1}, &search);
    const int32_t *counts = search_counts(&search, search.best);
    cr_expect_eq(counts[0], 2);
    cr_expect_eq(counts[1], 1);
    cr_expect_eq(search.points[search.best].answer.cost, 19);
    cr_expect_eq(search.worse[0], -1);
    search_release(&search);
    /* With the rest no other point is tried: a swap has tried (0, 6). */
    cover.stop_after = -1;
    run_with(&cover,
             (struct search_request){.start = (int32_t[]){1, 1}, .points_max = 500, .is_sum = true},
             &search);
    cr_expect(search.is_exhausted);
    int32_t rest = 0;
    for (int32_t i = 0; i < search.point_count; i++)
        rest += search.points[i].phase == SEARCH_REST;
    cr_expect_eq(rest, 0, "%d", rest);
    search_release(&search);
}

static struct cover draw_cover(struct rng *rng)
{
    struct cover cover = {
        .axis_count = 1 + (int32_t)rng_below(rng, AXES_MAX), .hole = -1, .stop_after = -1};
    for (int32_t i = 0; i < cover.axis_count; i++) {
        cover.axes[i].high = 6;
        cover.axes[i].unit_cost = 1 + (int64_t)rng_below(rng, 20);
        for (int r = 0; r < RESOURCES; r++)
            cover.gives[i][r] = 1 + (int32_t)rng_below(rng, 9);
    }
    for (int r = 0; r < RESOURCES; r++)
        cover.wants[r] = (int32_t)rng_below(rng, 40);
    return cover;
}

/* No single node of the result can go. */
static void expect_no_needless_node(const struct search *search, const struct cover *cover)
{
    int32_t counts[AXES_MAX];
    for (int32_t i = 0; i < cover->axis_count; i++) {
        memcpy(counts, search_counts(search, search->best),
               sizeof *counts * (size_t)cover->axis_count);
        if (counts[i]-- > 0)
            cr_expect_not(is_enough(cover, counts));
    }
}

Test(search, results_pass_are_tight_and_mostly_the_optimum_of_all_points)
{
    struct rng rng = rng_stream(1, "test search", 0);
    int32_t feasible = 0, optimal = 0;
    int64_t found_sum = 0, least_sum = 0;
    for (int trial = 0; trial < 2000; trial++) {
        struct cover cover = draw_cover(&rng);
        int32_t start[AXES_MAX];
        for (int32_t i = 0; i < cover.axis_count; i++)
            start[i] = (int32_t)rng_below(&rng, 4);
        struct search search;
        run(&cover, start, &search);
        int64_t least = least_cost(&cover);
        cr_assert_eq(search.best < 0, least == INT64_MAX);
        cr_expect_eq(search.worse[0], -1);
        if (search.best >= 0) {
            int64_t cost = search.points[search.best].answer.cost;
            cr_expect(is_enough(&cover, search_counts(&search, search.best)));
            cr_expect_geq(cost, least);
            expect_no_needless_node(&search, &cover);
            feasible++;
            optimal += cost == least;
            found_sum += cost;
            least_sum += least;
        }
        search_release(&search);
    }
    cr_expect_gt(feasible, 1000);
    cr_expect_gt(optimal * 100, feasible * 80, "%d of %d", optimal, feasible);
    cr_expect_lt(found_sum * 100, least_sum * 103);
}

Test(search, the_rest_holds_nothing_cheaper_once_it_is_exhausted)
{
    struct rng rng = rng_stream(1, "test search", 1);
    int32_t feasible = 0, exhausted = 0, points = 0;
    for (int trial = 0; trial < 1000; trial++) {
        struct cover cover = draw_cover(&rng);
        int32_t start[AXES_MAX];
        for (int32_t i = 0; i < cover.axis_count; i++)
            start[i] = (int32_t)rng_below(&rng, 4);
        int64_t least = least_cost(&cover);
        struct search_request request = {.start = start, .points_max = 500, .is_sum = true};
        if (least < INT64_MAX && rng_below(&rng, 2) == 0)
            request.cost_min = least - (int64_t)rng_below(&rng, (uint64_t)least + 1);
        if (rng_below(&rng, 4) == 0)
            request.points_max = (int32_t)rng_below(&rng, 40);
        struct search search;
        run_with(&cover, request, &search);
        cr_assert_eq(search.best < 0, least == INT64_MAX);
        if (search.best >= 0) {
            feasible++;
            exhausted += search.is_exhausted;
            points += search.point_count;
            cr_assert(search.is_exhausted || search.point_count >= request.points_max);
            cr_assert(!search.is_exhausted || search.points[search.best].answer.cost == least);
        }
        search_release(&search);
    }
    cr_expect_gt(feasible, 500);
    cr_expect_gt(exhausted * 100, feasible * 75, "%d of %d", exhausted, feasible);
    cr_expect_lt(points, feasible * 60, "%d for %d", points, feasible);
}

Test(search, more_that_is_worse_is_told)
{
    struct cover cover = {.axes = {{0, 9, 1}},
                          .gives = {{1, 1}},
                          .wants = {4, 4},
                          .axis_count = 1,
                          .hole = 5,
                          .stop_after = -1};
    struct search search;
    run(&cover, (int32_t[]){4}, &search);
    cr_expect_eq(search_counts(&search, search.best)[0], 4);
    cr_assert_geq(search.worse[0], 0);
    cr_expect_eq(search_counts(&search, search.worse[0])[0], 4);
    cr_expect_eq(search_counts(&search, search.worse[1])[0], 5);
    search_release(&search);
}

Test(search, a_box_without_a_solution_has_no_best_point_after_its_highest)
{
    struct cover cover = {.axes = {{0, 3, 1}, {0, 2, 1}},
                          .gives = {{1, 1}, {1, 1}},
                          .wants = {6, 6},
                          .axis_count = 2,
                          .hole = -1,
                          .stop_after = -1};
    struct search search;
    run(&cover, (int32_t[]){1, 0}, &search);
    cr_expect_eq(search.best, -1);
    const int32_t *last = search_counts(&search, search.point_count - 1);
    cr_expect_eq(last[0], 3);
    cr_expect_eq(last[1], 2);
    search_release(&search);
}

Test(search, an_interrupt_leaves_what_was_found)
{
    for (int32_t stop = 0; stop < 8; stop++) {
        struct cover cover = {.axes = {{0, 50, 3}, {0, 50, 2}},
                              .gives = {{2, 1}, {1, 2}},
                              .wants = {40, 40},
                              .axis_count = 2,
                              .hole = -1,
                              .stop_after = stop};
        struct search search;
        run(&cover, (int32_t[]){20, 20}, &search);
        cr_expect(search.is_interrupted);
        cr_expect_eq(search.point_count, stop);
        cr_expect_eq(search.best < 0, stop == 0);
        search_release(&search);
    }
}
