/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_WORDS_H
#define STOWAGE_BASE_WORDS_H

#include <stddef.h>

/* Lists of words that a user may choose from, for messages. */

struct words {
    const char *const *items;
    size_t count;
};

enum { WORDS_SIZE = 512 };

/* "a, b or c", cut with "..." where it is too long, or has more than 20. Returns out. */
const char *words_join(struct words words, char out[WORDS_SIZE]);

/* "give a, b or c"; when one word is near to text `did you mean "b"?`, and if the words are 16
 * at most, both: `did you mean "b"? give a, b or c`. Returns out. */
const char *words_hint(const char *text, struct words words, char out[WORDS_SIZE]);

/* The near word itself, or NULL. */
const char *words_nearest(const char *text, struct words words);

#endif
