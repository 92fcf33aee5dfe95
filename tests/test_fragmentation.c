/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/array.h"
#include "base/rng.h"
#include "scheduler/fragmentation.h"
#include "tests/failing_alloc.h"

/* Fragments looked up in the table against the sum that they are defined by. */

enum { SHAPES = 40, TYPES = 6, ROOMS = 400 };

struct rig {
    struct shape_table shapes;
    struct fleet fleet;
    struct fragmentation fragmentation;
    struct popular_shape popular[SHAPES];
    struct rng rng;
};

static const char *const models[] = {"A100", "T4"};

static int32_t draw(struct rig *rig, int32_t below)
{
    return (int32_t)rng_below(&rig->rng, (uint64_t)below);
}

/* CPU and shares are multiples of something coarse, so that rooms lie on levels and between them.
 */
static struct shape any_shape(struct rig *rig, bool may_share_several)
{
    static const int32_t pool = 0;
    struct shape shape = {.cpu_milli = draw(rig, 9) * INT64_C(1000),
                          .mem_bytes = draw(rig, 3) * (INT64_C(1) << 30),
                          .share_milli = SHARE_WHOLE,
                          .pools = &pool,
                          .pool_count = 1};
    int32_t sort = draw(rig, 5);
    if (sort > 0)
        shape.device_count = sort == 1 ? 1 << draw(rig, 4) : 1;
    if (sort >= 3) {
        shape.sharing = SHARING_MILLI;
        shape.share_milli = 100 * (1 + draw(rig, 10));
        shape.device_count += may_share_several ? draw(rig, 2) : 0;
    }
    if (sort == 2 && draw(rig, 2) == 0) {
        shape.sharing = SHARING_MEMORY;
        shape.device_mem_bytes = (1 + draw(rig, 20)) * (INT64_C(1) << 30);
    }
    if (sort > 0 && draw(rig, 3) == 0) {
        shape.type_patterns = &models[draw(rig, ARRAY_LEN(models))];
        shape.type_pattern_count = 1;
    }
    return shape;
}

static void add_type(struct rig *rig)
{
    const struct node_type type = {.cpu_milli = 8000,
                                   .mem_bytes = INT64_C(64) << 30,
                                   .device_count = draw(rig, 9),
                                   .device_mem_bytes = INT64_C(16) << 30,
                                   .has_device_mem = true,
                                   .device_types = &models[draw(rig, ARRAY_LEN(models))],
                                   .device_type_count = 1};
    struct err err;
    int32_t number, group;
    cr_assert(eq(int, fleet_add_type(&rig->fleet, &type, &number, &err), 0));
    cr_assert(eq(int, fleet_group(&rig->fleet, (struct node_group){0, number}, &group, &err), 0));
}

static void init(struct rig *rig, uint64_t seed, bool may_share_several)
{
    const struct pool pool = {.id = "p", .is_schedulable = true};
    struct err err;
    int32_t number;
    *rig = (struct rig){.rng = rng_stream(seed, "test fragmentation", 0)};
    cr_assert(eq(int, fleet_init(&rig->fleet, &rig->shapes, &err), 0));
    cr_assert(eq(int, fleet_add_pool(&rig->fleet, &pool, &number, &err), 0));
    for (int32_t i = 0; i < SHAPES; i++) {
        const struct shape shape = any_shape(rig, may_share_several);
        cr_assert(
            eq(int, shape_table_intern(&rig->shapes, &shape, &rig->popular[i].shape, &err), 0));
        rig->popular[i].count = 1 + draw(rig, 100);
    }
    const struct popularity popularity = {rig->popular, SHAPES};
    cr_assert(
        eq(int, fragmentation_init(&rig->fragmentation, &rig->shapes, &popularity, 1.0, &err), 0));
    for (int32_t i = 0; i < TYPES; i++)
        add_type(rig);
    cr_assert(eq(int, fragmentation_refresh(&rig->fragmentation, &rig->fleet, &err), 0));
}

static void release(struct rig *rig)
{
    fragmentation_release(&rig->fragmentation);
    fleet_release(&rig->fleet);
    shape_table_release(&rig->shapes);
}

/* A room on a node of some group; `share_milli` is its. */
static struct fragment_room any_room(struct rig *rig, int32_t *share_milli)
{
    int32_t group = draw(rig, rig->fleet.group_count);
    int32_t devices = rig->fleet.types[rig->fleet.groups[group].type].device_count;
    for (int32_t i = 0; i < devices; i++) {
        int32_t sort = draw(rig, 4);
        share_milli[i] = sort == 0 ? 0 : sort == 1 ? SHARE_WHOLE : draw(rig, 101) * 10;
    }
    return (struct fragment_room){group, devices, draw(rig, 90) * 100, share_milli};
}

/* ---- the definition ---- */

static int64_t fragment_to(const struct rig *rig, const struct shape *shape,
                           const struct fragment_room *room)
{
    const struct node_type *type = &rig->fleet.types[rig->fleet.groups[room->group].type];
    bool is_closed = shape->type_pattern_count > 0 &&
                     strcmp(shape->type_patterns[0], type->device_types[0]) != 0;
    int64_t all_milli = 0, small_milli = 0;
    int32_t fitting = 0;
    is_closed = is_closed || shape->device_mem_bytes > type->device_mem_bytes;
    for (int32_t i = 0; i < room->device_count; i++) {
        bool fits = room->share_milli[i] >= shape_share_on(shape, type);
        all_milli += room->share_milli[i];
        small_milli += fits ? 0 : room->share_milli[i];
        fitting += fits;
    }
    bool is_of_use = shape->device_count > 0 && !is_closed && room->cpu_milli >= shape->cpu_milli &&
                     fitting >= shape->device_count;
    return is_of_use ? small_milli : all_milli;
}

static int64_t add_up(const struct rig *rig, const struct fragment_room *room)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < SHAPES; i++)
        sum += rig->popular[i].count *
               fragment_to(rig, &rig->shapes.items[rig->popular[i].shape], room);
    return sum;
}

/* ---- */

static void hold_to_definition(struct rig *rig)
{
    int32_t share_milli[SHAPE_DEVICES_MAX];
    for (int32_t i = 0; i < ROOMS; i++) {
        const struct fragment_room room = any_room(rig, share_milli);
        struct fragment_parts parts;
        int64_t exact = add_up(rig, &room);
        cr_assert(eq(i64, fragment_exact(&rig->fragmentation, &room), exact));
        fragment_by_kind(&rig->fragmentation, &room, &parts);
        cr_assert(ieee_ulp_eq(dbl, fragment_sum(&parts) + 1.0,
                              (double)exact / (double)rig->fragmentation.count_sum + 1.0, 64));
    }
}

/* Bit for bit. */
static void compare_differences(struct rig *rig)
{
    int32_t share_milli[SHAPE_DEVICES_MAX], less_milli[SHAPE_DEVICES_MAX];
    for (int32_t i = 0; i < ROOMS; i++) {
        const struct fragment_room room = any_room(rig, share_milli);
        struct fragment_room after = room;
        struct fragment_parts parts, parts_after;
        after.cpu_milli = draw(rig, room.cpu_milli + 1);
        if (draw(rig, 2) == 0)
            after.share_milli = less_milli;
        for (int32_t k = 0; k < room.device_count; k++)
            less_milli[k] = draw(rig, share_milli[k] + 1);
        fragment_by_kind(&rig->fragmentation, &room, &parts);
        fragment_by_kind(&rig->fragmentation, &after, &parts_after);
        double expected = fragment_sum(&parts) - fragment_sum(&parts_after);
        double difference = fragment_difference(&rig->fragmentation, &room, &after);
        cr_assert(not(memcmp(&difference, &expected, sizeof difference)));
    }
}

Test(fragmentation, differences_are_those_of_the_sums_by_kind)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rig rig;
        init(&rig, seed, seed % 4 == 0);
        compare_differences(&rig);
        release(&rig);
    }
}

Test(fragmentation, the_table_says_what_the_sum_over_classes_says)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rig rig;
        init(&rig, seed, false);
        cr_assert(rig.fragmentation.table.is_made);
        hold_to_definition(&rig);
        release(&rig);
    }
}

Test(fragmentation, without_a_table_the_sum_is_taken_class_by_class)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rig rig;
        init(&rig, seed, true);
        cr_assert(not(rig.fragmentation.table.is_made));
        hold_to_definition(&rig);
        release(&rig);
    }
}

Test(fragmentation, groups_that_come_later_get_into_the_table)
{
    struct rig rig;
    struct err err;
    init(&rig, 1, false);
    for (int32_t i = 0; i < 3; i++) {
        add_type(&rig);
        cr_assert(eq(int, fragmentation_refresh(&rig.fragmentation, &rig.fleet, &err), 0));
        hold_to_definition(&rig);
    }
    release(&rig);
}

/* The room with that CPU, and so much less on these devices. */
static int64_t add_up_after(const struct rig *rig, struct fragment_room room, uint64_t devices,
                            int32_t taken_milli)
{
    int32_t share_milli[SHAPE_DEVICES_MAX];
    for (int32_t i = 0; i < room.device_count; i++)
        share_milli[i] = room.share_milli[i] - ((devices >> i & 1) != 0 ? taken_milli : 0);
    room.share_milli = share_milli;
    return add_up(rig, &room);
}

Test(fragmentation, a_view_tells_what_a_placement_leaves)
{
    struct rig rig;
    int32_t share_milli[SHAPE_DEVICES_MAX];
    init(&rig, 1, false);
    for (int32_t i = 0; i < ROOMS; i++) {
        const struct fragment_room room = any_room(&rig, share_milli);
        struct fragment_room poorer = room;
        int32_t taken_milli = draw(&rig, 4) == 0 ? SHARE_WHOLE : 1 + draw(&rig, SHARE_WHOLE);
        uint64_t devices = 0;
        poorer.cpu_milli = draw(&rig, room.cpu_milli + 1);
        for (int32_t k = 0; k < room.device_count; k++)
            if (share_milli[k] >= taken_milli && draw(&rig, 2) == 0)
                devices |= UINT64_C(1) << k;
        struct fragment_view view;
        fragment_look(&rig.fragmentation.table, &room, poorer.cpu_milli, &view);
        cr_assert(eq(i64, fragment_before(&rig.fragmentation, &view), add_up(&rig, &room)));
        cr_assert(eq(i64, fragment_after(&rig.fragmentation, &view, devices, taken_milli),
                     add_up_after(&rig, poorer, devices, taken_milli)));
    }
    release(&rig);
}

Test(fragmentation, without_memory_for_new_groups_the_old_ones_stay)
{
    struct rig rig;
    struct err err;
    int32_t failures = 0;
    init(&rig, 1, false);
    add_type(&rig);
    for (int64_t n = 1;; n++) {
        int32_t known = rig.fragmentation.group_count;
        failing_alloc_arm(n);
        int result = fragmentation_refresh(&rig.fragmentation, &rig.fleet, &err);
        if (!failing_alloc_disarm()) {
            cr_assert(eq(int, result, 0));
            break;
        }
        cr_assert(eq(int, result, -1));
        cr_assert(eq(int, (int)err.kind, (int)ERR_SYSTEM));
        cr_assert(eq(i32, rig.fragmentation.group_count, known));
        failures++;
    }
    cr_assert(gt(i32, failures, 1));
    hold_to_definition(&rig);
    release(&rig);
}
