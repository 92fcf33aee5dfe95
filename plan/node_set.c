/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/node_set.h"

#include <stdlib.h>

#include "base/array.h"

int node_set_add(struct node_set *set, int32_t type, const struct content *content, int64_t copies,
                 struct err *err)
{
    if (array_reserve(&set->copies, &set->copies_capacity, set->nodes.count + INT64_C(1),
                      sizeof *set->copies, err) ||
        patterns_add(&set->nodes, type, content, err))
        return -1;
    set->copies[set->nodes.count - 1] = copies;
    return 0;
}

int node_set_append(struct node_set *set, const struct node_set *other, struct err *err)
{
    for (int32_t p = 0; p < other->nodes.count; p++) {
        if (other->copies[p] == 0)
            continue;
        if (array_reserve(&set->copies, &set->copies_capacity, set->nodes.count + INT64_C(1),
                          sizeof *set->copies, err) ||
            patterns_add_copy(&set->nodes, &other->nodes, p, err))
            return -1;
        set->copies[set->nodes.count - 1] = other->copies[p];
    }
    return 0;
}

int128 node_set_cost(const struct node_set *set, const struct cover *cover)
{
    int128 cost = 0;
    for (int32_t p = 0; p < set->nodes.count; p++)
        cost += (int128)set->copies[p] * cover->types[set->nodes.items[p].type].price_nano;
    return cost;
}

void node_set_clear(struct node_set *set)
{
    set->nodes.count = set->nodes.entry_count = 0;
}

void node_set_release(struct node_set *set)
{
    patterns_release(&set->nodes);
    free(set->copies);
    *set = (struct node_set){0};
}
