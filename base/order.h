/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_ORDER_H
#define STOWAGE_BASE_ORDER_H

#include <stdint.h>

/* The order of numbers: negative, 0 or positive as a is less than, equal to or more than b. */
static inline int order_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* The same for qsort of arrays, rising. Doubles must not be NaN. */
int order_int32s(const void *a, const void *b);
int order_int64s(const void *a, const void *b);
int order_doubles(const void *a, const void *b);

#endif
