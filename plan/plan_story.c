/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"
#include "plan/capacity_plot.h"
#include "plan/plan_report.h"
#include "plan/sensitivity_print.h"
#include "plan/use_bound.h"
#include "reports/plots.h"

enum { CELL_SIZE = 1024, HOURS_A_MONTH = 730, PRICES_TOLD_MAX = 20 };

static const struct plan_question *question_of(const struct plan_result *result)
{
    return &result->request->question;
}

static void print_usd(struct page *page, double usd)
{
    if (isnan(usd))
        page_text(page, "unknown");
    else
        page_format_text(page, "%.4f", usd);
}

/* ---- what was asked ---- */

static void print_question(const struct plan_result *result, struct page *page)
{
    const struct plan_request *request = result->request;
    page_heading(page, "What was asked");
    page_begin_list(page);
    for (int32_t i = 0; i < question_of(result)->targets->text_count; i++) {
        page_begin_item(page);
        page_text(page, "Target: ");
        page_name(page, result->target_texts[i]);
        page_end_item(page);
    }
    if (result->is_what_if) {
        page_begin_item(page);
        page_text(page,
                  "Of the fleet of the scenario with the changes given (--what-if), and of no "
                  "other.");
        page_end_item(page);
    }
    for (int32_t i = 0; i < question_of(result)->survives.count; i++) {
        page_begin_item(page);
        page_text(page, "The same without: ");
        page_name(page, result->survive_texts[i]);
        page_end_item(page);
    }
    if (!request->goal.is_certain) {
        page_begin_item(page);
        page_format_text(page,
                         "In a run with a probability of %.4g, claimed with a confidence of %.4g.",
                         request->goal.probability, request->goal.confidence);
        page_end_item(page);
    }
    page_end_list(page);
}

/* ---- the plan ---- */

static void print_counts_table(const struct plan_result *result, const int32_t *counts,
                               struct page *page)
{
    static const struct page_column columns[] = {
        {"nodes", false},           {"plan", true}, {"the scenario has", true}, {"allowed", true},
        {"USD an hour each", true},
    };
    const struct plan_question *question = question_of(result);
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < question->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        const struct plan_axis *axis = &question->axes->items[i];
        page_begin_row(page);
        page_cell_name(page, plan_axis_name(question->scenario, axis, name));
        page_cell_int(page, counts[i]);
        page_cell_int(page, axis->given);
        page_begin_cell(page);
        page_format_text(page, "%" PRId32 " to %" PRId32, axis->low, axis->high);
        page_begin_cell(page);
        print_usd(page, plan_usd_per_hour(result, axis->price_micro));
        page_end_row(page);
    }
    page_end_table(page);
}

static void print_cost(const struct plan_result *result, struct page *page)
{
    const struct found_fleet *answer = &result->answer;
    double usd = plan_usd_per_hour(result, answer->search.points[answer->search.best].answer.cost);
    page_begin_paragraph(page);
    if (isnan(usd)) {
        page_text(page, "Prices are unknown, so the plan with the fewest nodes was looked for.");
    } else {
        page_text(page, "It costs ");
        char text[64];
        snprintf(text, sizeof text, "%.4f USD an hour", usd);
        page_strong(page, text);
        page_format_text(page, "%s, %.0f USD a month of %d hours.",
                         question_of(result)->axes->is_scaling ? " on the average" : "",
                         usd * HOURS_A_MONTH, HOURS_A_MONTH);
        if (!isnan(result->budget_usd_h))
            page_format_text(page, " The budget of %.4f is %s%s.", result->budget_usd_h,
                             usd <= result->budget_usd_h ? "kept" : "not kept",
                             plan_budget_is_hopeless(result) ? ", and no plan can keep it" : "");
    }
    page_end_paragraph(page);
}

static void print_survive(const struct plan_result *result, struct page *page)
{
    if (result->peak->survive >= 0)
        page_format_text(page, " (survive %s)", result->survive_texts[result->peak->survive]);
}

/* " costs less than 3.2000 USD an hour". */
static void print_least(const struct plan_result *result, int64_t bound, struct page *page)
{
    double usd = plan_usd_per_hour(result, bound);
    page_format_text(page,
                     isnan(usd) ? " has fewer nodes than %g" : " costs less than %.4f USD an hour",
                     isnan(usd) ? (double)bound : usd);
}

static void print_floor_bound(const struct plan_result *result, struct page *page)
{
    const struct peak *peak = result->peak;
    char at[UNITS_TEXT_SIZE];
    if (peak->is_average) {
        page_text(page, "Between any two changes of the floors the nodes that are there hold them "
                        "all. Summed up over time, no run that keeps them");
    } else {
        page_format_text(
            page, "At %s %" PRId64 " floor%s must have a place at once. No fleet that holds %s",
            print_duration(peak->at_us, at), peak->replicas, plural_end(peak->replicas),
            peak->replicas == 1 ? "it" : "them");
        print_survive(result, page);
    }
    print_least(result, peak->floor_bound, page);
    page_text(page, ", whatever the scheduler does");
}

static void print_run_bound(const struct plan_result *result, struct page *page)
{
    const struct peak *peak = result->peak;
    struct use_limit limit;
    bool is_use = use_limit_read(&limit, question_of(result)->targets, peak->target);
    page_format_text(page,
                     "Every plan is asked to pass the same %" PRId32
                     " runs, whose demand is known. By the target \"%s\" %s. No fleet that passes "
                     "these runs",
                     peak->run_count, plan_raising_target(result),
                     is_use ? "there must be room beside what is certain to have a place"
                            : "it is certain when most of it has a place");
    print_survive(result, page);
    print_least(result, peak->run_bound, page);
    page_text(page, ", whatever the scheduler does");
}

/* By how much the plan is above the bound. */
static void print_gap(const struct plan_result *result, struct page *page)
{
    double gap = plan_gap_percent(result);
    if (!isnan(gap))
        page_format_text(page, "; %s is %.2f %% %s that",
                         result->is_what_if ? "this fleet" : "the plan", fabs(gap),
                         gap < 0 ? "below" : "above");
    page_text(page, ". ");
}

/* What nodes and resources are worth at the prices that prove the bound. */
static void print_worth(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {
        {"one more hour of", false}, {"is worth, USD", true}, {"costs, USD", true}};
    const struct plan_question *question = question_of(result);
    const struct peak_worth *worth = &result->peak->worth;
    if (worth->nodes == NULL)
        return;
    page_paragraph(
        page, "At the prices that prove what the floors alone cost, an hour of a node is worth "
              "the best that it can hold. What is "
              "worth as much as it costs is what the cheapest fleets are made of; what is "
              "worth less would have to cost less than that to change the bound; what is "
              "worth more is at its limit.");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < question->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        if (isnan(worth->nodes[i]))
            continue;
        page_begin_row(page);
        page_cell_name(page, plan_axis_name(question->scenario, &question->axes->items[i], name));
        page_begin_cell(page);
        print_usd(page, worth->nodes[i]);
        page_begin_cell(page);
        print_usd(page, plan_usd_per_hour(result, question->axes->items[i].price_micro));
        page_end_row(page);
    }
    page_end_table(page);
    page_begin_paragraph(page);
    page_format_text(page,
                     "By the best prices of single resources one more core is worth %.4f USD an "
                     "hour, one more GiB of memory %.4f, one more device %.4f (0: it is not "
                     "scarce).",
                     worth->core, worth->gib, worth->device);
    page_end_paragraph(page);
}

static void print_bound(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {
        {"floors like those of", false}, {"replicas", true}, {"USD an hour each", true}};
    const struct peak *peak = result->peak;
    if (!peak->has_bound)
        return;
    page_heading(page, "How much cheaper it could be");
    page_begin_paragraph(page);
    if (peak->target >= 0) {
        print_run_bound(result, page);
        print_gap(result, page);
        page_text(page, "That is said of these runs; a fleet that keeps the targets as often as it "
                        "should, but not in them, may cost less.");
        page_end_paragraph(page);
        if (peak->floor_bound == 0)
            return;
        page_begin_paragraph(page);
    }
    print_floor_bound(result, page);
    if (peak->target < 0)
        print_gap(result, page);
    else
        page_text(page, ", and that in any run. ");
    if (question_of(result)->axes->is_priced)
        page_text(page, "What one more of these floors adds to this bound:");
    page_end_paragraph(page);
    if (!question_of(result)->axes->is_priced)
        return;
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < peak->price_count && i < PRICES_TOLD_MAX; i++) {
        page_begin_row(page);
        page_cell_name(page, peak->prices[i].runner);
        page_cell_int(page, peak->prices[i].demand);
        page_begin_cell(page);
        print_usd(page, peak->prices[i].usd_per_hour);
        page_end_row(page);
    }
    page_end_table(page);
    page_more(page, peak->price_count - PRICES_TOLD_MAX, "plan.json");
    page_picture(page, "prices", "What one more of each floor adds to the bound");
    print_worth(result, page);
}

static void print_cheapest(const struct plan_result *result, struct page *page)
{
    if (plan_is_cheapest(result))
        page_paragraph(
            page, "Every cheaper fleet within the bounds was tried in the same runs, or has no "
                  "more of anything than one that fails them. So no other is cheaper and "
                  "passes, as far as more nodes are never worse.");
    else if (question_of(result)->axes->is_scaling || result->is_what_if ||
             result->answer.is_interrupted)
        return;
    else if (!result->answer.search.is_exhausted)
        page_paragraph(page, "The search was left before all cheaper fleets were ruled out "
                             "(--max-plans).");
}

static void print_claim(const struct plan_result *result, struct page *page)
{
    const struct found_fleet *answer = &result->answer;
    if (result->request->goal.is_certain) {
        page_paragraph(page, "Nothing in the scenario is random: the one run there is keeps all "
                             "targets.");
        return;
    }
    if (result->answer.is_interrupted) {
        page_paragraph(page,
                       "Nothing is claimed: it was interrupted before replications with seeds "
                       "that the search had not seen had checked the plan.");
        return;
    }
    page_begin_paragraph(page);
    page_format_text(page,
                     "%" PRId32 " of %" PRId32
                     " replications with seeds that the search had not seen kept all targets",
                     answer->fresh.successes, answer->fresh.trials);
    if (answer->is_checked)
        page_format_text(page,
                         ". A run of this plan keeps them with a probability of at least %.4f "
                         "(exact binomial bound, confidence %.4g %%).",
                         answer->probability_bound, 100 * answer->confidence);
    else
        page_text(page, ": that is not enough for what was asked.");
    if (answer->round_count > 1)
        page_format_text(page, " %" PRId32 " plans were checked so, one after the other.",
                         answer->round_count);
    page_end_paragraph(page);
}

/* ---- around it ---- */

/* What is missed, or that nothing is, and what is gained then. */
static void text_of_misses(const struct plan_result *result, const struct trial_tally *tally,
                           char text[CELL_SIZE])
{
    text[0] = '\0';
    FILE *out = fmemopen(text, CELL_SIZE, "w");
    if (out == NULL)
        return;
    if (tally->passes) {
        fputs("keeps all", out);
        plan_print_gains(result, tally, out);
    } else {
        plan_print_misses(result, tally, out);
    }
    fclose(out);
}

static void print_misses_cell(const struct plan_result *result, const struct trial_tally *tally,
                              struct page *page)
{
    char text[CELL_SIZE];
    text_of_misses(result, tally, text);
    page_begin_cell(page);
    page_text(page, text);
}

static void print_binding(const struct binding *binding, struct page *page)
{
    char at[UNITS_TEXT_SIZE];
    if (binding->breaches > 0)
        page_format_text(page,
                         "Floors are broken %" PRId64 " time%s by failures, drains or "
                         "reclaims. ",
                         binding->breaches, plural_end(binding->breaches));
    if (!binding->is_found)
        return;
    page_format_text(page, "At %s %" PRId64 " wait%s%s: ", print_duration(binding->at_us, at),
                     binding->waiting, binding->waiting == 1 ? "s" : "",
                     binding->is_core ? " below a floor" : "");
    page_name(page, binding->runner);
    page_format_text(page, " %s.", binding->reason);
}

static void print_neighbours(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {
        {"change", false}, {"USD an hour", true}, {"misses", false}, {"what binds", false}};
    const struct found_fleet *answer = &result->answer;
    const struct plan_question *question = question_of(result);
    page_heading(page, "One node less, one node more");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < answer->neighbour_count; i++) {
        const struct plan_neighbour *it = &answer->neighbours[i];
        char name[AXIS_NAME_SIZE];
        page_begin_row(page);
        page_begin_cell(page);
        page_text(page, it->step < 0 ? "one less of " : "one more of ");
        page_name(page, plan_axis_name(question->scenario, &question->axes->items[it->axis], name));
        page_begin_cell(page);
        print_usd(page, plan_usd_per_hour(result, answer->search.points[it->point].answer.cost));
        print_misses_cell(result, &answer->tallies[it->point], page);
        page_begin_cell(page);
        print_binding(&result->bindings[i], page);
        page_end_row(page);
    }
    page_end_table(page);
    if (answer->search.worse[0] >= 0)
        page_paragraph(page,
                       "The answer is not monotone here: a plan was seen that misses a target "
                       "although it has no less of anything than one that keeps all "
                       "(plan.json, points).");
}

static void print_front(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {{"USD an hour", true},
                                                 {"replications", true},
                                                 {"kept all targets", true},
                                                 {"misses", false}};
    const struct search *search = &result->answer.search;
    if (result->front.count < 2)
        return;
    page_heading(page, "What less money buys");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < result->front.count; i++) {
        const struct front_point *it = &result->front.items[i];
        if (!it->is_efficient)
            continue;
        page_begin_row(page);
        page_begin_cell(page);
        print_usd(page, plan_usd_per_hour(result, search->points[it->point].answer.cost));
        page_cell_int(page, it->tally.trials);
        page_cell_int(page, it->tally.successes);
        print_misses_cell(result, &it->tally, page);
        page_end_row(page);
    }
    page_end_table(page);
    page_picture(page, "front", "Share of the replications that kept all targets, against cost");
}

/* A row with the first cells of a plan for a growth. */
static void begin_growth_row(const struct plan_result *result, const struct growth_plan *plan,
                             struct page *page)
{
    page_begin_row(page);
    page_begin_cell(page);
    page_format_text(page, "%" PRId32 " %%", plan->percent);
    page_begin_cell(page);
    print_usd(page, plan_usd_per_hour(result, plan->cost));
}

/* Where the scenario says how likely each growth is. */
static void print_mean_regrets(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {{"plan for demand", true},
                                                 {"USD an hour", true},
                                                 {"mean regret, USD an hour", true},
                                                 {"probability that it is enough", true}};
    const struct regret *regret = &result->regret;
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < regret->count; i++) {
        const struct growth_plan *plan = &regret->items[i];
        begin_growth_row(result, plan, page);
        page_begin_cell(page);
        print_usd(page, plan_usd_per_hour(result, regret_mean(regret, plan)));
        page_begin_cell(page);
        page_format_text(page, "%.3f", regret_probability_kept(regret, plan));
        page_end_row(page);
    }
    page_end_table(page);
    page_begin_paragraph(page);
    page_format_text(page,
                     "With the weights of the scenario, the plan for %" PRId32
                     " %% has the least regret on average.",
                     regret->items[regret->least_mean].percent);
    page_end_paragraph(page);
}

static void print_growth(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {{"demand", true},
                                                 {"plan, USD an hour", true},
                                                 {"if demand is", true},
                                                 {"targets", false},
                                                 {"regret, USD an hour", true}};
    const struct regret *regret = &result->regret;
    if (regret->count == 0)
        return;
    page_heading(page, "If demand grows otherwise");
    if (regret->least < 0) {
        page_paragraph(page, "Not every growth has a plan within the bounds (plan.json, growth).");
        return;
    }
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < regret->count * regret->count; i++) {
        const struct growth_plan *plan = &regret->items[i / regret->count];
        int32_t other = i % regret->count;
        begin_growth_row(result, plan, page);
        page_begin_cell(page);
        page_format_text(page, "%" PRId32 " %%", regret->items[other].percent);
        page_cell(page, plan->keeps[other] ? "kept" : "missed");
        page_begin_cell(page);
        print_usd(page, plan_usd_per_hour(result, plan->regret[other]));
        page_end_row(page);
    }
    page_end_table(page);
    page_begin_paragraph(page);
    page_format_text(
        page,
        "The plan for %" PRId32
        " %% has the least regret: at worst it costs %.4f USD an hour more than the plan "
        "that would have been right. Nodes that are missing are bought late, %d %% "
        "dearer.",
        regret->items[regret->least].percent,
        plan_usd_per_hour(result, regret->items[regret->least].worst), LATE_SURCHARGE_PERCENT);
    page_end_paragraph(page);
    if (regret->weight > 0)
        print_mean_regrets(result, page);
}

static void print_found(const struct plan_result *result, struct page *page)
{
    page_heading(page, result->is_what_if ? "The fleet" : "The plan");
    print_counts_table(result, found_fleet_counts(&result->answer), page);
    print_cost(result, page);
    print_claim(result, page);
    print_cheapest(result, page);
    print_neighbours(result, page);
    print_bound(result, page);
    print_front(result, page);
    print_growth(result, page);
    sensitivity_print_page(result, page);
}

/* What misses: the highest fleet, or the only one. */
static void print_missing(const struct plan_result *result, struct page *page)
{
    char text[CELL_SIZE], failed[PLAN_FAILED_SIZE];
    const struct found_fleet *answer = &result->answer;
    int32_t highest = plan_told_point(result);
    const struct trial_tally *tally = &answer->tallies[highest];
    text_of_misses(result, tally, text);
    page_begin_paragraph(page);
    page_format_text(page, "%s: %s %s.",
                     plan_is_one_fleet(result) ? "It was simulated"
                     : answer->search.tight >= 0
                         ? "The least fleet that has enough nodes does not do"
                         : "Even the highest of the allowed numbers of nodes does not do",
                     plan_failed_text(tally, "", failed), text);
    page_end_paragraph(page);
    print_counts_table(result, search_counts(&answer->search, highest), page);
    page_begin_paragraph(page);
    print_binding(&result->highest, page);
    page_end_paragraph(page);
}

static void print_none(const struct plan_result *result, struct page *page)
{
    bool is_impossible = result->peak->impossible[0] != '\0';
    page_heading(page, result->is_what_if ? "This fleet does not do" : "There is no plan");
    if (is_impossible) {
        page_begin_paragraph(page);
        page_format_text(page, "None is possible: %s.", result->peak->impossible);
        page_end_paragraph(page);
    }
    if (result->answer.is_interrupted)
        page_paragraph(page, "The search was interrupted before a plan was found.");
    else if (result->answer.search.point_count > 0)
        print_missing(result, page);
    print_bound(result, page);
}

/* ---- all of it ---- */

static void print_run_pictures(const struct sim *sim, struct page *page)
{
    size_t count = 0;
    const struct plot *const *plots = plot_list(&count);
    page_heading(page, "One run of the plan");
    page_paragraph(page, "The run with the first seed of the search.");
    if (capacity_plot_applies(sim))
        page_picture(page, "capacity", "Capacity of the plan, what is used of it, and floors");
    for (size_t i = 0; i < count; i++)
        if (plots[i]->applies(sim))
            page_picture(page, plots[i]->name, plots[i]->title);
}

static void print_search(const struct plan_result *result, struct page *page)
{
    const struct found_fleet *answer = &result->answer;
    page_heading(page, "How it was found");
    page_begin_paragraph(page);
    page_format_text(
        page,
        "%" PRId32 " plan%s simulated, in %" PRId64 " run%s, each with the same %" PRId32
        " seed%s from %" PRIu64 " on, as far as it was of use: a plan is left at its first "
        "failures.%s",
        answer->search.point_count, answer->search.point_count == 1 ? " was" : "s were",
        answer->tester.run_count, plural_end(answer->tester.run_count), answer->searched_trials,
        plural_end(answer->searched_trials), question_of(result)->seed,
        answer->is_interrupted ? " The search was interrupted." : "");
    if (result->is_cut_short)
        page_text(page, " It was interrupted when the answer was known: what is told beside it may "
                        "lack parts.");
    page_end_paragraph(page);
    if (answer->search.point_count > 0)
        page_picture(page, "search", "Cost of the plans in the order of trying");
}

void plan_print_story(const struct plan_result *result, const struct sim *sim, bool has_pictures,
                      enum page_format format, FILE *out)
{
    struct page page;
    char title[CELL_SIZE];
    snprintf(title, sizeof title, "A plan for %s", question_of(result)->scenario->name);
    page_open(&page, out, format, title);
    page.has_pictures = has_pictures;
    print_question(result, &page);
    if (result->answer.is_found)
        print_found(result, &page);
    else
        print_none(result, &page);
    print_search(result, &page);
    if (sim != NULL && has_pictures)
        print_run_pictures(sim, &page);
    page_close(&page);
}
