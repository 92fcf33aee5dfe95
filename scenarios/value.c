/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/words.h"

void reader_init(struct reader *reader, struct problems *problems, struct arena *arena)
{
    *reader = (struct reader){.problems = problems, .texts = {.arena = arena}};
}

void reader_release(struct reader *reader)
{
    intern_release(&reader->texts);
    lookup_release(&reader->warned);
    free(reader->marks);
    *reader = (struct reader){0};
}

void reader_no_memory(struct reader *reader)
{
    reader->problems->out_of_memory = true;
}

const char *reader_keep(struct reader *reader, const char *text)
{
    const char *kept = intern_text(&reader->texts, text);
    if (!kept)
        reader_no_memory(reader);
    return kept ? kept : "";
}

struct value value_of_tree(struct reader *reader, const char *file, const cJSON *tree, int64_t line)
{
    return (struct value){.reader = reader, .file = file, .item = tree, .line = line, .column = -1};
}

struct value value_of_row(struct reader *reader, const char *file, const struct row *row)
{
    return (struct value){.reader = reader, .file = file, .row = row, .prefix = "", .column = -1};
}

/* ---- places ---- */

/* Longer names of files are cut. */
enum { FILE_PLACE_SIZE = 4352 };

struct path {
    char *text;
    size_t length;
};

static void path_add(struct path *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void path_add(struct path *path, const char *format, ...)
{
    size_t room = VALUE_PATH_SIZE - path->length;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(path->text + path->length, room, format, args);
    va_end(args);
    if (length > 0)
        path->length += (size_t)length < room ? (size_t)length : room - 1;
}

static bool is_plain_key(const char *key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *key != '\0' && key[strspn(key, plain)] == '\0';
}

static void add_path(const struct value *value, struct path *path)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (!value->parent)
        return;
    add_path(value->parent, path);
    if (!value->key)
        path_add(path, "[%" PRId32 "]", value->index);
    else if (!is_plain_key(value->key))
        path_add(path, "[%s]", text_quote(value->key, quoted));
    else
        path_add(path, "%s%s", path->length == 0 ? "" : ".", value->key);
}

/* "nodepools[3].id", cut where it is too long; of a row its column, where there is one. Returns
 * out. */
static const char *value_path(const struct value *value, char out[VALUE_PATH_SIZE])
{
    struct path path = {.text = out};
    out[0] = '\0';
    if (value->row && value->column >= 0)
        path_add(&path, "%s", value->row->csv->names[value->column]);
    else
        add_path(value, &path);
    return out;
}

/* "file", "file:line" or "file:line:column". */
static const char *place_in_file(const struct value *value, char out[FILE_PLACE_SIZE])
{
    const struct value *top = value;
    while (top->parent)
        top = top->parent;
    const struct csv_reader *csv = value->row ? value->row->csv : NULL;
    if (csv && value->column >= 0)
        snprintf(out, FILE_PLACE_SIZE, "%s:%" PRId64 ":%" PRId32, value->file, csv->line_number,
                 csv->columns_at[value->column]);
    else if (csv || top->line > 0)
        snprintf(out, FILE_PLACE_SIZE, "%s:%" PRId64, value->file,
                 csv ? csv->line_number : top->line);
    else
        return value->file;
    return out;
}

/* ---- problems ---- */

/* The edit that has put this value, or what it is in, where it is; NULL: it is of a file. */
static const char *edit_of(const struct value *value)
{
    const struct reader *reader = value->reader;
    for (; value != NULL && reader->mark_count > 0; value = value->parent) {
        for (int32_t i = 0; i < reader->mark_count; i++) {
            if (value->item != NULL && reader->marks[i].item == value->item)
                return reader->marks[i].text;
        }
    }
    return NULL;
}

static void add_problem(const struct value *value, enum severity severity, const char *message)
{
    char path[VALUE_PATH_SIZE];
    char file[FILE_PLACE_SIZE];
    char quoted[TEXT_QUOTE_SIZE];
    const char *edit = edit_of(value);
    struct problem_place place = {.file = place_in_file(value, file),
                                  .path = value_path(value, path)};
    if (edit)
        problems_add(value->reader->problems, severity, place, "%s (by the edit %s)", message,
                     text_quote(edit, quoted));
    else
        problems_add(value->reader->problems, severity, place, "%s", message);
}

static void format_message(char message[ERR_TEXT_SIZE], const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void format_message(char message[ERR_TEXT_SIZE], const char *format, va_list args)
{
    if (vsnprintf(message, ERR_TEXT_SIZE, format, args) < 0)
        message[0] = '\0';
}

void value_error(const struct value *value, const char *format, ...)
{
    char message[ERR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_message(message, format, args);
    va_end(args);
    add_problem(value, SEVERITY_ERROR, message);
}

void value_warn(const struct value *value, const char *format, ...)
{
    char message[ERR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_message(message, format, args);
    va_end(args);
    add_problem(value, SEVERITY_WARNING, message);
}

/* Is this the first time? Equal messages about the same key count as one. */
static bool is_new_warning(const struct value *value, const char *message)
{
    char text[ERR_TEXT_SIZE + VALUE_PATH_SIZE];
    struct reader *reader = value->reader;
    struct err ignored;
    snprintf(text, sizeof text, "%.500s %s", value->key ? value->key : "", message);
    if (lookup_find_text(&reader->warned, text) >= 0)
        return false;
    if (lookup_put_text(&reader->warned, reader_keep(reader, text), 0, &ignored))
        reader_no_memory(reader);
    return true;
}

void value_warn_once(const struct value *value, const char *format, ...)
{
    char message[ERR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_message(message, format, args);
    va_end(args);
    if (is_new_warning(value, message))
        add_problem(value, SEVERITY_WARNING, message);
}

bool value_is_listed(const struct value *value)
{
    return value->reader->problems->count < PROBLEMS_MAX;
}

void value_fail(const struct value *value, const struct err *err)
{
    if (err->kind == ERR_SYSTEM)
        reader_no_memory(value->reader);
    else
        add_problem(value, SEVERITY_ERROR, err->text);
}

static const char *type_word(const struct value *value)
{
    const cJSON *item = value->item;
    if (!item)
        return value->text ? "text" : "an object";
    if (cJSON_IsString(item))
        return "text";
    if (cJSON_IsNumber(item))
        return "a number";
    if (cJSON_IsArray(item))
        return "an array";
    if (cJSON_IsObject(item))
        return "an object";
    return cJSON_IsNull(item) ? "null" : cJSON_IsTrue(item) ? "true" : "false";
}

void value_wrong_type(const struct value *value, const char *give)
{
    value_error(value, "is %s: give %s", type_word(value), give);
}

/* ---- objects ---- */

static bool is_known(const struct object_kind *kind, const char *key)
{
    for (size_t i = 0; i < kind->key_count; i++) {
        if (strcmp(kind->keys[i], key) == 0)
            return true;
    }
    return false;
}

static void report_unknown(const struct value *object, const cJSON *child)
{
    const struct object_kind *kind = object->kind;
    struct words known = {kind->keys, kind->key_count};
    char hint[WORDS_SIZE];
    struct value place = {.reader = object->reader,
                          .file = object->file,
                          .parent = object,
                          .key = child->string,
                          .item = child,
                          .column = -1};
    bool is_error = !kind->is_api || edit_of(&place);
    if (is_error && value_is_listed(object))
        value_error(&place, "is not a key of %s: %s", kind->name,
                    words_hint(child->string, known, hint));
    else if (is_error)
        value_error(&place, "is not a key of %s", kind->name);
    else if (!is_new_warning(&place, kind->name))
        return;
    else if (words_nearest(child->string, known))
        value_warn(&place, "is not a known key of %s and is ignored: %s", kind->name,
                   words_hint(child->string, known, hint));
    else
        value_warn(&place, "is not a known key of %s and is ignored", kind->name);
}

bool object_open(struct value *value, const struct object_kind *kind)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (!value_is_object(value)) {
        value_wrong_type(value, "an object");
        return false;
    }
    value->kind = kind;
    if (value->row)
        return true;
    const char *repeated = json_repeated_key(value->item);
    if (repeated)
        value_error(value, "the key %s occurs twice: give it once", text_quote(repeated, quoted));
    for (const cJSON *child = value->item->child; child; child = child->next) {
        if (!is_known(kind, child->string))
            report_unknown(value, child);
    }
    return true;
}

/* Most texts differ in their first character, and this is asked for every column and key. */
static bool starts_with(const char *text, const char *start, size_t length)
{
    return length == 0 || (text[0] == start[0] && strncmp(text, start, length) == 0);
}

/* A column that stands for the path, or for something below it, and whose field is not empty. */
static bool get_from_row(const struct value *object, const char *key, struct value *out)
{
    const struct csv_reader *csv = object->row->csv;
    size_t key_length = strlen(key);
    for (int32_t i = 0; i < csv->column_count; i++) {
        const char *path = object->row->paths[i];
        if (!starts_with(path, object->prefix, object->prefix_length))
            continue;
        const char *rest = path + object->prefix_length;
        if (!starts_with(rest, key, key_length))
            continue;
        bool is_field = rest[key_length] == '\0';
        if (is_field)
            out->column = i;
        if (csv->fields[i][0] == '\0')
            continue;
        if (is_field) {
            out->text = csv->fields[i];
            return true;
        }
        if (rest[key_length] == '.') {
            out->prefix = path;
            out->prefix_length = object->prefix_length + key_length + 1;
            return true;
        }
    }
    return false;
}

bool value_get(const struct value *object, const char *key, struct value *out)
{
    *out = (struct value){.reader = object->reader,
                          .file = object->file,
                          .parent = object,
                          .key = key,
                          .row = object->row,
                          .column = -1};
    if (object->row)
        return get_from_row(object, key, out);
    if (!cJSON_IsObject(object->item))
        return false;
    out->item = cJSON_GetObjectItemCaseSensitive(object->item, key);
    if (cJSON_IsNull(out->item) && object->kind && object->kind->is_api)
        out->item = NULL;
    return out->item != NULL;
}

bool value_require(const struct value *object, const char *key, const char *give, struct value *out)
{
    if (value_get(object, key, out))
        return true;
    value_error(out, "is missing: give %s", give);
    return false;
}

bool object_get(const struct value *object, const char *key, const struct object_kind *kind,
                struct value *out)
{
    return value_get(object, key, out) && object_open(out, kind);
}

bool value_is_object(const struct value *value)
{
    return value->row ? value->text == NULL : cJSON_IsObject(value->item);
}

bool value_is_array(const struct value *value)
{
    return value->row ? value->text != NULL : cJSON_IsArray(value->item);
}

const char *value_text(const struct value *value)
{
    if (value->row)
        return value->text;
    return cJSON_IsString(value->item) ? value->item->valuestring : NULL;
}

/* ---- arrays ---- */

bool array_get(const struct value *object, const char *key, struct value *array)
{
    if (!value_get(object, key, array))
        return false;
    if (value_is_array(array))
        return true;
    value_wrong_type(array, "an array");
    return false;
}

struct cursor cursor_at(const struct value *array)
{
    return (struct cursor){
        .array = array, .next = array->item ? array->item->child : NULL, .rest = array->text};
}

/* Parts of a field are interned, because the field itself is not cut into texts of their own. */
static bool next_part(struct cursor *cursor, struct value *element)
{
    if (!cursor->rest)
        return false;
    size_t length = strcspn(cursor->rest, "|");
    struct reader *reader = element->reader;
    element->text = intern_text_part(&reader->texts, cursor->rest, length);
    if (!element->text) {
        reader_no_memory(reader);
        element->text = "";
    }
    cursor->rest = cursor->rest[length] == '|' ? cursor->rest + length + 1 : NULL;
    return true;
}

bool cursor_next(struct cursor *cursor, struct value *element)
{
    const struct value *array = cursor->array;
    *element = (struct value){.reader = array->reader,
                              .file = array->file,
                              .parent = array,
                              .index = cursor->index,
                              .row = array->row,
                              .column = array->column};
    cursor->index++;
    if (array->row)
        return next_part(cursor, element);
    element->item = cursor->next;
    if (!cursor->next)
        return false;
    cursor->next = cursor->next->next;
    return true;
}

int32_t array_length(const struct value *array)
{
    int32_t length = 0;
    struct value element;
    for (struct cursor cursor = cursor_at(array); cursor_next(&cursor, &element);)
        length++;
    return length;
}
