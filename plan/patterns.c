/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/patterns.h"

#include <stdlib.h>

#include "base/array.h"

int patterns_add(struct patterns *patterns, int32_t type, const int64_t *counts, int32_t row_count,
                 struct err *err)
{
    int32_t used = 0;
    for (int32_t i = 0; i < row_count; i++)
        used += counts[i] > 0;
    if (array_reserve(&patterns->items, &patterns->capacity, patterns->count + INT64_C(1),
                      sizeof *patterns->items, err) ||
        array_reserve(&patterns->entries, &patterns->entry_capacity,
                      patterns->entry_count + (int64_t)used, sizeof *patterns->entries, err))
        return -1;
    patterns->items[patterns->count++] =
        (struct pattern){.type = type, .entry_count = used, .first = patterns->entry_count};
    for (int32_t i = 0; i < row_count; i++) {
        if (counts[i] > 0)
            patterns->entries[patterns->entry_count++] =
                (struct pattern_entry){.row = i, .count = counts[i]};
    }
    return 0;
}

void patterns_release(struct patterns *patterns)
{
    free(patterns->items);
    free(patterns->entries);
    *patterns = (struct patterns){0};
}
