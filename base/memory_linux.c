/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/memory.h"

void memory_wish_large_pages(void *bytes, size_t size)
{
    madvise(bytes, size, MADV_HUGEPAGE);
}

/* The heap grows once, so that these pages, which are not touched yet, can be asked for. */
static void wish_large_pages_for_heap(void)
{
    enum { HEAP_BYTES = 64 << 20 };
    void *room = memory_table(HEAP_BYTES);
    free(room);
}

void memory_keep(void)
{
    enum { NEVER = -1, GROWTH_BYTES = 1 << 20 };
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, NEVER);
    mallopt(M_TOP_PAD, GROWTH_BYTES);
    wish_large_pages_for_heap();
}
