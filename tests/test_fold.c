/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fold.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static const struct fold narrow = {.width = 10, .indent = 2};

static const struct {
    const char *name, *text, *folded;
} cases[] = {
    {"nothing", "", ""},
    {"no line end", "abc", "abc"},
    {"as long as it may be", "abc def ij\n", "abc def ij\n"},
    {"one more", "abc def ijk\n", "abc def\n  ijk\n"},
    {"several times", "a b c d e f g h i j\n", "a b c d e\n  f g h i\n  j\n"},
    {"own indentation", "   abc  def gh\n", "   abc\n  def gh\n"},
    {"spaces within", "ab    cd\n", "ab    cd\n"},
    {"a long word", "ab abcdefghijklm c\n", "ab\n  abcdefghijklm\n  c\n"},
    {"a long word first", "abcdefghijklm c\n", "abcdefghijklm\n  c\n"},
    {"percent", "abc de 12 % f\n", "abc de\n  12 % f\n"},
    {"spaces at the end", "abcdefgh    \n", "abcdefgh\n"},
    {"empty lines", "\n\nab\n\n", "\n\nab\n\n"},
    {"characters and not bytes", "\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\n",
     "\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\n"},
    {"damaged characters", "\xff\xff\xff \xff\xff\xff \xff\xff\xff\n",
     "\xff\xff\xff \xff\xff\xff\n  \xff\xff\xff\n"},
};

Test(fold, lines_are_broken_at_spaces_where_they_are_too_long)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        fold_print(cases[i].text, strlen(cases[i].text), &narrow, out);
        fclose(out);
        cr_expect_str_eq(text, cases[i].folded, "%s: %s", cases[i].name, text);
        free(text);
    }
}
