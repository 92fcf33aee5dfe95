/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/stays.h"

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/units.h"
#include "tests/scenario_make.h"

/* A node pool, and what is certain of one runner in it, in seconds of a run of 1000. */
static struct scenario with_runner(void)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 8000, 0);
    make_runner(&scenario, make_shape(&scenario, make_pool(&scenario, type), 1000, 0));
    return scenario;
}

static struct stays stays_of(const struct scenario *scenario, const char *first, const char *second)
{
    struct target_set targets = {.count = 0};
    struct promises promises;
    struct evictions evictions;
    struct stays stays;
    struct err err = {0};
    cr_assert_eq(target_set_parse(&targets, first, &err), 0, "%s", err.text);
    if (second != NULL)
        cr_assert_eq(target_set_parse(&targets, second, &err), 0, "%s", err.text);
    promises_read(&promises, &targets);
    cr_assert_geq(promises.count, 1);
    cr_assert_eq(evictions_make(&evictions, scenario, &promises, &err), 0, "%s", err.text);
    const struct stays_of of = {.scenario = scenario,
                                .promises = &promises,
                                .promise = &promises.items[0],
                                .evictions = &evictions,
                                .seed = 1};
    cr_assert_eq(stays_make(&stays, &of, &err), 0, "%s", err.text);
    evictions_release(&evictions);
    return stays;
}

/* How many replicas of a kind are there at an instant, sure ones or others. */
static int32_t count_at(const struct stays *stays, int32_t kind, int64_t at_us, bool is_sure)
{
    int32_t count = 0;
    for (int32_t i = 0; i < stays->count; i++) {
        const struct stay *stay = &stays->items[i];
        for (int32_t k = stay->first_span; k < stay->first_span + stay->span_count; k++) {
            const struct stay_span *span = &stays->spans[k];
            if (stay->kind == kind && stay->is_sure == is_sure && span->from_us <= at_us &&
                at_us < span->until_us)
                count += stay->count;
        }
    }
    return count;
}

struct moment {
    int64_t at_s;
    int32_t sure, others;
};

static void check(const struct stays *stays, int32_t kind, const struct moment *moments,
                  size_t count)
{
    cr_assert(stays->is_usable);
    for (size_t i = 0; i < count; i++) {
        int64_t at_us = moments[i].at_s * US_PER_S;
        cr_expect_eq(count_at(stays, kind, at_us, true), moments[i].sure, "sure at %ld: %d",
                     (long)moments[i].at_s, count_at(stays, kind, at_us, true));
        cr_expect_eq(count_at(stays, kind, at_us, false), moments[i].others, "others at %ld: %d",
                     (long)moments[i].at_s, count_at(stays, kind, at_us, false));
    }
}

Test(stays, a_service_is_there_but_for_what_it_asked_for_just_now)
{
    struct scenario scenario = with_runner();
    scenario.runners[0].num_replicas = 4;
    scenario.runners[0].floor = scenario.runners[0].min_replicas = 3;
    struct event_def *event = make_event(&scenario, 200 * US_PER_S, EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 6;
    event = make_event(&scenario, 500 * US_PER_S, EVENT_SCALE);
    event->runner = 0;
    event->num_replicas = 2;
    scenario.runners[0].departure_us = 800 * US_PER_S;
    static const struct moment with_floors[] = {{0, 3, 0},   {9, 3, 0},   {10, 3, 1},  {199, 3, 1},
                                                {200, 3, 1}, {209, 3, 1}, {210, 3, 3}, {499, 3, 3},
                                                {500, 2, 0}, {799, 2, 0}, {800, 0, 0}};
    struct stays stays = stays_of(&scenario, "placed 10s 90", "floors");
    check(&stays, 0, with_floors, ARRAY_LEN(with_floors));
    cr_expect_eq(stays.missing_max, 0, "a tenth of 6 demands: %ld", (long)stays.missing_max);
    stays_release(&stays);
    static const struct moment without[] = {{9, 0, 0},   {10, 0, 4},  {200, 0, 4},
                                            {210, 0, 6}, {500, 0, 2}, {800, 0, 0}};
    stays = stays_of(&scenario, "placed 10s 50", NULL);
    check(&stays, 0, without, ARRAY_LEN(without));
    cr_expect_eq(stays.missing_max, 3, "%ld", (long)stays.missing_max);
    stays_release(&stays);
    made_release(&scenario);
}

Test(stays, who_may_be_evicted_counts_up_to_who_may_evict)
{
    /* Batch work of two services of priority 0, one that ends after 300 s; one of priority 1, that
     * may evict, comes at 100 s. */
    struct scenario scenario = with_runner();
    int32_t shape = scenario.runners[0].shape;
    struct runner_def *ending = make_runner(&scenario, shape);
    ending->duration = make_dist(&scenario, dist_constant(300 * US_PER_S));
    struct runner_def *above = make_runner(&scenario, shape);
    above->arrival_us = 100 * US_PER_S;
    above->priority = 1;
    static const struct moment lasting[] = {{9, 0, 0},   {10, 0, 1},  {99, 0, 1},
                                            {100, 0, 0}, {119, 0, 0}, {120, 0, 1}};
    static const struct moment cut[] = {{10, 0, 1}, {99, 0, 1}, {100, 0, 0}, {200, 0, 0}};
    static const struct moment whole[] = {{10, 0, 1}, {100, 0, 1}, {299, 0, 1}, {300, 0, 0}};
    struct stays stays = stays_of(&scenario, "placed 10s 70", NULL);
    check(&stays, 0, lasting, ARRAY_LEN(lasting));
    check(&stays, 1, cut, ARRAY_LEN(cut));
    /* Three demands, and one again where it is evicted: 1.2 miss, and the late one's victim. */
    cr_expect_eq(stays.missing_max, 2, "%ld", (long)stays.missing_max);
    stays_release(&stays);
    stays = stays_of(&scenario, "placed 10s 70", "no-preemption 0");
    check(&stays, 1, whole, ARRAY_LEN(whole));
    cr_expect_eq(stays.missing_max, 0, "%ld", (long)stays.missing_max);
    stays_release(&stays);
    scenario.runners[2].may_preempt = false;
    stays = stays_of(&scenario, "placed 10s 70", NULL);
    check(&stays, 1, whole, ARRAY_LEN(whole));
    stays_release(&stays);
    made_release(&scenario);
}

Test(stays, nothing_is_said_where_replicas_may_move)
{
    static const enum event_kind kinds[] = {EVENT_DRAIN_NODE, EVENT_REMOVE_NODE, EVENT_FAIL_NODE,
                                            EVENT_DEPLOY,     EVENT_SET_STATUS,  EVENT_UPGRADE};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct scenario scenario = with_runner();
        struct event_def *event = make_event(&scenario, 500 * US_PER_S, kinds[i]);
        event->pool = 0;
        event->runner = kinds[i] == EVENT_DEPLOY || kinds[i] == EVENT_SET_STATUS ? 0 : NO_INDEX;
        struct stays stays = stays_of(&scenario, "placed 10s 90", NULL);
        cr_expect_not(stays.is_usable, "%d", (int)kinds[i]);
        stays_release(&stays);
        made_release(&scenario);
    }
}

Test(stays, who_gives_up_in_time_or_comes_with_new_nodes_is_not_counted)
{
    struct scenario scenario = with_runner();
    static const struct moment none[] = {{100, 0, 0}, {700, 0, 0}};
    static const struct moment half[] = {{100, 0, 1}, {499, 0, 1}, {500, 0, 0}, {700, 0, 0}};
    scenario.runners[0].max_wait_us = 10 * US_PER_S;
    struct stays stays = stays_of(&scenario, "placed 10s 90", NULL);
    check(&stays, 0, none, ARRAY_LEN(none));
    stays_release(&stays);
    scenario.runners[0].max_wait_us = 11 * US_PER_S;
    struct event_def *event = make_event(&scenario, 500 * US_PER_S, EVENT_ADD_NODES);
    event->pool = event->type = 0;
    stays = stays_of(&scenario, "placed 10s 90", NULL);
    check(&stays, 0, half, ARRAY_LEN(half));
    stays_release(&stays);
    made_release(&scenario);
}
