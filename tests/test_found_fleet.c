/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/found_fleet.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/units.h"
#include "plan/regret.h"
#include "plan/result.h"
#include "sim/queueing.h"
#include "tests/scenario_make.h"

struct asked {
    struct scenario *scenario;
    struct plan_axes axes;
    struct target_set targets;
    struct survive survives[2];
    struct plan_request request;
    int32_t start[8];
};

/* A question about a made scenario with one target and bounds of 0 to 60 for each axis. */
static void ask(struct asked *asked, struct scenario *scenario, const char *target)
{
    struct err err = {0};
    *asked = (struct asked){.scenario = scenario};
    cr_assert_eq(plan_axes_make(&asked->axes, scenario, &err), 0, "%s", err.text);
    cr_assert_leq((size_t)asked->axes.count, ARRAY_LEN(asked->start));
    for (int32_t i = 0; i < asked->axes.count; i++) {
        asked->axes.items[i].high = 60;
        asked->start[i] = 1;
    }
    cr_assert_eq(target_set_parse(&asked->targets, target, &err), 0, "%s", err.text);
    asked->request = (struct plan_request){
        .question = {.scenario = scenario,
                     .axes = &asked->axes,
                     .targets = &asked->targets,
                     .survives = {.items = asked->survives},
                     .seed = 1,
                     .thread_count = 1},
        .goal = {.probability = 0.5, .confidence = 0.9, .is_certain = !plan_is_random(scenario)},
        .start = asked->start,
        .points_max = 300,
    };
    asked->request.question.trial_count = plan_trials(&asked->request.goal, 0);
}

static void answer(struct asked *asked, struct found_fleet *out)
{
    struct err err = {0};
    cr_assert_eq(found_fleet_make(out, &asked->request, &err), 0, "%s", err.text);
}

static void release(struct asked *asked, struct found_fleet *out)
{
    found_fleet_release(out);
    plan_axes_release(&asked->axes);
    made_release(asked->scenario);
}

/* ---- the servers of a queue ---- */

/* Jobs come at a mean distance of one second and stay for `load` seconds, both exponential; a node
 * holds one. */
static struct scenario made_queue(double load)
{
    struct scenario scenario = made_scenario();
    scenario.horizon_us = INT64_C(12000) * US_PER_S;
    int32_t type = make_type(&scenario, 1000, 0);
    int32_t pool = make_pool(&scenario, type);
    struct runner_def template = made_template(&scenario, make_shape(&scenario, pool, 1000, 0));
    template.duration = make_dist(
        &scenario,
        (struct dist){.kind = DIST_EXPONENTIAL, .a = load * US_PER_S, .max_us = TIME_US_MAX});
    make_arrivals(&scenario, &template,
                  (struct dist){.kind = DIST_EXPONENTIAL, .a = US_PER_S, .max_us = TIME_US_MAX});
    return scenario;
}

Test(found_fleet, finds_the_servers_that_erlang_c_asks_for)
{
    static const struct {
        double load, waits; /* the share that may wait */
    } rows[] = {{2, 0.3}, {2, 0.05}, {6, 0.25}, {6, 0.05}, {14, 0.2}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int32_t servers = (int32_t)rows[i].load + 1;
        while (erlang_c(servers, rows[i].load) > rows[i].waits)
            servers++;
        /* Between this number of servers and one less, so that chance does not decide. */
        double share = sqrt(erlang_c(servers, rows[i].load) * erlang_c(servers - 1, rows[i].load));
        char target[64];
        snprintf(target, sizeof target, "immediate_pct >= %.4f", 100 * (1 - share));
        struct scenario scenario = made_queue(rows[i].load);
        struct asked asked;
        struct found_fleet out;
        ask(&asked, &scenario, target);
        answer(&asked, &out);
        cr_assert(out.is_found && out.is_checked, "row %zu", i);
        cr_expect_eq(found_fleet_counts(&out)[0], servers, "row %zu: %d, not %d", i,
                     found_fleet_counts(&out)[0], servers);
        cr_expect_eq(out.fresh.successes, out.fresh.trials);
        cr_expect_geq(out.probability_bound, 0.5);
        release(&asked, &out);
    }
}

Test(found_fleet, a_band_of_use_is_found_from_below)
{
    /* 8 servers are taken on the average; 11 have nobody wait with a probability of 0.75. */
    static const struct {
        const char *use;
        bool is_found;
    } rows[] = {{"utilization_pct_cpu >= 65", true}, {"utilization_pct_cpu >= 95", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scenario scenario = made_queue(8);
        struct asked asked;
        struct found_fleet out;
        struct err err = {0};
        ask(&asked, &scenario, "immediate_pct >= 65");
        cr_assert_eq(target_set_parse(&asked.targets, rows[i].use, &err), 0, "%s", err.text);
        answer(&asked, &out);
        cr_assert_eq(out.is_found, rows[i].is_found, "%s", rows[i].use);
        cr_assert_geq(out.search.tight, 0);
        cr_expect_not(out.search.is_exhausted);
        const int32_t *tight = search_counts(&out.search, out.search.tight);
        cr_expect_eq(tight[0], 11, "%s: %d", rows[i].use, tight[0]);
        if (out.is_found)
            cr_expect_eq(found_fleet_counts(&out)[0], 11);
        release(&asked, &out);
    }
}

Test(found_fleet, is_the_same_with_several_threads)
{
    struct scenario scenario = made_queue(4);
    struct asked asked;
    struct found_fleet one, three;
    ask(&asked, &scenario, "placed 2s 97");
    answer(&asked, &one);
    asked.request.question.thread_count = 3;
    answer(&asked, &three);
    cr_assert_eq(one.search.point_count, three.search.point_count);
    for (int32_t i = 0; i < one.search.point_count; i++) {
        cr_expect_eq(search_counts(&one.search, i)[0], search_counts(&three.search, i)[0]);
        cr_expect_eq(one.tallies[i].trials, three.tallies[i].trials);
        cr_expect_eq(one.tallies[i].successes, three.tallies[i].successes);
    }
    found_fleet_release(&three);
    release(&asked, &one);
}

/* ---- fixed demand ---- */

/* Six runners of 3 cores with a floor of one, on nodes of 8 cores at 8 or of 4 cores at 5. */
static struct scenario made_fixed(void)
{
    struct scenario scenario = made_scenario();
    int32_t large = make_type(&scenario, 8000, 0);
    int32_t small = make_type(&scenario, 4000, 0);
    int32_t pool = make_pool(&scenario, large);
    make_pool_type(&scenario, pool, small);
    scenario.types[large].price_micro = 8;
    scenario.types[small].price_micro = 5;
    scenario.types[large].has_price = scenario.types[small].has_price = true;
    int32_t shape = make_shape(&scenario, pool, 3000, 0);
    for (int i = 0; i < 7; i++) {
        struct runner_def *runner = make_runner(&scenario, shape);
        runner->floor = runner->min_replicas = 1;
    }
    return scenario;
}

Test(found_fleet, buys_the_cheapest_mix_for_a_fixed_demand)
{
    struct scenario scenario = made_fixed();
    struct asked asked;
    struct found_fleet out;
    ask(&asked, &scenario, "floors");
    answer(&asked, &out);
    cr_assert(out.is_found && out.is_checked);
    cr_expect_eq(asked.request.question.trial_count, 1, "nothing is random");
    cr_expect_eq(found_fleet_counts(&out)[0], 3);
    cr_expect_eq(found_fleet_counts(&out)[1], 1);
    cr_expect_eq(out.search.points[out.search.best].answer.cost, 29);
    cr_expect_eq(out.neighbour_count, 4);
    for (int32_t i = 0; i < out.neighbour_count; i++)
        cr_expect_eq(out.search.points[out.neighbours[i].point].answer.passes,
                     out.neighbours[i].step > 0);
    release(&asked, &out);
}

Test(found_fleet, survives_the_loss_of_any_node)
{
    struct scenario scenario = made_fixed();
    struct asked asked;
    struct found_fleet out;
    ask(&asked, &scenario, "floors");
    asked.survives[0] = (struct survive){.kind = SURVIVE_NODES, .count = 1};
    asked.request.question.survives.count = 1;
    answer(&asked, &out);
    cr_assert(out.is_found && out.is_checked);
    /* Without the largest node there must be room for seven: 4 large + 1 small, or 9 small. */
    cr_expect_eq(out.search.points[out.search.best].answer.cost, 37);
    release(&asked, &out);
}

Test(found_fleet, weighs_regret_over_the_growth_of_demand)
{
    struct scenario scenario = made_fixed();
    static const int32_t percents[] = {50, 100, 200};
    scenario.plan.growth_percent = percents;
    static const int32_t weights[] = {5, 1, 4};
    scenario.plan.growth_weight = weights;
    scenario.plan.growth_count = ARRAY_LEN(percents);
    struct asked asked;
    struct regret regret;
    struct err err = {0};
    ask(&asked, &scenario, "floors");
    cr_assert_eq(regret_make(&regret, &asked.request, &err), 0, "%s", err.text);
    /* Seven floors of one grow to ceil(0.5) = 1, to 1 and to 2 each. */
    static const int64_t costs[] = {29, 29, 56};
    cr_assert_eq(regret.count, 3);
    for (int32_t i = 0; i < regret.count; i++)
        cr_expect_eq(regret.items[i].cost, costs[i], "%d: %d", i, (int)regret.items[i].cost);
    cr_expect(regret.items[2].keeps[0] && regret.items[2].keeps[1]);
    cr_expect_not(regret.items[0].keeps[2]);
    cr_expect_eq(regret.items[2].regret[0], 27);
    /* 3 large + 1 small for 7 large: four large of 8 are bought late, at 10 each. */
    cr_expect_eq(regret.items[0].regret[2], 29 + 32 + 8 - 56);
    cr_expect_eq(regret.items[0].worst, 13);
    cr_expect_eq(regret.least, 0);
    /* The plan of the first two growths is one: 0.6 x 0 + 0.4 x 13; that of the last 0.6 x 27. */
    cr_expect_eq(regret.weight, 10);
    cr_expect(regret.items[0].weighed_regret == 4 * 13);
    cr_expect(regret.items[2].weighed_regret == 6 * 27);
    cr_expect_eq(regret_mean(&regret, &regret.items[2]), 16);
    cr_expect_float_eq(regret_probability_kept(&regret, &regret.items[0]), 0.6, 1e-12);
    cr_expect_float_eq(regret_probability_kept(&regret, &regret.items[2]), 1, 0);
    cr_expect_eq(regret.least_mean, 0);
    regret_release(&regret);
    plan_axes_release(&asked.axes);
    made_release(&scenario);
}

Test(found_fleet, says_no_where_the_bounds_are_too_low)
{
    struct scenario scenario = made_fixed();
    struct asked asked;
    struct found_fleet out;
    ask(&asked, &scenario, "floors");
    asked.axes.items[0].high = 2;
    asked.axes.items[1].high = 2;
    answer(&asked, &out);
    cr_expect_not(out.is_found);
    release(&asked, &out);
}

/* ---- interrupts ---- */

struct patience {
    int32_t asked, most; /* how often it was asked whether all is over, and how often it is not */
};

static bool is_over(void *context)
{
    struct patience *patience = context;
    return ++patience->asked > patience->most;
}

/* Answers a question until it is interrupted, and tells what is known. Was it interrupted? */
static bool tell_until(struct asked *asked, struct patience *patience)
{
    static const char *const texts[] = {"immediate_pct >= 70"};
    struct err err = {0};
    struct peak peak = {.target = -1, .survive = -1};
    struct plan_result result = {.request = &asked->request,
                                 .peak = &peak,
                                 .target_texts = texts,
                                 .version = "",
                                 .command = "",
                                 .asks_sensitivity = true,
                                 .budget_usd_h = (double)NAN};
    char *text = NULL, *json = NULL;
    size_t text_size = 0, json_size = 0;
    FILE *text_out = open_memstream(&text, &text_size);
    FILE *json_out = open_memstream(&json, &json_size);
    asked->request.question.is_over = is_over;
    asked->request.question.context = patience;
    cr_assert_eq(plan_result_make(&result, &err), 0, "%s", err.text);
    plan_print_text(&result, text_out);
    plan_print_json(&result, json_out);
    cr_assert_eq(fclose(text_out) + fclose(json_out), 0);
    cJSON *tree =
        json_parse((struct json_text){.file = "plan.json", .bytes = json, .size = json_size}, &err);
    cr_assert_not_null(tree, "%s", err.text);
    cJSON_Delete(tree);
    cr_expect_null(strstr(text, "0 of 0"), "%s", text);
    bool was_interrupted = result.answer.is_interrupted || result.is_cut_short;
    cr_expect(was_interrupted == (strstr(text, "INTERRUPTED") != NULL), "%s", text);
    cr_expect(result.is_cut_short == (strstr(json, "\"is_cut_short\": true") != NULL), "%s", json);
    if (result.is_cut_short)
        cr_expect(result.answer.is_checked);
    free(text);
    free(json);
    plan_result_release(&result);
    return was_interrupted;
}

Test(found_fleet, an_interrupt_at_any_moment_leaves_what_can_be_told)
{
    struct scenario scenario = made_queue(2);
    scenario.horizon_us = INT64_C(2000) * US_PER_S;
    struct asked asked;
    struct patience patience = {.most = 0};
    ask(&asked, &scenario, "immediate_pct >= 70");
    while (tell_until(&asked, &patience))
        patience = (struct patience){.most = patience.most + 1 + patience.most / 5};
    cr_expect_gt(patience.most, 0); /* dozens: it is asked once a plan and more */
    plan_axes_release(&asked.axes);
    made_release(&scenario);
}
