/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/patterns.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static int compare_rows(const void *a, const void *b)
{
    const struct pattern_entry *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

int patterns_add(struct patterns *patterns, int32_t type, const struct content *content,
                 struct err *err)
{
    int32_t used = 0;
    for (int32_t i = 0; i < content->row_count; i++)
        used += content->counts[content_row(content, i)] > 0;
    if (array_reserve(&patterns->items, &patterns->capacity, patterns->count + INT64_C(1),
                      sizeof *patterns->items, err) ||
        array_reserve(&patterns->entries, &patterns->entry_capacity,
                      patterns->entry_count + (int64_t)used, sizeof *patterns->entries, err))
        return -1;
    struct pattern_entry *entries = &patterns->entries[patterns->entry_count];
    patterns->items[patterns->count++] =
        (struct pattern){.type = type, .entry_count = used, .first = patterns->entry_count};
    patterns->entry_count += used;
    for (int32_t i = 0, e = 0; i < content->row_count; i++) {
        int32_t row = content_row(content, i);
        if (content->counts[row] > 0)
            entries[e++] = (struct pattern_entry){.row = row, .count = content->counts[row]};
    }
    if (content->rows)
        qsort(entries, (size_t)used, sizeof *entries, compare_rows);
    return 0;
}

int patterns_add_copy(struct patterns *patterns, const struct patterns *other, int32_t p,
                      struct err *err)
{
    struct pattern copy = other->items[p];
    if (array_reserve(&patterns->items, &patterns->capacity, patterns->count + INT64_C(1),
                      sizeof *patterns->items, err) ||
        array_reserve(&patterns->entries, &patterns->entry_capacity,
                      patterns->entry_count + (int64_t)copy.entry_count, sizeof *patterns->entries,
                      err))
        return -1;
    copy.first = patterns->entry_count;
    memcpy(&patterns->entries[copy.first], pattern_entries(other, p),
           (size_t)copy.entry_count * sizeof *patterns->entries);
    patterns->entry_count += copy.entry_count;
    patterns->items[patterns->count++] = copy;
    return 0;
}

void patterns_release(struct patterns *patterns)
{
    free(patterns->items);
    free(patterns->entries);
    *patterns = (struct patterns){0};
}
