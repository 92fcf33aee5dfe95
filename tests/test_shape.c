/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/shape.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/failing_alloc.h"

static const int32_t pools[] = {0, 2, 5};
static const int32_t other_pools[] = {0, 2, 6};
static const char *const patterns[] = {"NVIDIA-*", "AMD-MI300X"};
static const char *const other_patterns[] = {"NVIDIA-*", "AMD-MI300"};
static const char *const topologies[] = {"2x2x1"};
static const char *const other_topologies[] = {"2x4"};

static const struct shape full = {.cpu_milli = 500,
                                  .mem_bytes = 1 << 20,
                                  .device_mem_bytes = 1 << 10,
                                  .device_count = 2,
                                  .share_milli = 250,
                                  .sharing = SHARING_MILLI,
                                  .packing = PACKING_SHARED,
                                  .max_per_node = 3,
                                  .arch = "linux/amd64",
                                  .type_patterns = patterns,
                                  .type_pattern_count = 2,
                                  .topologies = topologies,
                                  .topology_count = 1,
                                  .pools = pools,
                                  .pool_count = 3};

/* The shape `full` with one thing changed. */
static struct shape changed(size_t which)
{
    struct shape shape = full;
    switch (which) {
    case 0:
        shape.cpu_milli++;
        break;
    case 1:
        shape.mem_bytes++;
        break;
    case 2:
        shape.device_mem_bytes++;
        break;
    case 3:
        shape.device_count++;
        break;
    case 4:
        shape.share_milli++;
        break;
    case 5:
        shape.sharing = SHARING_MEMORY;
        break;
    case 6:
        shape.packing = PACKING_ISOLATED;
        break;
    case 7:
        shape.max_per_node++;
        break;
    case 8:
        shape.arch = "linux/arm64";
        break;
    case 9:
        shape.arch = NULL;
        break;
    case 10:
        shape.type_patterns = other_patterns;
        break;
    case 11:
        shape.type_pattern_count = 1;
        break;
    case 12:
        shape.topologies = other_topologies;
        break;
    case 13:
        shape.topology_count = 0;
        break;
    case 14:
        shape.pools = other_pools;
        break;
    default:
        shape.pool_count = 2;
        break;
    }
    return shape;
}
enum { CHANGE_COUNT = 16 };

Test(shape, is_another_when_any_one_thing_differs)
{
    struct shape_table table = {0};
    struct err err;
    int32_t number;
    cr_assert_eq(shape_table_intern(&table, &full, &number, &err), 0);
    cr_assert_eq(number, 0);
    for (size_t i = 0; i < CHANGE_COUNT; i++) {
        struct shape shape = changed(i);
        cr_assert_eq(shape_table_intern(&table, &shape, &number, &err), 0);
        cr_assert_eq(number, (int32_t)i + 1, "change %zu", i);
    }
    for (size_t i = 0; i < CHANGE_COUNT; i++) {
        struct shape shape = changed(i);
        cr_assert_eq(shape_table_intern(&table, &shape, &number, &err), 0);
        cr_assert_eq(number, (int32_t)i + 1, "change %zu again", i);
    }
    cr_assert_eq(table.count, CHANGE_COUNT + 1);
    shape_table_release(&table);
    cr_assert_eq(table.count, 0);
}

Test(shape, compares_texts_by_content_and_keeps_copies)
{
    struct shape_table table = {0};
    struct err err;
    int32_t number;
    char arch[] = "linux/amd64", pattern_0[] = "NVIDIA-*", pattern_1[] = "AMD-MI300X";
    const char *const own_patterns[] = {pattern_0, pattern_1};
    int32_t own_pools[] = {0, 2, 5};
    struct shape shape = full;
    shape.arch = arch;
    shape.type_patterns = own_patterns;
    shape.pools = own_pools;
    cr_assert_eq(shape_table_intern(&table, &shape, &number, &err), 0);
    arch[0] = 'X';
    pattern_0[0] = 'X';
    own_pools[0] = 1;
    cr_assert_eq(shape_table_intern(&table, &full, &number, &err), 0);
    cr_assert_eq(number, 0);
    cr_assert_str_eq(table.items[0].arch, "linux/amd64");
    cr_assert_str_eq(table.items[0].type_patterns[0], "NVIDIA-*");
    cr_assert_str_eq(table.items[0].topologies[0], "2x2x1");
    cr_assert_eq(table.items[0].pools[0], 0);
    shape_table_release(&table);
}

Test(shape, keeps_its_number_while_the_table_grows)
{
    struct shape_table table = {0};
    struct err err;
    int32_t number;
    enum { COUNT = 3000 };
    for (int round = 0; round < 2; round++) {
        for (int32_t i = 0; i < COUNT; i++) {
            struct shape shape = full;
            shape.cpu_milli = i;
            cr_assert_eq(shape_table_intern(&table, &shape, &number, &err), 0);
            cr_assert_eq(number, i);
        }
    }
    cr_assert_eq(table.count, COUNT);
    cr_assert_geq(table.bucket_count, 2 * COUNT);
    shape_table_release(&table);
}

Test(shape, depends_on_the_runner_only_with_a_limit_per_node)
{
    struct shape shape = full;
    cr_assert(shape_depends_on_runner(&shape));
    shape.max_per_node = 0;
    cr_assert_not(shape_depends_on_runner(&shape));
}

/* Fills a table to where the next shape makes both arrays grow, then adds one with failing memory.
 */
Test(shape, leaves_the_table_as_it_was_when_memory_is_out)
{
    for (int64_t n = 1;; n++) {
        struct shape_table table = {0};
        struct err err;
        int32_t number = -7;
        for (int32_t i = 0; i < 8; i++) {
            struct shape shape = full;
            shape.cpu_milli = 1000 + i;
            cr_assert_eq(shape_table_intern(&table, &shape, &number, &err), 0);
        }
        number = -7;
        failing_alloc_arm(n);
        int result = shape_table_intern(&table, &full, &number, &err);
        bool has_failed = failing_alloc_disarm();
        if (!has_failed) {
            cr_assert_eq(result, 0);
            cr_assert_gt(n, 2); /* it did allocate: two arrays at least */
            shape_table_release(&table);
            break;
        }
        cr_assert_eq(result, -1);
        cr_assert_eq(err.kind, ERR_SYSTEM);
        cr_assert_eq(number, -7);
        cr_assert_eq(table.count, 8);
        cr_assert_eq(shape_table_intern(&table, &full, &number, &err), 0);
        cr_assert_eq(number, 8);
        shape_table_release(&table);
    }
}
