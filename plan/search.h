/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_SEARCH_H
#define STOWAGE_PLAN_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The cheapest point of a box of integers that passes a costly test. A point says how many there
 * are of each kind of node, the test is a number of simulations; the search knows neither.
 *
 * It begins at a point that the caller holds for good (the rounded solution of a linear program)
 * and goes through five phases:
 *   ray:     the start is scaled up until it passes, and the factor is bisected;
 *   descent: each axis in turn, the dearest first, goes down by doubling steps and bisection to the
 *            smallest number that passes with the others as they are, until no axis gives way;
 *   swap:    a few of one axis are taken away and as many of another put there as are cheaper;
 *            what passes begins a new descent;
 *   near:    the neighbours of the result, one less and one more of each axis;
 *   rest:    where costs are sums, all that is cheaper and not ruled out (plan/search_rest.h).
 *
 * Where less may be better too, a point may be enough and fail. Then the ray and all that follows
 * look for the cheapest point that is enough; the result is the cheapest point on the way that
 * passes.
 *
 * More nodes need not be better: a packing heuristic can fail on n + 1 where it succeeds on n. The
 * search supposes that more is better, and tells where it has seen the opposite; its result passes
 * in any case. It is a local optimum: no single node of it can go, no swap that was tried helps.
 *
 * Deterministic: the points and their order follow from the answers alone. */

struct search_axis {
    int32_t low, high; /* 0 <= low <= high */
    int64_t unit_cost; /* what one more costs about; >= 0, in the unit of search_answer.cost */
};

struct search_answer {
    bool passes;
    bool is_enough; /* what is missing, if anything, is not more of an axis; true where it passes */
    int64_t cost;   /* of the point, >= 0 */
};

enum search_phase {
    SEARCH_START,
    SEARCH_RAY,
    SEARCH_DESCENT,
    SEARCH_SWAP,
    SEARCH_NEAR,
    SEARCH_REST,
};
/* "start", "ray", ... */
const char *search_phase_name(enum search_phase phase);

struct search_point {
    struct search_answer answer;
    int32_t first_count; /* its counts are search.counts[first_count .. + axis_count) */
    enum search_phase phase;
};

struct search_request {
    const struct search_axis *axes; /* [axis_count], axis_count >= 1 */
    int32_t axis_count;
    const int32_t *start; /* [axis_count] within the axes */
    int32_t points_max;   /* after so many points ray, descent and neighbours are still tried, but
                             no swap, and nothing of the rest */
    bool is_sum;          /* the cost of a point is the sum of its unit costs, and nothing says that
                             more may be worse: the rest is worth the while */
    int64_t cost_min;     /* no point that costs less passes; 0: nothing is known */
    /* Tests a point: counts[axis_count]. 0: *answer is filled in; 1: the search is to end here with
     * what it has; -1: it fails. */
    int (*test)(void *context, const int32_t *counts, struct search_answer *answer,
                struct err *err);
    void *context;
};

struct search {
    struct search_request request; /* as given */
    struct search_point *points;   /* in the order in which they were tested; each point once */
    int32_t *counts;               /* of all points */
    int32_t *scratch;              /* [axis_count] */
    int32_t point_count, point_capacity, count_capacity, scratch_capacity;
    int32_t best;        /* the cheapest point that passes, the first such; -1: none */
    int32_t tight;       /* the cheapest that is enough; -1: none */
    bool is_interrupted; /* the test asked for the end */
    bool is_exhausted;   /* no point is cheaper than the best one, if more is never worse */
    int32_t worse[2];    /* points: the first passes, the second has no less of any axis and
                            fails; -1: none was seen */
};

/* On -1 the struct is zeroed. The arrays of the request are borrowed. */
int search_init(struct search *search, const struct search_request *request, struct err *err);
void search_release(struct search *search);

/* All phases. best = -1 afterwards: not even the highest point of the box passes. */
int search_run(struct search *search, struct err *err);

/* The counts of a point. */
const int32_t *search_counts(const struct search *search, int32_t point);

/* For the phases of a search: the answer at a point, which is tested where that was not done
 * before. 1: it was interrupted. */
int search_try(struct search *search, const int32_t *counts, enum search_phase phase,
               struct search_answer *answer, struct err *err);

#endif
