/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PATTERNS_H
#define STOWAGE_PLAN_PATTERNS_H

#include <stdint.h>

#include "base/err.h"

/* A growing list of patterns: what one node of a type holds. */

/* So many of each row, of which only some are looked at. */
struct content {
    const int64_t *counts; /* [row] */
    const int32_t *rows;   /* [row_count] those that may have some, each once; NULL: from 0 on */
    int32_t row_count;
};

static inline int32_t content_row(const struct content *content, int32_t i)
{
    return content->rows ? content->rows[i] : i;
}

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

/* Adds a pattern on a type. -1: memory, and nothing has changed; so too below. */
int patterns_add(struct patterns *patterns, int32_t type, const struct content *content,
                 struct err *err);

/* Adds pattern p of another list. */
int patterns_add_copy(struct patterns *patterns, const struct patterns *other, int32_t p,
                      struct err *err);
void patterns_release(struct patterns *patterns);

static inline const struct pattern_entry *pattern_entries(const struct patterns *patterns,
                                                          int32_t pattern)
{
    return &patterns->entries[patterns->items[pattern].first];
}

#endif
