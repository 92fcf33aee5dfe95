/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_JSON_WRITER_H
#define STOWAGE_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Streams JSON to a FILE with keys in the order of the calls, integers in full and decimals with a
 * fixed number of digits, two spaces of indent. Errors of the FILE are found by the caller with
 * ferror. Inside an object every value takes a key, inside an array and outside the key is NULL;
 * this and the nesting are asserted. The outermost value ends with a line feed. Bytes of texts that
 * are not UTF-8 become U+FFFD, so that what is written is always valid JSON. */

enum { JSON_WRITER_DEPTH_MAX = 32 };

struct json_writer {
    FILE *out;
    int depth;
    bool compact; /* one line, for JSON lines */
    bool has_items[JSON_WRITER_DEPTH_MAX];
    bool is_object[JSON_WRITER_DEPTH_MAX];
};

void json_writer_init(struct json_writer *w, FILE *out, bool compact);
void json_object(struct json_writer *w, const char *key); /* opens */
void json_array(struct json_writer *w, const char *key);  /* opens */
void json_close_object(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_string(struct json_writer *w, const char *key, const char *text); /* NULL text: null */
void json_int(struct json_writer *w, const char *key, int64_t value);
/* With this many digits behind the point; NaN and infinities: null. */
void json_decimal(struct json_writer *w, const char *key, double value, int digits);
void json_bool(struct json_writer *w, const char *key, bool value);
void json_null(struct json_writer *w, const char *key);
/* A value that is JSON text already (from cJSON_PrintUnformatted). */
void json_raw(struct json_writer *w, const char *key, const char *json);

#endif
