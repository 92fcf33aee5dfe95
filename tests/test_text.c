/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"

struct quote_case {
    const char *name;
    const char *text;
    const char *expected;
};

static const struct quote_case quote_cases[] = {
    {"empty", "", "\"\""},
    {"plain", "g5.xlarge", "\"g5.xlarge\""},
    {"control characters", "a\n\tb\x1b[31m\x7f", "\"a\\x0a\\x09b\\x1b[31m\\x7f\""},
    {"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
    {"an escape in the input stays apart", "\\x0a", "\"\\\\x0a\""},
    {"letters of two, three and four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2",
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2\""},
    {"byte that starts nothing", "a\xff\x80z", "\"a\\xff\\x80z\""},
    {"sequence cut by the end", "a\xe2\x82", "\"a\\xe2\\x82\""},
    {"sequence cut by a letter", "\xf0\x9fzz", "\"\\xf0\\x9fzz\""},
    {"overlong slash", "\xc0\xaf", "\"\\xc0\\xaf\""},
    {"overlong in three bytes", "\xe0\x80\xaf", "\"\\xe0\\x80\\xaf\""},
    {"overlong in four bytes", "\xf0\x80\x80\xaf", "\"\\xf0\\x80\\x80\\xaf\""},
    {"first of three bytes", "\xe0\xa0\x80", "\"\xe0\xa0\x80\""},
    {"first of four bytes", "\xf0\x90\x80\x80", "\"\xf0\x90\x80\x80\""},
    {"start byte beyond four", "\xf8\x90\x80\x80", "\"\\xf8\\x90\\x80\\x80\""},
    {"last surrogate", "\xed\xbf\xbf", "\"\\xed\\xbf\\xbf\""},
    {"surrogate", "\xed\xa0\x80", "\"\\xed\\xa0\\x80\""},
    {"last before the surrogates", "\xed\x9f\xbf", "\"\xed\x9f\xbf\""},
    {"last code point", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
    {"beyond the last code point", "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\""},
    {"five-byte form", "\xf8\x88\x80\x80\x80", "\"\\xf8\\x88\\x80\\x80\\x80\""},
    {"control sequence introducer of C1",
     "\xc2\x9b"
     "31m",
     "\"\\xc2\\x9b31m\""},
    {"first after C1", "\xc2\xa0", "\"\xc2\xa0\""},
    {"right-to-left override",
     "\xe2\x80\xae"
     "abc",
     "\"\\xe2\\x80\\xaeabc\""},
    {"line separator", "\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\""},
    {"last isolate", "\xe2\x81\xa9", "\"\\xe2\\x81\\xa9\""},
    {"behind the isolates", "\xe2\x81\xaa", "\"\xe2\x81\xaa\""},
    {"narrow no-break space", "\xe2\x80\xaf", "\"\xe2\x80\xaf\""},
    {"isolate", "\xe2\x81\xa6", "\"\\xe2\\x81\\xa6\""},
};

Test(text, quote_makes_every_kind_of_text_safe)
{
    for (size_t i = 0; i < ARRAY_LEN(quote_cases); i++) {
        char out[TEXT_QUOTE_SIZE];
        cr_assert_str_eq(text_quote(quote_cases[i].text, out), quote_cases[i].expected, "%s: %s",
                         quote_cases[i].name, out);
    }
}

Test(text, quote_cuts_in_the_middle_only_what_does_not_fit)
{
    char text[300];
    char out[TEXT_QUOTE_SIZE];
    memset(text, 'a', sizeof text);
    text[TEXT_QUOTE_SIZE - 3] = '\0';
    text_quote(text, out);
    cr_assert_eq(strlen(out), TEXT_QUOTE_SIZE - 1);
    cr_assert_null(strstr(out, "..."));

    text[TEXT_QUOTE_SIZE - 3] = 'z';
    text[TEXT_QUOTE_SIZE - 2] = '\0';
    text_quote(text, out);
    char expected[TEXT_QUOTE_SIZE];
    memset(expected, 'a', sizeof expected);
    expected[0] = '"';
    memcpy(expected + 1 + 61, "...", 3);
    memcpy(expected + 1 + 61 + 3 + 60, "z\"", 3);
    cr_assert_str_eq(out, expected);
}

/* Is this a quoted text as text_quote promises: printable, within its size, in quotes? */
static void check_quoted(const char *out)
{
    size_t length = strlen(out);
    cr_assert_lt(length, TEXT_QUOTE_SIZE);
    cr_assert_geq(length, 2);
    cr_assert_eq(out[0], '"');
    cr_assert_eq(out[length - 1], '"');
    cr_assert(text_is_clean(out), "%s", out);
    for (size_t i = 1; i < length - 1; i++) {
        cr_assert_neq(out[i], '"', "%s", out);
        if (out[i] == '\\')
            i += out[i + 1] == 'x' ? 3 : 1;
        cr_assert_lt(i, length - 1, "%s", out);
    }
}

Test(text, quote_is_safe_for_any_bytes)
{
    struct rng rng = rng_stream(1, "bytes", 0);
    for (int round = 0; round < 20000; round++) {
        char text[300];
        char out[TEXT_QUOTE_SIZE];
        size_t length = rng_below(&rng, sizeof text);
        /* Half of the rounds take bytes that are likely to meet in sequences. */
        static const unsigned char likely[] = {0xc2, 0xe2, 0xf0, 0x80, 0x9f, 0xae, '"', '\\', 'a'};
        for (size_t i = 0; i < length; i++) {
            unsigned char any = (unsigned char)(1 + rng_below(&rng, 255));
            unsigned char byte = round % 2 ? any : likely[rng_below(&rng, sizeof likely)];
            memcpy(text + i, &byte, 1);
        }
        text[length] = '\0';
        check_quoted(text_quote(text, out));
    }
}

Test(text, escape_says_the_whole_length_and_writes_whole_characters)
{
    static const char text[] = "a\n\xe2\x82\xac\"\\";
    static const char whole[] = "a\\x0a\xe2\x82\xac\"\\";
    char out[32];
    cr_assert_eq(text_escape(text, NULL, 0), strlen(whole));
    cr_assert_eq(text_escape(text, out, sizeof out), strlen(whole));
    cr_assert_str_eq(out, whole);
    cr_assert_eq(text_escape(text, out, strlen(whole) + 1), strlen(whole));
    cr_assert_str_eq(out, whole);
    static const size_t written[] = {0, 0, 1, 1, 1, 1, 5, 5, 5, 8, 9};
    for (size_t size = 1; size < ARRAY_LEN(written); size++) {
        memset(out, '#', sizeof out);
        cr_assert_eq(text_escape(text, out, size), strlen(whole));
        cr_assert_eq(strlen(out), written[size], "size %zu", size);
        cr_assert_eq(memcmp(out, whole, written[size]), 0);
        cr_assert_eq(out[size], '#');
    }
}

struct clean_case {
    const char *text;
    bool expected;
};

static const struct clean_case clean_cases[] = {
    {"", true},
    {"A10G \xe2\x82\xac \"\\", true},
    {"\xe2\x80\xae", true},
    {"a\tb", false},
    {"a\nb", false},
    {"\x01", false},
    {"\x1f", false},
    {" ", true},
    {"~", true},
    {"\x7f", false},
    {"\xc2\x80", false},
    {"\xc2\x9f", false},
    {"\xc2\xa0", true},
    {"abc\xff", false},
    {"abc\xe2\x82", false},
    {"\xc0\x80", false},
};

Test(text, clean_text_is_valid_utf8_without_control_characters)
{
    for (size_t i = 0; i < ARRAY_LEN(clean_cases); i++)
        cr_assert_eq(text_is_clean(clean_cases[i].text), clean_cases[i].expected, "case %zu", i);
}

struct glob_case {
    const char *pattern, *text;
    bool expected;
};

static const struct glob_case glob_cases[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"*", "", true},
    {"**", "", true},
    {"*", "NVIDIA-A10G", true},
    {"NVIDIA-*", "NVIDIA-A10G", true},
    {"NVIDIA-*", "NVIDIA-", true},
    {"NVIDIA-*", "NVIDIA", false},
    {"NVIDIA-*", "nvidia-A10G", false},
    {"NVIDIA-*", "AMD-MI300X", false},
    {"NVIDIA-A10G", "NVIDIA-A10G", true},
    {"NVIDIA-A10", "NVIDIA-A10G", false},
    {"*-A10G", "NVIDIA-A10G", true},
    {"*A1*", "NVIDIA-A10G", true},
    {"N*A*G", "NVIDIA-A10G", true},
    {"N*A*g", "NVIDIA-A10G", false},
    {"*ab", "aab", true},
    {"*aab*", "aaaab", true},
    {"a*b*c", "abcabc", true},
    {"a*b*c", "acb", false},
    {"?", "a", false},
    {"?", "?", true},
    {"[a]", "a", false},
    {"a.c", "abc", false},
    {"\\*", "*", false},
    {"*?", "a?", true},
};

Test(text, glob_knows_the_star_alone)
{
    for (size_t i = 0; i < ARRAY_LEN(glob_cases); i++) {
        const struct glob_case *c = &glob_cases[i];
        cr_assert_eq(text_matches_glob(c->pattern, c->text), c->expected, "%s on %s", c->pattern,
                     c->text);
    }
}

/* The definition, in exponential time. */
static bool matches_slowly(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern != '*')
        return *pattern == *text && matches_slowly(pattern + 1, text + 1);
    return matches_slowly(pattern + 1, text) ||
           (*text != '\0' && matches_slowly(pattern, text + 1));
}

static void random_word(struct rng *rng, const char *letters, char *out, size_t length_max)
{
    size_t length = rng_below(rng, length_max + 1);
    for (size_t i = 0; i < length; i++)
        out[i] = letters[rng_below(rng, strlen(letters))];
    out[length] = '\0';
}

Test(text, glob_agrees_with_its_definition)
{
    struct rng rng = rng_stream(2, "globs", 0);
    int matches = 0;
    for (int round = 0; round < 50000; round++) {
        char pattern[8];
        char text[10];
        random_word(&rng, "ab*", pattern, sizeof pattern - 1);
        random_word(&rng, "ab", text, sizeof text - 1);
        bool expected = matches_slowly(pattern, text);
        matches += expected ? 1 : 0;
        cr_assert_eq(text_matches_glob(pattern, text), expected, "%s on %s", pattern, text);
    }
    cr_assert_gt(matches, 5000);
}

Test(text, a_glob_of_many_stars_is_quick_on_long_text)
{
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_assert_not(text_matches_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

struct nearest_case {
    const char *text;
    const char *expected; /* NULL: none is near */
};

static const char *const known[] = {"best-fit", "first-fit", "worst-fit", "priority", "id", "ida"};

static const struct nearest_case nearest_cases[] = {
    {"best-fit", "best-fit"},
    {"bestfit", "best-fit"},
    {"first_fit", "first-fit"},
    {"wurst-fit", "worst-fit"},
    {"prioritiy", "priority"},
    {"priorty", "priority"},
    {"pri", NULL},
    {"", NULL},
    {"xx", NULL},
    {"idx", "id"},
    {"something else", NULL},
};

Test(text, nearest_finds_the_word_that_was_meant)
{
    for (size_t i = 0; i < ARRAY_LEN(nearest_cases); i++) {
        const char *nearest = text_nearest(nearest_cases[i].text, known, ARRAY_LEN(known));
        if (!nearest_cases[i].expected)
            cr_assert_null(nearest, "%s", nearest_cases[i].text);
        else
            cr_assert_eq(nearest, text_nearest(nearest_cases[i].expected, known, ARRAY_LEN(known)),
                         "%s", nearest_cases[i].text);
    }
}

/* The definition of the edit distance, in exponential time. */
static size_t distance_slowly(const char *from, const char *to)
{
    if (*from == '\0' || *to == '\0')
        return strlen(from) + strlen(to);
    size_t best = distance_slowly(from + 1, to + 1) + (*from == *to ? 0 : 1);
    size_t deleted = distance_slowly(from + 1, to) + 1;
    size_t inserted = distance_slowly(from, to + 1) + 1;
    best = deleted < best ? deleted : best;
    return inserted < best ? inserted : best;
}

Test(text, nearest_agrees_with_the_definition_of_the_edit_distance)
{
    struct rng rng = rng_stream(3, "words", 0);
    int found = 0;
    for (int round = 0; round < 3000; round++) {
        char text[8];
        char words[3][8];
        random_word(&rng, "abc", text, sizeof text - 1);
        const char *expected = NULL;
        size_t least = strlen(text) / 3 + 1;
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
            random_word(&rng, "abc", words[i], sizeof words[i] - 1);
            size_t distance = distance_slowly(text, words[i]);
            if (distance < least) {
                least = distance;
                expected = words[i];
            }
        }
        const char *const candidates[] = {words[0], words[1], words[2]};
        cr_assert_eq(text_nearest(text, candidates, 3), expected, "%s", text);
        found += expected ? 1 : 0;
    }
    cr_assert_gt(found, 300);
}

Test(text, nearest_of_equals_is_the_first)
{
    static const char *const words[] = {"cat", "cut", "cot"};
    cr_assert_eq(text_nearest("cit", words, ARRAY_LEN(words)), words[0]);
    cr_assert_eq(text_nearest("cit", words + 1, 2), words[1]);
    cr_assert_null(text_nearest("cit", words, 0));
}

Test(text, nearest_allows_a_third_of_the_length_and_no_more)
{
    static const char *const words[] = {"abcdefghi"};
    cr_assert_not_null(text_nearest("abcdefxyz", words, 1));
    cr_assert_null(text_nearest("abcdewxyz", words, 1));
    cr_assert_not_null(text_nearest("abcdefghijkl", words, 1));
    cr_assert_null(text_nearest("abcdefgh_jklm", words, 1));
}

Test(text, texts_beyond_the_limit_are_never_near)
{
    char longest[TEXT_NEAREST_MAX + 1];
    char too_long[TEXT_NEAREST_MAX + 2];
    memset(longest, 'a', TEXT_NEAREST_MAX);
    longest[TEXT_NEAREST_MAX] = '\0';
    memset(too_long, 'a', TEXT_NEAREST_MAX + 1);
    too_long[TEXT_NEAREST_MAX + 1] = '\0';
    const char *words[] = {too_long, longest};
    cr_assert_eq(text_nearest(longest, words, 2), longest);
    cr_assert_null(text_nearest(too_long, words, 2));
}

static const struct {
    const char *text;
    int characters;
    const char *shortened;
} shortened[] = {
    {"", 5, ""},
    {"12345", 5, "12345"},
    {"123456", 5, "1...6"},
    {"1234567", 6, "12...7"},
    {"123456789", 8, "123...89"},
    {"strict best-fit", 10, "stri...fit"},
    {"\xc3\xbc\xc3\xaf\xc3\xb6 \xe6\x97\xa5 a", 5, "\xc3\xbc...a"},
    {"a \xc3\xbc\xff\xfe\xe6\x97\xa5", 5, "a...\xe6\x97\xa5"},
    {"\xff\xfe\xfd\xfc\xfb", 5, "\xff\xfe\xfd\xfc\xfb"},
};

Test(text, long_names_are_cut_in_the_middle)
{
    for (size_t i = 0; i < ARRAY_LEN(shortened); i++) {
        char out[41];
        text_shorten(shortened[i].text, shortened[i].characters, out);
        cr_expect_str_eq(out, shortened[i].shortened, "%s: %s", shortened[i].text, out);
    }
}
