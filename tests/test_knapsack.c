/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/knapsack.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "plan/devices.h"
#include "plan/knapsack_labels.h"
#include "plan/knapsack_table.h"

enum { ITEMS = 5, RESOURCES = 3, PAIRS = ITEMS * ITEMS };

/* A knapsack with its arrays. */
struct small {
    struct knapsack problem;
    int64_t profit[ITEMS], count_max[ITEMS], weight[ITEMS * RESOURCES];
    int64_t capacity[RESOURCES], multiplier[RESOURCES];
    int32_t pair_first[ITEMS + 1];
    struct knapsack_pair pairs[PAIRS];
};

static int64_t below(struct rng *rng, int64_t bound)
{
    return (int64_t)rng_below(rng, (uint64_t)bound);
}

/* Two of three have pairs, one of three devices (resource 0, shares of 4). */
static void draw(struct small *small, struct rng *rng, bool has_pairs, bool has_devices)
{
    *small = (struct small){.problem = {.item_count = ITEMS, .device_resource = -1}};
    struct knapsack *problem = &small->problem;
    problem->resource_count = 1 + (int32_t)below(rng, RESOURCES);
    for (int r = 0; r < problem->resource_count; r++) {
        small->capacity[r] = below(rng, 13);
        small->multiplier[r] = below(rng, 5);
    }
    for (int i = 0; i < ITEMS; i++) {
        small->profit[i] = below(rng, 20);
        small->count_max[i] = below(rng, 4);
        for (int r = 0; r < problem->resource_count; r++)
            small->weight[i * problem->resource_count + r] = below(rng, 7);
    }
    if (has_devices) {
        static const int64_t units[] = {0, 1, 2, 3, 4, 8};
        problem->device_resource = 0;
        problem->device_units = 4;
        small->capacity[0] = 4 * (1 + below(rng, 3));
        for (int i = 0; i < ITEMS; i++)
            small->weight[i * problem->resource_count] = units[below(rng, 6)];
    }
    if (has_pairs) {
        int64_t limit[ITEMS][ITEMS];
        int32_t next = 0;
        for (int i = 0; i < ITEMS; i++) {
            for (int j = 0; j < ITEMS; j++)
                limit[i][j] = i != j && below(rng, 4) == 0 ? below(rng, 3) : INT64_MAX;
        }
        for (int i = 0; i < ITEMS; i++) {
            small->pair_first[i] = next;
            for (int j = 0; j < ITEMS; j++) {
                if (limit[i][j] != INT64_MAX || limit[j][i] != INT64_MAX)
                    small->pairs[next++] = (struct knapsack_pair){
                        .item = j, .other_max = limit[i][j], .own_max = limit[j][i]};
            }
        }
        small->pair_first[ITEMS] = next;
        problem->pair_first = small->pair_first;
        problem->pairs = small->pairs;
    }
    problem->profit = small->profit;
    problem->count_max = small->count_max;
    problem->weight = small->weight;
    problem->capacity = small->capacity;
    problem->multiplier = small->multiplier;
}

static bool shares_fit(const int64_t *shares, int count, int64_t *room, int devices)
{
    if (count == 0)
        return true;
    for (int d = 0; d < devices; d++) {
        if (room[d] < shares[0])
            continue;
        room[d] -= shares[0];
        bool fits = shares_fit(shares + 1, count - 1, room, devices);
        room[d] += shares[0];
        if (fits)
            return true;
    }
    return false;
}

static bool is_allowed(const struct small *small, const int64_t *counts)
{
    const struct knapsack *problem = &small->problem;
    for (int r = 0; r < problem->resource_count; r++) {
        int64_t sum = 0;
        for (int i = 0; i < ITEMS; i++)
            sum += counts[i] * small->weight[i * problem->resource_count + r];
        if (sum > small->capacity[r])
            return false;
    }
    for (int i = 0; problem->pair_first && i < ITEMS; i++) {
        for (int p = small->pair_first[i]; p < small->pair_first[i + 1]; p++) {
            if (counts[i] > 0 && counts[small->pairs[p].item] > small->pairs[p].other_max)
                return false;
        }
    }
    if (problem->device_resource >= 0) {
        int64_t shares[ITEMS * 4], room[3] = {4, 4, 4};
        int devices = (int)(small->capacity[0] / 4), count = 0;
        for (int i = 0; i < ITEMS; i++) {
            int64_t units = small->weight[i * problem->resource_count];
            for (int64_t k = 0; k < counts[i] && units > 0; k++) {
                if (units < 4)
                    shares[count++] = units;
                else
                    devices -= (int)(units / 4);
            }
        }
        return devices >= 0 && shares_fit(shares, count, room, devices);
    }
    return true;
}

/* All contents. */
static int64_t best_by_trying(const struct small *small, int item, int64_t *counts)
{
    if (item == ITEMS) {
        int64_t profit = 0;
        for (int i = 0; i < ITEMS; i++)
            profit += counts[i] * small->profit[i];
        return is_allowed(small, counts) ? profit : -1;
    }
    int64_t best = -1;
    for (counts[item] = 0; counts[item] <= small->count_max[item]; counts[item]++) {
        int64_t profit = best_by_trying(small, item + 1, counts);
        best = profit > best ? profit : best;
    }
    counts[item] = 0;
    return best;
}

static int64_t profit_of(const struct small *small, const int64_t *counts)
{
    int64_t profit = 0;
    for (int i = 0; i < ITEMS; i++) {
        cr_assert(counts[i] >= 0 && counts[i] <= small->count_max[i]);
        profit += counts[i] * small->profit[i];
    }
    return profit;
}

static void check_one(const struct small *small, struct knapsack_work *work, struct rng *rng)
{
    int64_t tried[ITEMS] = {0}, counts[ITEMS] = {0};
    struct err err;
    int64_t best = best_by_trying(small, 0, tried);
    struct knapsack_limits limits = {
        .stop_at = INT64_MAX, .steps_max = INT64_MAX, .ticks_max = INT64_MAX};
    struct knapsack_answer answer = knapsack_solve(&small->problem, &limits, work, counts);
    cr_assert_eq(answer.upper_bound, best);
    cr_assert_eq(answer.profit, best > 0 ? best : -1);
    cr_assert(!answer.is_cut_short);
    if (answer.profit >= 0) {
        cr_assert(is_allowed(small, counts));
        cr_assert_eq(profit_of(small, counts), best);
    }
    limits.above = below(rng, 30);
    answer = knapsack_solve(&small->problem, &limits, work, counts);
    cr_assert_eq(answer.upper_bound, best > limits.above ? best : limits.above);
    limits.above = 0;
    limits.steps_max = below(rng, 12);
    answer = knapsack_solve(&small->problem, &limits, work, counts);
    cr_assert_geq(answer.upper_bound, best, "a search that was cut short bounds from above");
    cr_assert(answer.is_cut_short || answer.upper_bound == best);
    if (knapsack_table_cells(&small->problem) >= 0) {
        cr_assert_eq(knapsack_table_solve(&small->problem, &answer, counts, &err), 0);
        cr_assert_eq(answer.profit, best);
        cr_assert(is_allowed(small, counts));
        cr_assert_eq(profit_of(small, counts), best);
    }
}

Test(knapsack, equals_the_trial_of_all_contents)
{
    struct knapsack_work work;
    struct err err;
    cr_assert_eq(knapsack_work_init(&work, ITEMS, RESOURCES, &err), 0);
    for (uint64_t i = 0; i < 3000; i++) {
        struct rng rng = rng_stream(1, "knapsack", i);
        struct small small;
        draw(&small, &rng, i % 3 == 1, i % 4 == 3);
        check_one(&small, &work, &rng);
    }
    knapsack_work_release(&work);
}

/* Labels, all of them or too few, against the best of all contents. */
static void check_labels(const struct small *small, struct rng *rng)
{
    int64_t tried[ITEMS] = {0}, counts[ITEMS] = {0};
    struct knapsack_answer answer;
    struct err err;
    int64_t best = best_by_trying(small, 0, tried);
    bool has_devices = small->problem.device_resource >= 0;
    bool takes_few = below(rng, 2) == 0, takes_short = below(rng, 4) == 0;
    struct knapsack_limits limits = {.above = below(rng, 3) == 0 ? below(rng, 30) : 0,
                                     .steps_max = takes_few ? below(rng, 4) : 1000,
                                     .ticks_max = takes_short ? below(rng, 300) : INT64_MAX};
    cr_assert_eq(knapsack_labels_solve(&small->problem, &limits, &answer, counts, &err), 0);
    cr_assert_geq(answer.upper_bound, best);
    cr_assert_geq(answer.upper_bound, limits.above);
    cr_assert_leq(answer.profit, best);
    if (answer.profit >= 0) {
        cr_assert_gt(answer.profit, limits.above);
        cr_assert(is_allowed(small, counts));
        cr_assert_eq(profit_of(small, counts), answer.profit);
    }
    if (!answer.is_cut_short && !has_devices)
        cr_assert_eq(answer.profit, best > limits.above ? best : -1);
    cr_assert(takes_few || takes_short || !answer.is_cut_short);
    cr_assert(has_devices || answer.is_cut_short ||
              answer.upper_bound == (best > limits.above ? best : limits.above));
}

Test(knapsack, labels_equal_the_trial_of_all_contents)
{
    for (uint64_t i = 0; i < 6000; i++) {
        struct rng rng = rng_stream(1, "labels", i);
        struct small small;
        draw(&small, &rng, false, i % 4 == 3);
        cr_assert(knapsack_labels_apply(&small.problem));
        check_labels(&small, &rng);
    }
}

Test(knapsack, stops_at_a_profit_that_is_enough)
{
    struct knapsack_work work;
    struct err err;
    struct small small;
    int64_t counts[ITEMS];
    struct rng rng = rng_stream(1, "enough", 0);
    draw(&small, &rng, false, false);
    for (int i = 0; i < ITEMS; i++) {
        small.profit[i] = 10;
        small.count_max[i] = 1;
        for (int r = 0; r < small.problem.resource_count; r++)
            small.weight[i * small.problem.resource_count + r] = 0;
    }
    cr_assert_eq(knapsack_work_init(&work, ITEMS, RESOURCES, &err), 0);
    struct knapsack_limits limits = {.stop_at = 50, .steps_max = INT64_MAX, .ticks_max = INT64_MAX};
    cr_assert_eq(knapsack_solve(&small.problem, &limits, &work, counts).profit, 50);
    knapsack_work_release(&work);
}

struct device_case {
    const char *name;
    struct device_demand demands[3];
    int64_t devices;
    enum devices_answer answer;
};

static const struct device_case device_cases[] = {
    {"nothing", {{0, 5}}, 1, DEVICES_FIT},
    {"two of 60 on one", {{60, 2}}, 1, DEVICES_TOO_FEW},
    {"two of 60 on two", {{60, 2}}, 2, DEVICES_FIT},
    {"whole devices leave none", {{200, 1}, {1, 1}}, 2, DEVICES_TOO_FEW},
    {"whole devices leave one", {{100, 2}, {50, 2}}, 3, DEVICES_FIT},
    {"first fit decreasing fails", {{40, 3}, {30, 4}, {20, 3}}, 3, DEVICES_FIT},
    {"sums fit, parts do not", {{70, 3}, {45, 2}}, 4, DEVICES_FIT},
    {"no way", {{51, 4}}, 3, DEVICES_TOO_FEW},
};

Test(devices, shares_lie_on_one_device_each)
{
    for (size_t i = 0; i < sizeof device_cases / sizeof device_cases[0]; i++) {
        const struct device_case *c = &device_cases[i];
        int64_t ticks = 0;
        cr_assert_eq(devices_pack(c->demands, 3, c->devices, 100, &ticks), c->answer, "%s",
                     c->name);
    }
}
