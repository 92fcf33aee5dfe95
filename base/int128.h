/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_INT128_H
#define STOWAGE_BASE_INT128_H

#include <stddef.h>
#include <stdint.h>

/* 128-bit integers hold exact integrals of step functions: bytes x microseconds over a large fleet
 * exceed 64 bits. A GNU extension of gcc and clang; named here once so that -Wpedantic stays on. */
__extension__ typedef __int128 int128;

/* The same where it shares a line of the cache with others: it may begin at any multiple of four
 * bytes. */
typedef int128 int128_close __attribute__((aligned(4)));

enum { INT128_TEXT_SIZE = 48 };

/* Decimal text of a value into text[INT128_TEXT_SIZE]; returns text. */
char *int128_print(int128 value, char text[INT128_TEXT_SIZE]);

/* numerator / denominator as double, each rounded once and then the ratio; denominator is not 0. */
double int128_ratio(int128 numerator, int128 denominator);

/* numerator * scale / denominator, rounded half up, operands >= 0, denominator > 0. Asserts that
 * the product fits. */
int64_t int128_scaled(int128 numerator, int64_t scale, int128 denominator);

#endif
