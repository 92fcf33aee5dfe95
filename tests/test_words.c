/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/words.h"

#include <criterion/criterion.h>
#include <string.h>

Test(words, they_are_joined_and_hinted)
{
    static const char *const items[] = {"alpha", "beta", "gamma"};
    static const char *const many[] = {"alpha", "beta", "3",  "4",  "5",  "6",  "7",  "8", "9",
                                       "10",    "11",   "12", "13", "14", "15", "16", "17"};
    char out[WORDS_SIZE];
    cr_expect_str_eq(words_join((struct words){items, 0}, out), "");
    cr_expect_str_eq(words_join((struct words){items, 1}, out), "alpha");
    cr_expect_str_eq(words_join((struct words){items, 2}, out), "alpha or beta");
    cr_expect_str_eq(words_join((struct words){items, 3}, out), "alpha, beta or gamma");
    cr_expect_str_eq(words_hint("bta", (struct words){items, 3}, out),
                     "did you mean \"beta\"? give alpha, beta or gamma");
    cr_expect_str_eq(words_hint("alpa", (struct words){items, 1}, out), "did you mean \"alpha\"?");
    cr_expect_str_eq(words_hint("bta", (struct words){many, 17}, out), "did you mean \"beta\"?");
    cr_expect_str_eq(
        words_hint("bta", (struct words){many, 16}, out),
        "did you mean \"beta\"? give alpha, beta, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
        "14, 15 or 16");
    cr_expect_str_eq(words_hint("zzz", (struct words){items, 3}, out), "give alpha, beta or gamma");
}

Test(words, long_lists_are_cut)
{
    enum { COUNT = 100 };
    static char names[COUNT][200];
    const char *items[COUNT];
    char out[WORDS_SIZE];
    for (int i = 0; i < COUNT; i++) {
        memset(names[i], 'a' + i % 26, sizeof names[i] - 1);
        items[i] = names[i];
    }
    words_hint("?", (struct words){items, COUNT}, out);
    cr_expect_lt(strlen(out), WORDS_SIZE);
    cr_expect_str_eq(out + strlen(out) - 5, ", ...");
    for (int i = 0; i < COUNT; i++)
        items[i] = "x";
    words_join((struct words){items, COUNT}, out);
    cr_expect_str_eq(out + strlen(out) - 8, ", x, ...");
}
