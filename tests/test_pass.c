/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/pass.h"

#include <criterion/criterion.h>

#include "base/array.h"
#include "scheduler/index.h"
#include "tests/failing_alloc.h"
#include "tests/small_fleet.h"
#include "tests/twin.h"

static enum replica_state state_of(const struct small_fleet *fleet, int32_t replica)
{
    return (enum replica_state)small_replica(fleet, replica)->state;
}

/* ---- the order of demand ---- */

/* Rows are demands of runners of their own, in the order of asking; one place at a time comes free
 * on a node of 1000m, and `served` lists the rows as they get it. */
struct order_case {
    const char *name;
    enum demand_order order;
    struct {
        int32_t priority, floor;
        int64_t asked_at;
    } demands[4];
    int32_t served[4];
};

static const struct order_case order_cases[] = {
    {"priority decides among extras",
     ORDER_FLOOR_FIRST,
     {{1, 0, 1}, {9, 0, 2}, {5, 0, 3}, {0, 0, 0}},
     {1, 2, 0, 3}},
    {"core before extra, floor first",
     ORDER_FLOOR_FIRST,
     {{9, 0, 1}, {0, 1, 2}, {5, 0, 3}, {3, 1, 4}},
     {3, 1, 0, 2}},
    {"core after higher extra, priority first",
     ORDER_PRIORITY_FIRST,
     {{9, 0, 1}, {0, 1, 2}, {5, 0, 3}, {3, 1, 4}},
     {0, 2, 3, 1}},
    {"core before extra of one priority, priority first",
     ORDER_PRIORITY_FIRST,
     {{4, 0, 1}, {4, 1, 2}, {4, 0, 3}, {4, 1, 4}},
     {1, 3, 0, 2}},
    {"then asking time",
     ORDER_FLOOR_FIRST,
     {{4, 0, 9}, {4, 0, 7}, {4, 0, 8}, {4, 0, 6}},
     {3, 1, 2, 0}},
    {"then the runner",
     ORDER_PRIORITY_FIRST,
     {{4, 0, 5}, {4, 0, 5}, {4, 0, 5}, {4, 0, 5}},
     {0, 1, 2, 3}},
};

Test(pass, serves_demand_in_its_order)
{
    for (size_t i = 0; i < ARRAY_LEN(order_cases); i++) {
        const struct order_case *row = &order_cases[i];
        struct small_fleet fleet;
        int32_t demands[4];
        small_fleet_init(&fleet, &(struct sched_options){.order = row->order});
        small_node(&fleet, small_type(&fleet, 1000, 0));
        for (int k = 0; k < 4; k++) {
            /* Shapes differ in memory, so that buckets have to be merged. */
            struct small_runner terms = {.shape = small_cpu(1000),
                                         .priority = row->demands[k].priority,
                                         .floor = row->demands[k].floor};
            terms.shape.mem_bytes = k % 2;
            demands[k] =
                small_demand(&fleet, small_runner(&fleet, &terms), row->demands[k].asked_at);
        }
        for (int k = 0; k < 4; k++) {
            small_pass(&fleet, 10 + k);
            cr_assert_eq(fleet.decisions.count, 1, "%s, place %d", row->name, k);
            cr_expect_eq(fleet.decisions.items[0].replica, demands[row->served[k]], "%s, place %d",
                         row->name, k);
            small_gone(&fleet, fleet.decisions.items[0].replica);
        }
        small_fleet_release(&fleet);
    }
}

Test(pass, serves_the_replicas_of_a_runner_by_ordinal)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){0});
    small_node(&fleet, small_type(&fleet, 3000, 0));
    int32_t runner = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1000)});
    for (int i = 0; i < 3; i++)
        small_demand(&fleet, runner, 5);
    small_pass(&fleet, 5);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(small_replica(&fleet, fleet.decisions.items[i].replica)->ordinal, i);
    small_fleet_release(&fleet);
}

Test(pass, lets_no_demand_block_those_behind_it)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){0});
    small_node(&fleet, small_type(&fleet, 1000, 0));
    int32_t large = small_runner(
        &fleet, &(struct small_runner){.shape = small_cpu(2000), .priority = 9, .floor = 3});
    int32_t small = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(600)});
    int32_t tiny = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(400)});
    small_demand(&fleet, large, 1);
    int32_t first = small_demand(&fleet, small, 2), second = small_demand(&fleet, small, 2);
    int32_t third = small_demand(&fleet, tiny, 3);
    small_pass(&fleet, 4);
    cr_expect_eq(state_of(&fleet, first), REPLICA_STARTING);
    cr_expect_eq(state_of(&fleet, second), REPLICA_PENDING);
    cr_expect_eq(state_of(&fleet, third), REPLICA_STARTING);
    small_fleet_release(&fleet);
}

/* The example of pass.c, with A's floor at 1 and at 0. */
Test(pass, decides_the_example_as_described)
{
    for (int32_t floor = 0; floor < 2; floor++) {
        struct small_fleet fleet;
        small_fleet_init(&fleet, &(struct sched_options){.preemption_enabled = true});
        small_node(&fleet, small_type(&fleet, 4000, 0));
        int32_t a = small_runner(
            &fleet,
            &(struct small_runner){.shape = small_cpu(3000), .priority = 2, .floor = floor});
        int32_t b =
            small_runner(&fleet, &(struct small_runner){.shape = small_cpu(2000), .priority = 9});
        int32_t first = small_demand(&fleet, a, 1), second = small_demand(&fleet, a, 1);
        int32_t other = small_demand(&fleet, b, 1);
        small_pass(&fleet, 2);
        cr_assert_eq(fleet.decisions.count, 1);
        cr_expect_eq(fleet.decisions.items[0].class, floor == 1 ? CLASS_CORE : CLASS_EXTRA);
        cr_expect_eq(fleet.decisions.items[0].replica, floor == 1 ? first : other);
        cr_expect_eq(state_of(&fleet, second), REPLICA_PENDING);
        small_fleet_release(&fleet);
    }
}

/* ---- what a runner's limit does to its bucket ---- */

Test(pass, does_not_let_one_runner_at_its_limit_speak_for_another)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){0});
    small_node(&fleet, small_type(&fleet, 4000, 0));
    struct shape shape = small_cpu(1000);
    shape.max_per_node = 1;
    int32_t a = small_runner(&fleet, &(struct small_runner){.shape = shape});
    int32_t b = small_runner(&fleet, &(struct small_runner){.shape = shape});
    int32_t a_1 = small_demand(&fleet, a, 1), a_2 = small_demand(&fleet, a, 2);
    int32_t b_1 = small_demand(&fleet, b, 3);
    small_pass(&fleet, 4);
    cr_expect_eq(state_of(&fleet, a_1), REPLICA_STARTING);
    cr_expect_eq(state_of(&fleet, a_2), REPLICA_PENDING);
    cr_expect_eq(state_of(&fleet, b_1), REPLICA_STARTING);
    small_fleet_release(&fleet);
}

/* ---- what is remembered between passes ---- */

Test(pass, looks_again_when_room_may_have_grown)
{
    struct small_fleet fleet;
    struct err err;
    small_fleet_init(&fleet, &(struct sched_options){0});
    int32_t group = small_type(&fleet, 1000, 0), large = small_type(&fleet, 2000, 0);
    int32_t node = small_node(&fleet, group);
    int32_t runner = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1000)});
    int32_t first = small_demand(&fleet, runner, 1), second = small_demand(&fleet, runner, 2);
    small_pass(&fleet, 3);
    small_pass(&fleet, 4);
    cr_expect_eq(state_of(&fleet, second), REPLICA_PENDING);
    small_gone(&fleet, first); /* a replica went */
    small_pass(&fleet, 5);
    cr_expect_eq(state_of(&fleet, second), REPLICA_STARTING);
    int32_t third = small_demand(&fleet, runner, 6);
    small_pass(&fleet, 6);
    small_node(&fleet, large); /* a node came */
    small_pass(&fleet, 7);
    cr_expect_eq(state_of(&fleet, third), REPLICA_STARTING);
    small_gone(&fleet, second);
    sched_set_node_state(&fleet.sched, node, NODE_DRAINED);
    small_run(&fleet, runner, 8);
    int32_t fourth = small_demand(&fleet, runner, 9);
    small_pass(&fleet, 9);
    cr_expect_eq(state_of(&fleet, fourth), REPLICA_PENDING);
    sched_set_node_state(&fleet.sched, node, NODE_READY); /* a node opened */
    sched_set_pool_schedulable(&fleet.sched, 0, false);
    small_pass(&fleet, 10);
    cr_expect_eq(state_of(&fleet, fourth), REPLICA_PENDING);
    sched_set_pool_schedulable(&fleet.sched, 0, true); /* a pool opened */
    small_pass(&fleet, 11);
    cr_expect_eq(state_of(&fleet, fourth), REPLICA_STARTING);
    cr_assert_eq(sched_check(&fleet.sched, &err), 0);
    small_fleet_release(&fleet);
}

/* What fitted nowhere is put on the one node with more room without a search, and searched for
 * where there are two. */
Test(pass, asks_the_node_that_has_grown_before_all_others)
{
    struct small_fleet fleet;
    const struct sched_options options = {.policy = policy_find("best-fit")};
    small_fleet_init(&fleet, &options);
    int32_t group = small_type(&fleet, 1000, 0), seated[3];
    int32_t runner = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(600)});
    for (int i = 0; i < 3; i++)
        small_node(&fleet, group);
    for (int i = 0; i < 3; i++)
        seated[i] = small_run(&fleet, runner, i);
    int32_t first = small_demand(&fleet, runner, 4), second = small_demand(&fleet, runner, 4);
    small_demand(&fleet, runner, 4);
    small_pass(&fleet, 5);
    cr_assert_eq(fleet.decisions.count, 0);
    int64_t searches = fleet.sched.index->search_count;
    small_gone(&fleet, seated[1]);
    small_pass(&fleet, 6);
    cr_assert_eq(fleet.decisions.count, 1);
    cr_expect_eq(fleet.decisions.items[0].replica, first);
    cr_expect_eq(fleet.decisions.items[0].node, 1);
    cr_expect_eq(fleet.sched.index->search_count, searches);
    small_gone(&fleet, seated[2]);
    small_gone(&fleet, seated[0]);
    small_pass(&fleet, 7);
    cr_assert_eq(fleet.decisions.count, 2);
    cr_expect_eq(fleet.decisions.items[0].replica, second);
    cr_expect_eq(fleet.decisions.items[0].node, 0);
    cr_expect_eq(fleet.decisions.items[1].node, 2);
    cr_expect_gt(fleet.sched.index->search_count, searches);
    small_fleet_release(&fleet);
}

/* ---- nominated demands ---- */

Test(pass, binds_nominees_first_and_in_the_order_of_demand)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){.preemption_enabled = true});
    int32_t group = small_type(&fleet, 1000, 0);
    int32_t low = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1000)});
    int32_t lows[3], demands[3];
    for (int i = 0; i < 3; i++) {
        small_node(&fleet, group);
        lows[i] = small_run(&fleet, low, i);
    }
    for (int i = 0; i < 3; i++) {
        int32_t runner = small_runner(
            &fleet, &(struct small_runner){.shape = small_cpu(1000), .priority = 2 + i});
        demands[i] = small_demand(&fleet, runner, 10);
        small_pass(&fleet, 10 + i); /* nominated in the order 0, 1, 2 */
    }
    for (int i = 0; i < 3; i++)
        small_gone(&fleet, lows[i]);
    small_node(&fleet, group);
    small_pass(&fleet, 20);
    cr_assert_eq(fleet.decisions.count, 4); /* and one of the replacements, on the new node */
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(fleet.decisions.items[i].kind, DECISION_BIND);
        cr_expect_eq(fleet.decisions.items[i].replica, demands[2 - i]);
    }
    cr_expect_eq(fleet.decisions.items[3].node, 3);
    small_fleet_release(&fleet);
}

Test(pass, may_evict_what_it_bound_from_a_nomination)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){.preemption_enabled = true});
    small_node(&fleet, small_type(&fleet, 1000, 0));
    int32_t runners[3];
    for (int i = 0; i < 3; i++)
        runners[i] = small_runner(
            &fleet, &(struct small_runner){.shape = small_cpu(1000), .priority = 3 * i});
    int32_t low = small_run(&fleet, runners[0], 1);
    int32_t middle = small_demand(&fleet, runners[1], 2);
    small_pass(&fleet, 2);
    int32_t high = small_demand(&fleet, runners[2], 3);
    small_pass(&fleet, 3);
    cr_expect_eq(fleet.decisions.count, 0); /* a nomination is not taken away */
    small_gone(&fleet, low);
    small_pass(&fleet, 4);
    cr_assert_eq(fleet.decisions.count, 3);
    cr_expect_eq(fleet.decisions.items[0].kind, DECISION_BIND);
    cr_expect_eq(fleet.decisions.items[0].replica, middle);
    cr_expect_eq(fleet.decisions.items[1].kind, DECISION_EVICT);
    cr_expect_eq(fleet.decisions.items[1].replica, middle);
    cr_expect_eq(fleet.decisions.items[2].kind, DECISION_NOMINATE);
    cr_expect_eq(fleet.decisions.items[2].replica, high);
    small_fleet_release(&fleet);
}

Test(pass, binds_a_nominee_on_a_node_that_was_drained_since)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){.preemption_enabled = true});
    small_node(&fleet, small_type(&fleet, 1000, 0));
    int32_t low = small_run(
        &fleet, small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1000)}), 1);
    int32_t high =
        small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1000), .priority = 1});
    int32_t demand = small_demand(&fleet, high, 2);
    small_pass(&fleet, 2);
    sched_set_node_state(&fleet.sched, 0, NODE_DRAINED);
    small_gone(&fleet, low);
    small_pass(&fleet, 3);
    cr_expect_eq(state_of(&fleet, demand), REPLICA_STARTING);
    small_fleet_release(&fleet);
}

/* ---- against the oracle ---- */

Test(pass, decides_as_the_oracle_does_on_random_fleets)
{
    struct twin_counts counts = {0};
    for (uint64_t seed = 1; seed <= 2500; seed++) {
        const struct random_fleet_options options = twin_options(seed);
        struct err err;
        int result = twin_run(&options, 100, &counts, &err);
        cr_assert_eq(result, 0, "%s", err.text);
    }
    cr_assert_gt(counts.binds, 20000);
    cr_assert_gt(counts.evictions, 1500);
    cr_assert_gt(counts.nominations, 1200);
    cr_assert_gt(counts.legal, 40);
}

/* ---- memory ---- */

/* A pass that binds, evicts and nominates, with the n-th allocation failing. */
static bool fails_cleanly(int64_t n)
{
    struct small_fleet fleet;
    struct err err = {0};
    small_fleet_init(&fleet, &(struct sched_options){.preemption_enabled = true});
    int32_t group = small_type(&fleet, 4000, 0);
    int32_t low = small_runner(&fleet, &(struct small_runner){.shape = small_cpu(500)});
    int32_t high = small_runner(
        &fleet, &(struct small_runner){.shape = small_cpu(4000), .priority = 5, .floor = 1});
    small_node(&fleet, group);
    for (int i = 0; i < 8; i++)
        small_run(&fleet, low, i);
    int32_t first = small_demand(&fleet, high, 10);
    small_pass(&fleet, 10);
    cr_assert_eq(fleet.decisions.count, 9);
    for (int32_t i = 0; i < 8; i++)
        small_gone(&fleet, fleet.decisions.items[i].replica);
    small_node(&fleet, group);
    small_demand(&fleet, high, 11);
    small_demand(&fleet, high, 11);
    int32_t shape_number;
    const struct shape shape = small_cpu(77);
    cr_assert_eq(shape_table_intern(&fleet.shapes, &shape, &shape_number, &err), 0);
    decisions_release(&fleet.decisions);
    failing_alloc_arm(n);
    int result = sched_pass(&fleet.sched, 12, &fleet.decisions, &err);
    bool has_failed = failing_alloc_disarm();
    cr_assert_eq(result, has_failed ? -1 : 0);
    cr_assert_eq(err.kind, has_failed ? ERR_SYSTEM : ERR_NONE);
    if (!has_failed)
        cr_assert_eq(state_of(&fleet, first), REPLICA_STARTING);
    small_fleet_release(&fleet);
    return has_failed;
}

Test(pass, reports_that_memory_is_out)
{
    int64_t n = 1;
    while (fails_cleanly(n))
        n++;
    cr_assert_geq(n, 3);
}
