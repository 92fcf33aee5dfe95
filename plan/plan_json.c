/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/units.h"
#include "plan/sensitivity_print.h"

enum { PLAN_SCHEMA_VERSION = 1, USD_DIGITS = 6 };

static void print_counts(const struct plan_result *result, const char *key, const int32_t *counts,
                         struct json_writer *w)
{
    const struct plan_question *question = &result->request->question;
    json_object(w, key);
    for (int32_t i = 0; i < question->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        json_int(w, plan_axis_name(question->scenario, &question->axes->items[i], name), counts[i]);
    }
    json_close_object(w);
}

static void print_tally(const struct plan_result *result, const struct trial_tally *tally,
                        struct json_writer *w)
{
    const struct target_set *targets = result->request->question.targets;
    json_bool(w, "passes", tally->passes);
    json_int(w, "trials", tally->trials);
    json_int(w, "successes", tally->successes);
    json_object(w, "missed");
    for (int32_t i = 0; i < targets->count; i++) {
        char text[TARGET_TEXT_SIZE];
        if (tally->missed[i] > 0)
            json_int(w, target_print(targets, i, text), tally->missed[i]);
    }
    json_close_object(w);
    json_object(w, "mean");
    for (int32_t i = 0; i < targets->count; i++) {
        char text[TARGET_TEXT_SIZE];
        json_decimal(w, target_print(targets, i, text), tally->values[i], 6);
    }
    json_close_object(w);
}

static void print_point(const struct plan_result *result, int32_t point, struct json_writer *w)
{
    const struct found_fleet *answer = &result->answer;
    const struct search_point *it = &answer->search.points[point];
    print_counts(result, "counts", search_counts(&answer->search, point), w);
    json_string(w, "phase", search_phase_name(it->phase));
    json_decimal(w, "usd_per_hour", plan_usd_per_hour(result, it->answer.cost), USD_DIGITS);
    print_tally(result, &answer->tallies[point], w);
}

static void print_texts(const char *key, const char *const *texts, int32_t count,
                        struct json_writer *w)
{
    json_array(w, key);
    for (int32_t i = 0; i < count; i++)
        json_string(w, NULL, texts[i]);
    json_close_array(w);
}

static void print_question(const struct plan_result *result, struct json_writer *w)
{
    const struct plan_request *request = result->request;
    const struct plan_question *question = &request->question;
    json_object(w, "question");
    print_texts("targets", result->target_texts, question->targets->text_count, w);
    print_texts("survive", result->survive_texts, question->survives.count, w);
    json_decimal(w, "probability", request->goal.probability, 6);
    json_decimal(w, "confidence", request->goal.confidence, 6);
    json_decimal(w, "budget_usd_per_hour", result->budget_usd_h, USD_DIGITS);
    json_bool(w, "is_random", !request->goal.is_certain);
    json_object(w, "bounds");
    for (int32_t i = 0; i < question->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        const struct plan_axis *axis = &question->axes->items[i];
        json_array(w, plan_axis_name(question->scenario, axis, name));
        json_int(w, NULL, axis->low);
        json_int(w, NULL, axis->high);
        json_close_array(w);
    }
    json_close_object(w);
    json_close_object(w);
}

static void print_plan(const struct plan_result *result, struct json_writer *w)
{
    const struct found_fleet *answer = &result->answer;
    if (!answer->is_found) {
        json_null(w, "plan");
        return;
    }
    int64_t cost = answer->search.points[answer->search.best].answer.cost;
    json_object(w, "plan");
    print_counts(result, "counts", found_fleet_counts(answer), w);
    json_decimal(w, "usd_per_hour", plan_usd_per_hour(result, cost), USD_DIGITS);
    json_close_object(w);
    json_object(w, "evidence");
    print_tally(result, &answer->fresh, w);
    json_decimal(w, "probability_at_least", answer->probability_bound, 6);
    json_decimal(w, "confidence", answer->confidence, 6);
    json_int(w, "rounds", answer->round_count);
    json_close_object(w);
}

static void print_binding(const struct binding *binding, struct json_writer *w)
{
    json_int(w, "floors_broken_otherwise", binding->breaches);
    if (!binding->is_found)
        return;
    json_object(w, "binds");
    json_decimal(w, "at_s", (double)binding->at_us / US_PER_S, 6);
    json_string(w, "runner", binding->runner);
    json_bool(w, "is_below_floor", binding->is_core);
    json_int(w, "waiting", binding->waiting);
    json_string(w, "reason", binding->reason);
    json_close_object(w);
}

static void print_worth(const struct plan_result *result, struct json_writer *w)
{
    const struct plan_question *question = &result->request->question;
    const struct peak_worth *worth = &result->peak->worth;
    if (worth->nodes == NULL || !question->axes->is_priced) {
        json_null(w, "worth");
        return;
    }
    json_object(w, "worth");
    json_object(w, "node_usd_per_hour");
    for (int32_t i = 0; i < question->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        json_decimal(w, plan_axis_name(question->scenario, &question->axes->items[i], name),
                     worth->nodes[i], USD_DIGITS);
    }
    json_close_object(w);
    json_decimal(w, "core_usd_per_hour", worth->core, USD_DIGITS);
    json_decimal(w, "gib_usd_per_hour", worth->gib, USD_DIGITS);
    json_decimal(w, "device_usd_per_hour", worth->device, USD_DIGITS);
    json_close_object(w);
}

/* Of the floors: what they cost, and the instant that asks for most of them. */
static void print_floor_bound(const struct plan_result *result, struct json_writer *w)
{
    const struct peak *peak = result->peak;
    if (peak->floor_bound == 0) {
        json_null(w, "floors_usd_per_hour");
        json_null(w, "at_s");
        json_int(w, "replicas", 0);
        json_null(w, "is_exact");
        return;
    }
    json_decimal(w, "floors_usd_per_hour", plan_usd_per_hour(result, peak->floor_bound),
                 USD_DIGITS);
    json_decimal(w, "at_s", (double)peak->at_us / US_PER_S, 6);
    json_int(w, "replicas", peak->replicas);
    json_bool(w, "is_exact", peak->is_exact);
}

static void print_bound(const struct plan_result *result, struct json_writer *w)
{
    const struct peak *peak = result->peak;
    json_string(w, "impossible", peak->impossible[0] != '\0' ? peak->impossible : NULL);
    if (!peak->has_bound) {
        json_null(w, "lower_bound");
        return;
    }
    json_object(w, "lower_bound");
    json_decimal(w, "usd_per_hour", plan_usd_per_hour(result, peak->bound), USD_DIGITS);
    json_decimal(w, "gap_pct", plan_gap_percent(result), 6);
    json_bool(w, "is_average", peak->is_average);
    json_string(w, "raised_by_target", plan_raising_target(result));
    if (peak->target >= 0)
        json_int(w, "of_runs", peak->run_count);
    else
        json_null(w, "of_runs");
    print_floor_bound(result, w);
    json_string(w, "raised_by", peak->survive >= 0 ? result->survive_texts[peak->survive] : NULL);
    json_array(w, "prices");
    for (int32_t i = 0; i < peak->price_count; i++) {
        json_object(w, NULL);
        json_string(w, "runner", peak->prices[i].runner);
        json_int(w, "replicas", peak->prices[i].demand);
        json_decimal(w, "usd_per_hour_each", peak->prices[i].usd_per_hour, USD_DIGITS);
        json_close_object(w);
    }
    json_close_array(w);
    print_worth(result, w);
    json_close_object(w);
}

static void print_neighbours(const struct plan_result *result, struct json_writer *w)
{
    const struct found_fleet *answer = &result->answer;
    const struct plan_question *question = &result->request->question;
    json_array(w, "neighbours");
    for (int32_t i = 0; i < answer->neighbour_count; i++) {
        const struct plan_neighbour *neighbour = &answer->neighbours[i];
        char name[AXIS_NAME_SIZE];
        json_object(w, NULL);
        json_string(
            w, "axis",
            plan_axis_name(question->scenario, &question->axes->items[neighbour->axis], name));
        json_int(w, "step", neighbour->step);
        print_point(result, neighbour->point, w);
        print_binding(&result->bindings[i], w);
        json_close_object(w);
    }
    json_close_array(w);
}

static void print_front(const struct plan_result *result, struct json_writer *w)
{
    const struct found_fleet *answer = &result->answer;
    json_array(w, "front");
    for (int32_t i = 0; i < result->front.count; i++) {
        const struct front_point *it = &result->front.items[i];
        int64_t cost = answer->search.points[it->point].answer.cost;
        json_object(w, NULL);
        print_counts(result, "counts", search_counts(&answer->search, it->point), w);
        json_decimal(w, "usd_per_hour", plan_usd_per_hour(result, cost), USD_DIGITS);
        print_tally(result, &it->tally, w);
        json_bool(w, "is_efficient", it->is_efficient);
        json_close_object(w);
    }
    json_close_array(w);
}

static void print_growth_plan(const struct plan_result *result, const struct growth_plan *plan,
                              struct json_writer *w)
{
    const struct regret *regret = &result->regret;
    json_object(w, NULL);
    json_int(w, "demand_percent", plan->percent);
    if (plan->counts == NULL) {
        json_null(w, "counts");
        json_close_object(w);
        return;
    }
    print_counts(result, "counts", plan->counts, w);
    json_decimal(w, "usd_per_hour", plan_usd_per_hour(result, plan->cost), USD_DIGITS);
    json_array(w, "if_demand_is");
    for (int32_t i = 0; i < regret->count && regret->least >= 0; i++) {
        json_object(w, NULL);
        json_int(w, "demand_percent", regret->items[i].percent);
        json_bool(w, "keeps_targets", plan->keeps[i]);
        json_decimal(w, "regret_usd_per_hour", plan_usd_per_hour(result, plan->regret[i]),
                     USD_DIGITS);
        json_close_object(w);
    }
    json_close_array(w);
    json_bool(w, "is_of_least_regret",
              plan == &regret->items[regret->least < 0 ? 0 : regret->least] && regret->least >= 0);
    if (regret->weight > 0) {
        json_decimal(w, "mean_regret_usd_per_hour",
                     plan_usd_per_hour(result, regret_mean(regret, plan)), USD_DIGITS);
        json_decimal(w, "probability_enough", regret_probability_kept(regret, plan), 6);
        json_bool(w, "is_of_least_mean_regret", plan == &regret->items[regret->least_mean]);
    }
    json_close_object(w);
}

static void print_growth(const struct plan_result *result, struct json_writer *w)
{
    json_array(w, "growth");
    for (int32_t i = 0; i < result->regret.count; i++)
        print_growth_plan(result, &result->regret.items[i], w);
    json_close_array(w);
}

static void print_search(const struct plan_result *result, struct json_writer *w)
{
    const struct found_fleet *answer = &result->answer;
    json_object(w, "search");
    json_int(w, "runs", answer->tester.run_count);
    json_int(w, "seeds_a_plan", answer->searched_trials);
    json_bool(w, "is_interrupted", answer->is_interrupted);
    json_bool(w, "is_cut_short", result->is_cut_short);
    json_bool(w, "is_monotone", answer->search.worse[0] < 0);
    json_bool(w, "is_cheapest", plan_is_cheapest(result));
    json_array(w, "points");
    for (int32_t i = 0; i < answer->search.point_count; i++) {
        json_object(w, NULL);
        print_point(result, i, w);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

void plan_print_json(const struct plan_result *result, FILE *out)
{
    const struct scenario *scenario = result->request->question.scenario;
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "version", result->version);
    json_string(&w, "kind", "plan");
    json_int(&w, "schema_version", PLAN_SCHEMA_VERSION);
    json_string(&w, "command", result->command);
    json_string(&w, "scenario", scenario->name);
    json_string(&w, "scenario_digest", scenario->digest);
    json_bool(&w, "answer", plan_result_is_yes(result));
    print_question(result, &w);
    print_plan(result, &w);
    print_bound(result, &w);
    if (result->answer.is_found)
        print_neighbours(result, &w);
    else
        print_binding(&result->highest, &w);
    print_front(result, &w);
    print_growth(result, &w);
    sensitivity_print_json(result, &w);
    print_search(result, &w);
    json_close_object(&w);
}
