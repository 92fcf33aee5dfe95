/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_JSON_H
#define STOWAGE_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json_syntax.h"

/* Strict JSON (RFC 8259) on top of cJSON. cJSON itself lets pass what a strict reader must refuse:
 * leading zeros, trailing text, 1e400, NaN, invalid UTF-8, repeated keys, deep nesting, lone
 * surrogates, embedded \u0000. json_parse checks the syntax of the whole text first and only then
 * builds the tree, so a tree that exists is clean, but for repeated keys (see json_repeated_key).
 *
 * cJSON keeps numbers as doubles. An integer of 16 digits and more also has its text as it was
 * written, in valuestring, so that it can be told. */

struct json_text {
    const char *file; /* for messages; "-" for standard input */
    const char *bytes;
    size_t size;
    int64_t lines_before; /* of the same file, where the text is a part of it; 0 for the whole */
};

/* The tree of the text, to be freed with cJSON_Delete; NULL on failure with err set to
 * "file:line:column: what is wrong", a newline, the offending line (cut to about 100 characters
 * around the place) and a caret under the place. */
cJSON *json_parse(struct json_text text, struct err *err);

/* Checks syntax only, same errors. */
int json_check_syntax(struct json_text text, struct err *err);

/* The first key that occurs a second time in this object (not in its children), or NULL.
 * O(n log n) in the number of keys. */
const char *json_repeated_key(const cJSON *object);

/* The member of an object; NULL where it has none of this very name, or is no object. */
const cJSON *json_get(const cJSON *object, const char *key);

/* A number that is an integer without loss: false for fractions and from +-2^53 on (cJSON keeps
 * numbers as doubles, and 2^53 itself may have been 2^53 + 1; larger ones must be given as
 * strings).
 */
bool json_exact_int(const cJSON *item, int64_t *out);

/* Reads a whole file ("-": standard input) into malloc'ed memory with a NUL after it. At most
 * `size_max` bytes, else ERR_LIMIT; ERR_INPUT when there is no such file or it is a folder. The
 * caller frees *bytes. */
int json_read_file(const char *path, size_t size_max, char **bytes, size_t *size, struct err *err);

#endif
