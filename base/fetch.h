/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_FETCH_H
#define STOWAGE_BASE_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

/* Asks for all lines of memory on which some of the item lies, and does not wait for them. Nothing
 * is changed by it; an address without memory behind it does no harm.
 *
 * gcc 12 takes a function that does nothing but prefetch for one without effect, and drops its
 * calls. The empty statement is an effect that it believes in. */
static inline void fetch_lines(const void *item, size_t size)
{
    const char *bytes = item;
    size_t skipped = (uintptr_t)item % CACHE_LINE_BYTES;
    for (size_t at = 0; at < skipped + size; at += CACHE_LINE_BYTES)
        __builtin_prefetch(bytes - skipped + at, 1);
    __asm__ volatile("");
}

/* The same of the one line on which the item begins. */
static inline void fetch_line(const void *item)
{
    __builtin_prefetch(item, 1);
    __asm__ volatile("");
}

/* The same of a row that begins where a line does, as those of array_reserve_on_lines do if their
 * size is one of whole lines. */
static inline void fetch_row(const void *row, size_t size)
{
    for (size_t at = 0; at < size; at += CACHE_LINE_BYTES)
        __builtin_prefetch((const char *)row + at, 1);
    __asm__ volatile("");
}

#endif
