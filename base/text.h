/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_TEXT_H
#define STOWAGE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Text that came from outside, made safe to print. */

enum { TEXT_QUOTE_SIZE = 128 };

/* Writes text in double quotes into out: control characters and invalid UTF-8 as \xNN, long text cut
 * in the middle with "...". Returns out, for use in a printf argument list. */
const char *text_quote(const char *text, char out[TEXT_QUOTE_SIZE]);

/* Is text valid UTF-8 without control characters (below 0x20, and 0x7f)? */
bool text_is_clean(const char *text);

/* Case-sensitive glob: '*' matches any run of characters, all else itself. O(|pattern| * |text|). */
bool text_matches_glob(const char *pattern, const char *text);

/* Of candidates[0..count) the one nearest to text by edit distance, for "did you mean"; NULL when
 * none is within a third of its length. Ties go to the first. */
const char *text_nearest(const char *text, const char *const *candidates, size_t count);

#endif
