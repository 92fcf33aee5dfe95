/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/load_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

/* One folder for each test, which is a process of its own. */
static void folder_name(char out[64])
{
    snprintf(out, 64, "/tmp/stowage-test-%ld", (long)getpid());
}

static void remove_folder(void)
{
    char folder[64];
    struct err ignored;
    folder_name(folder);
    folder_remove(folder, &ignored);
}

const char *write_text_file(const char *name, const char *text)
{
    static char path[256];
    char folder[64];
    folder_name(folder);
    if (mkdir(folder, 0700) == 0)
        atexit(remove_folder);
    else
        cr_assert_eq(errno, EEXIST);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    cr_assert_not_null(out);
    for (; *text != '\0'; text++)
        fputc(*text == '\'' ? '"' : *text, out);
    cr_assert_eq(fclose(out), 0);
    return path;
}

int load_text(struct scenario *scenario, const char *text, struct err *err)
{
    return scenario_load(scenario, write_text_file("s.json", text), err);
}

/* Takes the folder's name out of a text, in place. */
static void take_out_folder(char *text)
{
    char folder[64];
    folder_name(folder);
    strcat(folder, "/");
    size_t length = strlen(folder);
    for (char *at = strstr(text, folder); at; at = strstr(at, folder))
        memmove(at, at + length, strlen(at + length) + 1);
}

char *problems_text(const struct scenario *scenario)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    problems_print(&scenario->problems, out);
    cr_assert_eq(fclose(out), 0);
    take_out_folder(text);
    return text;
}

void load_good(struct scenario *scenario, const char *text)
{
    struct err err = {0};
    int result = load_text(scenario, text, &err);
    char *problems = problems_text(scenario);
    cr_assert_eq(result, 0, "%s\n%s%s", text, problems, err.text);
    free(problems);
}

void expect_problems(const char *text, const char *expected)
{
    struct scenario scenario;
    struct err err = {0};
    int result = load_text(&scenario, text, &err);
    char *problems = problems_text(&scenario);
    cr_expect_str_eq(problems, expected, "%s\ngives\n%s\nnot\n%s", text, problems, expected);
    cr_expect_eq(result, scenario.problems.error_count > 0 ? -1 : 0, "%s: %s", text, err.text);
    free(problems);
    scenario_release(&scenario);
}

int32_t runner_at(const struct scenario *scenario, const char *id)
{
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        if (strcmp(scenario->runners[i].id, id) == 0)
            return i;
    }
    cr_assert_fail("no runner %s", id);
    return NO_INDEX;
}

int32_t pool_at(const struct scenario *scenario, const char *id)
{
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        if (strcmp(scenario->pools[i].id, id) == 0)
            return i;
    }
    cr_assert_fail("no pool %s", id);
    return NO_INDEX;
}

const struct runner_def *runner_of(const struct scenario *scenario, const char *id)
{
    return &scenario->runners[runner_at(scenario, id)];
}

const struct shape *shape_of(const struct scenario *scenario, const char *runner_id)
{
    return &scenario->shapes.items[runner_of(scenario, runner_id)->shape];
}

const struct node_type *type_of(const struct scenario *scenario, const char *pool_id)
{
    int32_t pool = pool_at(scenario, pool_id);
    cr_assert_gt(scenario->pools[pool].type_count, 0);
    return &scenario->types[scenario->pools[pool].types[0]];
}
