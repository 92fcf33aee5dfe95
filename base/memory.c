/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <stdlib.h>

void *memory_table(size_t size)
{
    size_t unit = size < LARGE_PAGE_BYTES ? CACHE_LINE_BYTES : LARGE_PAGE_BYTES, whole;
    if (__builtin_add_overflow(size, unit - 1, &whole))
        return NULL;
    void *bytes = aligned_alloc(unit, whole - whole % unit);
    if (bytes != NULL && unit == LARGE_PAGE_BYTES)
        memory_wish_large_pages(bytes, size - size % unit);
    return bytes;
}
