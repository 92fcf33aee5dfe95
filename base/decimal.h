/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_DECIMAL_H
#define STOWAGE_BASE_DECIMAL_H

enum { DECIMAL_DIGITS_MAX = 17, DECIMAL_TEXT_SIZE = 336 };

/* The value with a fixed number of digits behind the point (0 to DECIMAL_DIGITS_MAX), for outputs
 * that are compared byte for byte: never "-0.00". NULL when there is no value to print (NaN,
 * infinities); else returns out. */
const char *decimal_print(double value, int digits, char out[DECIMAL_TEXT_SIZE]);

/* The shortest text (%g) that reads back as the same value. NULL as decimal_print. */
const char *decimal_print_shortest(double value, char out[DECIMAL_TEXT_SIZE]);

#endif
