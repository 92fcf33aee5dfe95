/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/top.h"

#include <assert.h>

struct top top_of(int32_t limit)
{
    assert(limit > 0);
    assert(limit <= TOP_MAX);
    return (struct top){.limit = limit};
}

void top_offer(struct top *top, int32_t item, int128 key)
{
    top->offered++;
    if (top->count == top->limit) {
        if (key <= top->keys[top->count - 1])
            return;
        top->count--;
    }
    int32_t at = top->count++;
    for (; at > 0 && key > top->keys[at - 1]; at--) {
        top->items[at] = top->items[at - 1];
        top->keys[at] = top->keys[at - 1];
    }
    top->items[at] = item;
    top->keys[at] = key;
}

int64_t top_left_out(const struct top *top)
{
    return top->offered - top->count;
}
