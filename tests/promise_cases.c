/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/promise_cases.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "plan/evictions.h"
#include "plan/found_fleet.h"
#include "plan/peak.h"
#include "plan/trial.h"
#include "tests/scenario_make.h"

enum { NODES_MAX = 3, TRIALS_MAX = 3, SECONDS = 1000 };

struct drawn {
    struct scenario scenario;
    struct plan_axes axes;
    struct target_set targets;
    struct plan_question question;
    struct survive survive; /* of the question, which has one or none */
};

static int32_t draw(struct rng *rng, int32_t low, int32_t high)
{
    return low + (int32_t)rng_below(rng, (uint64_t)(high - low + 1));
}

static struct dist draw_dist(struct rng *rng, int32_t low_s, int32_t high_s)
{
    static const enum dist_kind kinds[] = {DIST_CONSTANT, DIST_EXPONENTIAL};
    struct dist dist = dist_constant(draw(rng, low_s, high_s) * INT64_C(1000000));
    dist.kind = kinds[rng_below(rng, 2)];
    return dist;
}

/* ---- the scenario ---- */

static int32_t draw_shape(struct scenario *scenario, struct rng *rng)
{
    int32_t pool = draw(rng, 0, scenario->pool_count - 1);
    int32_t number =
        make_shape(scenario, pool, 500 * draw(rng, 1, 6), pool == 0 ? draw(rng, 0, 2) : 0);
    struct shape *shape = &scenario->shapes.items[number];
    if (shape->device_count == 1 && rng_below(rng, 4) == 0) {
        shape->sharing = SHARING_MILLI;
        shape->share_milli = 100 * draw(rng, 2, 7);
    }
    if (rng_below(rng, 10) == 0)
        shape->packing = PACKING_ISOLATED;
    return number;
}

static void draw_terms(struct scenario *scenario, struct runner_def *runner, struct rng *rng)
{
    runner->num_replicas = draw(rng, 1, 3);
    runner->min_replicas = rng_below(rng, 2) == 0 ? 0 : draw(rng, 0, runner->num_replicas + 1);
    runner->floor =
        runner->min_replicas < runner->num_replicas ? runner->min_replicas : runner->num_replicas;
    runner->priority = (int8_t)draw(rng, 0, 2);
    runner->may_preempt = rng_below(rng, 4) != 0;
    runner->grace_us = rng_below(rng, 3) == 0 ? draw(rng, 1, 40) * US_PER_S : 0;
    runner->startup = make_dist(scenario, draw_dist(rng, 0, 20));
    if (rng_below(rng, 5) == 0)
        runner->max_wait_us = draw(rng, 0, 100) * US_PER_S;
    if (rng_below(rng, 4) == 0)
        runner->departure_us = draw(rng, 300, 900) * US_PER_S;
}

static void draw_service(struct scenario *scenario, struct rng *rng)
{
    struct runner_def *runner = make_runner(scenario, draw_shape(scenario, rng));
    int32_t number = scenario->runner_count - 1;
    draw_terms(scenario, runner, rng);
    runner->arrival_us = draw(rng, 0, 3) * 100 * US_PER_S;
    if (rng_below(rng, 4) == 0)
        runner->duration = make_dist(scenario, draw_dist(rng, 100, 600));
    scenario->runners[number] = *runner;
}

static void draw_jobs(struct scenario *scenario, struct rng *rng)
{
    struct runner_def template = made_template(scenario, draw_shape(scenario, rng));
    draw_terms(scenario, &template, rng);
    template.departure_us = TIME_NEVER;
    if (rng_below(rng, 3) != 0)
        template.num_replicas = 1;
    if (template.floor > template.num_replicas)
        template.floor = template.num_replicas;
    if (rng_below(rng, 8) != 0)
        template.duration = make_dist(scenario, draw_dist(rng, 60, 400));
    struct arrival_def *arrivals = make_arrivals(scenario, &template, draw_dist(rng, 40, 200));
    arrivals->until_us = draw(rng, 300, SECONDS) * US_PER_S;
}

static void draw_events(struct scenario *scenario, struct rng *rng)
{
    static const enum event_kind kinds[] = {EVENT_SCALE, EVENT_SCALE, EVENT_SCALE, EVENT_DEPART,
                                            EVENT_CORDON_NODE};
    int32_t count = scenario->runner_count > 0 ? draw(rng, 0, 3) : 0;
    for (int32_t i = 0; i < count; i++) {
        enum event_kind kind = kinds[rng_below(rng, ARRAY_LEN(kinds))];
        struct event_def *event = make_event(scenario, (200 + 200 * i) * US_PER_S, kind);
        if (kind == EVENT_CORDON_NODE) {
            event->pool = 0;
            continue;
        }
        event->runner = draw(rng, 0, scenario->runner_count - 1);
        if (kind == EVENT_SCALE && rng_below(rng, 4) != 0)
            event->num_replicas = draw(rng, 0, 4);
        if (kind == EVENT_SCALE && (event->num_replicas == NO_INDEX || rng_below(rng, 2) == 0))
            event->min_replicas = draw(rng, 0, 3);
    }
}

static void draw_types(struct scenario *scenario, struct rng *rng)
{
    static const int64_t cpu[] = {6000, 2500, 4000};
    static const int32_t devices[] = {2, 1, 0};
    bool has_prices = rng_below(rng, 5) != 0; /* else nodes are counted */
    for (int i = 0; i < 3; i++) {
        bool is_small = i == 2 && rng_below(rng, 3) == 0; /* some shapes fit it no more */
        int32_t type = make_type(scenario, is_small ? 2000 : cpu[i], devices[i]);
        scenario->types[type].has_price = has_prices;
        scenario->types[type].price_micro = INT64_C(1000000000) * draw(rng, 1, 6 - 2 * (i == 1));
    }
}

static void draw_scenario(struct scenario *scenario, struct rng *rng)
{
    *scenario = made_scenario();
    draw_types(scenario, rng);
    scenario->type_extras =
        arena_array(&scenario->arena, (size_t)scenario->type_count, sizeof *scenario->type_extras);
    cr_assert_not_null(scenario->type_extras);
    make_pool_type(scenario, make_pool(scenario, 0), 1);
    if (rng_below(rng, 2) == 0)
        make_pool(scenario, 2);
    for (int32_t i = 0; i < scenario->pool_count; i++)
        scenario->pools[i].max_instances = NODES_MAX;
    scenario->scheduler.preemption_enabled = rng_below(rng, 2) == 0;
    scenario->scheduler.order = rng_below(rng, 2) == 0 ? ORDER_FLOOR_FIRST : ORDER_PRIORITY_FIRST;
    for (int32_t i = draw(rng, 0, 2); i > 0; i--)
        draw_service(scenario, rng);
    for (int32_t i = draw(rng, 0, 2); i > 0; i--)
        draw_jobs(scenario, rng);
    draw_events(scenario, rng);
}

/* ---- the targets ---- */

static void add_target(struct target_set *set, const char *text)
{
    struct err err = {0};
    cr_assert_eq(target_set_parse(set, text, &err), 0, "%s", err.text);
}

static void draw_targets(struct target_set *set, struct rng *rng)
{
    static const char *const waits[] = {
        "placed 0s 90",        "placed 20s 100",       "placed 20s 95",       "placed 60s 90",
        "placed 100s 80",      "placed 150s 100",      "wait_s_p90 <= 30",    "wait_s_p50 < 10",
        "wait_s_max <= 60",    "wait_s_max < 120",     "wait_s_p90_p1 <= 20", "wait_s_max_p0 <= 50",
        "immediate_pct >= 90", "immediate_pct == 100", "wait_s_p95 == 0",     "placed 5s 70",
        "wait_s_mean <= 10",   "wait_s_mean < 2",      "wait_s_mean_p1 <= 0", "wait_s_mean <= 40"};
    static const char *const uses[] = {
        "utilization_pct_cpu <= 40", "utilization_pct_devices <= 50", "utilization_pct_cpu < 20",
        "utilization_pct_device_share <= 30", "utilization_pct_memory <= 1"};
    *set = (struct target_set){.count = 0};
    if (rng_below(rng, 4) == 0)
        add_target(set, uses[rng_below(rng, ARRAY_LEN(uses))]);
    if (set->count == 0 || rng_below(rng, 4) != 0)
        add_target(set, waits[rng_below(rng, ARRAY_LEN(waits))]);
    if (rng_below(rng, 4) == 0)
        add_target(set, waits[rng_below(rng, ARRAY_LEN(waits))]);
    if (rng_below(rng, 3) == 0)
        add_target(set, "floors");
    if (rng_below(rng, 3) == 0)
        add_target(set, rng_below(rng, 2) == 0 ? "no-preemption 1" : "preemptions_p0 < 1");
}

static void draw_question(struct drawn *drawn, struct rng *rng)
{
    struct err err = {0};
    draw_targets(&drawn->targets, rng);
    cr_assert_eq(plan_axes_make(&drawn->axes, &drawn->scenario, &err), 0, "%s", err.text);
    drawn->question = (struct plan_question){.scenario = &drawn->scenario,
                                             .axes = &drawn->axes,
                                             .targets = &drawn->targets,
                                             .seed = rng_below(rng, 1000),
                                             .trial_count = draw(rng, 1, TRIALS_MAX),
                                             .thread_count = 1};
    if (drawn->question.trial_count > 1 && rng_below(rng, 3) == 0)
        drawn->question.failures_allowed = 1;
}

/* Also without any one node, or without the spot nodes: those of the second pool. */
static void draw_survive(struct drawn *drawn, struct rng *rng)
{
    uint64_t which = rng_below(rng, 6);
    if (which > 1)
        return;
    drawn->survive =
        (struct survive){.kind = which == 0 ? SURVIVE_NODES : SURVIVE_SPOT, .count = 1};
    drawn->question.survives = (struct survive_list){&drawn->survive, 1};
    if (drawn->scenario.pool_count < 2)
        return;
    drawn->scenario.pools[1].allows_spot = true;
    drawn->scenario.pools[1].allows_on_demand = false;
}

static struct peak find_peak(const struct drawn *drawn)
{
    struct peak peak;
    struct err err = {0};
    const struct plan_question *question = &drawn->question;
    const struct peak_of of = {&drawn->scenario, &drawn->axes,          &drawn->targets,
                               {NULL, 0},        question->trial_count, question->failures_allowed,
                               question->seed};
    cr_assert_eq(peak_make(&peak, &of, &err), 0, "%s", err.text);
    return peak;
}

static bool is_any_victim(const struct drawn *drawn)
{
    struct promises promises;
    struct evictions evictions;
    struct err err = {0};
    promises_read(&promises, &drawn->targets);
    cr_assert_eq(evictions_make(&evictions, &drawn->scenario, &promises, &err), 0);
    bool is_any = evictions.victims_max > 0;
    evictions_release(&evictions);
    return is_any;
}

/* ---- all fleets ---- */

static struct trial_tally try_fleet(const struct drawn *drawn, const int32_t *counts)
{
    struct tester tester;
    struct trial_tally tally;
    struct err err = {0};
    const struct trial_range range = {.count = drawn->question.trial_count};
    tester_init(&tester, &drawn->question);
    cr_assert_eq(tester_run(&tester, counts, &range, &tally, &err), 0, "%s", err.text);
    return tally;
}

/* The next point of the box; false: that was the last. */
static bool next_fleet(const struct plan_axes *axes, int32_t *counts)
{
    for (int32_t i = 0; i < axes->count; i++) {
        if (counts[i] < axes->items[i].high) {
            counts[i]++;
            return true;
        }
        counts[i] = 0;
    }
    return false;
}

static void count_target(const struct drawn *drawn, const struct peak *peak,
                         struct promise_tally *tally)
{
    if (peak->target < 0)
        return;
    int32_t number = drawn->targets.items[peak->target].metric;
    const char *name = number < 0 ? "placed" : drawn->targets.metrics.items[number].metric->name;
    tally->raised++;
    tally->by_use += strncmp(name, "utilization", strlen("utilization")) == 0;
    tally->by_mean += strcmp(name, "wait_s_mean") == 0;
}

/* Tries the fleets below the bound, which must fail, and at it, until one passes. */
static void try_fleets(const struct drawn *drawn, const struct peak *peak, int32_t number,
                       struct promise_tally *tally)
{
    int32_t counts[3] = {0};
    bool is_equal = false;
    tally->misfits += strstr(peak->impossible, "fits no node") != NULL;
    cr_assert_leq(drawn->axes.count, 3);
    do {
        int64_t price = plan_axes_price(&drawn->axes, counts);
        bool is_below = price < peak->bound || peak->impossible[0] != '\0';
        if (!is_below && (price > peak->bound || is_equal))
            continue;
        bool passes = try_fleet(drawn, counts).passes;
        tally->tried += is_below;
        cr_assert(!(is_below && passes), "scenario %d: %d %d %d passes at %ld, bound %ld %s",
                  number, counts[0], counts[1], counts[2], (long)price, (long)peak->bound,
                  peak->impossible);
        is_equal = is_equal || passes;
    } while (next_fleet(&drawn->axes, counts));
    count_target(drawn, peak, tally);
    if (peak->target < 0)
        return;
    tally->equal += is_equal;
    tally->evicting += is_any_victim(drawn);
}

static void draw_case(struct drawn *drawn, struct peak *peak, struct rng *rng)
{
    draw_scenario(&drawn->scenario, rng);
    draw_question(drawn, rng);
    draw_survive(drawn, rng);
    *peak = find_peak(drawn);
}

static void release_case(struct drawn *drawn, struct peak *peak)
{
    peak_release(peak);
    plan_axes_release(&drawn->axes);
    made_release(&drawn->scenario);
}

struct promise_tally promise_cases_try(int32_t count, uint64_t stream)
{
    struct rng rng = rng_stream(1, "test promise bound", stream);
    struct promise_tally tally = {0};
    for (int32_t i = 0; i < count; i++) {
        struct drawn drawn;
        struct peak peak;
        draw_case(&drawn, &peak, &rng);
        if (peak.has_bound || peak.impossible[0] != '\0')
            try_fleets(&drawn, &peak, i, &tally);
        release_case(&drawn, &peak);
    }
    return tally;
}

/* ---- the search ---- */

/* Whether each fleet passes, in the order of next_fleet, and the cheapest price of those that do.
 */
struct all_fleets {
    bool passes[(NODES_MAX + 1) * (NODES_MAX + 1) * (NODES_MAX + 1)];
    int64_t least;
};

static void try_all_fleets(const struct drawn *drawn, struct all_fleets *all)
{
    int32_t counts[3] = {0}, number = 0;
    *all = (struct all_fleets){.least = INT64_MAX};
    do {
        int64_t price = plan_axes_price(&drawn->axes, counts);
        all->passes[number] = try_fleet(drawn, counts).passes;
        if (all->passes[number++] && price < all->least)
            all->least = price;
    } while (next_fleet(&drawn->axes, counts));
}

static bool covers(const struct plan_axes *axes, const int32_t *large, const int32_t *small)
{
    for (int32_t i = 0; i < axes->count; i++)
        if (large[i] < small[i])
            return false;
    return true;
}

/* Does some fleet pass, and one with no less of anything not? */
static bool is_crooked(const struct drawn *drawn, const struct all_fleets *all)
{
    int32_t small[3] = {0}, passing = 0;
    do {
        int32_t large[3] = {0}, failing = 0;
        if (!all->passes[passing++])
            continue;
        do
            if (!all->passes[failing++] && covers(&drawn->axes, large, small))
                return true;
        while (next_fleet(&drawn->axes, large));
    } while (next_fleet(&drawn->axes, small));
    return false;
}

static void search_one(const struct drawn *drawn, const struct peak *peak, int32_t number,
                       struct search_tally *tally)
{
    struct all_fleets all;
    struct found_fleet found;
    struct err err = {0};
    int32_t start[3] = {1, 1, 1};
    const struct plan_request request = {.question = drawn->question,
                                         .goal = {.is_certain = true},
                                         .start = peak->start != NULL ? peak->start : start,
                                         .points_max = 400,
                                         .cost_min = peak->bound};
    cr_assert_eq(found_fleet_make(&found, &request, &err), 0, "%s", err.text);
    try_all_fleets(drawn, &all);
    bool is_any = all.least < INT64_MAX;
    cr_assert(!found.is_found || is_any, "scenario %d", number);
    cr_assert(found.is_found || !is_any || is_crooked(drawn, &all), "scenario %d", number);
    if (found.is_found) {
        int64_t cost = found.search.points[found.search.best].answer.cost;
        bool is_claimed = found.search.is_exhausted && found.search.worse[0] < 0;
        tally->found++;
        tally->optimal += cost == all.least;
        tally->exhausted += is_claimed;
        tally->crooked += is_claimed && cost != all.least;
        cr_assert_geq(cost, all.least, "scenario %d", number);
        cr_assert(cost == all.least || is_crooked(drawn, &all), "scenario %d: %ld, not %ld", number,
                  (long)cost, (long)all.least);
    }
    found_fleet_release(&found);
}

struct search_tally promise_cases_search(int32_t count, uint64_t stream)
{
    struct rng rng = rng_stream(1, "test search of fleets", stream);
    struct search_tally tally = {0};
    for (int32_t i = 0; i < count; i++) {
        struct drawn drawn;
        struct peak peak;
        draw_case(&drawn, &peak, &rng);
        if (peak.impossible[0] == '\0')
            search_one(&drawn, &peak, i, &tally);
        release_case(&drawn, &peak);
    }
    return tally;
}

/* ---- pools that scale ---- */

/* Nodes come at once and go when they were empty for ten seconds. */
static const struct scaling_def scaling = {
    .retry_after_us = US_PER_S, .idle_timeout_us = INT64_C(10) * US_PER_S, .spot_stock_out = 0};

static void let_pools_scale(struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        struct pool_def *pool = &scenario->pools[i];
        pool->scaling = &scaling;
        pool->launch_types = pool->types;
        pool->launch_type_count = pool->type_count;
    }
    for (int32_t i = 0; i < scenario->type_count; i++)
        scenario->types[i].has_price = true;
}

/* All maxima, with no or one warm node. */
static void try_maxima(const struct drawn *drawn, const struct peak *peak, int32_t number,
                       struct promise_tally *tally)
{
    for (int32_t max = 0; max <= 2 * NODES_MAX; max++)
        for (int32_t warm = 0; warm <= 1; warm++) {
            const int32_t counts[6] = {max, 0, warm, max, 0, warm};
            struct trial_tally trial = try_fleet(drawn, counts);
            int64_t paid = llround(trial.cost_per_hour * 1e11 / 3600);
            if (!trial.passes)
                continue;
            tally->tried++;
            tally->equal += (double)paid < 1.5 * (double)peak->bound;
            cr_assert_leq(peak->bound, paid, "scenario %d: %d max %d warm: %ld, bound %ld", number,
                          max, warm, (long)paid, (long)peak->bound);
        }
    count_target(drawn, peak, tally);
}

struct promise_tally promise_cases_try_scaling(int32_t count, uint64_t stream)
{
    struct rng rng = rng_stream(1, "test promise bound scaling", stream);
    struct promise_tally tally = {0};
    for (int32_t i = 0; i < count; i++) {
        struct drawn drawn;
        draw_scenario(&drawn.scenario, &rng);
        let_pools_scale(&drawn.scenario);
        draw_question(&drawn, &rng);
        struct peak peak = find_peak(&drawn);
        if (peak.has_bound)
            try_maxima(&drawn, &peak, i, &tally);
        release_case(&drawn, &peak);
    }
    return tally;
}
