/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "bench/speed/busy_fleet.h"
#include "scheduler/index.h"

/* The index in fleets of the size that it is made for: many shapes, and nodes that come, go, drain
 * and open again by the hundred. Every question is asked of the plain scan too. */

static void ask_both(struct busy_fleet *fleet)
{
    int32_t replica;
    uint64_t devices = 0, plain_devices = 0;
    struct err err;
    cr_assert_eq(sched_demand(&fleet->sched, busy_fleet_draw(fleet), ++fleet->now, &replica, &err),
                 0);
    int32_t node = sched_find_node(&fleet->sched, replica, &devices);
    cr_assert_eq(node, sched_scan_nodes(&fleet->sched, replica, &plain_devices));
    cr_assert_eq(devices, plain_devices);
    cr_assert_eq(sched_withdraw(&fleet->sched, replica, &err), 0);
}

static void add_nodes(struct busy_fleet *fleet, int32_t count)
{
    struct fleet *nodes = &fleet->sched.fleet;
    struct err err;
    for (int32_t i = 0; i < count; i++) {
        int32_t group = (int32_t)rng_below(&fleet->rng, (uint64_t)nodes->group_count), node;
        cr_assert_eq(fleet_add_node(nodes, group, NODE_READY, &node, &err), 0);
    }
}

/* All replicas of the node are gone, and then it is. */
static void fail_node(struct busy_fleet *fleet, int32_t node)
{
    struct err err;
    int32_t kept = 0;
    for (int32_t i = 0; i < fleet->bound_count; i++) {
        if (fleet->sched.replicas[fleet->bound[i]].node == node)
            cr_assert_eq(sched_gone(&fleet->sched, fleet->bound[i], &err), 0);
        else
            fleet->bound[kept++] = fleet->bound[i];
    }
    fleet->bound_count = kept;
    sched_set_node_state(&fleet->sched, node, NODE_DOWN);
}

/* One node in `part` is closed, or opened again. */
static void turn_nodes(struct busy_fleet *fleet, uint64_t part)
{
    for (int32_t node = 0; node < fleet->sched.fleet.node_count; node++) {
        bool is_ready = fleet->sched.fleet.nodes[node].state == NODE_READY;
        if (rng_below(&fleet->rng, part) == 0)
            sched_set_node_state(&fleet->sched, node, is_ready ? NODE_DRAINED : NODE_READY);
    }
}

static void storm(struct busy_fleet *fleet, int32_t round)
{
    switch (round % 4) {
    case 0:
        add_nodes(fleet, 100);
        break;
    case 1:
        for (int i = 0; i < 5; i++)
            fail_node(fleet, (int32_t)rng_below(&fleet->rng, 100));
        break;
    case 2:
        turn_nodes(fleet, 40);
        break;
    default:
        turn_nodes(fleet, 2);
    }
}

/* Gives for how many questions nodes were looked at. */
static int64_t weather(const struct busy_options *options, int32_t rounds, int32_t decisions)
{
    struct busy_fleet fleet;
    struct err err;
    cr_assert_eq(busy_fleet_init(&fleet, options, &err), 0);
    for (int32_t round = 0; round < rounds; round++) {
        storm(&fleet, round);
        for (int32_t i = 0; i < decisions; i++) {
            ask_both(&fleet);
            cr_assert_eq(busy_fleet_departure(&fleet, &err), 0);
            cr_assert_eq(busy_fleet_arrival(&fleet, busy_fleet_draw(&fleet), &err), 0);
        }
        cr_assert_eq(index_check(&fleet.sched, &err), 0, "%s", err.text);
    }
    int64_t searches = fleet.sched.index->search_count;
    busy_fleet_release(&fleet);
    return searches;
}

static const struct storm_case {
    const char *policy;
    int32_t nodes, shapes;
    struct index_tuning tuning;
} storm_cases[] = {
    {"best-fit", 4500, 1000, {.scan_below = 0}},
    {"best-fit", 4500, 1000, {.is_portable = true}},
    {"best-fit", 4500, 1000, {.scan_below = 1, .journal_least = 64}},
    {"best-fit", 4500, 100, {.scan_below = 1, .journal_fresh = 8}},
    {"best-fit", 4500, 20, {.scan_below = 0}},
    {"best-fit", 4500, 20, {.scan_below = 1, .list_limit = 256, .journal_least = 64}},
    {"best-fit", 900, 1000, {.scan_below = 0}},
    {"best-fit", 900, 100, {.is_portable = true}},
    {"worst-fit", 900, 100, {.scan_below = 0}},
    {"worst-fit", 4500, 100, {.scan_below = 0}},
    {"worst-fit", 4500, 100, {.scan_below = 1, .list_limit = 128, .journal_least = 64}},
    {"first-fit", 4500, 100, {.scan_below = 0}},
    {"dot-product", 400, 1000, {.scan_below = 0}},
    {"fgd", 200, 100, {.is_portable = true}},
    {"fgd", 1100, 1000, {.journal_least = 64}},
};

Test(index_storms, finds_what_a_plain_scan_finds_whatever_the_weather)
{
    for (size_t i = 0; i < ARRAY_LEN(storm_cases); i++) {
        const struct busy_options options = {.seed = 7 + i,
                                             .node_count = storm_cases[i].nodes,
                                             .shape_count = storm_cases[i].shapes,
                                             .fill = 0.85,
                                             .policy = storm_cases[i].policy,
                                             .tuning = storm_cases[i].tuning};
        cr_expect_gt(weather(&options, 8, 60), 480);
    }
}

/* ---- demand that fits nowhere ---- */

enum { WAITING_SHAPES = 100, WAITING = 20000 };

/* A fleet without any room, for which `WAITING` replicas of 100 shapes wait. */
static void make_queue(struct busy_fleet *fleet, int32_t node_count)
{
    const struct busy_options options = {.seed = 3,
                                         .node_count = node_count,
                                         .shape_count = WAITING_SHAPES,
                                         .fill = 0.5,
                                         .policy = "best-fit"};
    int32_t replica;
    struct err err;
    cr_assert_eq(busy_fleet_init(fleet, &options, &err), 0);
    for (int32_t node = 0; node < node_count; node++)
        sched_set_node_state(&fleet->sched, node, NODE_DRAINED);
    for (int32_t i = 0; i < WAITING; i++)
        cr_assert_eq(sched_demand(&fleet->sched, i % WAITING_SHAPES, i, &replica, &err), 0);
}

/* The searches of one pass, which binds so many. */
static int64_t searches_of_pass(struct busy_fleet *fleet, int32_t bound)
{
    struct err err;
    int64_t before = fleet->sched.index->search_count;
    fleet->decisions.count = 0;
    cr_assert_eq(sched_pass(&fleet->sched, WAITING, &fleet->decisions, &err), 0);
    cr_assert_eq(fleet->decisions.count, bound);
    return fleet->sched.index->search_count - before;
}

static int32_t node_with_device(const struct fleet *fleet, int32_t first)
{
    while (fleet_type_of(fleet, first)->device_count == 0)
        first++;
    return first;
}

/* A search for each shape, and then only when and where room has come. Devices of an open node
 * without CPU are room for nobody. */
Test(index_storms, searches_again_only_for_shapes_that_a_change_could_have_made_room_for)
{
    static const int32_t node_counts[] = {500, 5000}; /* with rows alone, and with lists */
    for (size_t i = 0; i < ARRAY_LEN(node_counts); i++) {
        struct busy_fleet fleet;
        struct err err;
        make_queue(&fleet, node_counts[i]);
        struct fleet *nodes = &fleet.sched.fleet;
        cr_expect_eq(searches_of_pass(&fleet, 0), WAITING_SHAPES);
        cr_expect_eq(searches_of_pass(&fleet, 0), 0);
        int32_t full = node_with_device(nodes, 0), open = node_with_device(nodes, full + 1);
        const struct room all = {.cpu_milli = nodes->nodes[full].cpu_free_milli};
        cr_assert_eq(fleet_hold(nodes, full, &all, &err), 0);
        sched_set_node_state(&fleet.sched, full, NODE_READY);
        cr_expect_eq(searches_of_pass(&fleet, 0), 0);
        sched_set_node_state(&fleet.sched, open, NODE_READY);
        fleet.decisions.count = 0;
        cr_assert_eq(sched_pass(&fleet.sched, WAITING, &fleet.decisions, &err), 0);
        cr_expect_gt(fleet.decisions.count, 0);
        cr_expect_eq(searches_of_pass(&fleet, 0), 0);
        fleet_unhold(nodes, full, &all);
        sched_set_node_state(&fleet.sched, full, NODE_DRAINED);
        busy_fleet_release(&fleet);
    }
}
