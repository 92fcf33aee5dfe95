/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/found_fleet.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/evidence.h"

/* ---- what is random ---- */

static bool is_scaling_random(const struct scaling_def *scaling)
{
    return scaling != NULL && (scaling->provision_failure > 0 || scaling->stock_out > 0);
}

static bool is_traffic_random(const struct traffic_def *traffic)
{
    return traffic != NULL && (traffic->noise_sigma > 0 || traffic->burst_factor != 1);
}

bool plan_is_random(const struct scenario *scenario)
{
    if (scenario->arrival_count > 0 || scenario->failure_count > 0)
        return true;
    for (int32_t i = 0; i < scenario->dist_count; i++)
        if (scenario->dists[i].kind != DIST_CONSTANT)
            return true;
    for (int32_t i = 0; i < scenario->pool_count; i++)
        if (is_scaling_random(scenario->pools[i].scaling))
            return true;
    for (int32_t i = 0; i < scenario->runner_count; i++)
        if (is_traffic_random(scenario->runners[i].traffic))
            return true;
    return strcmp(scenario->scheduler.policy->name, "random") == 0;
}

int32_t plan_trials(const struct plan_goal *goal, int32_t failures_allowed)
{
    if (goal->is_certain)
        return 1;
    return (int32_t)evidence_trials_needed(goal->probability, goal->confidence, failures_allowed);
}

/* ---- a point ---- */

struct asking {
    struct found_fleet *answer;
    const struct plan_request *request;
    int32_t trial_count; /* of this round */
};

/* Cost of a plan in the unit of plan_axes_price; of scaling pools what the runs paid. */
static int64_t cost_of(const struct plan_question *question, const int32_t *counts,
                       const struct trial_tally *tally)
{
    if (!question->axes->is_scaling)
        return plan_axes_price(question->axes, counts);
    return llround(tally->cost_per_hour * (question->axes->is_priced ? 1e11 / 3600 : 1));
}

static int test_point(void *context, const int32_t *counts, struct search_answer *out,
                      struct err *err)
{
    struct asking *asking = context;
    struct found_fleet *answer = asking->answer;
    const struct plan_progress *progress = &asking->request->progress;
    int32_t number = answer->search.point_count;
    struct trial_range range = {.count = asking->trial_count};
    struct trial_tally tally;
    if (progress->tell != NULL)
        progress->tell(progress->context, &answer->search);
    if (array_reserve(&answer->tallies, &answer->tally_capacity, number + INT64_C(1),
                      sizeof *answer->tallies, err))
        return -1;
    if (tester_run(&answer->tester, counts, &range, &tally, err) != 0)
        return atomic_load(&answer->tester.is_cancelled) ? 1 : -1;
    answer->tallies[number] = tally;
    out->passes = tally.passes;
    out->is_enough = tally.is_enough;
    out->cost = cost_of(&asking->request->question, counts, &tally);
    return 0;
}

/* ---- a round: search, then fresh seeds ---- */

static int search_round(struct asking *asking, const int32_t *start, struct err *err)
{
    struct found_fleet *answer = asking->answer;
    const struct plan_request *request = asking->request;
    struct search_request search = {
        .axes = answer->boxes,
        .axis_count = request->question.axes->count,
        .start = start,
        .points_max = request->points_max,
        .is_sum =
            !request->question.axes->is_scaling && target_set_wants_more(request->question.targets),
        .cost_min = request->cost_min,
        .test = test_point,
        .context = asking,
    };
    search_release(&answer->search);
    if (search_init(&answer->search, &search, err) != 0 || search_run(&answer->search, err) != 0)
        return -1;
    answer->is_interrupted = answer->search.is_interrupted;
    answer->is_found = answer->search.best >= 0;
    answer->searched_trials = asking->trial_count;
    return 0;
}

static int check_fresh(struct asking *asking, struct err *err)
{
    struct found_fleet *answer = asking->answer;
    const struct plan_request *request = asking->request;
    if (request->goal.is_certain) {
        answer->fresh = answer->tallies[answer->search.best];
        answer->is_checked = true;
        answer->probability_bound = answer->confidence = 1;
        return 0;
    }
    struct trial_range range = {
        .first = asking->trial_count, .count = request->question.trial_count, .takes_all = true};
    if (tester_run(&answer->tester, found_fleet_counts(answer), &range, &answer->fresh, err) != 0) {
        answer->is_interrupted = atomic_load(&answer->tester.is_cancelled);
        return answer->is_interrupted ? 0 : -1;
    }
    answer->is_checked = answer->fresh.passes;
    answer->confidence = 1 - answer->round_count * (1 - request->goal.confidence);
    answer->probability_bound = evidence_lower_bound(answer->fresh.successes, answer->fresh.trials,
                                                     request->goal.confidence);
    return 0;
}

static int run_rounds(struct asking *asking, int32_t *start, struct err *err)
{
    struct found_fleet *answer = asking->answer;
    const struct plan_question *question = &asking->request->question;
    size_t size = sizeof *start * (size_t)question->axes->count;
    for (asking->trial_count = question->trial_count; answer->round_count < PLAN_ROUNDS_MAX;
         asking->trial_count += question->trial_count) {
        answer->round_count++;
        if (search_round(asking, start, err) != 0)
            return -1;
        if (!answer->is_found || answer->is_interrupted)
            return 0;
        if (check_fresh(asking, err) != 0)
            return -1;
        if (answer->is_checked || answer->is_interrupted)
            return 0;
        memcpy(start, found_fleet_counts(answer), size);
    }
    return 0;
}

/* ---- what is beside the plan ---- */

static int list_neighbours(struct found_fleet *answer, struct err *err)
{
    const struct search *search = &answer->search;
    int32_t axis_count = search->request.axis_count;
    const int32_t *plan = found_fleet_counts(answer);
    if (array_reserve(&answer->neighbours, &answer->neighbour_capacity, 2 * (int64_t)axis_count,
                      sizeof *answer->neighbours, err))
        return -1;
    for (int32_t axis = 0; axis < axis_count; axis++)
        for (int32_t step = -1; step <= 1; step += 2)
            for (int32_t i = 0; i < search->point_count; i++) {
                const int32_t *counts = search_counts(search, i);
                bool is_beside = counts[axis] == plan[axis] + step;
                for (int32_t j = 0; j < axis_count; j++)
                    is_beside = is_beside && (j == axis || counts[j] == plan[j]);
                if (is_beside)
                    answer->neighbours[answer->neighbour_count++] =
                        (struct plan_neighbour){.axis = axis, .step = step, .point = i};
            }
    return 0;
}

/* ---- all of it ---- */

static int make(struct found_fleet *answer, const struct plan_request *request, int32_t *start,
                struct err *err)
{
    const struct plan_axes *axes = request->question.axes;
    struct asking asking = {.answer = answer, .request = request};
    int32_t box_capacity = 0;
    if (array_reserve(&answer->boxes, &box_capacity, axes->count, sizeof *answer->boxes, err))
        return -1;
    for (int32_t i = 0; i < axes->count; i++)
        answer->boxes[i] = (struct search_axis){.low = axes->items[i].low,
                                                .high = axes->items[i].high,
                                                .unit_cost = axes->items[i].price_micro};
    if (run_rounds(&asking, start, err) != 0)
        return -1;
    return answer->is_found ? list_neighbours(answer, err) : 0;
}

int found_fleet_make(struct found_fleet *answer, const struct plan_request *request,
                     struct err *err)
{
    *answer = (struct found_fleet){0};
    tester_init(&answer->tester, &request->question);
    int32_t *start = NULL;
    int32_t capacity = 0;
    int32_t axis_count = request->question.axes->count;
    assert(axis_count > 0);
    int result = array_reserve(&start, &capacity, axis_count, sizeof *start, err);
    if (result == 0) {
        memcpy(start, request->start, sizeof *start * (size_t)axis_count);
        result = make(answer, request, start, err);
    }
    free(start);
    if (result != 0)
        found_fleet_release(answer);
    return result == 0 ? 0 : -1;
}

void found_fleet_release(struct found_fleet *answer)
{
    search_release(&answer->search);
    free(answer->boxes);
    free(answer->tallies);
    free(answer->neighbours);
    *answer = (struct found_fleet){0};
}

const int32_t *found_fleet_counts(const struct found_fleet *answer)
{
    return search_counts(&answer->search, answer->search.best);
}
