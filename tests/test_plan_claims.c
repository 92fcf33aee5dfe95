/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "plan/evidence.h"
#include "plan/found_fleet.h"

/* What a plan claims, against a thousand seeds that nobody has used for it. */

static struct scenario load(const char *path)
{
    struct scenario scenario;
    struct err err = {0};
    cr_assert_eq(scenario_load(&scenario, path, &err), 0, "%s", err.text);
    return scenario;
}

static void read_question(const struct scenario *scenario, struct plan_axes *axes,
                          struct target_set *targets)
{
    struct err err = {0};
    *targets = (struct target_set){.count = 0};
    cr_assert_eq(plan_axes_make(axes, scenario, &err), 0, "%s", err.text);
    for (int32_t i = 0; i < scenario->plan.node_count; i++)
        cr_assert_eq(plan_axes_bound(axes, scenario, scenario->plan.nodes[i], &err), 0, "%s",
                     err.text);
    for (int32_t i = 0; i < scenario->plan.target_count; i++)
        cr_assert_eq(target_set_parse(targets, scenario->plan.targets[i], &err), 0, "%s", err.text);
}

Test(plan_claims, a_thousand_fresh_seeds_keep_what_is_claimed)
{
    enum { FRESH = 1000, FAR_AWAY = 1000000 };
    struct scenario scenario = load(STOWAGE_SOURCE_DIR "/scenarios/plan-week.json");
    struct plan_axes axes;
    struct target_set targets;
    struct found_fleet found;
    struct trial_tally tally;
    struct tester tester;
    struct err err = {0};
    read_question(&scenario, &axes, &targets);
    int32_t start[8] = {4, 2, 2};
    struct plan_request request = {
        .question = {.scenario = &scenario,
                     .axes = &axes,
                     .targets = &targets,
                     .seed = scenario.seed,
                     .thread_count = 2},
        .goal = {.probability = 0.95, .confidence = 0.95},
        .start = start,
        .points_max = 400,
    };
    request.question.trial_count = plan_trials(&request.goal, 0);
    cr_assert_eq(found_fleet_make(&found, &request, &err), 0, "%s", err.text);
    cr_assert(found.is_checked);
    struct plan_question fresh = request.question;
    fresh.seed = scenario.seed + FAR_AWAY;
    tester_init(&tester, &fresh);
    struct trial_range range = {.count = FRESH, .takes_all = true};
    cr_assert_eq(tester_run(&tester, found_fleet_counts(&found), &range, &tally, &err), 0, "%s",
                 err.text);
    /* The claim is refuted where even at its probability so few successes would be rarer than one
     * in a thousand. */
    double upper = 1 - evidence_lower_bound(FRESH - tally.successes, FRESH, 0.999);
    cr_expect_geq(upper, 0.95, "%d of %d", tally.successes, FRESH);
    cr_log_info("%d of %d fresh seeds keep the targets", tally.successes, FRESH);
    found_fleet_release(&found);
    plan_axes_release(&axes);
    scenario_release(&scenario);
}
