/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/search_rest.h"

/* Example. One axis of large nodes at 8 and one of small ones at 3; demand needs 4 L + S >= 9. The
 * start is (1, 1): it fails. The ray reaches (2, 2), which passes at 22. Descent: L cannot go down
 * to 1, S can go to 1, cost 19. Swap: one L away and two S more, (1, 3) at 17, fails. The result is
 * (2, 1); the optimum. */

enum {
    RAY_ONE = 1000,     /* the scale 1, in thousandths */
    RAY_MAX = 64000,    /* beyond it, the highest point of the box */
    RAY_FINE = 4,       /* the factor is bisected to so many thousandths */
    SWAP_AWAY_MAX = 3,  /* nodes of one axis that a swap takes away */
    SWAP_TRIES_MAX = 3, /* numbers of the other axis that are tried for it, the highest first */
};

static const char *const phase_names[] = {
    [SEARCH_START] = "start", [SEARCH_RAY] = "ray",   [SEARCH_DESCENT] = "descent",
    [SEARCH_SWAP] = "swap",   [SEARCH_NEAR] = "near", [SEARCH_REST] = "rest",
};

const char *search_phase_name(enum search_phase phase)
{
    return phase_names[phase];
}

/* ---- the points so far ---- */

const int32_t *search_counts(const struct search *search, int32_t point)
{
    return &search->counts[search->points[point].first_count];
}

static int32_t find_point(const struct search *search, const int32_t *counts)
{
    size_t size = sizeof *counts * (size_t)search->request.axis_count;
    for (int32_t i = 0; i < search->point_count; i++)
        if (memcmp(search_counts(search, i), counts, size) == 0)
            return i;
    return -1;
}

/* No less of any axis. */
static bool covers(const struct search *search, int32_t large, int32_t small)
{
    const int32_t *more = search_counts(search, large);
    const int32_t *less = search_counts(search, small);
    for (int32_t i = 0; i < search->request.axis_count; i++)
        if (more[i] < less[i])
            return false;
    return true;
}

/* Is more not better? */
static void look_for_contradiction(struct search *search, int32_t point)
{
    bool passes = search->points[point].answer.passes;
    for (int32_t i = 0; i < search->point_count && search->worse[0] < 0; i++) {
        if (search->points[i].answer.passes == passes)
            continue;
        int32_t passed = passes ? point : i;
        int32_t failed = passes ? i : point;
        if (covers(search, failed, passed)) {
            search->worse[0] = passed;
            search->worse[1] = failed;
        }
    }
}

/* Tests a point that is new. Returns as the test. */
static int test_point(struct search *search, const int32_t *counts, enum search_phase phase,
                      struct err *err)
{
    int32_t axis_count = search->request.axis_count;
    if (array_reserve(&search->points, &search->point_capacity, search->point_count + INT64_C(1),
                      sizeof *search->points, err) ||
        array_reserve(&search->counts, &search->count_capacity,
                      (search->point_count + INT64_C(1)) * axis_count, sizeof *search->counts, err))
        return -1;
    int32_t number = search->point_count;
    struct search_point *point = &search->points[number];
    *point = (struct search_point){.first_count = number * axis_count, .phase = phase};
    memcpy(&search->counts[point->first_count], counts, sizeof *counts * (size_t)axis_count);
    int result = search->request.test(search->request.context, search_counts(search, number),
                                      &point->answer, err);
    if (result != 0) {
        search->is_interrupted = result > 0;
        return result;
    }
    search->point_count++;
    if (point->answer.passes &&
        (search->best < 0 || point->answer.cost < search->points[search->best].answer.cost))
        search->best = number;
    if (point->answer.is_enough &&
        (search->tight < 0 || point->answer.cost < search->points[search->tight].answer.cost))
        search->tight = number;
    look_for_contradiction(search, number);
    return 0;
}

int search_try(struct search *search, const int32_t *counts, enum search_phase phase,
               struct search_answer *answer, struct err *err)
{
    int32_t point = find_point(search, counts);
    if (point < 0) {
        int result = test_point(search, counts, phase, err);
        if (result != 0)
            return result;
        point = search->point_count - 1;
    }
    *answer = search->points[point].answer;
    return 0;
}

/* ---- the ray ---- */

/* The start times so many thousandths, rounded up, within the box. An axis that the start has
 * nothing of stays so, except in the highest point. */
static void set_on_ray(const struct search *search, int32_t factor, int32_t *counts)
{
    for (int32_t i = 0; i < search->request.axis_count; i++) {
        const struct search_axis *axis = &search->request.axes[i];
        int64_t scaled = ((int64_t)search->request.start[i] * factor + RAY_ONE - 1) / RAY_ONE;
        counts[i] = factor >= RAY_MAX || scaled > axis->high ? axis->high : (int32_t)scaled;
    }
}

static int ask_on_ray(struct search *search, int32_t factor, struct search_answer *answer,
                      struct err *err)
{
    set_on_ray(search, factor, search->scratch);
    return search_try(search, search->scratch, factor == RAY_ONE ? SEARCH_START : SEARCH_RAY,
                      answer, err);
}

/* Up from the start until a point passes, then between the last that failed and that one. */
static int run_ray(struct search *search, struct err *err)
{
    int32_t failed = 0;
    int32_t factor = RAY_ONE;
    struct search_answer answer;
    for (int32_t step = RAY_ONE / 32;; step *= 2) {
        int result = ask_on_ray(search, factor, &answer, err);
        if (result != 0)
            return result;
        if (answer.is_enough)
            break;
        if (factor >= RAY_MAX)
            return 0;
        failed = factor;
        factor = factor + step < RAY_MAX ? factor + step : RAY_MAX;
    }
    if (failed == 0)
        return 0; /* the start passes: going down is the business of the descent */
    while (factor - failed > RAY_FINE) {
        int32_t middle = failed + (factor - failed) / 2;
        int result = ask_on_ray(search, middle, &answer, err);
        if (result != 0)
            return result;
        if (answer.is_enough)
            factor = middle;
        else
            failed = middle;
    }
    return 0;
}

/* ---- down ---- */

/* The axis of rank `rank`, the dearest first, the lower number on ties. */
static int32_t axis_by_cost(const struct search *search, int32_t rank)
{
    for (int32_t i = 0; i < search->request.axis_count; i++) {
        int32_t before = 0;
        int64_t cost = search->request.axes[i].unit_cost;
        for (int32_t j = 0; j < search->request.axis_count; j++) {
            int64_t other = search->request.axes[j].unit_cost;
            before += other > cost || (other == cost && j < i);
        }
        if (before == rank)
            return i;
    }
    assert(rank < 0); /* every rank from 0 on has its axis */
    return 0;
}

/* `counts` with another number of one axis. */
struct change {
    const int32_t *counts;
    int32_t axis, count;
};

static int ask_changed(struct search *search, const struct change *change,
                       struct search_answer *answer, struct err *err)
{
    memcpy(search->scratch, change->counts,
           sizeof *change->counts * (size_t)search->request.axis_count);
    search->scratch[change->axis] = change->count;
    return search_try(search, search->scratch, SEARCH_DESCENT, answer, err);
}

/* Sets counts[axis], with which `counts` passes, to the smallest number that passes as far as
 * doubling steps and bisection find it. */
static int lower_axis(struct search *search, int32_t *counts, int32_t axis, struct err *err)
{
    int32_t passed = counts[axis];
    int32_t failed = search->request.axes[axis].low - 1;
    struct search_answer answer;
    for (int32_t step = 1; passed > failed + 1; step = step > passed / 2 ? step : step * 2) {
        int32_t next = passed - step > failed ? passed - step : failed + 1;
        struct change change = {counts, axis, next};
        int result = ask_changed(search, &change, &answer, err);
        if (result != 0)
            return result;
        if (answer.is_enough) {
            passed = next;
            continue;
        }
        failed = next;
        break;
    }
    while (passed - failed > 1) {
        int32_t middle = failed + (passed - failed) / 2;
        struct change change = {counts, axis, middle};
        int result = ask_changed(search, &change, &answer, err);
        if (result != 0)
            return result;
        if (answer.is_enough)
            passed = middle;
        else
            failed = middle;
    }
    counts[axis] = passed;
    return 0;
}

/* All axes in turn, until none gives way. */
static int run_descent(struct search *search, int32_t *counts, struct err *err)
{
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (int32_t rank = 0; rank < search->request.axis_count; rank++) {
            int32_t axis = axis_by_cost(search, rank);
            int32_t before = counts[axis];
            int result = lower_axis(search, counts, axis, err);
            if (result != 0)
                return result;
            has_changed = has_changed || counts[axis] != before;
        }
    }
    return 0;
}

/* ---- sideways ---- */

/* `away` nodes of one axis for some of another, the highest numbers that are cheaper first. Where
 * one passes at less cost, `counts` is set to it and *has_improved. */
struct swap {
    int32_t from, to, away;
};

static int try_swap(struct search *search, const struct swap *swap, int32_t *counts,
                    bool *has_improved, struct err *err)
{
    const struct search_axis *from = &search->request.axes[swap->from];
    const struct search_axis *to = &search->request.axes[swap->to];
    int64_t saved = swap->away * from->unit_cost;
    int64_t most = to->high - counts[swap->to];
    if (to->unit_cost > 0 && most > (saved - 1) / to->unit_cost)
        most = (saved - 1) / to->unit_cost;
    int64_t cost = search->points[search->tight].answer.cost;
    for (int64_t more = most; more > 0 && more > most - SWAP_TRIES_MAX; more--) {
        memcpy(search->scratch, counts, sizeof *counts * (size_t)search->request.axis_count);
        search->scratch[swap->from] -= swap->away;
        search->scratch[swap->to] += (int32_t)more;
        struct search_answer answer;
        int result = search_try(search, search->scratch, SEARCH_SWAP, &answer, err);
        if (result != 0)
            return result;
        if (!answer.is_enough)
            return 0; /* fewer would not be either */
        if (answer.cost < cost) {
            counts[swap->from] -= swap->away;
            counts[swap->to] += (int32_t)more;
            *has_improved = true;
            return 0;
        }
    }
    return 0;
}

/* How many of an axis to take away, by the number of the try: one, two, three, and the fewest that
 * pay for one of the other. 0: nothing new. */
static int32_t away_of(const struct search *search, int32_t from, int32_t to, int32_t number)
{
    if (number < SWAP_AWAY_MAX)
        return number + 1;
    int64_t own = search->request.axes[from].unit_cost;
    int64_t other = search->request.axes[to].unit_cost;
    if (own == 0 || other / own >= INT32_MAX)
        return 0;
    int32_t away = (int32_t)(other / own) + 1;
    return away > SWAP_AWAY_MAX ? away : 0;
}

/* The first swap that helps, the dearest axes first. */
static int run_swaps(struct search *search, int32_t *counts, bool *has_improved, struct err *err)
{
    enum { WAYS = SWAP_AWAY_MAX + 1 };
    int32_t axis_count = search->request.axis_count;
    for (int32_t i = 0; i < axis_count * axis_count * WAYS && !*has_improved; i++) {
        int32_t from = axis_by_cost(search, i / WAYS / axis_count);
        int32_t to = axis_by_cost(search, i / WAYS % axis_count);
        struct swap swap = {from, to, away_of(search, from, to, i % WAYS)};
        if (from == to || swap.away == 0 ||
            counts[from] - swap.away < search->request.axes[from].low)
            continue;
        if (search->point_count >= search->request.points_max)
            return 0;
        int result = try_swap(search, &swap, counts, has_improved, err);
        if (result != 0)
            return result;
    }
    return 0;
}

/* Descent and swaps from the best point on, until neither helps. */
static int improve(struct search *search, int32_t *counts, struct err *err)
{
    for (bool has_improved = true; has_improved;) {
        int result = run_descent(search, counts, err);
        if (result != 0)
            return result;
        has_improved = false;
        result = run_swaps(search, counts, &has_improved, err);
        if (result != 0)
            return result;
    }
    return 0;
}

/* ---- the neighbours ---- */

static int ask_neighbours(struct search *search, const int32_t *counts, struct err *err)
{
    for (int32_t i = 0; i < 2 * search->request.axis_count; i++) {
        const struct search_axis *axis = &search->request.axes[i / 2];
        int32_t count = counts[i / 2] + (i % 2 == 0 ? -1 : 1);
        if (count < axis->low || count > axis->high)
            continue;
        memcpy(search->scratch, counts, sizeof *counts * (size_t)search->request.axis_count);
        search->scratch[i / 2] = count;
        struct search_answer answer;
        int result = search_try(search, search->scratch, SEARCH_NEAR, &answer, err);
        if (result != 0)
            return result;
    }
    return 0;
}

static int32_t best_or_tight(const struct search *search)
{
    return search->best >= 0 ? search->best : search->tight;
}

/* What one more neighbour costs less and passes is the new point, and has neighbours too. */
static int run_near(struct search *search, int32_t *counts, struct err *err)
{
    for (int32_t last = -1; last != best_or_tight(search);) {
        last = best_or_tight(search);
        memcpy(counts, search_counts(search, last),
               sizeof *counts * (size_t)search->request.axis_count);
        int result = ask_neighbours(search, counts, err);
        if (result != 0)
            return result;
    }
    return 0;
}

/* ---- all of it ---- */

int search_init(struct search *search, const struct search_request *request, struct err *err)
{
    assert(request->axis_count >= 1 && request->points_max >= 0);
    *search = (struct search){.request = *request, .best = -1, .tight = -1, .worse = {-1, -1}};
    if (array_reserve(&search->scratch, &search->scratch_capacity, request->axis_count,
                      sizeof *search->scratch, err)) {
        *search = (struct search){0};
        return -1;
    }
    return 0;
}

void search_release(struct search *search)
{
    free(search->points);
    free(search->counts);
    free(search->scratch);
    *search = (struct search){0};
}

static int run_phases(struct search *search, int32_t *counts, struct err *err)
{
    size_t size = sizeof *counts * (size_t)search->request.axis_count;
    int result = run_ray(search, err);
    if (result != 0 || search->tight < 0)
        return result;
    memcpy(counts, search_counts(search, search->tight), size);
    result = improve(search, counts, err);
    if (result != 0)
        return result;
    result = run_near(search, counts, err);
    if (result != 0 || !search->request.is_sum)
        return result;
    result = search_rest(search, err);
    return result != 0 ? result : run_near(search, counts, err);
}

int search_run(struct search *search, struct err *err)
{
    int32_t *counts = NULL;
    int32_t capacity = 0;
    if (array_reserve(&counts, &capacity, search->request.axis_count, sizeof *counts, err))
        return -1;
    int result = run_phases(search, counts, err);
    free(counts);
    return result < 0 ? -1 : 0;
}
