/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_DIGIT_SORT_H
#define STOWAGE_BASE_DIGIT_SORT_H

#include <stdint.h>

/* Sorts values >= 0, rising, by digits of 11 bits, the least first: O(count) for each digit that
 * any of them has. `spare` has room for as many; what it held is lost. */
void digit_sort(int64_t *values, int64_t *spare, int64_t count);

#endif
