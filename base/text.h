/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_TEXT_H
#define STOWAGE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Text that came from outside, made safe to print. */

enum { TEXT_QUOTE_SIZE = 128 };

/* Writes text in double quotes into out, safe for any bytes: control characters, characters that
 * reorder a line and invalid UTF-8 as \xNN, quotes and backslashes behind a backslash, long text
 * cut in the middle with "...". Returns out, for use in a printf argument list. O(length). */
const char *text_quote(const char *text, char out[TEXT_QUOTE_SIZE]);

/* Escapes as text_quote does, but without quotes, with quotes and backslashes as they are, and not
 * cut. Writes as many whole characters as fit into out[0..out_size) with a terminating NUL; returns
 * the length of the whole, as snprintf does. out may be NULL when out_size is 0. */
size_t text_escape(const char *text, char *out, size_t out_size);

/* Writes text of at most so many characters (5 or more; a byte that is in none counts as one) into
 * out, which has room for 4 * characters + 1 bytes; longer text is cut in the middle with "...", as
 * the ends tell names apart. Returns out. */
const char *text_shorten(const char *text, int characters, char *out);

/* Is text valid UTF-8 without control characters (U+0000 to U+001F, U+007F to U+009F)? */
bool text_is_clean(const char *text);

/* Case-sensitive glob: '*' matches any run of characters, all else itself. At most
 * O(length of pattern * length of text). */
bool text_matches_glob(const char *pattern, const char *text);

/* Texts longer than this are never near. */
enum { TEXT_NEAREST_MAX = 64 };

/* Of candidates[0..count) the one nearest to text by edit distance (Levenshtein's, in bytes), for
 * "did you mean"; NULL when none is within a third of text's length. Ties go to the first. */
const char *text_nearest(const char *text, const char *const *candidates, size_t count);

#endif
