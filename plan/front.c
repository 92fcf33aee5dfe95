/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/front.h"

#include <stdlib.h>

#include "base/array.h"

struct ranked {
    int64_t cost;
    int32_t point;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *left = a;
    const struct ranked *right = b;
    if (left->cost != right->cost)
        return left->cost < right->cost ? -1 : 1;
    return (left->point > right->point) - (left->point < right->point);
}

static void mark_efficient(struct front *front)
{
    int32_t most = -1;
    for (int32_t i = 0; i < front->count; i++) {
        struct front_point *it = &front->items[i];
        it->is_efficient = it->tally.successes > most;
        most = it->is_efficient ? it->tally.successes : most;
    }
}

static int add(struct front *front, struct found_fleet *answer, int32_t point, struct err *err)
{
    struct front_point *it = &front->items[front->count++];
    struct trial_range range = {.count = answer->searched_trials, .takes_all = true};
    it->point = point;
    return tester_run(&answer->tester, search_counts(&answer->search, point), &range, &it->tally,
                      err);
}

static int measure(struct front *front, struct found_fleet *answer, const struct ranked *ranked,
                   int32_t count, struct err *err)
{
    int32_t wanted = count < FRONT_MAX ? count : FRONT_MAX;
    for (int32_t i = 0; i < wanted; i++) {
        int32_t place =
            wanted == 1 ? count - 1 : (int32_t)((int64_t)i * (count - 1) / (wanted - 1));
        if (add(front, answer, ranked[place].point, err) != 0)
            return -1;
    }
    struct front_point *plan = &front->items[front->count++];
    plan->point = answer->search.best;
    plan->tally = answer->tallies[answer->search.best];
    mark_efficient(front);
    return 0;
}

int front_make(struct front *front, struct found_fleet *answer, struct err *err)
{
    const struct search *search = &answer->search;
    struct ranked *ranked = NULL;
    int32_t capacity = 0, count = 0;
    *front = (struct front){.count = 0};
    if (array_reserve(&ranked, &capacity, search->point_count, sizeof *ranked, err))
        return -1;
    for (int32_t i = 0; i < search->point_count; i++)
        if (!search->points[i].answer.passes &&
            search->points[i].answer.cost < search->points[search->best].answer.cost)
            ranked[count++] = (struct ranked){search->points[i].answer.cost, i};
    if (count > 0)
        qsort(ranked, (size_t)count, sizeof *ranked, compare_ranked);
    int result = measure(front, answer, ranked, count, err);
    free(ranked);
    return result;
}
