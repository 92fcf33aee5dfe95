/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_JSON_SYNTAX_H
#define STOWAGE_BASE_JSON_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The grammar of RFC 8259, and nothing else, over a text in memory. Beyond the grammar it refuses
 * what our reader could not hold: nesting deeper than JSON_DEPTH_MAX, numbers beyond a double or
 * longer than JSON_NUMBER_MAX characters, the character U+0000, and surrogates without their other
 * half. */

enum { JSON_DEPTH_MAX = 64, JSON_NUMBER_MAX = 63 };

enum { JSON_FAULT_SIZE = 200 };

/* The first thing that is wrong. */
struct json_fault {
    enum err_kind kind;         /* ERR_INPUT, or ERR_LIMIT for what is JSON but too much for us */
    size_t at;                  /* byte offset of the place, at most size */
    bool has_opening;           /* what was begun and not ended: */
    size_t opened_at;           /* byte offset of its first character */
    char what[JSON_FAULT_SIZE]; /* one line without place; offending bytes are escaped */
};

/* 0, or -1 with *fault filled in. One pass, no allocation. A byte order mark is not white space
 * here: the caller skips it. */
int json_syntax_check(const char *bytes, size_t size, struct json_fault *fault);

#endif
