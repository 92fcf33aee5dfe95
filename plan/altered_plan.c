/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/altered_plan.h"

#include <string.h>

static int find(struct altered_plan *plan, const struct plan_request *request, struct err *err)
{
    struct found_fleet answer;
    if (found_fleet_make(&answer, request, err) != 0)
        return -1;
    bool is_over = answer.is_interrupted;
    plan->is_found = answer.is_found && answer.is_checked && !is_over;
    plan->runs = answer.tester.run_count;
    if (plan->is_found) {
        memcpy(plan->counts, found_fleet_counts(&answer),
               sizeof *plan->counts * (size_t)request->question.axes->count);
        plan->cost = answer.search.points[answer.search.best].answer.cost;
    }
    found_fleet_release(&answer);
    return is_over ? 1 : 0;
}

int altered_plan_find(struct altered_plan *plan, const struct plan_request *request,
                      const struct alteration *alteration, const int32_t *start, struct err *err)
{
    struct altered_question altered;
    struct plan_request other = *request;
    if (altered_question_make(&altered, &request->question, alteration, err) != 0)
        return -1;
    other.question = altered.question;
    other.start = start;
    other.cost_min = 0; /* the bound is of the demand and the prices that were not altered */
    other.progress = (struct plan_progress){.tell = NULL};
    int result = find(plan, &other, err);
    altered_question_release(&altered);
    return result;
}

int altered_plan_test(struct altered_test *test, const struct plan_request *request,
                      const struct alteration *alteration, struct err *err)
{
    struct altered_question altered;
    struct tester tester;
    struct trial_tally tally;
    struct trial_range range = {.count = request->question.trial_count};
    if (altered_question_make(&altered, &request->question, alteration, err) != 0)
        return -1;
    tester_init(&tester, &altered.question);
    int result = tester_run(&tester, test->counts, &range, &tally, err);
    test->keeps = result == 0 && tally.passes;
    test->runs = tester.run_count;
    altered_question_release(&altered);
    return result != 0 && atomic_load(&tester.is_cancelled) ? 1 : result;
}
