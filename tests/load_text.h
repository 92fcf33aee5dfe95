/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_LOAD_TEXT_H
#define STOWAGE_TESTS_LOAD_TEXT_H

#include "base/err.h"
#include "scenarios/scenario.h"

/* Scenarios that stand in the test itself. */

/* Writes a text into a file of a temporary folder; for readability it may have ' for ". The path is
 * valid until the next call. */
const char *write_text_file(const char *name, const char *text);

/* scenario_load of a text, which is "s.json" in its folder (see write_text_file). */
int load_text(struct scenario *scenario, const char *text, struct err *err);

/* As load_text; fails the test, with all problems, when the text is wrong. */
void load_good(struct scenario *scenario, const char *text);

/* All problems, one a line, as problems_print prints them, with the folder taken out. The caller
 * frees. */
char *problems_text(const struct scenario *scenario);

/* Loads, checks that exactly these problems come out ("" for none), and releases. */
void expect_problems(const char *text, const char *expected);

/* The position of what has this id; fails the test when there is none. */
int32_t runner_at(const struct scenario *scenario, const char *id);
int32_t pool_at(const struct scenario *scenario, const char *id);
const struct runner_def *runner_of(const struct scenario *scenario, const char *id);
const struct shape *shape_of(const struct scenario *scenario, const char *runner_id);
/* The type of the first node of a pool. */
const struct node_type *type_of(const struct scenario *scenario, const char *pool_id);

#endif
