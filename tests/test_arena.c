/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"
#include "tests/failing_alloc.h"

Test(arena, memory_is_zeroed_aligned_and_its_own)
{
    enum { COUNT = 3000 };
    struct arena arena = {0};
    struct rng rng = rng_stream(1, "sizes", 0);
    unsigned char *pieces[COUNT];
    size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = i % 100 == 99 ? 1 + rng_below(&rng, 100000) : rng_below(&rng, 60);
        pieces[i] = arena_alloc(&arena, sizes[i]);
        cr_assert_not_null(pieces[i]);
        cr_assert_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++)
            cr_assert_eq(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 251), sizes[i]);
    }
    /* A piece that overlapped another would have been written over. */
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            cr_assert_eq(pieces[i][j], i % 251);
    }
    arena_release(&arena);
}

Test(arena, empty_pieces_have_addresses_of_their_own)
{
    struct arena arena = {0};
    char *first = arena_alloc(&arena, 0);
    char *second = arena_alloc(&arena, 0);
    cr_assert_not_null(first);
    cr_assert_neq(first, second);
    arena_release(&arena);
}

Test(arena, bytes_total_counts_what_was_handed_out)
{
    struct arena arena = {0};
    size_t least = 0;
    for (size_t size = 1; size < 5000; size += 7) {
        cr_assert_not_null(arena_alloc(&arena, size));
        least += size;
        cr_assert_geq(arena.bytes_total, least);
    }
    cr_assert_lt(arena.bytes_total, least + 5000 / 7 * 16 + 16);
    arena_release(&arena);
    cr_assert_eq(arena.bytes_total, 0);
}

Test(arena, a_large_piece_leaves_the_newest_block_in_use)
{
    struct arena arena = {0};
    char *small = arena_alloc(&arena, 16);
    cr_assert_not_null(arena_alloc(&arena, 1 << 22));
    char *next = arena_alloc(&arena, 16);
    cr_assert_eq(next, small + 16);
    arena_release(&arena);
}

Test(arena, many_pieces_take_few_blocks)
{
    struct arena arena = {0};
    /* 4 KiB doubled up to 1 MiB are 2 MiB in nine blocks. */
    failing_alloc_arm(12);
    for (int i = 0; i < 200000; i++) {
        if (!arena_alloc(&arena, 16))
            break;
    }
    cr_assert_not(failing_alloc_disarm());
    cr_assert_eq(arena.bytes_total, 200000 * 16);
    arena_release(&arena);
}

Test(arena, sizes_beyond_memory_give_null)
{
    struct arena arena = {0};
    cr_assert_null(arena_alloc(&arena, SIZE_MAX));
    cr_assert_null(arena_alloc(&arena, SIZE_MAX - 15));
    cr_assert_null(arena_alloc(&arena, SIZE_MAX - 64));
    cr_assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    cr_assert_null(arena_array(&arena, (size_t)1 << 32, (size_t)1 << 32));
    cr_assert_null(arena_strndup(&arena, "", SIZE_MAX));
    cr_assert_eq(arena.bytes_total, 0);
    cr_assert_not_null(arena_array(&arena, 0, SIZE_MAX));
    arena_release(&arena);
}

Test(arena, copies_of_text_end_in_nul)
{
    struct arena arena = {0};
    const char text[] = "best-fit";
    char *whole = arena_strdup(&arena, text);
    cr_assert_str_eq(whole, "best-fit");
    cr_assert_neq((const char *)whole, text);
    cr_assert_str_eq(arena_strndup(&arena, text, 4), "best");
    cr_assert_str_eq(arena_strndup(&arena, text, 1), "b");
    cr_assert_str_eq(arena_strndup(&arena, text, 0), "");
    cr_assert_str_eq(arena_strdup(&arena, ""), "");
    arena_release(&arena);
}

Test(arena, is_usable_again_after_release_and_release_of_nothing_is_safe)
{
    struct arena arena = {0};
    arena_release(&arena);
    cr_assert_not_null(arena_alloc(&arena, 10));
    arena_release(&arena);
    cr_assert_null(arena.first);
    cr_assert_not_null(arena_alloc(&arena, 10));
    arena_release(&arena);
}

Test(arena, out_of_memory_gives_null_and_keeps_what_there_is)
{
    struct arena arena = {0};
    failing_alloc_arm(1);
    void *failed = arena_alloc(&arena, 10);
    cr_assert(failing_alloc_disarm());
    cr_assert_null(failed);
    cr_assert_eq(arena.bytes_total, 0);

    failing_alloc_arm(1);
    char *no_text = arena_strdup(&arena, "lost");
    cr_assert(failing_alloc_disarm());
    cr_assert_null(no_text);

    char *text = arena_strdup(&arena, "kept");
    size_t bytes_before = arena.bytes_total;
    failing_alloc_arm(1);
    void *failed_array = arena_array(&arena, 1000, 1000);
    cr_assert(failing_alloc_disarm());
    cr_assert_null(failed_array);
    cr_assert_eq(arena.bytes_total, bytes_before);
    cr_assert_str_eq(text, "kept");
    cr_assert_not_null(arena_array(&arena, 1000, 1000));
    arena_release(&arena);
}
