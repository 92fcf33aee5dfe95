/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_ARRAY_H
#define STOWAGE_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Growing arrays: a pointer, an int32_t count and an int32_t capacity, all owned by the caller and
 * released with free(). */

/* Make room for at least `needed` items (doubling), new room zeroed. `items` is the address of the
 * pointer, which may be NULL with *capacity 0:
 *     array_reserve(&a->items, &a->capacity, a->count + INT64_C(1), sizeof *a->items, err)
 * On -1 (ERR_SYSTEM: out of memory; ERR_LIMIT: needed is above INT32_MAX) nothing has changed. */
static inline int array_reserve(void *items, int32_t *capacity, int64_t needed, size_t item_size,
                                struct err *err);

/* The part of array_reserve for needed > *capacity. */
int array_grow(void *items, int32_t *capacity, int64_t needed, size_t item_size, struct err *err);

/* As array_grow, but new room is not zeroed: for what is only ever appended to. Memory that is not
 * written to costs nothing. */
int array_grow_plain(void *items, int32_t *capacity, int64_t needed, size_t item_size,
                     struct err *err);

/* As array_grow, and it is a table as memory_table gives it: the first item is at the beginning of
 * a line of the cache, and what is large lies on large pages. Growing always copies. */
int array_grow_on_lines(void *items, int32_t *capacity, int64_t needed, size_t item_size,
                        struct err *err);

static inline int array_reserve(void *items, int32_t *capacity, int64_t needed, size_t item_size,
                                struct err *err)
{
    return needed <= *capacity ? 0 : array_grow(items, capacity, needed, item_size, err);
}

/* array_reserve by array_grow_plain. */
static inline int array_reserve_plain(void *items, int32_t *capacity, int64_t needed,
                                      size_t item_size, struct err *err)
{
    return needed <= *capacity ? 0 : array_grow_plain(items, capacity, needed, item_size, err);
}

/* array_reserve by array_grow_on_lines. */
static inline int array_reserve_on_lines(void *items, int32_t *capacity, int64_t needed,
                                         size_t item_size, struct err *err)
{
    return needed <= *capacity ? 0 : array_grow_on_lines(items, capacity, needed, item_size, err);
}

#endif
