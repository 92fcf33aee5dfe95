/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

/* Nothing can be asked of this system. */

void memory_wish_large_pages(void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
}

void memory_keep(void)
{
}
