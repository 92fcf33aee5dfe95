/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <sys/mman.h>

#include "base/memory.h"

void memory_wish_large_pages(void *bytes, size_t size)
{
    madvise(bytes, size, MADV_HUGEPAGE);
}

void memory_keep(void)
{
    enum { NEVER = -1, GROWTH_BYTES = 1 << 20 };
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, NEVER);
    mallopt(M_TOP_PAD, GROWTH_BYTES);
}
