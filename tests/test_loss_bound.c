/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/loss_bound.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "plan/variant.h"
#include "tests/scenario_make.h"

/* A fleet holds the floors here where its cores are enough for them: then the cheapest fleets, with
 * and without losses, are found by looking at every one. */
enum { AXES = 2, NODES_MAX = 7, ZONES_MAX = 4 };

static const char *const zones[ZONES_MAX] = {"a", "b", "c", "d"};

static int64_t cores_left(const struct scenario *scenario, const struct plan_axes *axes,
                          const struct plan_point *point)
{
    struct plan_variant variant;
    struct err err = {0};
    int64_t cores = 0;
    cr_assert_eq(plan_variant_make(&variant, scenario, axes, point, &err), 0, "%s", err.text);
    for (int32_t i = 0; i < variant.scenario.node_count; i++)
        cores += scenario->types[variant.scenario.nodes[i].type].cpu_milli / 1000;
    plan_variant_release(&variant);
    return cores;
}

static bool survives_all(const struct loss_bound_of *of, const int32_t *counts, int64_t demand)
{
    struct losses losses;
    struct losses_of for_counts = {of->scenario, of->axes, counts};
    struct err err = {0};
    bool is_enough = true;
    cr_assert_eq(losses_make(&losses, &for_counts, &of->survives, &err), 0, "%s", err.text);
    for (int32_t i = 0; i < losses.count && is_enough; i++) {
        const struct plan_point point = {counts, losses.items[i]};
        is_enough = cores_left(of->scenario, of->axes, &point) >= demand;
    }
    losses_release(&losses);
    return is_enough;
}

/* INT64_MAX: no fleet in the box does it. */
static int64_t cheapest(const struct loss_bound_of *of, int64_t demand)
{
    int64_t least = INT64_MAX;
    for (int32_t a = 0; a <= NODES_MAX; a++)
        for (int32_t b = 0; b <= NODES_MAX; b++) {
            const int32_t counts[AXES] = {a, b};
            int64_t price = plan_axes_price(of->axes, counts);
            if (price < least && survives_all(of, counts, demand))
                least = price;
        }
    return least;
}

static struct scenario draw_scenario(struct rng *rng)
{
    struct scenario scenario = made_scenario();
    int32_t large = make_type(&scenario, 1000 * (2 + (int64_t)rng_below(rng, 5)), 0);
    int32_t small = make_type(&scenario, 1000 * (1 + (int64_t)rng_below(rng, 3)), 0);
    int32_t pool = make_pool(&scenario, large);
    make_pool_type(&scenario, pool, small);
    scenario.pools[pool].max_instances = NODES_MAX;
    scenario.types[large].has_price = scenario.types[small].has_price = true;
    scenario.types[large].price_micro = 3 + (int64_t)rng_below(rng, 9);
    scenario.types[small].price_micro = 1 + (int64_t)rng_below(rng, 5);
    int32_t zone_count = (int32_t)rng_below(rng, ZONES_MAX + 1);
    for (int32_t i = 0; i < zone_count; i++)
        make_nodes(&scenario, pool, rng_below(rng, 2) == 0 ? large : small,
                   1 + (int32_t)rng_below(rng, 2), rng_below(rng, 20) == 0 ? NULL : zones[i]);
    return scenario;
}

Test(loss_bound, no_fleet_that_survives_is_cheaper)
{
    struct rng rng = rng_stream(1, "test loss bound", 0);
    int32_t raised = 0, tight = 0, impossible = 0;
    for (int trial = 0; trial < 2000; trial++) {
        struct scenario scenario = draw_scenario(&rng);
        struct plan_axes axes;
        struct err err = {0};
        struct survive survives[2];
        cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
        cr_assert_eq(axes.count, AXES);
        for (int32_t i = 0; i < AXES; i++)
            axes.items[i].high = NODES_MAX;
        survives[0] =
            (struct survive){.kind = SURVIVE_NODES, .count = 1 + (int32_t)rng_below(&rng, 3)};
        survives[1] = (struct survive){.kind = SURVIVE_ZONE};
        int32_t first = (int32_t)rng_below(&rng, 2);
        const struct loss_bound_of none = {&scenario, &axes, {NULL, 0}};
        const struct loss_bound_of of = {
            &scenario, &axes, {&survives[first], 1 + (first == 0 && rng_below(&rng, 2) == 0)}};
        int64_t demand = 1 + (int64_t)rng_below(&rng, 12);
        struct loss_bound found = loss_bound_find(&of, cheapest(&none, demand));
        int64_t least = cheapest(&of, demand);
        if (found.is_impossible)
            cr_expect_eq(least, INT64_MAX, "trial %d", trial);
        else
            cr_expect_leq(found.bound, least, "trial %d: %d > %d", trial, (int)found.bound,
                          (int)least);
        raised += found.survive >= 0;
        tight += found.survive >= 0 && found.bound == least;
        impossible += found.is_impossible;
        plan_axes_release(&axes);
        made_release(&scenario);
    }
    cr_expect_gt(raised, 1000, "%d", raised);
    cr_expect_gt(tight, 200, "%d", tight);
    cr_expect_gt(impossible, 20, "%d", impossible);
}

Test(loss_bound, three_zones_take_half_as_much_again)
{
    struct scenario scenario = made_scenario();
    struct plan_axes axes;
    struct err err = {0};
    int32_t type = make_type(&scenario, 4000, 0);
    int32_t pool = make_pool(&scenario, type);
    scenario.types[type].has_price = true;
    scenario.types[type].price_micro = 2;
    for (int i = 0; i < 3; i++)
        make_nodes(&scenario, pool, type, 1, zones[i]);
    cr_assert_eq(plan_axes_make(&axes, &scenario, &err), 0, "%s", err.text);
    const struct survive survives[] = {{.kind = SURVIVE_ZONE},
                                       {.kind = SURVIVE_NODES, .count = 1},
                                       {.kind = SURVIVE_ZONE, .zone = "a"}};
    static const int64_t bounds[] = {12, 10, 8};
    for (int i = 0; i < 3; i++) {
        const struct loss_bound_of of = {&scenario, &axes, {&survives[i], 1}};
        cr_expect_eq(loss_bound_find(&of, 8).bound, bounds[i], "row %d", i);
        cr_expect_float_eq(loss_bound_find(&of, 8).factor, i == 0 ? 1.5 : 1, 1e-12);
        cr_expect_eq(loss_bound_find(&of, 0).bound, 0, "nothing is asked for");
    }
    plan_axes_release(&axes);
    made_release(&scenario);
}
