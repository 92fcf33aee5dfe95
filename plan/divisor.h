/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_DIVISOR_H
#define STOWAGE_PLAN_DIVISOR_H

#include <stdint.h>

/* The greatest common divisor of two whole numbers >= 0; of 0 and b it is b (Euclid). */
static inline int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
