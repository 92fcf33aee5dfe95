/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/edit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

size_t edit_path_length(const char *text)
{
    bool is_quoted = false;
    int depth = 0;
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        if (text[i] == '"')
            is_quoted = !is_quoted;
        if (is_quoted)
            continue;
        if (text[i] == '=' && depth == 0)
            break;
        depth += text[i] == '[' ? 1 : 0;
        depth -= text[i] == ']' && depth > 0 ? 1 : 0;
    }
    return i;
}

static int fail(const char *text, const char *what, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(err, ERR_USAGE, "%s: %s: give PATH=VALUE, as in nodepools[gpu].max_instances=10",
                   text_quote(text, quoted), what);
}

static bool set_word(struct edit_step *step, const char *from, size_t length)
{
    if (length == 0 || length >= sizeof step->word)
        return false;
    memcpy(step->word, from, length);
    step->word[length] = '\0';
    return true;
}

/* "[...]" at *at; moves behind it. NULL, or what is wrong. */
static const char *read_selector(const char **at, struct edit_step *step)
{
    const char *start = *at + 1;
    bool is_quoted = *start == '"';
    start += is_quoted ? 1 : 0;
    size_t length = strcspn(start, is_quoted ? "\"" : "]");
    const char *end = start + length + (is_quoted && start[length] != '\0' ? 1 : 0);
    if (*end != ']')
        return "a bracket is not closed";
    if (!set_word(step, start, length))
        return length == 0 ? "the brackets are empty" : "a name is too long";
    *at = end + 1;
    step->kind = EDIT_NAME;
    if (is_quoted)
        return NULL;
    if (strcmp(step->word, "*") == 0)
        step->kind = EDIT_ALL;
    else if (strcmp(step->word, "+") == 0)
        step->kind = EDIT_NEW;
    else if (length <= 9 && strspn(step->word, "0123456789") == length)
        step->kind = EDIT_INDEX;
    if (step->kind == EDIT_INDEX)
        step->index = (int32_t)strtol(step->word, NULL, 10);
    return NULL;
}

static const char *read_key(const char **at, struct edit_step *step)
{
    size_t length = strcspn(*at, ".[]=\"");
    step->kind = EDIT_KEY;
    if (!set_word(step, *at, length))
        return length == 0 ? "a key is missing" : "a key is too long";
    *at += length;
    return NULL;
}

int edit_parse(const char *text, struct edit_path *path, const char **value, struct err *err)
{
    const char *at = text;
    *path = (struct edit_path){.step_count = 0};
    do {
        if (path->step_count == EDIT_STEPS_MAX)
            return fail(text, "the path is too long", err);
        struct edit_step *step = &path->steps[path->step_count];
        bool is_first = path->step_count == 0;
        at += !is_first && *at == '.' ? 1 : 0;
        const char *wrong =
            *at == '[' && !is_first ? read_selector(&at, step) : read_key(&at, step);
        if (wrong != NULL)
            return fail(text, wrong, err);
        path->step_count++;
    } while (*at == '.' || *at == '[');
    if (*at != '=')
        return fail(text, *at == '\0' ? "there is no value" : "the path is wrong", err);
    *value = at + 1;
    return 0;
}
