/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The small parts that the loader is made of. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "scenarios/fields.h"
#include "scenarios/intern.h"
#include "scenarios/lookup.h"

Test(scenario_parts, a_lookup_finds_what_was_put_and_nothing_else)
{
    enum { COUNT = 5000 };
    static char keys[COUNT][16];
    struct lookup lookup = {0};
    struct err err;
    cr_expect_eq(lookup_find_text(&lookup, "k0"), -1);
    for (int32_t i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", (int)i);
        cr_assert_eq(lookup_find_text(&lookup, keys[i]), -1);
        cr_assert_eq(lookup_put_text(&lookup, keys[i], i, &err), 0);
    }
    for (int32_t i = 0; i < COUNT; i++) {
        cr_assert_eq(lookup_find_text(&lookup, keys[i]), i);
        cr_assert_eq(lookup_find_key(&lookup, keys[i], strlen(keys[i])), keys[i]);
    }
    cr_expect_eq(lookup_find_text(&lookup, "k5000"), -1);
    cr_expect_eq(lookup_find(&lookup, "k1234", 2), 1, "a key is as long as is said");
    cr_expect_eq(lookup_find_text(&lookup, ""), -1);
    lookup_release(&lookup);
    cr_expect_eq(lookup_find_text(&lookup, "k0"), -1);
}

Test(scenario_parts, equal_content_is_kept_once)
{
    struct arena arena = {0};
    struct intern intern = {.arena = &arena};
    const char *a = intern_text(&intern, "same");
    const char *b = intern_text_part(&intern, "same and more", 4);
    const char *const list[] = {a, b};
    const char *const same_list[] = {b, a};
    cr_expect_str_eq(a, "same");
    cr_expect_eq(a, b);
    cr_expect_neq(a, intern_text(&intern, "other"));
    cr_expect_eq(intern_list(&intern, list, 2), intern_list(&intern, same_list, 2));
    cr_expect_neq((const void *)intern_list(&intern, list, 1),
                  (const void *)intern_list(&intern, list, 2));
    cr_expect_str_eq(intern_text(&intern, ""), "");
    intern_release(&intern);
    arena_release(&arena);
}

Test(scenario_parts, numbers_have_their_shortest_text)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {-1, "-1"},
        {0.1, "0.1"},
        {1.5, "1.5"},
        {100, "100"},
        {123456.7, "123456.7"},
        {1e15, "1000000000000000"},
        {9007199254740993.0, "9007199254740992"},
        {1e-6, "0.000001"},
        {1.0 / 3, "0.3333333333333333"},
        {1e-300, "1e-300"},
        {1e300, "1e+300"},
        {-2.5e-40, "-2.5e-40"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[NUMBER_TEXT_SIZE];
        cr_expect_str_eq(number_text(cases[i].number, text), cases[i].text, "%s, not %s", text,
                         cases[i].text);
    }
}

Test(scenario_parts, the_text_of_a_number_reads_back_as_the_same_number)
{
    struct rng rng = rng_stream(1, "numbers", 0);
    for (int i = 0; i < 20000; i++) {
        char text[NUMBER_TEXT_SIZE];
        double number = (double)(int64_t)rng_next(&rng) / (double)(1 + rng_below(&rng, 1u << 30));
        cr_assert_eq(strtod(number_text(number, text), NULL), number, "%s", text);
    }
}
