/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/node_set.h"

#include <stdlib.h>

#include "base/array.h"

int node_set_add(struct node_set *set, int32_t type, const int64_t *counts, int64_t copies,
                 struct err *err)
{
    if (array_reserve(&set->copies, &set->copies_capacity, set->nodes.count + INT64_C(1),
                      sizeof *set->copies, err) ||
        patterns_add(&set->nodes, type, counts, set->row_count, err))
        return -1;
    set->copies[set->nodes.count - 1] = copies;
    return 0;
}

int node_set_append(struct node_set *set, const struct node_set *other, struct err *err)
{
    int64_t *counts = calloc((size_t)set->row_count + 1, sizeof *counts);
    int result = counts ? 0 : err_no_memory(err);
    for (int32_t p = 0; result == 0 && p < other->nodes.count; p++) {
        const struct pattern *pattern = &other->nodes.items[p];
        const struct pattern_entry *entries = pattern_entries(&other->nodes, p);
        for (int32_t e = 0; e < pattern->entry_count; e++)
            counts[entries[e].row] = entries[e].count;
        result = node_set_add(set, pattern->type, counts, other->copies[p], err);
        for (int32_t e = 0; e < pattern->entry_count; e++)
            counts[entries[e].row] = 0;
    }
    free(counts);
    return result;
}

int128 node_set_cost(const struct node_set *set, const struct cover *cover)
{
    int128 cost = 0;
    for (int32_t p = 0; p < set->nodes.count; p++)
        cost += (int128)set->copies[p] * cover->types[set->nodes.items[p].type].price_nano;
    return cost;
}

void node_set_release(struct node_set *set)
{
    patterns_release(&set->nodes);
    free(set->copies);
    *set = (struct node_set){0};
}
