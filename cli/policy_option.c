/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/policy_option.h"

#include <stdlib.h>
#include <string.h>

#include "base/problems.h"
#include "cli/message.h"
#include "cli/policy_library.h"

static int open_library(struct policy_option *option, const char *path, const char *file,
                        struct problems *problems)
{
    struct err err = {.kind = ERR_NONE};
    if (policy_library_open(path, &option->choice.policy, &option->library, &err) == 0)
        return 0;
    problems_add(problems, SEVERITY_ERROR, (struct problem_place){file, ""}, "%s", err.text);
    return -1;
}

static int parse(struct policy_option *option, const char *text, const char *file,
                 struct problems *problems)
{
    if (!policy_text_is_file(text))
        return policy_text_parse(text, &option->arena, file, &option->choice, problems);
    struct policy_name split = policy_text_split(text);
    char *path = arena_strndup(&option->arena, text, split.length);
    if (path == NULL) {
        problems->out_of_memory = true;
        return -1;
    }
    if (open_library(option, path, file, problems) != 0)
        return -1;
    return policy_text_parameters(split.rest, &option->arena, file, &option->choice, problems);
}

static int report(const struct problems *problems, const char *place, struct err *err)
{
    if (problems->out_of_memory)
        return err_no_memory(err);
    if (problems->error_count == 1)
        return err_set(err, ERR_USAGE, "%s", problems->items[0].text);
    message_problems(problems, false);
    return err_set(err, ERR_USAGE, "%s: %d errors", place, (int)problems->error_count);
}

int policy_option_set(struct policy_option *option, const char *text, const char *place,
                      struct err *err)
{
    struct problems problems = {0};
    policy_option_release(option);
    int result = parse(option, text, place, &problems);
    if (result != 0)
        report(&problems, place, err);
    problems_release(&problems);
    return result;
}

void policy_option_release(struct policy_option *option)
{
    policy_library_close(option->library);
    arena_release(&option->arena);
    *option = (struct policy_option){0};
}
