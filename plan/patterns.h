/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PATTERNS_H
#define STOWAGE_PLAN_PATTERNS_H

#include <stdint.h>

#include "base/err.h"

/* A growing list of patterns: what one node of a type holds. */

struct pattern_entry {
    int32_t row;
    int64_t count; /* >= 1 */
};

struct pattern {
    int32_t type; /* of the cover */
    int32_t entry_count;
    int32_t first; /* its entries are entries[first..first + entry_count), by row */
};

struct patterns {
    struct pattern *items;
    int32_t count, capacity;
    struct pattern_entry *entries;
    int32_t entry_count, entry_capacity;
};

/* Adds the pattern counts[row_count] on a type. */
int patterns_add(struct patterns *patterns, int32_t type, const int64_t *counts, int32_t row_count,
                 struct err *err);
void patterns_release(struct patterns *patterns);

static inline const struct pattern_entry *pattern_entries(const struct patterns *patterns,
                                                          int32_t pattern)
{
    return &patterns->entries[patterns->items[pattern].first];
}

#endif
