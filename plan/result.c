/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/result.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { MEAN_SIZE = 32 };

static int find_binding(const struct plan_result *result, int32_t point, struct binding *binding,
                        struct err *err)
{
    const struct found_fleet *answer = &result->answer;
    const struct trial_tally *tally = &answer->tallies[point];
    struct binding_run run = {
        .counts = search_counts(&answer->search, point),
        .loss = tally->first_loss,
        .trial = tally->first_failure,
    };
    return binding_find(&result->request->question, &run, binding, err);
}

static int find_bindings(struct plan_result *result, struct err *err)
{
    const struct found_fleet *answer = &result->answer;
    int32_t capacity = 0;
    if (array_reserve(&result->bindings, &capacity, answer->neighbour_count,
                      sizeof *result->bindings, err))
        return -1;
    if (answer->is_interrupted)
        return 0;
    if (!answer->is_found)
        return answer->search.tight >= 0
                   ? 0 /* it has enough nodes: nothing that waits is what it misses */
                   : find_binding(result, plan_told_point(result), &result->highest, err);
    for (int32_t i = 0; i < answer->neighbour_count; i++) {
        int32_t point = answer->neighbours[i].point;
        if (!answer->tallies[point].passes &&
            find_binding(result, point, &result->bindings[i], err) != 0)
            return -1;
    }
    return 0;
}

int32_t plan_told_point(const struct plan_result *result)
{
    const struct search *search = &result->answer.search;
    return search->tight >= 0 ? search->tight : search->point_count - 1;
}

/* What is told beside the answer. An interrupt in here leaves the answer as it is. */
static int look_around(struct plan_result *result, struct err *err)
{
    struct found_fleet *answer = &result->answer;
    if (find_bindings(result, err) != 0)
        return -1;
    if (!answer->is_found || answer->is_interrupted)
        return 0;
    if (front_make(&result->front, answer, err) != 0) {
        result->front.count = 0;
        return atomic_load(&answer->tester.is_cancelled) ? 0 : -1;
    }
    if (regret_make(&result->regret, result->request, err) != 0)
        return -1;
    const struct sensitivity_of of = {result->request, answer, result->peak};
    return result->asks_sensitivity ? sensitivity_make(&result->sensitivity, &of, err) : 0;
}

int plan_result_make(struct plan_result *result, struct err *err)
{
    result->bindings = NULL;
    result->highest = (struct binding){.is_found = false};
    result->front.count = 0;
    result->regret = (struct regret){.least = -1, .least_mean = -1};
    result->sensitivity = (struct sensitivity){.is_asked = false};
    result->is_cut_short = false;
    if (result->peak->impossible[0] != '\0' && !result->is_what_if) { /* no simulation is needed */
        result->answer =
            (struct found_fleet){.search = {.best = -1, .tight = -1, .worse = {-1, -1}}};
        return 0;
    }
    if (found_fleet_make(&result->answer, result->request, err) != 0)
        return -1;
    if (look_around(result, err) != 0) {
        plan_result_release(result);
        return -1;
    }
    result->is_cut_short =
        !result->answer.is_interrupted && plan_is_over(&result->request->question);
    return 0;
}

void plan_result_release(struct plan_result *result)
{
    found_fleet_release(&result->answer);
    regret_release(&result->regret);
    sensitivity_release(&result->sensitivity);
    free(result->bindings);
    result->bindings = NULL;
}

/* Four digits, or all of a larger number: 0.7134, 18030. */
static const char *mean_text(double mean, char out[MEAN_SIZE])
{
    bool is_large = fabs(mean) >= 1e4 && fabs(mean) < 1e15;
    snprintf(out, MEAN_SIZE, is_large ? "%.0f" : "%.4g", mean);
    return out;
}

/* " (1 replica)", " (1.5 replicas)", " (1 s)": units are names of many, or symbols. */
static void print_mean(double mean, const char *unit, FILE *out)
{
    char text[MEAN_SIZE];
    int length = (int)strlen(unit);
    mean_text(mean, text);
    if (strcmp(text, "1") == 0 && length > 1 && unit[length - 1] == 's')
        length--;
    fprintf(out, " (%s %.*s", text, length, unit);
}

void plan_print_misses(const struct plan_result *result, const struct trial_tally *tally, FILE *out)
{
    const struct target_set *targets = result->request->question.targets;
    int32_t told = -1;
    for (int32_t i = 0; i < targets->count; i++) {
        int32_t text = targets->items[i].text;
        if (tally->missed[i] == 0 || text == told)
            continue;
        fprintf(out, "%s%s", told < 0 ? "" : "; ", result->target_texts[text]);
        if (!isnan(tally->values[i]) && tally->first_loss == 0) {
            print_mean(tally->values[i], target_unit(targets, i), out);
            fputs(tally->trials > 1 ? " on the average)" : ")", out);
        }
        told = text;
    }
    if (tally->first_loss > 0)
        fputs(" when something is lost", out);
}

const char *plan_failed_text(const struct trial_tally *tally, const char *whose,
                             char out[PLAN_FAILED_SIZE])
{
    int32_t failed = tally->trials - tally->successes;
    if (tally->trials == 1)
        snprintf(out, PLAN_FAILED_SIZE, "the first replication%s misses", whose);
    else
        snprintf(out, PLAN_FAILED_SIZE,
                 "%" PRId32 " of the first %" PRId32 " replications%s miss%s", failed,
                 tally->trials, whose, failed == 1 ? "es" : "");
    return out;
}

void plan_print_gains(const struct plan_result *result, const struct trial_tally *tally, FILE *out)
{
    const struct target_set *targets = result->request->question.targets;
    const struct trial_tally *plan = &result->answer.tallies[result->answer.search.best];
    for (int32_t i = 0; i < targets->count; i++) {
        char here[MEAN_SIZE], there[MEAN_SIZE];
        mean_text(plan->values[i], here);
        mean_text(tally->values[i], there);
        if (isnan(tally->values[i]) || isnan(plan->values[i]) || strcmp(here, there) == 0)
            continue;
        fprintf(out, "; %s: %s %s on the average (the plan %s)",
                result->target_texts[targets->items[i].text], there, target_unit(targets, i), here);
    }
}

void plan_print_counts(const struct plan_result *result, const int32_t *counts, FILE *out)
{
    const struct plan_question *question = &result->request->question;
    int32_t shown = 0;
    for (int32_t i = 0; i < question->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        const struct plan_axis *axis = &question->axes->items[i];
        if (counts[i] == 0 && axis->kind == AXIS_NODES)
            continue;
        fprintf(out, "%s%" PRId32 " %s", shown++ > 0 ? ", " : "", counts[i],
                plan_axis_name(question->scenario, axis, name));
    }
    if (shown == 0)
        fputs("no nodes at all", out);
}

double plan_usd_per_hour(const struct plan_result *result, int64_t cost)
{
    if (!result->request->question.axes->is_priced)
        return (double)NAN;
    return (double)cost * 3600 / 1e11;
}

bool plan_result_is_yes(const struct plan_result *result)
{
    const struct found_fleet *answer = &result->answer;
    if (!answer->is_found || !answer->is_checked || answer->is_interrupted)
        return false;
    double usd = plan_usd_per_hour(result, answer->search.points[answer->search.best].answer.cost);
    return isnan(result->budget_usd_h) || usd <= result->budget_usd_h;
}

bool plan_budget_is_hopeless(const struct plan_result *result)
{
    return result->peak->has_bound &&
           plan_usd_per_hour(result, result->peak->bound) > result->budget_usd_h;
}

const char *plan_raising_target(const struct plan_result *result)
{
    int32_t target = result->peak->target;
    const struct target_set *targets = result->request->question.targets;
    return result->peak->has_bound && target >= 0
               ? result->target_texts[targets->items[target].text]
               : NULL;
}

bool plan_is_one_fleet(const struct plan_result *result)
{
    const struct plan_axes *axes = result->request->question.axes;
    for (int32_t i = 0; i < axes->count; i++)
        if (axes->items[i].low != axes->items[i].high)
            return false;
    return true;
}

bool plan_is_cheapest(const struct plan_result *result)
{
    const struct search *search = &result->answer.search;
    return result->answer.is_found && search->is_exhausted && search->worse[0] < 0 &&
           !result->is_what_if;
}

double plan_gap_percent(const struct plan_result *result)
{
    const struct found_fleet *answer = &result->answer;
    bool is_known = answer->is_found || (result->is_what_if && answer->search.point_count > 0);
    if (!result->peak->has_bound || !is_known || result->peak->bound <= 0)
        return (double)NAN;
    int32_t point = answer->is_found ? answer->search.best : 0;
    double bound = (double)result->peak->bound;
    return 100 * ((double)answer->search.points[point].answer.cost - bound) / bound;
}
