/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_ARENA_H
#define STOWAGE_BASE_ARENA_H

#include <stddef.h>

/* An arena: many small allocations that live and die together. Zero-initialised is a valid empty
 * arena. Nothing is freed before arena_release. Addresses stay valid until then. */

struct arena_block;

struct arena {
    struct arena_block *first; /* newest block */
    size_t bytes_total;        /* handed out so far, for reports of memory use */
};

/* Zeroed memory aligned for any object, or NULL when memory is out. O(1). */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc for count * size, NULL on overflow too. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of text[0..length) with a terminating NUL, or NULL. */
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_strdup(struct arena *arena, const char *text);

/* Frees everything; the arena is empty and usable again. */
void arena_release(struct arena *arena);

#endif
