/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <wchar.h>

Test(err, set_gives_minus_one_and_replaces_what_was_there)
{
    struct err err = {.kind = ERR_SYSTEM, .text = "old"};
    cr_assert_eq(err_set(&err, ERR_INPUT, "%s: %d: too many", "pools[3]", 7), -1);
    cr_assert_eq(err.kind, ERR_INPUT);
    cr_assert_str_eq(err.text, "pools[3]: 7: too many");
}

Test(err, set_may_take_the_old_text_as_an_argument)
{
    struct err err = {0};
    err_set(&err, ERR_INPUT, "inner");
    err_set(&err, ERR_LIMIT, "outer: %s: more", err.text);
    cr_assert_eq(err.kind, ERR_LIMIT);
    cr_assert_str_eq(err.text, "outer: inner: more");
}

Test(err, prefix_keeps_the_kind_and_adds_context_from_the_outside_in)
{
    struct err err = {0};
    err_set(&err, ERR_LIMIT, "is too large");
    cr_assert_eq(err_prefix(&err, "line %d", 12), -1);
    cr_assert_eq(err_prefix(&err, "%s", "trace.csv"), -1);
    cr_assert_eq(err.kind, ERR_LIMIT);
    cr_assert_str_eq(err.text, "trace.csv: line 12: is too large");
}

Test(err, a_text_that_just_fits_is_whole_and_a_longer_one_ends_in_dots)
{
    struct err err = {0};
    err_set(&err, ERR_INPUT, "%0*d", ERR_TEXT_SIZE - 1, 7);
    cr_assert_eq(strlen(err.text), ERR_TEXT_SIZE - 1);
    cr_assert_eq(err.text[ERR_TEXT_SIZE - 2], '7');
    err_set(&err, ERR_INPUT, "%0*d", ERR_TEXT_SIZE, 7);
    cr_assert_eq(strlen(err.text), ERR_TEXT_SIZE - 1);
    cr_assert_str_eq(err.text + ERR_TEXT_SIZE - 6, "00...");
}

Test(err, a_long_prefix_is_cut_too)
{
    struct err err = {0};
    err_set(&err, ERR_INPUT, "inner");
    err_prefix(&err, "%0*d", 2 * ERR_TEXT_SIZE, 7);
    cr_assert_eq(strlen(err.text), ERR_TEXT_SIZE - 1);
    cr_assert_str_eq(err.text + ERR_TEXT_SIZE - 5, "0...");
    cr_assert_eq(err.kind, ERR_INPUT);
}

Test(err, a_text_that_cannot_be_formatted_is_empty)
{
    struct err err = {.text = "old"};
    /* The C locale has no bytes for this letter. */
    err_set(&err, ERR_INPUT, "price: %lc", (wint_t)0x20ac);
    cr_assert_eq(err.kind, ERR_INPUT);
    cr_assert_str_eq(err.text, "");
}

Test(err, failures_of_the_system_name_what_failed)
{
    struct err err = {0};
    cr_assert_eq(err_no_memory(&err), -1);
    cr_assert_eq(err.kind, ERR_SYSTEM);
    cr_assert_str_eq(err.text, "out of memory");
    cr_assert_eq(err_errno(&err, ENOENT, "runs/a"), -1);
    cr_assert_eq(err.kind, ERR_SYSTEM);
    cr_assert_str_eq(err.text, "runs/a: No such file or directory");
}

Test(err, kinds_have_their_exit_codes)
{
    cr_assert_eq(err_exit_code(ERR_NONE), 0);
    cr_assert_eq(err_exit_code(ERR_USAGE), 2);
    cr_assert_eq(err_exit_code(ERR_INPUT), 2);
    cr_assert_eq(err_exit_code(ERR_LIMIT), 2);
    cr_assert_eq(err_exit_code(ERR_SYSTEM), 3);
}
