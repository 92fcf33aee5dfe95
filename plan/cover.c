/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/cover.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/int128.h"
#include "plan/divisor.h"

/* ---- rows: equal items merged ---- */

/* What tells items apart. */
struct item_key {
    const struct instance *instance;
    int32_t item;
    bool has_limits; /* a limit of its own, or a pair: such an item is like no other one */
};

static int compare_requests(const struct item_key *a, const struct item_key *b)
{
    const struct instance *instance = a->instance;
    const struct instance_item *x = &instance->items[a->item], *y = &instance->items[b->item];
    for (int32_t r = 0; r < instance->resource_count; r++) {
        if (x->req[r] != y->req[r])
            return x->req[r] > y->req[r] ? -1 : 1;
    }
    for (int32_t t = 0; t < instance->type_count; t++) {
        bool left = !x->may_use || x->may_use[t], right = !y->may_use || y->may_use[t];
        if (left != right)
            return left ? -1 : 1;
    }
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct item_key *x = a, *y = b;
    int order = compare_requests(x, y);
    if (order == 0 && x->has_limits != y->has_limits)
        order = x->has_limits ? 1 : -1;
    if (order == 0)
        order = x->item < y->item ? -1 : x->item > y->item;
    return order;
}

/* The largest number of one item that a node of any type has room for; the demand where a node has
 * room for all. */
static int64_t largest_count(const struct instance *instance, int32_t item)
{
    const struct instance_item *it = &instance->items[item];
    int64_t largest = 0;
    for (int32_t t = 0; t < instance->type_count; t++) {
        int64_t count = it->demand;
        if (!instance_fits(instance, item, t))
            continue;
        for (int32_t r = 0; r < instance->resource_count; r++) {
            if (it->req[r] > 0 && count > instance->types[t].alloc[r] / it->req[r])
                count = instance->types[t].alloc[r] / it->req[r];
        }
        largest = count > largest ? count : largest;
    }
    return largest;
}

static void mark_limits(const struct instance *instance, struct item_key *keys)
{
    for (int32_t i = 0; i < instance->item_count; i++) {
        bool has_limits = instance->items[i].pair_count > 0 ||
                          instance->items[i].max_per_node < largest_count(instance, i);
        keys[i] = (struct item_key){.instance = instance, .item = i, .has_limits = has_limits};
    }
}

static bool starts_row(const struct cover *cover, const struct item_key *keys, int32_t i)
{
    return i == 0 || compare_requests(&keys[i - 1], &keys[i]) != 0 ||
           (!cover->is_relaxed && keys[i].has_limits);
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void make_rows(struct cover *cover, const struct item_key *keys)
{
    const struct instance *instance = cover->instance;
    for (int32_t i = 0; i < instance->item_count; i++) {
        const struct instance_item *item = &instance->items[keys[i].item];
        if (starts_row(cover, keys, i))
            cover->rows[cover->row_count++] = (struct cover_row){.first = i};
        struct cover_row *row = &cover->rows[cover->row_count - 1];
        row->member_count++;
        row->demand += item->demand;
        row->count_max += min64(item->demand, item->max_per_node);
        cover->members[i] = keys[i].item;
        cover->row_of[keys[i].item] = cover->row_count - 1;
    }
}

static int32_t count_rows(const struct cover *cover, const struct item_key *keys)
{
    int32_t count = 0;
    for (int32_t i = 0; i < cover->instance->item_count; i++)
        count += starts_row(cover, keys, i);
    return count;
}

static int merge_items(struct cover *cover, int32_t rows_max, struct err *err)
{
    size_t count = (size_t)cover->instance->item_count;
    struct item_key *keys = calloc(count + 1, sizeof *keys);
    cover->rows = arena_array(&cover->arena, count, sizeof *cover->rows);
    cover->members = arena_array(&cover->arena, count, sizeof *cover->members);
    cover->row_of = arena_array(&cover->arena, count, sizeof *cover->row_of);
    if (!keys || !cover->rows || !cover->members || !cover->row_of) {
        free(keys);
        return err_no_memory(err);
    }
    mark_limits(cover->instance, keys);
    qsort(keys, count, sizeof *keys, compare_keys);
    int32_t strict = count_rows(cover, keys);
    cover->is_relaxed = true;
    cover->is_relaxed = strict > rows_max && count_rows(cover, keys) < strict;
    make_rows(cover, keys);
    free(keys);
    return 0;
}

/* ---- types: the dominated left out ---- */

static bool same_items(const struct instance *instance, int32_t type, int32_t other)
{
    for (int32_t i = 0; i < instance->item_count; i++) {
        const bool *may_use = instance->items[i].may_use;
        if (may_use && may_use[type] && !may_use[other])
            return false;
    }
    return true;
}

/* Does `other` do all that `type` does, for no more? Of equal ones the first stays. */
static bool is_replaced(const struct instance *instance, int32_t type, int32_t other)
{
    const struct instance_type *x = &instance->types[type], *y = &instance->types[other];
    bool is_better = y->price_nano < x->price_nano;
    if (y->price_nano > x->price_nano || y->node_max != INSTANCE_NO_LIMIT)
        return false;
    for (int32_t r = 0; r < instance->resource_count; r++) {
        if (y->alloc[r] < x->alloc[r])
            return false;
        is_better = is_better || y->alloc[r] > x->alloc[r];
    }
    return (is_better || other < type || x->node_max != INSTANCE_NO_LIMIT) &&
           same_items(instance, type, other);
}

static bool is_wanted(const struct instance *instance, int32_t type)
{
    bool holds_any = false;
    for (int32_t i = 0; i < instance->item_count && !holds_any; i++)
        holds_any = instance_fits(instance, i, type);
    if (!holds_any)
        return false;
    for (int32_t other = 0; other < instance->type_count; other++) {
        if (other != type && is_replaced(instance, type, other))
            return false;
    }
    return true;
}

static int compare_types(const void *a, const void *b)
{
    const struct cover_type *x = a, *y = b;
    if (x->price_nano != y->price_nano)
        return x->price_nano < y->price_nano ? -1 : 1;
    return x->type < y->type ? -1 : x->type > y->type;
}

static int choose_types(struct cover *cover, struct err *err)
{
    const struct instance *instance = cover->instance;
    cover->types = arena_array(&cover->arena, (size_t)instance->type_count, sizeof *cover->types);
    if (!cover->types)
        return err_no_memory(err);
    for (int32_t t = 0; t < instance->type_count; t++) {
        const struct instance_type *type = &instance->types[t];
        if (is_wanted(instance, t))
            cover->types[cover->type_count++] = (struct cover_type){
                .type = t, .price_nano = type->price_nano, .node_max = type->node_max};
    }
    qsort(cover->types, (size_t)cover->type_count, sizeof *cover->types, compare_types);
    return 0;
}

/* ---- quantities ---- */

static void reduce_resource(struct cover *cover, int32_t r)
{
    const struct instance *instance = cover->instance;
    bool is_device = r == instance->device_resource;
    int64_t divisor = is_device ? instance->device_units : 0;
    for (int32_t i = 0; i < cover->row_count; i++) {
        int32_t item = cover->members[cover->rows[i].first];
        divisor = common_divisor(divisor, instance->items[item].req[r]);
    }
    divisor = divisor > 0 ? divisor : 1;
    cover->unit[r] = (double)divisor * instance->unit[r];
    if (is_device)
        cover->device_units = instance->device_units / divisor;
    for (int32_t i = 0; i < cover->row_count; i++)
        cover->weight[(int64_t)i * cover->resource_count + r] =
            instance->items[cover->members[cover->rows[i].first]].req[r] / divisor;
    for (int32_t t = 0; t < cover->type_count; t++)
        cover->capacity[(int64_t)t * cover->resource_count + r] =
            instance->types[cover->types[t].type].alloc[r] / divisor;
}

static int make_quantities(struct cover *cover, struct err *err)
{
    size_t rows = (size_t)cover->row_count, types = (size_t)cover->type_count;
    size_t resources = (size_t)cover->resource_count;
    cover->unit = arena_array(&cover->arena, resources, sizeof *cover->unit);
    cover->weight = arena_array(&cover->arena, rows * resources, sizeof *cover->weight);
    cover->capacity = arena_array(&cover->arena, types * resources, sizeof *cover->capacity);
    cover->may_use = arena_array(&cover->arena, rows * types, sizeof *cover->may_use);
    if (!cover->unit || !cover->weight || !cover->capacity || !cover->may_use)
        return err_no_memory(err);
    cover->device_resource = cover->instance->device_resource;
    for (int32_t r = 0; r < cover->resource_count; r++)
        reduce_resource(cover, r);
    for (int32_t i = 0; i < cover->row_count; i++) {
        for (int32_t t = 0; t < cover->type_count; t++)
            cover->may_use[(int64_t)i * cover->type_count + t] = instance_fits(
                cover->instance, cover->members[cover->rows[i].first], cover->types[t].type);
    }
    return 0;
}

/* ---- pairs ---- */

/* An item with pairs is a row by itself. */
static int make_pairs(struct cover *cover, struct err *err)
{
    const struct instance *instance = cover->instance;
    size_t pair_count = 0;
    for (int32_t i = 0; i < instance->item_count; i++)
        pair_count += (size_t)instance->items[i].pair_count;
    if (cover->is_relaxed || pair_count == 0)
        return 0;
    size_t rows = (size_t)cover->row_count;
    cover->pair_first = arena_array(&cover->arena, rows + 1, sizeof *cover->pair_first);
    cover->pairs = arena_array(&cover->arena, pair_count, sizeof *cover->pairs);
    if (!cover->pair_first || !cover->pairs)
        return err_no_memory(err);
    int32_t next = 0;
    for (int32_t i = 0; i < cover->row_count; i++) {
        const struct instance_item *item = &instance->items[cover->members[cover->rows[i].first]];
        cover->pair_first[i] = next;
        for (int32_t p = 0; p < item->pair_count; p++)
            cover->pairs[next++] =
                (struct knapsack_pair){.item = cover->row_of[item->pairs[p].other],
                                       .other_max = item->pairs[p].other_max,
                                       .own_max = item->pairs[p].own_max};
    }
    cover->pair_first[cover->row_count] = next;
    return 0;
}

int cover_init(struct cover *cover, const struct instance *instance, int32_t rows_max,
               struct err *err)
{
    *cover = (struct cover){
        .instance = instance, .resource_count = instance->resource_count, .device_resource = -1};
    if (merge_items(cover, rows_max, err) || choose_types(cover, err) ||
        make_quantities(cover, err) || make_pairs(cover, err)) {
        cover_release(cover);
        return -1;
    }
    return 0;
}

void cover_release(struct cover *cover)
{
    arena_release(&cover->arena);
    *cover = (struct cover){0};
}
