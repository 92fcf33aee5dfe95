/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/node_kinds.h"

#include <stdlib.h>

/* A node while kinds are made. */
struct listed {
    const struct kind_item *items;
    int64_t price_nano;
    int32_t type, item_count, node;
};

static int compare_items(const void *a, const void *b)
{
    const struct kind_item *x = a, *y = b;
    return x->item < y->item ? -1 : x->item > y->item;
}

static int compare_contents(const struct listed *x, const struct listed *y)
{
    if (x->type != y->type) {
        if (x->price_nano != y->price_nano)
            return x->price_nano > y->price_nano ? -1 : 1;
        return x->type < y->type ? -1 : 1;
    }
    for (int32_t i = 0; i < x->item_count && i < y->item_count; i++) {
        if (x->items[i].item != y->items[i].item)
            return x->items[i].item < y->items[i].item ? -1 : 1;
        if (x->items[i].count != y->items[i].count)
            return x->items[i].count > y->items[i].count ? -1 : 1;
    }
    return x->item_count < y->item_count ? -1 : x->item_count > y->item_count;
}

static int compare_listed(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    int order = compare_contents(x, y);
    if (order != 0)
        return order;
    return x->node < y->node ? -1 : x->node > y->node;
}

static void list_nodes(const struct fleet_plan *plan, struct kind_item *items,
                       struct listed *listed)
{
    for (int32_t n = 0; n < plan->node_count; n++) {
        int32_t type = plan->nodes[n].type, count = 0;
        for (int32_t c = plan->nodes[n].first; c >= 0; c = plan->contents[c].next)
            items[count++] = (struct kind_item){plan->contents[c].item, plan->contents[c].count};
        qsort(items, (size_t)count, sizeof *items, compare_items);
        listed[n] = (struct listed){.items = items,
                                    .price_nano = plan->instance->types[type].price_nano,
                                    .type = type,
                                    .item_count = count,
                                    .node = n};
        items += count;
    }
    qsort(listed, (size_t)plan->node_count, sizeof *listed, compare_listed);
}

int node_kinds_make(struct node_kinds *kinds, const struct fleet_plan *plan, struct err *err)
{
    size_t nodes = (size_t)plan->node_count + 1;
    *kinds = (struct node_kinds){0};
    struct listed *listed = calloc(nodes, sizeof *listed);
    kinds->kinds = calloc(nodes, sizeof *kinds->kinds);
    kinds->items = calloc((size_t)plan->content_count + 1, sizeof *kinds->items);
    if (!listed || !kinds->kinds || !kinds->items) {
        free(listed);
        node_kinds_release(kinds);
        return err_no_memory(err);
    }
    list_nodes(plan, kinds->items, listed);
    for (int32_t n = 0; n < plan->node_count; n++) {
        if (n == 0 || compare_contents(&listed[n - 1], &listed[n]) != 0)
            kinds->kinds[kinds->kind_count++] =
                (struct node_kind){.type = listed[n].type,
                                   .first = (int32_t)(listed[n].items - kinds->items),
                                   .item_count = listed[n].item_count};
        kinds->kinds[kinds->kind_count - 1].count++;
    }
    free(listed);
    return 0;
}

void node_kinds_release(struct node_kinds *kinds)
{
    free(kinds->kinds);
    free(kinds->items);
    *kinds = (struct node_kinds){0};
}
