/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_VALUE_H
#define STOWAGE_SCENARIOS_VALUE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/csv_reader.h"
#include "base/err.h"
#include "base/problems.h"
#include "scenarios/intern.h"

/* Values of an input together with their place, so that every problem can say where it is. A value
 * is one JSON value, or one field of a CSV row whose columns stand for paths in the same object
 * ("cpu" for compute_info.cpu_limit): both are read by the same code, under the same rules.
 *
 * Values live on the stack and point to their parent; the path is printed only for a problem.
 * Reading does not stop at an error: it is added to the problems and the reader goes on with what
 * it has, so that all errors come out in one go. Want of memory is kept in problems->out_of_memory.
 */

/* A value that an edit has put into a tree. */
struct edit_mark {
    const cJSON *item;
    const char *text; /* the edit */
};

struct reader { /* what all values of one scenario share; borrowed parts outlive it */
    struct problems *problems;
    struct intern texts;
    struct lookup warned;    /* warnings given already */
    struct edit_mark *marks; /* [mark_count] owned */
    int32_t mark_count, mark_capacity;
    bool has_start;
    bool start_is_wrong; /* it was given, and reported: dates are errors no further */
    int64_t start_unix_us;
};

void reader_init(struct reader *reader, struct problems *problems, struct arena *arena);
void reader_release(struct reader *reader);

void reader_no_memory(struct reader *reader);

/* An interned copy; "" when memory is out, which the problems then know. */
const char *reader_keep(struct reader *reader, const char *text);

/* What an object may hold. */
struct object_kind {
    const char *name;        /* "apiRunner", "scheduler"; for messages */
    bool is_api;             /* of the API: unknown keys are warnings, null is the same as absent */
    const char *const *keys; /* [key_count] */
    size_t key_count;
};

struct row { /* the present row of a CSV */
    const struct csv_reader *csv;
    const char *const
        *paths; /* [column_count] what each column stands for: "compute_info.cpu_limit" */
};

struct value {
    struct reader *reader;
    const char *file;
    const struct value *parent;     /* NULL: the top of a file, line or row */
    const char *key;                /* in its object; NULL: an element of an array, or the top */
    int32_t index;                  /* in its array */
    int64_t line;                   /* the top of a line of JSON lines: its number; else 0 */
    const struct object_kind *kind; /* after object_open */
    const cJSON *item;              /* NULL: absent, or of a row */
    const struct row *row;          /* NULL: JSON */
    const char *text;               /* of a row: the field, or a part of it; NULL: an object */
    const char *prefix;             /* of an object in a row: the start of its columns' paths */
    size_t prefix_length;
    int32_t column; /* of a row: that of text; -1 */
};

/* The top of a tree, of a line (line > 0), or of a row. */
struct value value_of_tree(struct reader *reader, const char *file, const cJSON *tree,
                           int64_t line);
struct value value_of_row(struct reader *reader, const char *file, const struct row *row);

/* ---- problems at the place of a value ---- */

/* The path of a value in a problem, such as nodepools[3].id, is cut to this. */
enum { VALUE_PATH_SIZE = 512 };

/* Text that came from the input goes through text_quote. Messages are "what is wrong: what is
 * allowed". */
void value_error(const struct value *value, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void value_warn(const struct value *value, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Of equal messages about keys of one name only the first is kept. */
void value_warn_once(const struct value *value, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Would an error still be listed? If not, there is no use in looking for a hint. */
bool value_is_listed(const struct value *value);

/* The failure of a parser or of an allocation as a problem. */
void value_fail(const struct value *value, const struct err *err);

/* "is a number: give text", the wrong kind of value. */
void value_wrong_type(const struct value *value, const char *give);

/* ---- going down ---- */

/* Is this an object, without repeated keys and with known keys only? Problems are added for all
 * that is wrong; false only when it is no object. */
bool object_open(struct value *value, const struct object_kind *kind);

/* The value under a key. False when it is absent (for objects of the API also when it is null);
 * *out is then the place where it would be. */
bool value_get(const struct value *object, const char *key, struct value *out);

/* As value_get; when it is absent, the error "is missing: give <give>". */
bool value_require(const struct value *object, const char *key, const char *give,
                   struct value *out);

/* value_get and object_open. */
bool object_get(const struct value *object, const char *key, const struct object_kind *kind,
                struct value *out);

bool value_is_object(const struct value *value);
bool value_is_array(const struct value *value);

/* The text of a value that is text, else NULL. Borrowed from the input. */
const char *value_text(const struct value *value);

/* The elements of an array, or of a field of a row with '|' between them. */
struct cursor {
    const struct value *array;
    const cJSON *next;
    const char *rest; /* of the field; NULL at its end */
    int32_t index;
};

/* The array under a key; false when it is absent or, with the error, no array. */
bool array_get(const struct value *object, const char *key, struct value *array);
struct cursor cursor_at(const struct value *array);
/* False at the end. */
bool cursor_next(struct cursor *cursor, struct value *element);
int32_t array_length(const struct value *array);

#endif
