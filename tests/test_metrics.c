/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/metrics.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "scenarios/scenario.h"
#include "tests/failing_alloc.h"

static const struct node_group two_groups[] = {{.pool = 0, .type = 0}, {.pool = 1, .type = 1}};
static const struct metrics_size two_pools = {
    .horizon_us = 4800,
    .groups = two_groups,
    .group_count = 2,
    .pool_count = 2,
    .runner_count = 3,
    .keeps_changes = true,
};

static void init(struct metrics *metrics, const struct metrics_size *size)
{
    struct err err;
    cr_assert_eq(metrics_init(metrics, size, &err), 0);
}

/* ---- integrals ---- */

Test(metrics, an_integral_is_exact)
{
    struct integral integral = {0};
    integral_add(&integral, 3, 10);
    integral_add(&integral, 6, 15);
    integral_add(&integral, -5, 15);
    cr_expect(integral_area(&integral, 15) == 15);
    integral_add(&integral, -2, 25);
    cr_expect(integral_area(&integral, 25) == 55);
    integral_settle(&integral, 25);
    cr_expect(integral.area == 55);
    cr_expect(integral_area(&integral, 30) == 65);
    cr_expect_eq(integral.value, 2);
    integral_add(&integral, 1, 31);
    cr_expect(integral_area(&integral, 32) == 55 + 2 * 6 + 3);
}

/* Against the sum of what each step adds. */
Test(metrics, an_integral_is_the_sum_of_its_steps)
{
    struct rng rng = rng_stream(1, "integral", 0);
    struct integral integral = {0};
    int64_t now_us = 0;
    int128 sum = 0;
    for (int i = 0; i < 10000; i++) {
        int64_t later_us = now_us + (int64_t)rng_below(&rng, 1000) * (int64_t)rng_below(&rng, 3);
        sum += (int128)integral.value * (later_us - now_us);
        now_us = later_us;
        cr_assert(integral_area(&integral, now_us) == sum, "step %d", i);
        int64_t value = (int64_t)(rng_next(&rng) >> 20);
        integral_add(&integral, value - integral.value, now_us);
        if (rng_below(&rng, 100) == 0)
            integral_settle(&integral, now_us);
    }
}

Test(metrics, areas_beyond_64_bits_are_exact)
{
    struct integral integral = {0};
    int64_t value = INT64_C(1) << 60;
    int64_t time_us = INT64_C(1) << 50;
    integral_add(&integral, value, 0);
    integral_add(&integral, -1, time_us);
    cr_expect(integral_area(&integral, 2 * time_us) == ((int128)value * 2 - 1) * time_us);
}

/* ---- utilization ---- */

static void use(struct metrics *metrics, int32_t pool, int64_t cpu, int64_t now_us)
{
    struct usage_delta delta = {.group = pool, .used = {[RESOURCE_CPU] = cpu}};
    metrics_advance(metrics, now_us);
    metrics_add_usage(metrics, &delta, now_us);
}

static void equip(struct metrics *metrics, int32_t pool, int64_t cpu, int64_t now_us)
{
    struct capacity_delta delta = {
        .group = pool,
        .nodes = cpu > 0 ? 1 : -1,
        .nodes_up_or_down = cpu > 0 ? 1 : 0,
        .capacity = {[RESOURCE_CPU] = cpu},
    };
    metrics_advance(metrics, now_us);
    metrics_add_capacity(metrics, &delta, now_us);
}

Test(metrics, utilization_counts_time_by_level_in_fleet_pool_and_group)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    equip(&metrics, 0, 1000, 0);
    use(&metrics, 0, 250, 100);
    use(&metrics, 0, 1, 1100); /* 251 */
    equip(&metrics, 1, 1000, 2000);
    use(&metrics, 1, 999, 3000); /* fleet: 1250 of 2000 */
    metrics_finish(&metrics, 4800);
    const struct usage *fleet = &metrics.scopes[0].usage[RESOURCE_CPU];
    const struct usage *pool = &metrics.scopes[1 + 1].usage[RESOURCE_CPU];
    const struct usage *group = &metrics.scopes[1 + 2 + 1].usage[RESOURCE_CPU];
    cr_expect_eq(fleet->time_at_us[0], 100);
    cr_expect_eq(fleet->time_at_us[250], 1000);
    cr_expect_eq(fleet->time_at_us[251], 900);
    cr_expect_eq(fleet->time_at_us[126], 1000, "251 of 2000 is 12.55 %%, rounded half up");
    cr_expect_eq(fleet->time_at_us[625], 1800);
    cr_expect_eq(fleet->max_permille, 625);
    cr_expect_eq(fleet->max_used * 1000, fleet->max_capacity * 625);
    cr_expect_eq(pool->time_at_us[0], 1000, "before 2000 there is no capacity");
    cr_expect_eq(pool->time_at_us[999], 1800);
    cr_expect_eq(memcmp(pool->time_at_us, group->time_at_us, sizeof pool->time_at_us), 0);
    cr_expect(fleet->used.area == 250 * 1000 + 251 * 1900 + 1250 * 1800);
    cr_expect(fleet->capacity.area == 1000 * 2000 + 2000 * 2800);
    cr_expect(metrics.scopes[0].nodes.area == 2000 + 2 * 2800);
    metrics_release(&metrics);
}

/* All that is measured of a resource in one scope, the plain way: step by step, in time by level of
 * what was used in each step. */
struct plain_usage {
    int64_t used, capacity, max_used, max_capacity;
    int64_t time_at_us[UTILIZATION_STEPS + 1];
};

static void plain_lasts(struct plain_usage *plain, int64_t lasted_us)
{
    if (plain->capacity == 0 || lasted_us == 0)
        return;
    int64_t level = (2000 * plain->used + plain->capacity) / (2 * plain->capacity);
    plain->time_at_us[level < UTILIZATION_STEPS ? level : UTILIZATION_STEPS] += lasted_us;
    if (plain->max_capacity > 0 &&
        plain->used * plain->max_capacity <= plain->max_used * plain->capacity)
        return;
    plain->max_used = plain->used;
    plain->max_capacity = plain->capacity;
}

/* Small steps and large ones, several at one instant, of a capacity that changes now and then and
 * is 0 at times. */
static void compare_with_plain(uint64_t seed)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    struct rng rng = rng_stream(seed, "plain", 0);
    struct plain_usage plain = {0};
    const struct usage *usage = &metrics.scopes[0].usage[RESOURCE_CPU];
    int64_t now_us = 0;
    while (now_us < 4700) {
        int64_t later_us = now_us + (int64_t)(rng_below(&rng, 5) * rng_below(&rng, 2));
        plain_lasts(&plain, later_us - now_us);
        now_us = later_us;
        uint64_t span = rng_below(&rng, 8) == 0 ? 3000 : 8;
        int64_t by = (int64_t)rng_below(&rng, 2 * span + 1) - (int64_t)span;
        bool is_capacity = rng_below(&rng, 20) == 0;
        int64_t *value = is_capacity ? &plain.capacity : &plain.used;
        if (by < -*value)
            by = -*value;
        *value += by;
        if (is_capacity)
            equip(&metrics, 0, by, now_us);
        else
            use(&metrics, 0, by, now_us);
    }
    plain_lasts(&plain, 4800 - now_us);
    metrics_finish(&metrics, 4800);
    cr_expect_eq(memcmp(usage->time_at_us, plain.time_at_us, sizeof plain.time_at_us), 0);
    cr_expect_eq(usage->max_used, plain.max_used);
    cr_expect_eq(usage->max_capacity, plain.max_capacity);
    metrics_release(&metrics);
}

Test(metrics, utilization_equals_that_of_the_plain_way)
{
    for (uint64_t seed = 1; seed <= 200; seed++)
        compare_with_plain(seed);
}

/* The first pool of two_pools, and the same steps where there is no other pool. */
Test(metrics, scopes_that_are_kept_once_equal_those_that_are_kept_themselves)
{
    static const struct metrics_size one_pool = {
        .horizon_us = 4800,
        .groups = two_groups,
        .group_count = 1,
        .pool_count = 1,
    };
    static const int32_t kept_anew[] = {0, 1, 1 + 2};
    struct metrics once, anew;
    init(&once, &one_pool);
    init(&anew, &two_pools);
    cr_expect_eq(once.scopes[0].same_as, 2);
    cr_expect_eq(once.scopes[1].same_as, 2);
    cr_expect_eq(anew.scopes[0].same_as, NO_INDEX);
    struct metrics *both[] = {&once, &anew};
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        struct rng rng = rng_stream(1, "test", 0);
        int64_t used = 0;
        equip(both[i], 0, 1000, 0);
        for (int64_t now_us = 0; now_us < 4800; now_us += (int64_t)rng_below(&rng, 30)) {
            int64_t next = (int64_t)rng_below(&rng, 1001);
            use(both[i], 0, next - used, now_us);
            used = next;
            cr_expect_eq(metrics_scope(both[i], 0)->usage[RESOURCE_CPU].used.value, used);
        }
        metrics_finish(both[i], 4800);
    }
    for (int32_t i = 0; i < once.scope_count; i++) {
        const struct scope *left = &once.scopes[i], *right = &anew.scopes[kept_anew[i]];
        cr_expect_eq(memcmp(left->usage, right->usage, sizeof left->usage), 0, "scope %d", i);
        cr_expect(left->nodes.area == right->nodes.area);
        cr_expect_eq(memcmp(left->bin_nodes, right->bin_nodes, sizeof left->bin_nodes), 0);
        cr_expect_eq(memcmp(left->bin_existing, right->bin_existing, sizeof left->bin_existing), 0);
    }
    metrics_release(&once);
    metrics_release(&anew);
}

Test(metrics, quantiles_are_of_time)
{
    struct usage usage = {0};
    cr_expect_eq(usage_quantile_permille(&usage, 0.5), -1);
    usage.time_at_us[100] = 50;
    usage.time_at_us[200] = 45;
    usage.time_at_us[1000] = 5;
    static const struct {
        double q;
        int32_t permille;
    } rows[] = {{0, 100}, {0.5, 100}, {0.51, 200}, {0.95, 200}, {0.96, 1000}, {1, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(usage_quantile_permille(&usage, rows[i].q), rows[i].permille, "q %g",
                     rows[i].q);
}

Test(metrics, memory_of_a_large_fleet_does_not_overflow)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    int64_t bytes = INT64_C(1) << 61;
    struct usage_delta used = {.used = {[RESOURCE_MEMORY] = bytes / 4 * 3}};
    struct capacity_delta there = {.capacity = {[RESOURCE_MEMORY] = bytes}};
    metrics_add_capacity(&metrics, &there, 0);
    metrics_add_usage(&metrics, &used, 0);
    metrics_finish(&metrics, 4800);
    cr_expect_eq(metrics.scopes[0].usage[RESOURCE_MEMORY].max_permille, 750);
    cr_expect(metrics.scopes[0].usage[RESOURCE_MEMORY].capacity.area == (int128)bytes * 4800);
    metrics_release(&metrics);
}

Test(metrics, time_bins_hold_the_area_of_their_time)
{
    /* Bins of 10 us. 5 from 3, 7 from 25, 0 from 4790, in a run of 4800 or cut at 4000. */
    static const int64_t ends[] = {4800, 4000, 27};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct metrics metrics;
        init(&metrics, &two_pools);
        cr_assert_eq(metrics.bin_us, 10);
        equip(&metrics, 0, 100, 0);
        use(&metrics, 0, 5, 3);
        use(&metrics, 0, 2, 25);
        if (ends[i] == 4800)
            use(&metrics, 0, -7, 4790);
        metrics_finish(&metrics, ends[i]);
        const struct usage *usage = &metrics.scopes[0].usage[RESOURCE_CPU];
        cr_expect(usage->bin_used[0] == 35);
        cr_expect(usage->bin_used[1] == 50);
        cr_expect(usage->bin_used[2] == 25 + 7 * (ends[i] < 30 ? 2 : 5));
        cr_expect(usage->bin_capacity[2] == (ends[i] < 30 ? 700 : 1000));
        cr_expect(usage->bin_used[399] == (ends[i] < 4000 ? 0 : 70));
        cr_expect(usage->bin_used[478] == (ends[i] < 4800 ? 0 : 70));
        cr_expect(usage->bin_used[479] == 0);
        cr_expect(metrics.scopes[0].bin_nodes[0] == 10);
        cr_expect(metrics.scopes[0].bin_existing[399] == (ends[i] < 4000 ? 0 : 10));
        metrics_release(&metrics);
    }
}

Test(metrics, bins_of_random_steps_add_up_whatever_the_horizon)
{
    static const int64_t horizons[] = {1, 7, 479, 480, 481, 12345, 1000003};
    for (size_t i = 0; i < ARRAY_LEN(horizons); i++) {
        struct metrics_size size = two_pools;
        size.horizon_us = horizons[i];
        struct metrics metrics;
        init(&metrics, &size);
        struct rng rng = rng_stream(1, "test", i);
        equip(&metrics, 0, 1000, 0);
        int64_t used = 0;
        for (int64_t now_us = 0; now_us <= horizons[i];
             now_us += (int64_t)rng_below(&rng, 1 + (uint64_t)horizons[i] / 50)) {
            int64_t next = (int64_t)rng_below(&rng, 1001);
            use(&metrics, 0, next - used, now_us);
            used = next;
            if (rng_below(&rng, 2000) == 0)
                break;
        }
        metrics_finish(&metrics, horizons[i]);
        const struct usage *usage = &metrics.scopes[0].usage[RESOURCE_CPU];
        int128 binned = 0;
        int64_t timed_us = 0;
        for (int bin = 0; bin < TIMELINE_BINS; bin++)
            binned += usage->bin_used[bin];
        for (int step = 0; step <= UTILIZATION_STEPS; step++)
            timed_us += usage->time_at_us[step];
        cr_expect(binned == usage->used.area, "horizon %ld", (long)horizons[i]);
        cr_expect_eq(timed_us, horizons[i]);
        metrics_release(&metrics);
    }
}

/* ---- waits ---- */

static void end_wait(struct metrics *metrics, enum wait_end end, int64_t wait_us, int64_t now_us)
{
    struct err err;
    struct wait_ended wait = {.wait_us = wait_us, .priority = 4, .end = end};
    metrics_advance(metrics, now_us);
    cr_assert_eq(metrics_wait_ends(metrics, &wait, now_us, &err), 0);
}

static void begin_wait(struct metrics *metrics, int64_t now_us)
{
    metrics_advance(metrics, now_us);
    metrics_wait_begins(metrics, 4, now_us);
}

Test(metrics, the_sum_of_waits_is_the_area_under_the_queue)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    begin_wait(&metrics, 5);
    end_wait(&metrics, WAIT_BOUND, 0, 5);
    begin_wait(&metrics, 10);
    begin_wait(&metrics, 20);
    begin_wait(&metrics, 20);
    end_wait(&metrics, WAIT_BOUND, 20, 30);
    begin_wait(&metrics, 40);
    end_wait(&metrics, WAIT_GAVE_UP, 60, 80);
    end_wait(&metrics, WAIT_WITHDRAWN, 70, 90);
    end_wait(&metrics, WAIT_OPEN, 4760, 4800);
    metrics_finish(&metrics, 4800);
    const struct waits *waits = &metrics.waits[4];
    cr_expect(waits->queue.area == 20 + 60 + 70 + 4760);
    cr_expect_eq(waits->at_once_count, 1);
    cr_expect_eq(waits->later_count, 1);
    cr_expect_eq(waits->later_us[0], 20);
    cr_expect_eq(waits->censored_count, 3);
    cr_expect_eq(waits->gave_up_count, 1);
    cr_expect_eq(waits->withdrawn_count, 1);
    cr_expect_eq(waits->waiting_count, 1);
    cr_expect(waits->bin_queue[0] == 0);
    cr_expect(waits->bin_queue[1] == 10);
    cr_expect(waits->bin_queue[2] == 30);
    cr_expect(waits->bin_queue[4] == 30);
    cr_expect(waits->bin_queue[479] == 10);
    metrics_release(&metrics);
}

/* ---- runners ---- */

static void change(struct metrics *metrics, struct runner_delta delta, int64_t now_us)
{
    struct err err;
    metrics_advance(metrics, now_us);
    cr_assert_eq(metrics_change_runner(metrics, &delta, now_us, &err), 0);
}

Test(metrics, time_at_floor_and_wish_counts_only_while_the_runner_is_there)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    metrics_runner_arrives(&metrics, 1, 100);
    change(&metrics, (struct runner_delta){.runner = 1, .wish = 3, .floor = 2}, 100);
    change(&metrics, (struct runner_delta){.runner = 1, .live = 3}, 200);
    change(&metrics, (struct runner_delta){.runner = 1, .running = 2}, 300);
    change(&metrics, (struct runner_delta){.runner = 1, .running = 1}, 400);
    change(&metrics, (struct runner_delta){.runner = 1, .running = -2, .live = -2}, 700);
    metrics_runner_leaves(&metrics, 1, 1000);
    change(&metrics,
           (struct runner_delta){.runner = 1, .wish = -3, .live = -1, .running = -1, .floor = -2},
           1000);
    metrics_finish(&metrics, 4800);
    const struct runner_stats *stats = &metrics.runners[1];
    const struct runner_rare *rare = metrics_rare(&metrics, 1);
    cr_expect_eq(stats->existed_us, 900);
    cr_expect_eq(rare->floor_by_live.asked_us, 900);
    cr_expect_eq(rare->floor_by_live.met_us, 500);
    cr_expect_eq(rare->floor_by_running.met_us, 400);
    cr_expect_eq(stats->wish_by_running.asked_us, 900);
    cr_expect_eq(stats->wish_by_running.met_us, 300);
    cr_expect_eq(stats->wish_by_running.asked_since_us, 600, "met from 400 on, lost at 700");
    cr_expect_eq(rare->floor_by_live.asked_since_us, 800, "met from 200 on");
    cr_expect(stats->running.area == 2 * 100 + 3 * 300 + 300);
    cr_expect(stats->live.area == 3 * 500 + 300);
    cr_expect(stats->wish.area == 3 * 900);
    cr_expect_eq(metrics.runners[0].existed_us, 0);
    metrics_release(&metrics);
}

Test(metrics, the_highest_utilization_is_exact)
{
    /* 500 and 501 of 4000 are both 12.5 % when rounded to 0.1 %. */
    struct metrics metrics;
    init(&metrics, &two_pools);
    equip(&metrics, 0, 4000, 0);
    use(&metrics, 0, 500, 100);
    use(&metrics, 0, 1, 200);
    use(&metrics, 0, -1, 300);
    use(&metrics, 0, -500, 400);
    metrics_finish(&metrics, 4800);
    cr_expect_eq(metrics.scopes[0].usage[RESOURCE_CPU].max_permille, 125);
    cr_expect_eq(metrics.scopes[0].usage[RESOURCE_CPU].max_used, 501);
    cr_expect_eq(metrics.scopes[0].usage[RESOURCE_CPU].max_capacity, 4000);
    metrics_release(&metrics);
}

Test(metrics, only_time_with_a_floor_or_wish_above_0_counts_for_it)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    metrics_runner_arrives(&metrics, 0, 0);
    change(&metrics, (struct runner_delta){.runner = 0, .wish = 1}, 0);
    change(&metrics, (struct runner_delta){.runner = 0, .floor = 1}, 100);
    change(&metrics, (struct runner_delta){.runner = 0, .live = 1, .running = 1}, 400);
    change(&metrics,
           (struct runner_delta){.runner = 0, .wish = -1, .live = -1, .running = -1, .floor = -1},
           1000);
    metrics_finish(&metrics, 4800);
    const struct runner_stats *stats = &metrics.runners[0];
    const struct runner_rare *rare = metrics_rare(&metrics, 0);
    cr_expect_eq(stats->existed_us, 4800);
    cr_expect_eq(rare->floor_by_running.asked_us, 900);
    cr_expect_eq(rare->floor_by_running.met_us, 600);
    cr_expect_eq(stats->wish_by_running.asked_us, 1000);
    cr_expect_eq(stats->wish_by_running.met_us, 600, "the rest of the run is not at its wish");
    metrics_release(&metrics);
}

Test(metrics, changes_of_a_runner_at_one_instant_are_one_entry)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    metrics_runner_arrives(&metrics, 0, 10);
    change(&metrics, (struct runner_delta){.runner = 0, .wish = 2, .floor = 1}, 10);
    change(&metrics, (struct runner_delta){.runner = 0, .live = 1}, 10);
    change(&metrics, (struct runner_delta){.runner = 1, .wish = 1}, 10);
    change(&metrics, (struct runner_delta){.runner = 0, .live = 1}, 11);
    struct change_reader reader = change_log_read(&metrics.changes);
    struct runner_change changes[3];
    cr_assert_eq(metrics.changes.count, 3);
    for (int i = 0; i < 3; i++)
        cr_assert(change_log_next(&reader, &changes[i]));
    cr_expect_eq(changes[0].live, 1);
    cr_expect_eq(changes[0].wish, 2);
    cr_expect_eq(changes[0].floor, 1);
    cr_expect_eq(changes[1].runner, 1);
    cr_expect_eq(changes[2].live, 2);
    cr_expect_eq(changes[2].time_us, 11);
    cr_expect_not(change_log_next(&reader, &changes[0]));
    metrics_release(&metrics);
}

Test(metrics, changes_that_nobody_asks_for_are_counted_and_not_kept)
{
    struct metrics_size size = two_pools;
    struct metrics kept, counted;
    size.keeps_changes = false;
    init(&kept, &two_pools);
    init(&counted, &size);
    struct metrics *both[] = {&kept, &counted};
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        metrics_runner_arrives(both[i], 1, 10);
        change(both[i], (struct runner_delta){.runner = 1, .wish = 2, .floor = 1}, 10);
        change(both[i], (struct runner_delta){.runner = 1, .live = 2, .running = 1}, 30);
        change(both[i], (struct runner_delta){.runner = 1, .running = 1}, 70);
        metrics_finish(both[i], 4800);
    }
    cr_expect_eq(kept.changes.count, 3);
    cr_expect_eq(counted.changes.count, 0);
    cr_expect_null(counted.changes.bytes);
    cr_expect_eq(memcmp(&kept.runners[1], &counted.runners[1], sizeof *kept.runners), 0);
    cr_expect_eq(metrics_rare(&counted, 1)->floor_by_running.met_us, 4800 - 30);
    metrics_release(&kept);
    metrics_release(&counted);
}

/* ---- what is rare ---- */

Test(metrics, what_is_rare_has_a_row_only_where_it_happens)
{
    struct metrics metrics;
    struct err err;
    init(&metrics, &two_pools);
    metrics_runner_arrives(&metrics, 0, 0);
    change(&metrics, (struct runner_delta){.runner = 0, .wish = 2, .live = 2, .running = 1}, 0);
    cr_assert_eq(metrics_runner_waited(&metrics, 0, 0, &err), 0);
    cr_assert_eq(metrics_runner_waited(&metrics, 0, 7, &err), 0);
    cr_expect_eq(metrics.rare_count, 1, "nobody has a floor, losses or a second wait");
    cr_expect_eq(metrics_rare(&metrics, 0)->floor, 0);
    cr_expect_eq(metrics_rare(&metrics, 0)->open_evictions, NO_INDEX);
    change(&metrics, (struct runner_delta){.runner = 2, .floor = 1}, 10);
    cr_expect_eq(metrics.rare_count, 2);
    cr_expect_eq(metrics_rare(&metrics, 2)->floor, 1);
    cr_expect_eq(metrics_rare(&metrics, 0)->floor, 0, "the row is that of one runner");
    cr_expect_null(metrics.costs, "no price is known");
    cr_expect(metrics_cost(&metrics, 1)->lost == 0);
    metrics_release(&metrics);
}

Test(metrics, the_longest_wait_is_that_of_all_waits)
{
    struct rng rng = rng_stream(7, "waits", 0);
    for (int trial = 0; trial < 300; trial++) {
        struct metrics metrics;
        struct err err;
        int64_t sum_us = 0, most_us = 0;
        init(&metrics, &two_pools);
        for (int i = 0; i < trial % 6; i++) {
            int64_t wait_us = (int64_t)(rng_next(&rng) % 4);
            sum_us += wait_us;
            most_us = wait_us > most_us ? wait_us : most_us;
            cr_assert_eq(metrics_runner_waited(&metrics, 1, wait_us, &err), 0);
        }
        cr_expect_eq(metrics_wait_us_max(&metrics, 1), most_us);
        cr_expect_eq(metrics.runners[1].wait_us_sum, sum_us);
        cr_expect_eq(metrics.runners[1].bound_count, trial % 6);
        metrics_release(&metrics);
    }
}

Test(metrics, a_rare_row_without_memory_changes_nothing)
{
    enum { RUNNERS = 40 };
    struct metrics_size size = two_pools;
    struct metrics metrics;
    struct runner_rare *row;
    int32_t failures = 0;
    size.runner_count = RUNNERS;
    init(&metrics, &size);
    for (int32_t i = 0; i < RUNNERS; i++) {
        struct err err;
        failing_alloc_arm(1);
        int result = metrics_rare_row(&metrics, i, &row, &err);
        if (failing_alloc_disarm()) {
            failures++;
            cr_assert_eq(result, -1);
            cr_expect_eq(metrics.runners[i].rare, 0);
            cr_expect_eq(metrics.rare_count, 1 + i);
            result = metrics_rare_row(&metrics, i, &row, &err);
        }
        cr_assert_eq(result, 0);
        cr_expect_eq(row->open_evictions, NO_INDEX);
        row->drained_count = i;
    }
    for (int32_t i = 0; i < RUNNERS; i++)
        cr_expect_eq(metrics_rare(&metrics, i)->drained_count, i);
    cr_expect_eq(failures, 3, "the table has grown from 8 rows to 16, 32 and 64");
    metrics_release(&metrics);
}

/* ---- evictions ---- */

static void evict(struct metrics *metrics, bool was_running, int64_t now_us)
{
    struct err err;
    struct eviction eviction = {
        .time_us = now_us,
        .work_lost_us = was_running ? 5 : 0,
        .recovered_at_us = TIME_NEVER,
        .victim_runner = 0,
        .demand_runner = 2,
        .running_before = (int32_t)metrics->runners[0].running.value,
        .victim_priority = 1,
        .demand_priority = 6,
        .was_starting = !was_running,
    };
    metrics_advance(metrics, now_us);
    cr_assert_eq(metrics_add_eviction(metrics, &eviction, &err), 0);
    change(metrics, (struct runner_delta){.runner = 0, .live = -1, .running = -was_running},
           now_us);
}

static void runner_with_four_running(struct metrics *metrics)
{
    init(metrics, &two_pools);
    metrics_runner_arrives(metrics, 0, 0);
    change(metrics, (struct runner_delta){.runner = 0, .wish = 5, .live = 5, .running = 4}, 0);
}

Test(metrics, a_runner_recovers_when_as_many_run_as_before_each_eviction)
{
    struct metrics metrics;
    runner_with_four_running(&metrics);
    evict(&metrics, true, 10);  /* 4 before */
    evict(&metrics, true, 10);  /* 3 before */
    evict(&metrics, false, 20); /* the starting one: nothing that ran is lost */
    change(&metrics, (struct runner_delta){.runner = 0, .live = 1, .running = 1}, 30);
    evict(&metrics, true, 40); /* 3 before */
    change(&metrics, (struct runner_delta){.runner = 0, .live = 1, .running = 1}, 50);
    change(&metrics, (struct runner_delta){.runner = 0, .live = 1, .running = 1}, 60);
    metrics_finish(&metrics, 4800);
    static const int64_t recovered_us[] = {60, 30, 20, 50};
    cr_assert_eq(metrics.eviction_count, 4);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(metrics.evictions[i].recovered_at_us, recovered_us[i], "eviction %d", i);
    cr_expect_eq(metrics_rare(&metrics, 0)->evicted_count, 4);
    cr_expect_eq(metrics_rare(&metrics, 2)->evicting_count, 4);
    cr_expect_eq(metrics_rare(&metrics, 0)->work_lost_us, 15);
    cr_expect_eq(metrics.evictions_between[6][1], 4);
    cr_expect_eq(metrics.bins[1].evictions, 2);
    cr_expect_eq(metrics.bins[2].evictions, 1);
    metrics_release(&metrics);
}

Test(metrics, a_runner_that_wishes_less_is_whole_earlier)
{
    struct metrics metrics;
    runner_with_four_running(&metrics);
    evict(&metrics, true, 10);
    evict(&metrics, true, 20);
    change(&metrics, (struct runner_delta){.runner = 0, .wish = -3}, 30);
    cr_expect_eq(metrics.evictions[0].recovered_at_us, 30);
    cr_expect_eq(metrics.evictions[1].recovered_at_us, 30);
    metrics_release(&metrics);
}

Test(metrics, evictions_of_a_runner_that_leaves_or_never_recovers_stay_open)
{
    struct metrics metrics;
    runner_with_four_running(&metrics);
    evict(&metrics, true, 10);
    metrics_runner_leaves(&metrics, 0, 50);
    change(&metrics, (struct runner_delta){.runner = 0, .wish = -5, .live = -4, .running = -3}, 50);
    metrics_finish(&metrics, 4800);
    cr_expect_eq(metrics.evictions[0].recovered_at_us, TIME_NEVER);
    metrics_release(&metrics);
}

Test(metrics, the_horizon_is_in_the_last_bin)
{
    struct metrics metrics;
    init(&metrics, &two_pools);
    static const struct {
        int64_t now_us;
        int32_t bin;
    } rows[] = {{0, 0},      {9, 0},      {10, 1},
                {25, 2},     {4789, 478}, {4790, TIMELINE_BINS - 1},
                {4799, 479}, {4800, 479}, {4800, 479}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        metrics_advance(&metrics, rows[i].now_us);
        cr_expect_eq(metrics_bin(&metrics), &metrics.bins[rows[i].bin], "row %zu", i);
    }
    metrics_release(&metrics);
}

Test(metrics, init_without_memory_leaves_a_zeroed_struct)
{
    struct metrics_size size = two_pools;
    size.has_prices = true;
    for (int64_t n = 1;; n++) {
        struct metrics metrics;
        struct err err;
        failing_alloc_arm(n);
        int result = metrics_init(&metrics, &size, &err);
        if (!failing_alloc_disarm()) {
            cr_assert_eq(result, 0);
            cr_assert_gt(n, 1);
            metrics_release(&metrics);
            return;
        }
        cr_assert_eq(result, -1);
        cr_assert_eq(err.kind, ERR_SYSTEM);
        cr_assert_null(metrics.scopes);
        cr_assert_null(metrics.runners);
        cr_assert_null(metrics.costs);
        cr_assert_null(metrics.rare);
        metrics_release(&metrics);
    }
}
