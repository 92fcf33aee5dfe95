/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/order.h"
#include "tests/failing_alloc.h"

struct items {
    int64_t *items;
    int32_t count, capacity;
};

static int reserve(struct items *a, int64_t needed, struct err *err)
{
    return array_reserve(&a->items, &a->capacity, needed, sizeof *a->items, err);
}

Test(array, array_len_counts_the_items)
{
    static const char *const words[] = {"a", "b", "c"};
    cr_assert_eq(ARRAY_LEN(words), 3);
}

Test(array, growing_keeps_the_items_and_zeroes_the_new_room)
{
    struct items a = {0};
    struct err err = {0};
    for (int32_t i = 0; i < 10000; i++) {
        cr_assert_eq(reserve(&a, a.count + INT64_C(1), &err), 0);
        cr_assert_gt(a.capacity, a.count);
        for (int32_t j = a.count; j < a.capacity && j < a.count + 4; j++)
            cr_assert_eq(a.items[j], 0);
        cr_assert_eq(a.items[a.capacity - 1], 0);
        a.items[a.count++] = i + 1;
    }
    for (int32_t i = 0; i < a.count; i++)
        cr_assert_eq(a.items[i], i + 1);
    cr_assert_eq(err.kind, ERR_NONE);
    free(a.items);
}

Test(array, growing_on_lines_keeps_the_items_and_begins_a_line)
{
    struct items a = {0};
    struct err err = {0};
    for (int32_t i = 0; i < 10000; i++) {
        cr_assert_eq(array_reserve_on_lines(&a.items, &a.capacity, a.count + INT64_C(1),
                                            sizeof *a.items, &err),
                     0);
        cr_assert_eq((uintptr_t)a.items % CACHE_LINE_BYTES, 0);
        cr_assert_eq(a.items[a.count], 0);
        cr_assert_eq(a.items[a.capacity - 1], 0);
        a.items[a.count++] = i + 1;
    }
    for (int32_t i = 0; i < a.count; i++)
        cr_assert_eq(a.items[i], i + 1);
    failing_alloc_arm(1);
    int result = array_reserve_on_lines(&a.items, &a.capacity, a.capacity + INT64_C(1),
                                        sizeof *a.items, &err);
    cr_expect(failing_alloc_disarm());
    cr_expect_eq(result, -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_eq(a.items[9999], 10000);
    free(a.items);
}

Test(array, large_ones_on_lines_begin_a_large_page_and_keep_the_items)
{
    enum { COUNT = 3 * LARGE_PAGE_BYTES / sizeof(int32_t) };
    struct items a = {0};
    struct err err = {0};
    for (int32_t i = 0; i < (int32_t)COUNT; i++) {
        cr_assert_eq(array_reserve_on_lines(&a.items, &a.capacity, a.count + INT64_C(1),
                                            sizeof *a.items, &err),
                     0);
        a.items[a.count++] = i;
    }
    cr_expect_eq((uintptr_t)a.items % LARGE_PAGE_BYTES, 0);
    for (int32_t i = 0; i < (int32_t)COUNT; i++)
        cr_assert_eq(a.items[i], i);
    cr_expect_eq(a.items[a.capacity - 1], 0);
    free(a.items);
}

/* Rounded up to whole large pages, the first two are beyond what a size can say. */
Test(array, a_table_for_which_there_is_no_memory_is_none)
{
    cr_expect_null(memory_table(SIZE_MAX));
    cr_expect_null(memory_table(SIZE_MAX - LARGE_PAGE_BYTES + 2));
    failing_alloc_arm(1);
    void *table = memory_table(3 * LARGE_PAGE_BYTES);
    cr_expect(failing_alloc_disarm());
    cr_expect_null(table);
}

Test(array, plain_growing_keeps_the_items)
{
    struct items a = {0};
    struct err err = {0};
    for (int32_t i = 0; i < 10000; i++) {
        cr_assert_eq(
            array_reserve_plain(&a.items, &a.capacity, a.count + INT64_C(1), sizeof *a.items, &err),
            0);
        a.items[a.count++] = i + 1;
    }
    for (int32_t i = 0; i < a.count; i++)
        cr_assert_eq(a.items[i], i + 1);
    failing_alloc_arm(1);
    int result =
        array_reserve_plain(&a.items, &a.capacity, a.capacity + INT64_C(1), sizeof *a.items, &err);
    cr_expect(failing_alloc_disarm());
    cr_expect_eq(result, -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_eq(a.items[9999], 10000);
    free(a.items);
}

Test(array, growing_one_by_one_takes_few_steps)
{
    struct items a = {0};
    struct err err = {0};
    int32_t steps = 0;
    for (int32_t i = 0; i < 1000000; i++) {
        int32_t before = a.capacity;
        cr_assert_eq(reserve(&a, i + INT64_C(1), &err), 0);
        steps += a.capacity != before ? 1 : 0;
    }
    cr_assert_leq(steps, 20);
    free(a.items);
}

Test(array, enough_room_is_left_alone)
{
    struct items a = {0};
    struct err err = {0};
    cr_assert_eq(reserve(&a, 0, &err), 0);
    cr_assert_null(a.items);
    cr_assert_eq(reserve(&a, 100, &err), 0);
    cr_assert_geq(a.capacity, 100);
    int64_t *items = a.items;
    int32_t capacity = a.capacity;
    cr_assert_eq(reserve(&a, capacity, &err), 0);
    cr_assert_eq(reserve(&a, 1, &err), 0);
    cr_assert_eq(a.items, items);
    cr_assert_eq(a.capacity, capacity);
    free(a.items);
}

Test(array, more_than_int32_max_items_are_a_limit_and_change_nothing)
{
    struct items a = {0};
    struct err err = {0};
    cr_assert_eq(reserve(&a, 3, &err), 0);
    int64_t *items = a.items;
    int32_t capacity = a.capacity;
    cr_assert_eq(reserve(&a, INT32_MAX + INT64_C(1), &err), -1);
    cr_assert_eq(err.kind, ERR_LIMIT);
    cr_assert_str_eq(err.text, "2147483648 items are too many: at most 2147483647 fit");
    cr_assert_eq(a.items, items);
    cr_assert_eq(a.capacity, capacity);
    free(a.items);
}

Test(array, a_size_beyond_size_t_is_out_of_memory)
{
    char *items = NULL;
    int32_t capacity = 0;
    struct err err = {0};
    cr_assert_eq(array_reserve(&items, &capacity, INT32_MAX, SIZE_MAX / 2, &err), -1);
    cr_assert_eq(err.kind, ERR_SYSTEM);
    cr_assert_null(items);
    cr_assert_eq(capacity, 0);
}

Test(array, capacity_stops_doubling_at_int32_max)
{
    char *items = NULL;
    int32_t capacity = 0;
    struct err err = {0};
    cr_assert_eq(array_reserve(&items, &capacity, 8, 1, &err), 0);
    int32_t half = INT32_MAX / 2 + 10;
    /* Only the arithmetic is of interest: with the allocation failing, the err tells that it was
     * asked for, and not refused as too many. */
    failing_alloc_arm(1);
    capacity = half;
    int result = array_reserve(&items, &capacity, half + INT64_C(1), 1, &err);
    cr_assert(failing_alloc_disarm());
    cr_assert_eq(result, -1);
    cr_assert_eq(err.kind, ERR_SYSTEM);
    cr_assert_eq(capacity, half);
    free(items);
}

Test(array, out_of_memory_changes_nothing)
{
    struct items a = {0};
    struct err err = {0};
    failing_alloc_arm(1);
    int result = reserve(&a, 1, &err);
    cr_assert(failing_alloc_disarm());
    cr_assert_eq(result, -1);
    cr_assert_eq(err.kind, ERR_SYSTEM);
    cr_assert_str_eq(err.text, "out of memory");
    cr_assert_null(a.items);
    cr_assert_eq(a.capacity, 0);

    cr_assert_eq(reserve(&a, 5, &err), 0);
    a.items[4] = 44;
    int32_t capacity = a.capacity;
    failing_alloc_arm(1);
    result = reserve(&a, capacity + INT64_C(1), &err);
    cr_assert(failing_alloc_disarm());
    cr_assert_eq(result, -1);
    cr_assert_eq(a.items[4], 44);
    cr_assert_eq(a.capacity, capacity);
    free(a.items);
}

/* ---- order ---- */

Test(order, numbers_far_apart_are_in_order)
{
    int64_t wide[] = {INT64_MAX, 0, INT64_MIN, 1};
    int32_t narrow[] = {INT32_MAX, -1, INT32_MIN, INT32_MAX};
    double real[] = {0.5, -1e300, 1e300, -0.5};
    qsort(wide, ARRAY_LEN(wide), sizeof *wide, order_int64s);
    qsort(narrow, ARRAY_LEN(narrow), sizeof *narrow, order_int32s);
    qsort(real, ARRAY_LEN(real), sizeof *real, order_doubles);
    for (size_t i = 1; i < 4; i++) {
        cr_expect_lt(wide[i - 1], wide[i]);
        cr_expect_leq(narrow[i - 1], narrow[i]);
        cr_expect_lt(real[i - 1], real[i]);
    }
    cr_expect_eq(order_int(INT64_MIN, INT64_MAX), -1);
    cr_expect_eq(order_int(7, 7), 0);
}
