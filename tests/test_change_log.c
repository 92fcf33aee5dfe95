/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/change_log.h"

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/rng.h"
#include "tests/failing_alloc.h"

static void add(struct change_log *log, struct runner_change change)
{
    struct err err;
    cr_assert_eq(change_log_add(log, &change, &err), 0);
}

static void expect_equal(const struct runner_change *got, const struct runner_change *wanted,
                         int32_t number)
{
    cr_assert_eq(got->time_us, wanted->time_us, "time of entry %d", (int)number);
    cr_assert_eq(got->runner, wanted->runner, "runner of entry %d", (int)number);
    cr_assert_eq(got->wish, wanted->wish, "wish of entry %d", (int)number);
    cr_assert_eq(got->live, wanted->live, "live of entry %d", (int)number);
    cr_assert_eq(got->running, wanted->running, "running of entry %d", (int)number);
    cr_assert_eq(got->floor, wanted->floor, "floor of entry %d", (int)number);
}

static void expect_entries(const struct change_log *log, const struct runner_change *wanted,
                           int32_t count)
{
    struct change_reader reader = change_log_read(log);
    struct runner_change change;
    cr_assert_eq(log->count, count);
    for (int32_t i = 0; i < count; i++) {
        cr_assert(change_log_next(&reader, &change), "entry %d of %d", (int)i, (int)count);
        expect_equal(&change, &wanted[i], i);
    }
    cr_expect_not(change_log_next(&reader, &change));
    cr_expect_not(change_log_next(&reader, &change), "and it stays so");
}

Test(change_log, an_empty_log_has_no_entry)
{
    const struct change_log log = {0};
    expect_entries(&log, NULL, 0);
}

Test(change_log, the_example_of_the_comment_takes_its_four_bytes)
{
    static const uint8_t wanted[] = {0xc8, 0x01, 0x03, 0x07};
    struct change_log log = {0};
    add(&log, (struct runner_change){.time_us = 100, .runner = 5, .wish = 1});
    add(&log,
        (struct runner_change){.time_us = 300, .runner = 3, .wish = 1, .live = 1, .running = 1});
    int32_t before = log.byte_count;
    add(&log, (struct runner_change){.time_us = 301, .runner = 3});
    cr_assert_eq(log.byte_count - before, (int32_t)ARRAY_LEN(wanted));
    cr_expect_arr_eq(log.bytes + before, wanted, sizeof wanted);
    change_log_release(&log);
}

Test(change_log, changes_in_a_row_at_one_instant_are_one_entry)
{
    static const struct runner_change wanted[] = {
        {.time_us = 5, .runner = 1, .wish = 3, .live = 2, .floor = 1},
        {.time_us = 5, .runner = 2, .wish = 1},
        {.time_us = 5, .runner = 1, .wish = 3, .live = 3, .floor = 1},
    };
    struct change_log log = {0};
    add(&log, (struct runner_change){.time_us = 5, .runner = 1, .wish = 3});
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        add(&log, wanted[i]);
    expect_entries(&log, wanted, (int32_t)ARRAY_LEN(wanted));
    change_log_release(&log);
}

Test(change_log, the_largest_numbers_come_back)
{
    static const struct runner_change wanted[] = {
        {.time_us = INT64_MAX / 2, .runner = INT32_MAX, .wish = INT32_MAX, .live = 1},
        {.time_us = INT64_MAX - 1, .runner = 0, .running = INT32_MAX, .floor = 2},
        {.time_us = INT64_MAX - 1, .runner = INT32_MAX, .wish = 1, .floor = INT32_MAX},
        {.time_us = INT64_MAX, .runner = INT32_MAX, .wish = 127, .live = 128},
        {.time_us = INT64_MAX, .runner = INT32_MAX - 1},
    };
    struct change_log log = {0};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        add(&log, wanted[i]);
    expect_entries(&log, wanted, (int32_t)ARRAY_LEN(wanted));
    change_log_release(&log);
}

/* Up to 2^bits, small ones as often as large ones. */
static int32_t draw(struct rng *rng, int bits)
{
    return (int32_t)rng_below(rng, UINT64_C(1) << rng_below(rng, (uint64_t)bits + 1));
}

enum { ENTRIES = 20000 };

Test(change_log, what_is_read_is_what_a_table_would_hold)
{
    static struct runner_change wanted[ENTRIES];
    struct rng rng = rng_stream(1, "changes", 0);
    struct change_log log = {0};
    int64_t time_us = 0;
    for (int32_t i = 0; i < ENTRIES; i++) {
        time_us += draw(&rng, 30);
        wanted[i] = (struct runner_change){.time_us = time_us, .runner = draw(&rng, 24)};
        if (i > 0 && wanted[i].runner == wanted[i - 1].runner)
            wanted[i].runner++;
        int bits = i % 2 == 0 ? 1 : 20;
        wanted[i].wish = draw(&rng, bits);
        wanted[i].live = draw(&rng, bits);
        wanted[i].running = draw(&rng, bits);
        wanted[i].floor = draw(&rng, bits);
        add(&log, wanted[i]);
    }
    expect_entries(&log, wanted, ENTRIES);
    change_log_release(&log);
}

Test(change_log, what_is_too_much_is_not_kept)
{
    struct change_log log = {0};
    for (int32_t i = 0; i < CHANGE_LOG_MAX; i++)
        add(&log, (struct runner_change){.time_us = i, .runner = 7});
    cr_expect_not(log.was_cut);
    add(&log, (struct runner_change){.time_us = CHANGE_LOG_MAX - 1, .runner = 7, .wish = 1});
    cr_expect_not(log.was_cut, "it belongs to the last entry");
    add(&log, (struct runner_change){.time_us = CHANGE_LOG_MAX, .runner = 7});
    cr_expect(log.was_cut);
    cr_expect_eq(log.count, CHANGE_LOG_MAX);
    cr_expect_eq(log.last.wish, 1);
    change_log_release(&log);
}

Test(change_log, without_memory_nothing_changes)
{
    static const struct runner_change first = {.time_us = 1, .wish = 1};
    static const struct runner_change second = {.time_us = 2};
    struct change_log log = {0};
    struct err err;
    add(&log, first);
    failing_alloc_arm(1);
    cr_expect_eq(change_log_add(&log, &second, &err), -1);
    cr_assert(failing_alloc_disarm());
    cr_expect_eq(err.kind, ERR_SYSTEM);
    expect_entries(&log, &first, 1);
    change_log_release(&log);
}
