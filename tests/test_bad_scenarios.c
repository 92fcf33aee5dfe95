/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every tests/bad/<x>.json must give exactly the messages in tests/bad/<x>.err: all of them, in
 * order, with their places. After a change of messages that is meant, run the test once with
 * STOWAGE_UPDATE_BAD=1 in the environment and read the difference. */

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json.h"
#include "scenarios/scenario.h"

enum { NAME_SIZE = 280, FILES_MAX = 1000 };

static bool is_case(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

static size_t list_cases(char names[FILES_MAX][NAME_SIZE])
{
    size_t count = 0;
    DIR *folder = opendir(".");
    cr_assert_not_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (!is_case(entry->d_name))
            continue;
        cr_assert_lt(count, FILES_MAX);
        snprintf(names[count++], NAME_SIZE, "%.*s", (int)(strlen(entry->d_name) - 5),
                 entry->d_name);
    }
    closedir(folder);
    qsort(names, count, NAME_SIZE, compare_names);
    return count;
}

/* What the user reads: the problems, then the error of the whole. */
static char *messages_of(const char *path)
{
    struct scenario scenario;
    struct err err = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    int result = scenario_load(&scenario, path, &err);
    problems_print(&scenario.problems, out);
    fprintf(out, "%s\n", result == 0 ? "loaded" : err.text);
    cr_expect(result == 0 || err.kind == ERR_INPUT, "%s", path);
    cr_expect(result == 0 || (scenario.runners == NULL && scenario.nodes == NULL), "%s", path);
    cr_assert_eq(fclose(out), 0);
    scenario_release(&scenario);
    return text;
}

static void check_case(const char *name)
{
    char path[NAME_SIZE + 8], expected_path[NAME_SIZE + 8];
    char *expected = NULL;
    size_t size;
    struct err err;
    snprintf(path, sizeof path, "%s.json", name);
    snprintf(expected_path, sizeof expected_path, "%s.err", name);
    char *messages = messages_of(path);
    if (getenv("STOWAGE_UPDATE_BAD")) {
        FILE *out = fopen(expected_path, "wb");
        cr_assert(out && fputs(messages, out) >= 0 && fclose(out) == 0);
    }
    if (json_read_file(expected_path, 1 << 20, &expected, &size, &err))
        cr_expect_fail("%s: %s", expected_path, err.text);
    else
        cr_expect_str_eq(messages, expected, "%s gives\n%s\nnot\n%s", path, messages, expected);
    free(expected);
    free(messages);
}

Test(bad_scenarios, give_exactly_the_messages_beside_them)
{
    static char names[FILES_MAX][NAME_SIZE];
    cr_assert_eq(chdir(STOWAGE_SOURCE_DIR "/tests/bad"), 0);
    size_t count = list_cases(names);
    cr_expect_gt(count, 40);
    for (size_t i = 0; i < count; i++)
        check_case(names[i]);
}
