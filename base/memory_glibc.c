/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>

#include "base/memory.h"

void memory_keep(void)
{
    enum { NEVER = -1, GROWTH_BYTES = 1 << 20 };
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, NEVER);
    mallopt(M_TOP_PAD, GROWTH_BYTES);
}
