/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_UTF8_H
#define STOWAGE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length (1 to 4) of the well-formed UTF-8 sequence at the start of bytes[0..size), and its
 * code point; 0 when there is none: size 0, a stray or cut sequence, an overlong form, a surrogate,
 * or a value above U+10FFFF (Unicode 15, table 3-7). *code_point is unchanged then. */
size_t utf8_decode(const char *bytes, size_t size, uint32_t *code_point);

/* Does showing this code point leave a terminal's line as it is? False for control characters (C0,
 * DEL, C1), line and paragraph separators and the marks that reorder text. */
bool utf8_is_harmless(uint32_t code_point);

#endif
