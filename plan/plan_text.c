/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/fold.h"
#include "base/units.h"
#include "plan/sensitivity_print.h"

enum { HOURS_A_MONTH = 730 };

static const struct plan_question *question_of(const struct plan_result *result)
{
    return &result->request->question;
}

static void print_counts(const struct plan_result *result, const int32_t *counts, FILE *out)
{
    plan_print_counts(result, counts, out);
    fputc('\n', out);
}

static void print_cost(const struct plan_result *result, int64_t cost, FILE *out)
{
    double usd = plan_usd_per_hour(result, cost);
    if (isnan(usd))
        fprintf(out, "Nodes       %" PRId64 "; prices are unknown, so their number is least\n",
                cost);
    else
        fprintf(out, "Cost        %.4f USD an hour%s, %.0f USD a month of %d hours\n", usd,
                question_of(result)->axes->is_scaling ? " on the average" : "", usd * HOURS_A_MONTH,
                HOURS_A_MONTH);
    if (!isnan(result->budget_usd_h))
        fprintf(out, "Budget      %.4f USD an hour: %s%s\n", result->budget_usd_h,
                usd <= result->budget_usd_h ? "kept" : "NOT kept",
                plan_budget_is_hopeless(result) ? ", and no plan can: see the bound" : "");
}

static void print_survive(const struct plan_result *result, FILE *out)
{
    if (result->peak->survive >= 0)
        fprintf(out, " (survive %s)", result->survive_texts[result->peak->survive]);
}

/* " costs less than 3.2000 USD an hour". */
static void print_least(const struct plan_result *result, int64_t bound, FILE *out)
{
    double usd = plan_usd_per_hour(result, bound);
    if (isnan(usd))
        fprintf(out, " has less than %.4f nodes%s", (double)bound,
                result->peak->is_average ? " on the average" : "");
    else
        fprintf(out, " costs less than %.4f USD an hour", usd);
}

/* Of floors at one instant, or over the whole run. */
static void print_floor_bound(const struct plan_result *result, FILE *out)
{
    const struct peak *peak = result->peak;
    char at[UNITS_TEXT_SIZE];
    if (peak->is_average) {
        fputs("no run that keeps the floors", out);
    } else {
        fprintf(out, "no fleet that holds the %" PRId64 " floor%s at %s", peak->replicas,
                plural_end(peak->replicas), print_duration(peak->at_us, at));
        print_survive(result, out);
    }
    print_least(result, peak->floor_bound, out);
}

/* Of the runs that every plan is asked to pass. */
static void print_run_bound(const struct plan_result *result, FILE *out)
{
    const struct peak *peak = result->peak;
    fprintf(out, "no fleet that passes the %" PRId32 " run%s of the search", peak->run_count,
            plural_end(peak->run_count));
    print_survive(result, out);
    print_least(result, peak->run_bound, out);
    fprintf(out, "\n            (by %s)", plan_raising_target(result));
}

static void print_bound(const struct plan_result *result, FILE *out)
{
    const struct peak *peak = result->peak;
    if (!peak->has_bound)
        return;
    fputs("Bound       ", out);
    if (peak->target >= 0)
        print_run_bound(result, out);
    else
        print_floor_bound(result, out);
    double gap = plan_gap_percent(result);
    if (!isnan(gap))
        fprintf(out, ":%s%s is %.2f %% %s it", peak->target < 0 ? "\n            " : " ",
                result->is_what_if ? "this fleet" : "the plan", fabs(gap),
                gap < 0 ? "below" : "above");
    fputc('\n', out);
    if (peak->target < 0 || peak->floor_bound == 0)
        return;
    fputs("            ", out);
    print_floor_bound(result, out);
    fputs(",\n            in whatever run\n", out);
}

static void print_cheapest(const struct plan_result *result, FILE *out)
{
    const struct found_fleet *answer = &result->answer;
    if (answer->search.point_count > 1 && plan_is_cheapest(result))
        fprintf(out,
                "Cheapest    of all fleets allowed that pass the %" PRId32
                " run%s of the search, if\n"
                "            more nodes are never worse: what is cheaper fails, or has no more of\n"
                "            anything than what fails\n",
                answer->searched_trials, plural_end(answer->searched_trials));
}

/* "One more A100 hour is worth 3.20 USD." */
static void print_worth(const struct plan_result *result, FILE *out)
{
    const struct plan_question *question = question_of(result);
    const struct peak_worth *worth = &result->peak->worth;
    int32_t shown = 0;
    for (int32_t i = 0;
         worth->nodes != NULL && question->axes->is_priced && i < question->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        const struct plan_axis *axis = &question->axes->items[i];
        if (isnan(worth->nodes[i]))
            continue;
        fprintf(out, "%-11s %s of %s is worth %.4f USD to the bound, and costs %.4f\n",
                shown++ == 0 ? "Worth" : "", "one more hour",
                plan_axis_name(question->scenario, axis, name), worth->nodes[i],
                plan_usd_per_hour(result, axis->price_micro));
    }
}

static void print_claim(const struct plan_result *result, FILE *out)
{
    const struct found_fleet *answer = &result->answer;
    if (result->request->goal.is_certain) {
        fputs("Claim       nothing in the scenario is random: the one run there is keeps them\n",
              out);
        return;
    }
    if (answer->is_interrupted) {
        fputs("Claim       none: interrupted before fresh replications had checked it\n", out);
        return;
    }
    fprintf(out, "Claim       %" PRId32 " of %" PRId32 " fresh replications keep them", //
            answer->fresh.successes, answer->fresh.trials);
    if (answer->is_checked)
        fprintf(out,
                ": a run does with a probability\n"
                "            of at least %.4f (confidence %.4g %%)\n",
                answer->probability_bound, 100 * answer->confidence);
    else
        fputs(": NOT enough for what is asked\n", out);
}

static void print_binding(const struct binding *binding, FILE *out)
{
    char at[UNITS_TEXT_SIZE];
    if (binding->breaches > 0)
        fprintf(out,
                "            floors are broken %" PRId64 " time%s by failures, drains or reclaims,"
                " which more nodes\n            do not prevent\n",
                binding->breaches, plural_end(binding->breaches));
    if (!binding->is_found)
        return;
    fprintf(out, "            at %s %" PRId64 " demand%s left waiting%s; %s %s\n",
            print_duration(binding->at_us, at), binding->waiting,
            binding->waiting == 1 ? " is" : "s are", binding->is_core ? ", below a floor" : "",
            binding->runner, binding->reason);
}

/* What one less of each axis would do, and what binds there. */
static void print_neighbours(const struct plan_result *result, FILE *out)
{
    const struct found_fleet *answer = &result->answer;
    const struct plan_question *question = question_of(result);
    for (int32_t i = 0; i < answer->neighbour_count; i++) {
        const struct plan_neighbour *neighbour = &answer->neighbours[i];
        const struct trial_tally *tally = &answer->tallies[neighbour->point];
        char name[AXIS_NAME_SIZE];
        plan_axis_name(question->scenario, &question->axes->items[neighbour->axis], name);
        if (neighbour->step > 0 && tally->passes)
            continue;
        fprintf(out, "%-11s one %s of %s ", neighbour->step < 0 ? "Without" : "With",
                neighbour->step < 0 ? "less" : "more", name);
        if (tally->passes) {
            fputs("the targets are kept too\n", out);
            continue;
        }
        fputs("misses ", out);
        plan_print_misses(result, tally, out);
        fputc('\n', out);
        print_binding(&result->bindings[i], out);
    }
}

static void print_search(const struct plan_result *result, FILE *out)
{
    const struct found_fleet *answer = &result->answer;
    fprintf(out, "Search      %" PRId32 " plan%s, %" PRId64 " run%s, %" PRId32 " seed%s a plan",
            answer->search.point_count, plural_end(answer->search.point_count),
            answer->tester.run_count, plural_end(answer->tester.run_count), answer->searched_trials,
            plural_end(answer->searched_trials));
    if (answer->round_count > 1)
        fprintf(out, ", %" PRId32 " rounds", answer->round_count);
    if (result->is_cut_short)
        fputs("; INTERRUPTED with the answer known: what is beside it may lack parts", out);
    fputs(answer->is_interrupted ? "; INTERRUPTED\n" : "\n", out);
    if (answer->is_found && !answer->is_interrupted && answer->search.request.is_sum &&
        !answer->search.is_exhausted)
        fputs("            left before all cheaper fleets were ruled out: see --max-plans\n", out);
    if (answer->search.worse[0] >= 0) {
        fputs("            non-monotone: ", out);
        print_counts(result, search_counts(&answer->search, answer->search.worse[0]), out);
        fputs("            keeps the targets, and with no less of anything they are missed by ",
              out);
        print_counts(result, search_counts(&answer->search, answer->search.worse[1]), out);
    }
}

/* A plan for each growth, and its worst regret. */
static void print_growth(const struct plan_result *result, FILE *out)
{
    const struct regret *regret = &result->regret;
    for (int32_t i = 0; i < regret->count; i++) {
        const struct growth_plan *plan = &regret->items[i];
        fprintf(out, "%-11s %" PRId32 " %%: ", i == 0 ? "Demand" : "", plan->percent);
        if (plan->counts == NULL) {
            fputs("no plan within the bounds\n", out);
            continue;
        }
        double usd = plan_usd_per_hour(result, plan->cost);
        if (isnan(usd))
            fprintf(out, "%" PRId64 " node%s", plan->cost, plural_end(plan->cost));
        else
            fprintf(out, "%.4f USD an hour", usd);
        if (regret->least >= 0) {
            usd = plan_usd_per_hour(result, plan->worst);
            fprintf(out, ", regret at most %.4f%s", isnan(usd) ? (double)plan->worst : usd,
                    i == regret->least ? " (LEAST)" : "");
        }
        if (regret->weight > 0) {
            int64_t mean = regret_mean(regret, plan);
            usd = plan_usd_per_hour(result, mean);
            fprintf(out, ", on average %.4f%s, enough with probability %.3f",
                    isnan(usd) ? (double)mean : usd, i == regret->least_mean ? " (LEAST)" : "",
                    regret_probability_kept(regret, plan));
        }
        fputs(": ", out);
        print_counts(result, plan->counts, out);
    }
}

/* Even the highest plan misses: which targets. */
static void print_none(const struct plan_result *result, FILE *out)
{
    const struct found_fleet *answer = &result->answer;
    if (result->peak->impossible[0] != '\0' && !result->is_what_if) {
        fprintf(out, "Plan        none is possible: %s\n", result->peak->impossible);
        return;
    }
    if (answer->is_interrupted) {
        fputs("Plan        none: interrupted before one was found\n", out);
        return;
    }
    int32_t point = plan_told_point(result);
    const struct trial_tally *tally = &answer->tallies[point];
    char failed[PLAN_FAILED_SIZE];
    bool is_one = plan_is_one_fleet(result);
    const char *whose = is_one                      ? " of this fleet"
                        : answer->search.tight >= 0 ? " of the least fleet that has enough nodes"
                                                    : " of the highest fleet allowed";
    fprintf(out, "Plan        %s: %s ", is_one ? "no" : "none",
            plan_failed_text(tally, whose, failed));
    plan_print_misses(result, tally, out);
    fputc('\n', out);
    print_binding(&result->highest, out);
    fputs(is_one || answer->search.tight >= 0 ? "Fleet       " : "Highest     ", out);
    print_counts(result, search_counts(&answer->search, point), out);
    if (is_one)
        print_cost(result, answer->search.points[point].answer.cost, out);
    if (result->peak->impossible[0] != '\0')
        fprintf(out, "Proved      no plan is possible: %s\n", result->peak->impossible);
}

static void print_answer(const struct plan_result *result, FILE *out)
{
    const struct found_fleet *answer = &result->answer;
    fprintf(out, "Scenario    %s\n", question_of(result)->scenario->name);
    for (int32_t i = 0; i < question_of(result)->targets->text_count; i++)
        fprintf(out, "%-11s %s\n", i == 0 ? "Targets" : "", result->target_texts[i]);
    for (int32_t i = 0; i < question_of(result)->survives.count; i++)
        fprintf(out, "%-11s %s\n", i == 0 ? "Survives" : "", result->survive_texts[i]);
    if (!answer->is_found) {
        print_none(result, out);
        print_bound(result, out);
        print_search(result, out);
        return;
    }
    fputs("Plan        ", out);
    print_counts(result, found_fleet_counts(answer), out);
    print_cost(result, answer->search.points[answer->search.best].answer.cost, out);
    print_bound(result, out);
    print_cheapest(result, out);
    print_worth(result, out);
    print_claim(result, out);
    print_neighbours(result, out);
    print_growth(result, out);
    sensitivity_print_text(result, out);
    print_search(result, out);
}

/* Reasons and lists of nodes are as long as they are. Without memory they are printed so. */
void plan_print_text(const struct plan_result *result, FILE *out)
{
    const struct fold lines = {.width = 100, .indent = 12};
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    bool is_kept = memory != NULL;
    if (is_kept) {
        print_answer(result, memory);
        is_kept = fclose(memory) == 0;
    }
    if (is_kept)
        fold_print(text, size, &lines, out);
    else
        print_answer(result, out);
    free(text);
}
