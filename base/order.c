/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/order.h"

int order_int32s(const void *a, const void *b)
{
    return order_int(*(const int32_t *)a, *(const int32_t *)b);
}

int order_int64s(const void *a, const void *b)
{
    return order_int(*(const int64_t *)a, *(const int64_t *)b);
}

int order_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
