/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/search_rest.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Example. Axes at 8 and 3, each from 0 to 9; demand needs 4 L + S >= 9. The best point is (2, 1)
 * at 19; (1, 3) and (2, 0) have failed. A point at 18 or less has at most (2, 6), which passes. Its
 * two halves: of (0..2, 0..3) the highest point (2, 3) passes; (0..1, 0..3) is done with, for (1,
 * 3) has failed; (2, 0..3) leaves only (2, 0) at 18 or less, which has failed too. Of (0..2, 4..6)
 * only (0, 4..6) is left, and (0, 6) is tested: it fails. One test, and nothing is cheaper than 19.
 */

/* The parts that are to be looked at: counts of the lowest point and then of the highest. */
struct parts {
    int32_t *corners; /* [count][2 * axis_count] */
    int32_t count, capacity;
};

struct rest {
    struct search *search;
    struct parts parts;
    int32_t *low, *high; /* [axis_count] the part in hand */
    int32_t capacity;
};

static int push(struct rest *rest, const int32_t *low, const int32_t *high, struct err *err)
{
    int32_t axis_count = rest->search->request.axis_count;
    size_t size = sizeof *low * (size_t)axis_count;
    if (array_reserve(&rest->parts.corners, &rest->parts.capacity,
                      (rest->parts.count + INT64_C(1)) * 2 * axis_count, sizeof *low, err))
        return -1;
    int32_t *place = &rest->parts.corners[(int64_t)rest->parts.count++ * 2 * axis_count];
    memcpy(place, low, size);
    memcpy(place + axis_count, high, size);
    return 0;
}

static void pop(struct rest *rest)
{
    int32_t axis_count = rest->search->request.axis_count;
    size_t size = sizeof *rest->low * (size_t)axis_count;
    const int32_t *place = &rest->parts.corners[(int64_t)--rest->parts.count * 2 * axis_count];
    memcpy(rest->low, place, size);
    memcpy(rest->high, place + axis_count, size);
}

static int64_t cost_of(const struct search *search, const int32_t *counts)
{
    int64_t cost = 0;
    for (int32_t i = 0; i < search->request.axis_count; i++)
        cost += counts[i] * search->request.axes[i].unit_cost;
    return cost;
}

/* Lowers the highest point to what a point of the part can have that costs less than the best one.
 * False: none does. */
static bool cut_high(struct rest *rest)
{
    const struct search *search = rest->search;
    int64_t slack = search->points[search->best].answer.cost - 1 - cost_of(search, rest->low);
    for (int32_t i = 0; i < search->request.axis_count && slack >= 0; i++) {
        int64_t unit = search->request.axes[i].unit_cost;
        if (unit > 0 && rest->high[i] - rest->low[i] > slack / unit)
            rest->high[i] = rest->low[i] + (int32_t)(slack / unit);
    }
    return slack >= 0 && cost_of(search, rest->high) >= search->request.cost_min;
}

/* Has `large` no less of any axis? */
static bool covers(const struct search *search, const int32_t *large, const int32_t *small)
{
    for (int32_t i = 0; i < search->request.axis_count; i++)
        if (large[i] < small[i])
            return false;
    return true;
}

/* What the points so far say of one: 1: it passes; 0: it fails; -1: nothing. Where they contradict
 * each other, that it fails. */
static int known(const struct search *search, const int32_t *counts)
{
    int answer = -1;
    for (int32_t i = 0; i < search->point_count; i++) {
        const int32_t *other = search_counts(search, i);
        bool passes = search->points[i].answer.passes;
        if (!passes && covers(search, other, counts))
            return 0;
        if (passes && covers(search, counts, other))
            answer = 1;
    }
    return answer;
}

/* The axis along which the part is longest in cost; -1: it is a single point. */
static int32_t longest_axis(const struct rest *rest)
{
    int32_t longest = -1;
    int64_t most = -1;
    for (int32_t i = 0; i < rest->search->request.axis_count; i++) {
        int64_t length = rest->high[i] - rest->low[i];
        if (length == 0 || length * rest->search->request.axes[i].unit_cost <= most)
            continue;
        most = length * rest->search->request.axes[i].unit_cost;
        longest = i;
    }
    return longest;
}

/* The lower half is looked at first: its highest point is the likelier to fail. */
static int halve(struct rest *rest, struct err *err)
{
    int32_t axis = longest_axis(rest);
    if (axis < 0)
        return 0;
    int32_t low = rest->low[axis];
    int32_t middle = low + (rest->high[axis] - low) / 2;
    rest->low[axis] = middle + 1;
    if (push(rest, rest->low, rest->high, err) != 0)
        return -1;
    rest->low[axis] = low;
    rest->high[axis] = middle;
    return push(rest, rest->low, rest->high, err);
}

/* The part in hand. Returns as the test. */
static int look_at_part(struct rest *rest, struct err *err)
{
    if (!cut_high(rest))
        return 0;
    int passes = known(rest->search, rest->high);
    if (passes < 0) {
        struct search_answer answer;
        int result = search_try(rest->search, rest->high, SEARCH_REST, &answer, err);
        if (result != 0)
            return result;
        passes = answer.passes;
    }
    return passes ? halve(rest, err) : 0;
}

static int look_at_all(struct rest *rest, struct err *err)
{
    struct search *search = rest->search;
    for (int32_t i = 0; i < search->request.axis_count; i++) {
        rest->low[i] = search->request.axes[i].low;
        rest->high[i] = search->request.axes[i].high;
    }
    if (push(rest, rest->low, rest->high, err) != 0)
        return -1;
    while (rest->parts.count > 0) {
        if (search->point_count >= search->request.points_max)
            return 0;
        pop(rest);
        int result = look_at_part(rest, err);
        if (result != 0)
            return result;
    }
    search->is_exhausted = true;
    return 0;
}

int search_rest(struct search *search, struct err *err)
{
    struct rest rest = {.search = search};
    int32_t axis_count = search->request.axis_count;
    if (array_reserve(&rest.low, &rest.capacity, 2 * (int64_t)axis_count, sizeof *rest.low, err))
        return -1;
    rest.high = rest.low + axis_count;
    int result = look_at_all(&rest, err);
    free(rest.low);
    free(rest.parts.corners);
    return result;
}
