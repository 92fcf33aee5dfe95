/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_EXCERPT_H
#define STOWAGE_BASE_EXCERPT_H

#include <stddef.h>
#include <stdint.h>

/* Showing a user the place in a text that a message speaks of. */

struct text_place {
    int64_t line;   /* 1 is the first; lines end at a line feed */
    int64_t column; /* 1 is the first; counted in characters, a byte that is not UTF-8 as one */
};

/* Where bytes[offset] is; offset may be size (behind the end). O(offset). */
struct text_place text_place_of(const char *bytes, size_t size, size_t offset);

enum { EXCERPT_SIZE = 768 };

/* The line around bytes[offset], cut to about 100 columns, and below it a caret under the place:
 * "LINE\n   ^", no line feed at the end. What could upset a terminal is escaped: \x1b, \u202e; a
 * tab is shown as one blank unless it is the place itself. Returns out. */
const char *excerpt_print(const char *bytes, size_t size, size_t offset, char out[EXCERPT_SIZE]);

#endif
