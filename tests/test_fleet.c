/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/fleet.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "tests/random_fleet.h"
#include "tests/small_fleet.h"

static const int64_t GIB = INT64_C(1) << 30;

/* ---- does it fit a group? ---- */

static const char *const a10[] = {"NVIDIA-A10G"};
static const char *const square[] = {"2x2"};
static const char *const line[] = {"1x4", "1x8"};
static const char *const nvidia[] = {"NVIDIA-*"};
static const char *const amd[] = {"AMD-*", "amd-*"};
static const int32_t pool_0[] = {0};
static const int32_t pool_1[] = {1};
static const int32_t pool_2[] = {2};
static const int32_t pools_1_0[] = {1, 0};

static const struct node_type gpu = {.cpu_milli = 4000,
                                     .mem_bytes = 16 * (INT64_C(1) << 30),
                                     .device_mem_bytes = 24 * (INT64_C(1) << 30),
                                     .device_count = 4,
                                     .has_device_mem = true,
                                     .device_types = a10,
                                     .device_type_count = 1,
                                     .topologies = square,
                                     .topology_count = 1,
                                     .arch = "linux/amd64"};
static const struct node_type unknown_mem = {.cpu_milli = 4000,
                                             .mem_bytes = 16 * (INT64_C(1) << 30),
                                             .device_count = 4,
                                             .device_types = a10,
                                             .device_type_count = 1};
static const struct node_type cpu_only = {.cpu_milli = 4000, .mem_bytes = 1 << 30};
static const struct node_type unbounded = {.is_unbounded = true};

struct group_case {
    const char *name;
    const struct node_type *type;
    struct shape shape; /* pools: 0 where none are given */
    int misfits;
};

static const struct group_case group_cases[] = {
    {"nothing asked", &gpu, {.cpu_milli = 0}, 0},
    {"all of it", &gpu, {.cpu_milli = 4000, .mem_bytes = 16ll << 30, .device_count = 4}, 0},
    {"CPU", &gpu, {.cpu_milli = 4001}, MISFIT_CPU},
    {"memory", &gpu, {.mem_bytes = (16ll << 30) + 1}, MISFIT_MEMORY},
    {"too many devices", &gpu, {.device_count = 5}, MISFIT_DEVICES},
    {"devices of a CPU node",
     &cpu_only,
     {.device_count = 1, .type_patterns = nvidia, .type_pattern_count = 1, .device_mem_bytes = 1},
     MISFIT_DEVICES},
    {"a pattern matches",
     &gpu,
     {.device_count = 1, .type_patterns = nvidia, .type_pattern_count = 1},
     0},
    {"no pattern matches",
     &gpu,
     {.device_count = 1, .type_patterns = amd, .type_pattern_count = 2},
     MISFIT_DEVICE_TYPE},
    {"patterns without devices asked", &gpu, {.type_patterns = amd, .type_pattern_count = 2}, 0},
    {"the topology", &gpu, {.device_count = 1, .topologies = square, .topology_count = 1}, 0},
    {"another topology",
     &gpu,
     {.device_count = 1, .topologies = line, .topology_count = 2},
     MISFIT_DEVICE_TYPE},
    {"device memory to the byte", &gpu, {.device_count = 1, .device_mem_bytes = 24ll << 30}, 0},
    {"device memory",
     &gpu,
     {.device_count = 1, .device_mem_bytes = (24ll << 30) + 1},
     MISFIT_DEVICE_MEMORY},
    {"unknown device memory, none asked", &unknown_mem, {.device_count = 4}, 0},
    {"unknown device memory, some asked",
     &unknown_mem,
     {.device_count = 4, .device_mem_bytes = 1},
     MISFIT_DEVICE_MEMORY},
    {"architecture", &gpu, {.arch = "linux/arm64"}, MISFIT_ARCH},
    {"the same architecture", &gpu, {.arch = "linux/amd64"}, 0},
    {"unknown architecture", &cpu_only, {.arch = "linux/amd64"}, MISFIT_ARCH},
    {"another pool", &gpu, {.pools = pool_1, .pool_count = 1}, MISFIT_POOL},
    {"a closed pool", &cpu_only, {.pools = pool_2, .pool_count = 1}, MISFIT_POOL},
    {"one of its pools", &gpu, {.pools = pools_1_0, .pool_count = 2}, 0},
    {"unbounded", &unbounded, {.cpu_milli = 1000000, .mem_bytes = 1ll << 40}, 0},
    {"unbounded, but devices", &unbounded, {.device_count = 1}, MISFIT_DEVICES},
    {"all at once",
     &gpu,
     {.cpu_milli = 5000,
      .mem_bytes = 17ll << 30,
      .device_count = 9,
      .device_mem_bytes = 25ll << 30,
      .type_patterns = amd,
      .type_pattern_count = 2,
      .arch = "plan9/mips",
      .pools = pool_1,
      .pool_count = 1},
     MISFIT_CPU | MISFIT_MEMORY | MISFIT_DEVICES | MISFIT_DEVICE_MEMORY | MISFIT_DEVICE_TYPE |
         MISFIT_ARCH | MISFIT_POOL},
};

/* Pools 0 and 1 open, 2 closed; the group of the type in pool 0, but where only pool 2 is asked
 * for. */
static int32_t group_for(struct fleet *fleet, const struct group_case *row)
{
    struct err err;
    int32_t number;
    for (int i = 0; i < 3; i++) {
        const struct pool pool = {.is_schedulable = i < 2};
        cr_assert_eq(fleet_add_pool(fleet, &pool, &number, &err), 0);
    }
    cr_assert_eq(fleet_add_type(fleet, row->type, &number, &err), 0);
    int32_t pool = row->shape.pools == pool_2 ? 2 : 0;
    cr_assert_eq(fleet_group(fleet, (struct node_group){pool, number}, &number, &err), 0);
    return number;
}

Test(fleet, names_every_misfit_of_a_shape_and_a_group)
{
    for (size_t i = 0; i < ARRAY_LEN(group_cases); i++) {
        const struct group_case *row = &group_cases[i];
        struct shape_table shapes = {0};
        struct shape shape = row->shape;
        struct fleet fleet;
        struct err err;
        int32_t number;
        if (shape.pool_count == 0) {
            shape.pools = pool_0;
            shape.pool_count = 1;
        }
        cr_assert_eq(shape_table_intern(&shapes, &shape, &number, &err), 0);
        cr_assert_eq(fleet_init(&fleet, &shapes, &err), 0);
        int32_t group = group_for(&fleet, row);
        cr_expect_eq(fleet_group_misfits(&fleet, &shapes.items[0], group), row->misfits, "%s",
                     row->name);
        cr_expect_eq(fleet_suits(&fleet, 0, group), row->misfits == 0, "%s", row->name);
        cr_assert_eq(fleet_refresh_suits(&fleet, &err), 0);
        cr_expect_eq(fleet_suits(&fleet, 0, group), row->misfits == 0, "%s, matrix", row->name);
        fleet_release(&fleet);
        shape_table_release(&shapes);
    }
}

Test(fleet, gives_every_misfit_a_name_of_its_own)
{
    for (int i = 0; i < MISFIT_COUNT; i++)
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(misfit_name((enum misfit)(1 << i)),
                              misfit_name((enum misfit)(1 << k)));
    cr_expect_str_eq(misfit_name(MISFIT_DEVICE_MEMORY), "device-memory");
}

/* The matrix answers as the filter does, whatever was added or closed since it was filled. */
Test(fleet, keeps_the_matrix_true_while_shapes_groups_and_pools_change)
{
    struct small_fleet small;
    struct err err;
    int32_t number;
    small_fleet_init(&small, &(struct sched_options){0});
    struct fleet *fleet = &small.sched.fleet;
    for (int32_t round = 0; round < 60; round++) {
        if (round % 7 == 3) {
            const struct pool pool = {.is_schedulable = true};
            cr_assert_eq(fleet_add_pool(fleet, &pool, &number, &err), 0);
        }
        if (round % 2 == 0) {
            small_type(&small, 100 * round, 0);
            struct node_group group = {fleet->pool_count - 1, fleet->type_count - 1};
            cr_assert_eq(fleet_group(fleet, group, &number, &err), 0);
        }
        struct shape shape = small_cpu(73 * round);
        int32_t pools[] = {0, round % fleet->pool_count};
        shape.pools = pools;
        shape.pool_count = pools[1] == 0 ? 1 : 2;
        cr_assert_eq(shape_table_intern(&small.shapes, &shape, &number, &err), 0);
        if (round % 3 == 0)
            cr_assert_eq(fleet_refresh_suits(fleet, &err), 0);
        if (round % 5 == 0)
            fleet_set_pool_schedulable(fleet, round % fleet->pool_count, round % 2 == 1);
        for (int32_t i = 0; i < small.shapes.count; i++)
            for (int32_t k = 0; k < fleet->group_count; k++)
                cr_assert_eq(fleet_suits(fleet, i, k),
                             fleet_group_misfits(fleet, &small.shapes.items[i], k) == 0);
    }
    small_fleet_release(&small);
}

/* ---- room ---- */

struct room_case {
    const char *name;
    int32_t free_milli[4]; /* of the devices */
    int32_t mem_free_gib[4];
    struct shape shape;
    uint64_t devices; /* 0: it does not fit */
};

/* On devices of 24 GiB. */
static const struct room_case room_cases[] = {
    {"a whole one: the first unused",
     {300, 1000, 1000, 1000},
     {24, 24, 24, 24},
     {.device_count = 1},
     0x2},
    {"two whole ones: the first unused",
     {1000, 999, 1000, 1000},
     {24, 24, 24, 24},
     {.device_count = 2},
     0x5},
    {"four whole ones", {1000, 1000, 1000, 1000}, {24, 24, 24, 24}, {.device_count = 4}, 0xf},
    {"a whole one with memory gone",
     {1000, 500, 500, 500},
     {23, 24, 24, 24},
     {.device_count = 1},
     0},
    {"too few whole ones", {1000, 1000, 1000, 999}, {24, 24, 24, 24}, {.device_count = 4}, 0},
    {"a share: the fullest",
     {1000, 300, 500, 299},
     {24, 24, 24, 24},
     {.device_count = 1, .sharing = SHARING_MILLI, .share_milli = 300},
     0x2},
    {"a share: the first of the fullest",
     {1000, 400, 300, 300},
     {24, 24, 24, 24},
     {.device_count = 1, .sharing = SHARING_MILLI, .share_milli = 300},
     0x4},
    {"shares of two: the two fullest",
     {1000, 400, 300, 500},
     {24, 24, 24, 24},
     {.device_count = 2, .sharing = SHARING_MILLI, .share_milli = 300},
     0x6},
    {"shares of two do not share one",
     {600, 200, 200, 200},
     {24, 24, 24, 24},
     {.device_count = 2, .sharing = SHARING_MILLI, .share_milli = 300},
     0},
    {"by share, memory does not matter",
     {600, 200, 200, 200},
     {0, 24, 24, 24},
     {.device_count = 1, .sharing = SHARING_MILLI, .share_milli = 600},
     0x1},
    {"by memory: the fullest with the memory",
     {1000, 700, 600, 500},
     {24, 12, 11, 12},
     {.device_count = 1, .sharing = SHARING_MEMORY, .device_mem_bytes = 12ll << 30},
     0x8},
    {"by memory: share is short",
     {499, 499, 499, 499},
     {24, 24, 24, 24},
     {.device_count = 1, .sharing = SHARING_MEMORY, .device_mem_bytes = 12ll << 30},
     0},
    {"by memory: memory is short",
     {500, 500, 500, 500},
     {11, 11, 11, 11},
     {.device_count = 1, .sharing = SHARING_MEMORY, .device_mem_bytes = 12ll << 30},
     0},
};

static struct room room_of(const struct room_case *row)
{
    struct room room = {.device_count = 4, .cpu_milli = 4000, .mem_bytes = 16 * GIB};
    for (int i = 0; i < 4; i++) {
        room.share_milli[i] = row->free_milli[i];
        room.device_mem_bytes[i] = row->mem_free_gib[i] * GIB;
    }
    return room;
}

Test(fleet, chooses_the_devices_that_the_rule_names)
{
    for (size_t i = 0; i < ARRAY_LEN(room_cases); i++) {
        const struct room_case *row = &room_cases[i];
        struct room room = room_of(row);
        int misfits = room_misfits(&room, &gpu, &row->shape);
        cr_expect_eq(misfits, row->devices == 0 ? MISFIT_DEVICES : 0, "%s", row->name);
        if (misfits == 0)
            cr_expect_eq(room_choose_devices(&room, &gpu, &row->shape), row->devices, "%s",
                         row->name);
    }
}

Test(fleet, takes_the_share_that_the_memory_stands_for)
{
    static const struct {
        int64_t asked_bytes, device_bytes;
        int32_t share_milli;
    } rows[] = {{12ll << 30, 24ll << 30, 500},
                {8ll << 30, 24ll << 30, 333},
                {1, 24ll << 30, 1},
                {24ll << 30, 24ll << 30, 1000},
                {999, 1000, 999},
                {1999, 2000, 999}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct shape shape = {
            .device_count = 1, .sharing = SHARING_MEMORY, .device_mem_bytes = rows[i].asked_bytes};
        const struct node_type type = {
            .device_count = 1, .has_device_mem = true, .device_mem_bytes = rows[i].device_bytes};
        cr_expect_eq(shape_share_on(&shape, &type), rows[i].share_milli, "row %zu", i);
        cr_expect_eq(shape_device_mem_on(&shape, &type), rows[i].asked_bytes);
    }
}

Test(fleet, lets_packing_decide_after_room)
{
    static const struct {
        const char *name;
        struct shape shape;
        struct room room;
        int misfits;
    } rows[] = {
        {"alone on an empty node", {.packing = PACKING_ISOLATED}, {.occupant_count = 0}, 0},
        {"alone, with a neighbour",
         {.packing = PACKING_ISOLATED},
         {.occupant_count = 1},
         MISFIT_PACKING},
        {"beside one that wants to be alone",
         {.cpu_milli = 0},
         {.occupant_count = 1, .isolated_count = 1},
         MISFIT_PACKING},
        {"beside others", {.cpu_milli = 0}, {.occupant_count = 7, .same_runner_count = 7}, 0},
        {"one below the limit", {.max_per_node = 3}, {.same_runner_count = 2}, 0},
        {"at the limit", {.max_per_node = 3}, {.same_runner_count = 3}, MISFIT_PACKING},
        {"CPU and packing",
         {.max_per_node = 3, .cpu_milli = 1},
         {.same_runner_count = 3},
         MISFIT_PACKING | MISFIT_CPU},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(room_misfits(&rows[i].room, &gpu, &rows[i].shape), rows[i].misfits, "%s",
                     rows[i].name);
}

/* ---- laws, on random fleets in all kinds of states ---- */

/* All that is free and held on a node. */
struct books {
    struct room free;
    struct node_held held;
    int32_t share_held_milli[SHAPE_DEVICES_MAX];
    int64_t mem_held_bytes[SHAPE_DEVICES_MAX];
};

static void read_books(const struct fleet *fleet, int32_t node, struct books *books)
{
    int32_t first = fleet->nodes[node].first_device;
    memset(books, 0, sizeof *books);
    fleet_room(fleet, node, &books->free);
    books->held = fleet_held(fleet, node);
    for (int32_t i = 0; i < books->free.device_count; i++) {
        books->share_held_milli[i] = fleet_device_held(fleet, first + i);
        books->mem_held_bytes[i] = fleet_device_mem(fleet, first + i).held_bytes;
    }
}

static bool same_room(const struct fleet *fleet, int32_t node, const struct books *books)
{
    struct books now;
    read_books(fleet, node, &now);
    return memcmp(&now, books, sizeof now) == 0;
}

/* Where a shape fits: take then give restores, take uses what was asked, and hold then use held
 * comes to the same as take. */
static void check_moves(struct fleet *fleet, int32_t shape, int32_t node)
{
    const struct shape *asked = &fleet->shapes->items[shape];
    const struct node_type *type = fleet_type_of(fleet, node);
    struct books before, taken;
    struct room room, amount = {.device_count = type->device_count};
    struct err err;
    read_books(fleet, node, &before);
    fleet_room(fleet, node, &room);
    const struct claim claim = {
        .shape = asked,
        .node = node,
        .devices = asked->device_count > 0 ? room_choose_devices(&room, type, asked) : 0};
    cr_assert_eq(__builtin_popcountll(claim.devices), asked->device_count);
    if (asked->device_count > 0)
        cr_assert_eq(fleet_choose_devices(fleet, node, asked), claim.devices);
    int64_t version = fleet->growth_version;
    fleet_take(fleet, &claim);
    cr_assert_eq(fleet->growth_version, version);
    read_books(fleet, node, &taken);
    int64_t cpu_milli = type->is_unbounded ? 0 : asked->cpu_milli;
    cr_assert_eq(before.free.cpu_milli - taken.free.cpu_milli, cpu_milli);
    fleet_give(fleet, &claim);
    cr_assert(same_room(fleet, node, &before));
    cr_assert_gt(fleet->growth_version, version);
    room_vacate(&amount, type, &claim);
    cr_assert_eq(fleet_hold(fleet, node, &amount, &err), 0);
    fleet_unhold(fleet, node, &amount);
    cr_assert(same_room(fleet, node, &before));
    cr_assert_eq(fleet_hold(fleet, node, &amount, &err), 0);
    fleet_use_held(fleet, &claim);
    cr_assert(same_room(fleet, node, &taken));
    fleet_give(fleet, &claim);
    cr_assert(same_room(fleet, node, &before));
}

/* The fast test and the reasoned one give the same answer. */
static void check_answers(struct fleet *fleet, int32_t shape, int32_t node, int32_t same_runner)
{
    const struct shape *asked = &fleet->shapes->items[shape];
    const struct node *at = &fleet->nodes[node];
    struct room room;
    fleet_room(fleet, node, &room);
    room.same_runner_count = same_runner;
    int misfits = fleet_group_misfits(fleet, asked, at->group) |
                  room_misfits(&room, fleet_type_of(fleet, node), asked) |
                  (at->state == NODE_READY ? 0 : MISFIT_NODE_STATE);
    bool fits = fleet_fits(fleet, shape, node, same_runner);
    cr_assert_eq(fits, misfits == 0);
    if (fits)
        check_moves(fleet, shape, node);
}

Test(fleet, obeys_its_laws_on_random_fleets)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        const struct random_fleet_options options = {
            .seed = seed, .runner_max = 8, .is_about_devices = seed % 2 == 0};
        struct random_fleet random;
        struct decisions decisions = {0};
        struct fleet_op op;
        struct err err;
        random_fleet_init(&random, &options);
        struct fleet *fleet = &random.sched.fleet;
        for (int step = 0; step < 40; step++) {
            random_fleet_next(&random, &op);
            cr_assert_eq(random_fleet_apply(&random, &op, &decisions, &err), 0);
            for (int32_t shape = 0; shape < random.shapes.count && step % 4 == 0; shape++)
                for (int32_t node = 0; node < fleet->node_count; node++)
                    check_answers(fleet, shape, node, (int32_t)(seed % 3));
        }
        decisions_release(&decisions);
        random_fleet_release(&random);
    }
}

Test(fleet, raises_its_version_when_room_may_have_grown)
{
    struct small_fleet small;
    small_fleet_init(&small, &(struct sched_options){0});
    struct fleet *fleet = &small.sched.fleet;
    int64_t version = fleet->growth_version;
    int32_t node = small_node(&small, small_type(&small, 1000, 0));
    cr_assert_gt(fleet->growth_version, version);
    version = fleet->growth_version;
    fleet_set_node_state(fleet, node, NODE_DRAINED);
    fleet_set_node_state(fleet, node, NODE_DOWN);
    fleet_set_pool_schedulable(fleet, 0, false);
    fleet_set_pool_schedulable(fleet, 0, false);
    cr_assert_eq(fleet->growth_version, version);
    fleet_set_node_state(fleet, node, NODE_READY);
    cr_assert_gt(fleet->growth_version, version);
    version = fleet->growth_version;
    fleet_set_node_state(fleet, node, NODE_READY);
    cr_assert_eq(fleet->growth_version, version);
    fleet_set_pool_schedulable(fleet, 0, true);
    cr_assert_gt(fleet->growth_version, version);
    small_fleet_release(&small);
}

Test(fleet, finds_a_group_that_is_there)
{
    struct small_fleet small;
    struct err err;
    int32_t number;
    small_fleet_init(&small, &(struct sched_options){0});
    struct fleet *fleet = &small.sched.fleet;
    int32_t first = small_type(&small, 1000, 0), second = small_type(&small, 1000, 0);
    cr_assert_neq(first, second);
    cr_assert_eq(fleet_group(fleet, (struct node_group){0, 1}, &number, &err), 0);
    cr_assert_eq(number, second);
    cr_assert_eq(fleet->group_count, 2);
    cr_assert_eq(fleet_pool_of(fleet, small_node(&small, second)), 0);
    small_fleet_release(&small);
}
