/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

/* Nothing can be asked of this library. */
void memory_keep(void)
{
}
