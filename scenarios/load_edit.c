/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Edits of the trees, before they are understood. A path is followed step by step from a set of
 * spots to the set of spots below them; a section of the scenario that stands in several files is
 * one list. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/text.h"
#include "scenarios/load.h"
#include "base/words.h"

struct spot {
    cJSON *parent; /* NULL: the top of a file */
    cJSON *item;
};

struct spots {
    struct spot *items;
    int32_t count, capacity;
};

struct editor {
    struct loader *loader;
    const char *text; /* the edit */
    struct edit_path path;
    const char *value_text;
    cJSON *value;
    struct spots found, next;
    bool has_failed;
};

/* ---- problems ---- */

/* The error at the path of the edit, up to and with this step. */
static void edit_error(struct editor *editor, int32_t step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void edit_error(struct editor *editor, int32_t step, const char *format, ...)
{
    char message[ERR_TEXT_SIZE], place[VALUE_PATH_SIZE], shown[TEXT_QUOTE_SIZE];
    size_t length = 0;
    place[0] = '\0';
    for (int32_t i = 0; i <= step && length < sizeof place; i++) {
        const struct edit_step *at = &editor->path.steps[i];
        const char *start = at->kind != EDIT_KEY ? "[" : i > 0 ? "." : "";
        text_escape(at->word, shown, sizeof shown);
        length += (size_t)snprintf(place + length, sizeof place - length, "%s%s%s", start, shown,
                                   at->kind != EDIT_KEY ? "]" : "");
    }
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    va_end(args);
    text_quote(editor->text, shown);
    const struct problem_place at = {.file = editor->loader->scenario->file, .path = place};
    problems_add(&editor->loader->scenario->problems, SEVERITY_ERROR, at, "%s (in the edit %s)",
                 message, shown);
    editor->has_failed = true;
}

static void no_memory(struct editor *editor)
{
    reader_no_memory(&editor->loader->reader);
    editor->has_failed = true;
}

/* ---- marks: what an edit has put there ---- */

static void mark(struct editor *editor, const cJSON *item)
{
    struct reader *reader = &editor->loader->reader;
    struct err ignored;
    if (array_reserve(&reader->marks, &reader->mark_capacity, reader->mark_count + INT64_C(1),
                      sizeof *reader->marks, &ignored) != 0) {
        no_memory(editor);
        return;
    }
    reader->marks[reader->mark_count++] = (struct edit_mark){.item = item, .text = editor->text};
}

/* The item is about to go, with all that is in it. */
static void forget(struct reader *reader, const cJSON *item)
{
    for (int32_t i = reader->mark_count - 1; i >= 0; i--) {
        if (reader->marks[i].item == item)
            reader->marks[i] = reader->marks[--reader->mark_count];
    }
    for (const cJSON *child = item->child; child; child = child->next)
        forget(reader, child);
}

/* ---- spots ---- */

static void add_spot(struct editor *editor, cJSON *parent, cJSON *item)
{
    struct spots *next = &editor->next;
    struct err ignored;
    if (array_reserve(&next->items, &next->capacity, next->count + INT64_C(1), sizeof *next->items,
                      &ignored) != 0)
        no_memory(editor);
    else
        next->items[next->count++] = (struct spot){parent, item};
}

/* What the step found is where the following one starts. */
static void advance(struct editor *editor)
{
    struct spots emptied = editor->found;
    emptied.count = 0;
    editor->found = editor->next;
    editor->next = emptied;
}

/* A new member of an object, or a new element of an array (key NULL). */
static void add_new(struct editor *editor, cJSON *parent, const char *key)
{
    cJSON *made = cJSON_CreateObject();
    bool is_added = made && (key ? cJSON_AddItemToObject(parent, key, made)
                                 : cJSON_AddItemToArray(parent, made));
    if (!is_added) {
        cJSON_Delete(made);
        no_memory(editor);
        return;
    }
    mark(editor, made);
    add_spot(editor, parent, made);
}

/* ---- the first step: a section of the scenario ---- */

static cJSON *member(cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

/* An answer of the API holds the array under its own name once more. */
static void add_section(struct editor *editor, cJSON *tree, const char *key)
{
    cJSON *item = member(tree, key);
    cJSON *inner = member(item, key);
    if (inner)
        add_spot(editor, item, inner);
    else if (item)
        add_spot(editor, tree, item);
}

static void find_section(struct editor *editor)
{
    const struct loader *loader = editor->loader;
    const char *key = editor->path.steps[0].word;
    const struct words known = {root_kind.keys, root_kind.key_count};
    char hint[WORDS_SIZE];
    bool is_known = false;
    for (size_t i = 0; i < known.count; i++)
        is_known = is_known || strcmp(known.items[i], key) == 0;
    if (!is_known) {
        edit_error(editor, 0, "is not a key of a scenario: %s", words_hint(key, known, hint));
        return;
    }
    if (strcmp(key, "include") == 0 || strcmp(key, "stowage") == 0) {
        edit_error(editor, 0, "is read before edits are made: change it in the file");
        return;
    }
    for (int32_t i = 0; i < loader->source_count; i++)
        add_section(editor, loader->sources[i].tree, key);
    if (editor->next.count > 0)
        return;
    cJSON *tree = loader->sources[0].tree;
    const struct edit_path *path = &editor->path;
    if (path->step_count > 1 && path->steps[1].kind == EDIT_NEW) {
        cJSON *made = cJSON_AddArrayToObject(tree, key);
        if (made)
            add_spot(editor, tree, made);
        else
            no_memory(editor);
    } else {
        add_new(editor, tree, key);
    }
}

/* ---- elements of arrays ---- */

/* {"runner": {...}} of a section "runners" stands for what is in it. */
static cJSON *unwrap(cJSON *element, const char *section)
{
    char wrapper[EDIT_WORD_SIZE];
    size_t length = strlen(section);
    snprintf(wrapper, sizeof wrapper, "%.*s", length > 0 ? (int)length - 1 : 0, section);
    cJSON *inner = member(element, wrapper);
    return cJSON_IsObject(inner) && !member(element, "id") ? inner : element;
}

static const char *name_of(cJSON *element)
{
    const char *id = cJSON_GetStringValue(member(element, "id"));
    return id ? id : cJSON_GetStringValue(member(element, "name"));
}

/* The arrays of a section, seen as one list, or a single array somewhere below. */
static void select_elements(struct editor *editor, int32_t step_index, int32_t from, int32_t count)
{
    const struct edit_step *step = &editor->path.steps[step_index];
    int32_t position = 0;
    for (int32_t i = from; i < from + count; i++) {
        cJSON *array = editor->found.items[i].item;
        for (cJSON *element = array->child; element; element = element->next, position++) {
            cJSON *inner = step_index == 1 ? unwrap(element, editor->path.steps[0].word) : element;
            const char *name = name_of(inner);
            bool is_meant = step->kind == EDIT_ALL ||
                            (step->kind == EDIT_INDEX && step->index == position) ||
                            (step->kind == EDIT_NAME && name && strcmp(name, step->word) == 0);
            if (is_meant)
                add_spot(editor, inner == element ? array : element, inner);
        }
    }
}

static void tell_not_found(struct editor *editor, int32_t step_index)
{
    enum { NAMES_MAX = 1000 };
    const struct edit_step *step = &editor->path.steps[step_index];
    const char *names[NAMES_MAX];
    char hint[WORDS_SIZE];
    size_t count = 0;
    int32_t length = 0;
    for (int32_t i = 0; i < editor->found.count; i++) {
        const cJSON *array = editor->found.items[i].item;
        for (cJSON *element = array->child; element; element = element->next, length++) {
            cJSON *inner = step_index == 1 ? unwrap(element, editor->path.steps[0].word) : element;
            const char *name = name_of(inner);
            if (name && count < NAMES_MAX)
                names[count++] = name;
        }
    }
    if (step->kind == EDIT_INDEX && length > 0)
        edit_error(editor, step_index, "is not there: give 0 to %d", (int)length - 1);
    else if (count > 0)
        edit_error(editor, step_index, "is not there: %s",
                   words_hint(step->word, (struct words){names, count}, hint));
    else
        edit_error(editor, step_index, "is not there: the array is empty or has no ids");
}

static void follow_array(struct editor *editor, int32_t step_index)
{
    const struct edit_step *step = &editor->path.steps[step_index];
    if (step->kind == EDIT_NEW) {
        add_new(editor, editor->found.items[0].item, NULL);
        return;
    }
    if (step_index == 1) {
        select_elements(editor, step_index, 0, editor->found.count);
    } else {
        for (int32_t i = 0; i < editor->found.count; i++)
            select_elements(editor, step_index, i, 1);
    }
    bool is_one = step->kind == EDIT_NAME && step_index == 1;
    if (editor->next.count == 0)
        tell_not_found(editor, step_index);
    else if (is_one && editor->next.count > 1)
        edit_error(editor, step_index, "is the id of %d: give the position of one, from 0",
                   (int)editor->next.count);
}

/* ---- following a path ---- */

static void follow_key(struct editor *editor, int32_t step_index)
{
    const char *key = editor->path.steps[step_index].word;
    for (int32_t i = 0; i < editor->found.count; i++) {
        cJSON *object = editor->found.items[i].item;
        cJSON *item = member(object, key);
        if (item)
            add_spot(editor, object, item);
        else if (cJSON_IsObject(object))
            add_new(editor, object, key);
        else if (cJSON_IsArray(object))
            edit_error(editor, step_index - 1, "is an array: say which with [ID], [0] or [*]");
        else
            edit_error(editor, step_index - 1, "is no object and has no key \"%s\"", key);
        if (editor->has_failed)
            return;
    }
}

static void follow(struct editor *editor, int32_t step_index)
{
    const struct edit_step *step = &editor->path.steps[step_index];
    const cJSON *first = editor->found.items[0].item;
    bool is_key = step->kind == EDIT_KEY ||
                  (step->kind == EDIT_NAME && cJSON_IsObject(first) && first->child);
    if (is_key) {
        follow_key(editor, step_index);
        return;
    }
    for (int32_t i = 0; i < editor->found.count; i++) {
        if (!cJSON_IsArray(editor->found.items[i].item)) {
            const cJSON *item = editor->found.items[i].item;
            bool is_new = cJSON_IsObject(item) && !item->child;
            edit_error(editor, step_index - 1, "%s: give a key of it, not [%s]",
                       is_new ? "is not there" : "is no array", step->word);
            return;
        }
    }
    follow_array(editor, step_index);
}

/* ---- the end of the path ---- */

static void take_out(struct editor *editor, const struct spot *spot)
{
    forget(&editor->loader->reader, spot->item);
    cJSON_Delete(cJSON_DetachItemViaPointer(spot->parent, spot->item));
}

static void put(struct editor *editor, const struct spot *spot)
{
    if (cJSON_IsNull(editor->value)) {
        take_out(editor, spot);
        return;
    }
    cJSON *copy = cJSON_Duplicate(editor->value, true);
    char *key = NULL;
    if (copy && spot->item->string) {
        size_t size = strlen(spot->item->string) + 1;
        key = cJSON_malloc(size);
        if (key)
            memcpy(key, spot->item->string, size);
    }
    if (!copy || (spot->item->string && !key)) {
        cJSON_Delete(copy);
        no_memory(editor);
        return;
    }
    copy->string = key;
    forget(&editor->loader->reader, spot->item);
    cJSON_ReplaceItemViaPointer(spot->parent, spot->item, copy);
    mark(editor, copy);
}

/* Texts that begin as JSON does are JSON, also where they are wrong. */
static cJSON *read_value(const char *value, struct err *err)
{
    const struct json_text text = {.file = "value", .bytes = value, .size = strlen(value)};
    cJSON *tree = json_parse(text, err);
    if (tree || err->kind == ERR_SYSTEM || value[0] == '{' || value[0] == '[' || value[0] == '"')
        return tree;
    tree = cJSON_CreateString(value);
    if (!tree)
        err_no_memory(err);
    return tree;
}

static void follow_all(struct editor *editor)
{
    const struct edit_path *path = &editor->path;
    find_section(editor);
    for (int32_t i = 1; i < path->step_count && !editor->has_failed; i++) {
        advance(editor);
        follow(editor, i);
    }
    advance(editor);
    for (int32_t i = 0; i < editor->found.count && !editor->has_failed; i++)
        put(editor, &editor->found.items[i]);
}

static void apply_edit(struct loader *loader, const char *text)
{
    struct editor editor = {.loader = loader, .text = text};
    struct err err = {.kind = ERR_NONE};
    const struct problem_place place = {.file = loader->scenario->file, .path = ""};
    if (edit_parse(text, &editor.path, &editor.value_text, &err) != 0) {
        problems_add(&loader->scenario->problems, SEVERITY_ERROR, place, "the edit %s", err.text);
        return;
    }
    editor.value = read_value(editor.value_text, &err);
    if (editor.value)
        follow_all(&editor);
    else if (err.kind == ERR_SYSTEM)
        loader_fail(loader, &err);
    else
        edit_error(&editor, editor.path.step_count - 1, "is given what is no JSON: %.*s",
                   (int)strcspn(err.text, "\n"), err.text);
    cJSON_Delete(editor.value);
    free(editor.found.items);
    free(editor.next.items);
}

void apply_edits(struct loader *loader, const struct edit_list *edits)
{
    for (int32_t i = 0; i < edits->count; i++)
        apply_edit(loader, edits->items[i]);
}
