/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/problems.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/failing_alloc.h"

static const struct problem_place pool_place = {"big.json", "nodepools[3]"};
static const struct problem_place file_place = {"big.json", ""};

/* What problems_print writes; the caller frees it. */
static char *printed(const struct problems *problems)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    problems_print(problems, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}

Test(problems, an_empty_list_is_a_success_and_prints_nothing)
{
    struct problems problems = {0};
    struct err err = {0};
    cr_assert_eq(problems_result(&problems, &err), 0);
    cr_assert_eq(err.kind, ERR_NONE);
    char *text = printed(&problems);
    cr_assert_str_eq(text, "");
    free(text);
    problems_release(&problems);
}

Test(problems, are_printed_in_the_order_found_with_file_and_place)
{
    struct problems problems = {0};
    problems_add(&problems, SEVERITY_ERROR, pool_place, "%d: give %s", 0, "1 or more");
    problems_add(&problems, SEVERITY_WARNING, file_place, "has no name");
    problems_add(&problems, SEVERITY_ERROR, (struct problem_place){"-", "12:7"}, "a digit");
    char *text = printed(&problems);
    cr_assert_str_eq(text, "error: big.json: nodepools[3]: 0: give 1 or more\n"
                           "warning: big.json: has no name\n"
                           "error: -: 12:7: a digit\n");
    free(text);
    cr_assert_eq(problems.count, 3);
    cr_assert_str_eq(problems.items[0].text, "big.json: nodepools[3]: 0: give 1 or more");
    cr_assert_str_eq(problems.items[1].text, "big.json: has no name");
    problems_release(&problems);
    cr_assert_null(problems.items);
}

Test(problems, the_result_counts_errors_and_warnings)
{
    struct problems problems = {0};
    struct err err = {0};
    problems_add(&problems, SEVERITY_WARNING, file_place, "odd");
    cr_assert_eq(problems_result(&problems, &err), 0);
    problems_add(&problems, SEVERITY_ERROR, file_place, "wrong");
    cr_assert_eq(problems_result(&problems, &err), -1);
    cr_assert_eq(err.kind, ERR_INPUT);
    cr_assert_str_eq(err.text, "1 error, 1 warning");
    problems_add(&problems, SEVERITY_ERROR, file_place, "wrong");
    problems_add(&problems, SEVERITY_WARNING, file_place, "odd");
    cr_assert_eq(problems_result(&problems, &err), -1);
    cr_assert_str_eq(err.text, "2 errors, 2 warnings");
    problems_release(&problems);
}

Test(problems, every_problem_is_one_line_whatever_it_holds)
{
    struct problems problems = {0};
    problems_add(&problems, SEVERITY_ERROR, (struct problem_place){"a\nb.json", "x\x1b[2J"},
                 "line one\nline two\xff \"%s\"", "caf\xc3\xa9");
    cr_assert_str_eq(problems.items[0].text, "a\\x0ab.json: x\\x1b[2J: line one\\x0aline two\\xff "
                                             "\"caf\xc3\xa9\"");
    problems_release(&problems);
}

Test(problems, a_long_message_is_cut_and_says_so)
{
    struct problems problems = {0};
    problems_add(&problems, SEVERITY_ERROR, file_place, "%0*d", ERR_TEXT_SIZE, 7);
    size_t place_length = strlen("big.json: ");
    size_t length = strlen(problems.items[0].text);
    cr_assert_eq(length, place_length + ERR_TEXT_SIZE - 1);
    cr_assert_str_eq(problems.items[0].text + length - 5, "00...");
    problems_release(&problems);
    problems_add(&problems, SEVERITY_ERROR, file_place, "%0*d", ERR_TEXT_SIZE - 1, 7);
    cr_assert_str_eq(problems.items[0].text + length - 2, "07");
    /* Bytes that quadruple when escaped, at the largest size. */
    char bytes[ERR_TEXT_SIZE];
    memset(bytes, '\x01', sizeof bytes - 1);
    bytes[sizeof bytes - 1] = '\0';
    problems_add(&problems, SEVERITY_ERROR, file_place, "%s", bytes);
    cr_assert_eq(strlen(problems.items[1].text), place_length + 4 * (sizeof bytes - 1));
    problems_release(&problems);
}

Test(problems, beyond_the_limit_they_are_counted_but_not_kept)
{
    struct problems problems = {0};
    struct err err = {0};
    for (int i = 0; i < PROBLEMS_MAX + 1; i++)
        problems_add(&problems, SEVERITY_ERROR, file_place, "wrong %d", i);
    cr_assert_eq(problems.count, PROBLEMS_MAX);
    cr_assert_eq(problems.unlisted, 1);
    char *text = printed(&problems);
    cr_assert_str_eq(strstr(text, "wrong 999"), "wrong 999\n1 more problem not listed\n");
    free(text);
    problems_add(&problems, SEVERITY_WARNING, file_place, "odd");
    cr_assert_eq(problems.unlisted, 2);
    cr_assert_eq(problems_result(&problems, &err), -1);
    cr_assert_str_eq(err.text, "1001 errors, 1 warning");
    text = printed(&problems);
    cr_assert_not_null(strstr(text, "\n2 more problems not listed\n"));
    free(text);
    problems_release(&problems);
}

Test(problems, warnings_do_not_hide_errors)
{
    struct problems problems = {0};
    for (int i = 0; i < 3 * PROBLEMS_MAX; i++)
        problems_add(&problems, SEVERITY_WARNING, file_place, "odd %d", i);
    problems_add(&problems, SEVERITY_ERROR, file_place, "wrong");
    cr_assert_eq(problems.warning_count, 3 * PROBLEMS_MAX);
    cr_assert_str_eq(problems.items[problems.count - 1].text, "big.json: wrong");
    cr_assert_eq(problems.count + problems.unlisted, 3 * PROBLEMS_MAX + 1);
    problems_release(&problems);
}

Test(problems, out_of_memory_is_a_failure_of_the_system_but_counts_go_on)
{
    /* The first problem allocates the array and the text's block. */
    for (int64_t n = 1;; n++) {
        struct problems problems = {0};
        struct err err = {0};
        failing_alloc_arm(n);
        problems_add(&problems, SEVERITY_ERROR, file_place, "wrong");
        problems_add(&problems, SEVERITY_WARNING, file_place, "odd");
        bool has_failed = failing_alloc_disarm();
        cr_assert_eq(problems.error_count, 1);
        cr_assert_eq(problems.warning_count, 1);
        cr_assert_eq(problems.out_of_memory, has_failed);
        cr_assert_eq(problems.count, has_failed ? 1 : 2);
        cr_assert_eq(problems_result(&problems, &err), -1);
        cr_assert_eq(err.kind, has_failed ? ERR_SYSTEM : ERR_INPUT);
        problems_release(&problems);
        if (!has_failed) {
            cr_assert_eq(n, 3);
            break;
        }
    }
}
