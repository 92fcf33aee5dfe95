/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policy.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "tests/small_fleet.h"

static const int64_t GIB = INT64_C(1) << 30;

Test(policies, are_found_by_their_names)
{
    size_t count;
    const struct policy *const *list = policy_list(&count);
    cr_assert_eq(count, 14);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(list[i]->api_version, POLICY_API_VERSION);
        cr_expect_eq(policy_find(list[i]->name), list[i]);
        cr_expect_gt(strlen(list[i]->summary), 10);
    }
    cr_expect_not_null(policy_find("best-fit"));
    cr_expect_not_null(policy_find("first-fit"));
    cr_expect_not_null(policy_find("worst-fit"));
    cr_expect_not_null(policy_find("random"));
    cr_expect_null(policy_find("best"));
    cr_expect_null(policy_find(""));
}

/* Three nodes of 8000m, 4000m and 8000m CPU; a replica of 5000m on the first. */
static int32_t placed_by(const char *policy, int64_t cpu_milli)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){.policy = policy_find(policy)});
    int32_t large = small_type(&fleet, 8000, 0), small = small_type(&fleet, 4000, 0);
    small_node(&fleet, large);
    small_node(&fleet, small);
    small_node(&fleet, large);
    small_run(&fleet, small_runner(&fleet, &(struct small_runner){.shape = small_cpu(5000)}), 0);
    int32_t runner = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(cpu_milli)});
    int32_t demand = small_demand(&fleet, runner, 1);
    small_pass(&fleet, 1);
    int32_t node = small_replica(&fleet, demand)->node;
    small_fleet_release(&fleet);
    return node;
}

Test(policies, choose_the_node_that_their_formula_names)
{
    static const struct {
        const char *policy;
        int64_t cpu_milli;
        int32_t node;
    } rows[] = {
        {"first-fit", 1000, 0}, {"first-fit", 3500, 1},  {"first-fit", 4500, 2},
        {"best-fit", 1000, 0}, /* leaves 2000, 3000, 7000 */
        {"best-fit", 3500, 1}, /* leaves -, 500, 4500 */
        {"best-fit", 4500, 2},  {"worst-fit", 1000, 2},  {"worst-fit", 3500, 2},
        {"worst-fit", 8000, 2}, {"worst-fit", 9000, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(placed_by(rows[i].policy, rows[i].cpu_milli), rows[i].node, "%s %d",
                     rows[i].policy, (int)rows[i].cpu_milli);
}

/* The example of left_over.c, and the same with devices in the fleet. */
Test(policies, score_by_the_mean_of_what_is_left)
{
    struct small_fleet fleet;
    struct err err;
    int32_t number, node;
    const struct node_type largest = {.cpu_milli = 8000, .mem_bytes = 32 * GIB};
    const struct node_type own = {.cpu_milli = 3000, .mem_bytes = 18 * GIB};
    small_fleet_init(&fleet, &(struct sched_options){0});
    struct fleet *nodes = &fleet.sched.fleet;
    cr_assert_eq(fleet_add_type(nodes, &largest, &number, &err), 0);
    cr_assert_eq(fleet_add_type(nodes, &own, &number, &err), 0);
    cr_assert_eq(fleet_group(nodes, (struct node_group){0, number}, &number, &err), 0);
    cr_assert_eq(fleet_add_node(nodes, number, NODE_READY, &node, &err), 0);
    struct shape shape = small_cpu(1000);
    shape.mem_bytes = 2 * GIB;
    struct policy_value values[POLICY_PARAMETERS_MAX];
    policy_defaults(policy_find("best-fit"), values);
    const struct policy_context context = {.fleet = nodes, .shape = &shape, .values = values};
    cr_expect_eq(policy_find("best-fit")->score(&context, node), -0.375);
    cr_expect_eq(policy_find("worst-fit")->score(&context, node), 0.375);
    /* With four devices and 64 GiB in the largest type: (2000/8000 + 16/64 + 0/4000) / 3. */
    small_type(&fleet, 1000, 4);
    cr_expect_eq(policy_find("best-fit")->score(&context, node), -(0.25 + 0.25) / 3.0);
    small_fleet_release(&fleet);
}

Test(policies, best_fit_counts_the_share_that_a_demand_takes_of_devices)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){.policy = policy_find("best-fit")});
    int32_t two = small_type(&fleet, 1000, 2), four = small_type(&fleet, 1000, 4);
    small_node(&fleet, four);
    small_node(&fleet, two);
    int32_t share = small_runner(&fleet, &(struct small_runner){.shape = small_share(2, 500)});
    cr_expect_eq(small_replica(&fleet, small_run(&fleet, share, 0))->node, 1);
    cr_expect_eq(small_replica(&fleet, small_run(&fleet, share, 0))->node, 1);
    cr_expect_eq(small_replica(&fleet, small_run(&fleet, share, 0))->node, 0);
    small_fleet_release(&fleet);
}

/* 40,000 demands over 5 nodes: each node's count is within 4 standard deviations (80) of 8,000. */
Test(policies, random_takes_every_feasible_node_equally_often)
{
    struct small_fleet fleet;
    enum { DEMANDS = 40000, NODES = 5 };
    int32_t counts[NODES + 1] = {0};
    uint64_t devices;
    small_fleet_init(&fleet,
                     &(struct sched_options){.policy = policy_find("random"), .seed = 12345});
    int32_t group = small_type(&fleet, 1000, 0), tiny = small_type(&fleet, 100, 0);
    small_node(&fleet, tiny);
    for (int i = 0; i < NODES; i++)
        small_node(&fleet, group);
    int32_t runner = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1000)});
    for (int32_t i = 0; i < DEMANDS; i++) {
        int32_t demand = small_demand(&fleet, runner, 0);
        int32_t node = sched_find_node(&fleet.sched, demand, &devices);
        cr_assert_eq(sched_find_node(&fleet.sched, demand, &devices), node);
        counts[node]++;
    }
    cr_expect_eq(counts[0], 0);
    for (int i = 1; i <= NODES; i++)
        cr_expect(counts[i] > 8000 - 320 && counts[i] < 8000 + 320, "node %d: %d", i, counts[i]);
    small_fleet_release(&fleet);
}

Test(policies, random_depends_on_the_seed)
{
    int32_t nodes[2][50];
    for (uint64_t seed = 0; seed < 2; seed++) {
        struct small_fleet fleet;
        uint64_t devices;
        small_fleet_init(&fleet,
                         &(struct sched_options){.policy = policy_find("random"), .seed = seed});
        int32_t group = small_type(&fleet, 1000, 0);
        for (int i = 0; i < 10; i++)
            small_node(&fleet, group);
        int32_t runner = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1)});
        for (int i = 0; i < 50; i++)
            nodes[seed][i] =
                sched_find_node(&fleet.sched, small_demand(&fleet, runner, 0), &devices);
        small_fleet_release(&fleet);
    }
    cr_assert_neq(memcmp(nodes[0], nodes[1], sizeof nodes[0]), 0);
}
