/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/shape.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* The hash decides only where an entry is looked for; equality is always checked by content. It is
 * FNV-1a over the numbers and the characters, with a separator after each text. */

static uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * UINT64_C(1099511628211);
}

static uint64_t hash_int(uint64_t hash, int64_t value)
{
    uint64_t word = (uint64_t)value;
    for (int i = 0; i < 8; i++)
        hash = hash_byte(hash, (unsigned char)(word >> (8 * i) & 0xff));
    return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    if (text == NULL)
        return hash_byte(hash, 1);
    for (; *text != '\0'; text++)
        hash = hash_byte(hash, (unsigned char)*text);
    return hash_byte(hash, 0);
}

static uint64_t hash_texts(uint64_t hash, const char *const *texts, int32_t count)
{
    hash = hash_int(hash, count);
    for (int32_t i = 0; i < count; i++)
        hash = hash_text(hash, texts[i]);
    return hash;
}

static uint64_t shape_hash(const struct shape *shape)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    hash = hash_int(hash, shape->cpu_milli);
    hash = hash_int(hash, shape->mem_bytes);
    hash = hash_int(hash, shape->device_mem_bytes);
    hash = hash_int(hash, shape->device_count);
    hash = hash_int(hash, shape->share_milli);
    hash = hash_int(hash, shape->sharing);
    hash = hash_int(hash, shape->packing);
    hash = hash_int(hash, shape->max_per_node);
    hash = hash_text(hash, shape->arch);
    hash = hash_texts(hash, shape->type_patterns, shape->type_pattern_count);
    hash = hash_texts(hash, shape->topologies, shape->topology_count);
    hash = hash_int(hash, shape->pool_count);
    for (int32_t i = 0; i < shape->pool_count; i++)
        hash = hash_int(hash, shape->pools[i]);
    return hash ^ hash >> 32;
}

static bool same_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

static bool same_texts(const char *const *a, const char *const *b, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (!same_text(a[i], b[i]))
            return false;
    return true;
}

static bool same_pools(const struct shape *a, const struct shape *b)
{
    if (a->pool_count != b->pool_count)
        return false;
    for (int32_t i = 0; i < a->pool_count; i++)
        if (a->pools[i] != b->pools[i])
            return false;
    return true;
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
    return a->cpu_milli == b->cpu_milli && a->mem_bytes == b->mem_bytes &&
           a->device_mem_bytes == b->device_mem_bytes && a->device_count == b->device_count &&
           a->share_milli == b->share_milli && a->sharing == b->sharing &&
           a->packing == b->packing && a->max_per_node == b->max_per_node &&
           same_text(a->arch, b->arch) && a->type_pattern_count == b->type_pattern_count &&
           same_texts(a->type_patterns, b->type_patterns, a->type_pattern_count) &&
           a->topology_count == b->topology_count &&
           same_texts(a->topologies, b->topologies, a->topology_count) && same_pools(a, b);
}

/* The place of the shape in the open addressing: its entry, or the empty place where it belongs. */
static int32_t find_place(const struct shape_table *table, const struct shape *shape)
{
    uint64_t mask = (uint64_t)table->bucket_count - 1;
    uint64_t place = shape_hash(shape) & mask;
    while (table->buckets[place] != 0 &&
           !same_shape(&table->items[table->buckets[place] - 1], shape))
        place = (place + 1) & mask;
    return (int32_t)place;
}

/* Keeps the open addressing at most half full. */
static int grow_buckets(struct shape_table *table, struct err *err)
{
    if (table->count < table->bucket_count / 2)
        return 0;
    struct shape_table grown = *table;
    int32_t capacity = 0;
    grown.buckets = NULL;
    grown.bucket_count = table->bucket_count == 0 ? 16 : table->bucket_count * 2;
    if (array_reserve(&grown.buckets, &capacity, grown.bucket_count, sizeof *grown.buckets, err))
        return -1;
    for (int32_t i = 0; i < table->count; i++)
        grown.buckets[find_place(&grown, &table->items[i])] = i + 1;
    free(table->buckets);
    table->buckets = grown.buckets;
    table->bucket_count = grown.bucket_count;
    return 0;
}

/* Deep copies; NULL for no texts, or with *failed set when memory is out. */
static const char *const *copy_texts(struct arena *arena, const char *const *texts, int32_t count,
                                     bool *failed)
{
    if (count == 0)
        return NULL;
    const char **copy = arena_array(arena, (size_t)count, sizeof *copy);
    if (copy == NULL)
        *failed = true;
    for (int32_t i = 0; i < count && !*failed; i++) {
        copy[i] = arena_strdup(arena, texts[i]);
        *failed = copy[i] == NULL;
    }
    return copy;
}

static int copy_shape(struct arena *arena, const struct shape *shape, struct shape *copy,
                      struct err *err)
{
    bool failed = false;
    *copy = *shape;
    if (shape->arch != NULL) {
        copy->arch = arena_strdup(arena, shape->arch);
        failed = copy->arch == NULL;
    }
    copy->type_patterns =
        copy_texts(arena, shape->type_patterns, shape->type_pattern_count, &failed);
    copy->topologies = copy_texts(arena, shape->topologies, shape->topology_count, &failed);
    int32_t *pools = arena_array(arena, (size_t)shape->pool_count, sizeof *pools);
    if (failed || pools == NULL)
        return err_no_memory(err);
    memcpy(pools, shape->pools, (size_t)shape->pool_count * sizeof *pools);
    copy->pools = pools;
    return 0;
}

int shape_table_intern(struct shape_table *table, const struct shape *shape, int32_t *number,
                       struct err *err)
{
    assert(shape->device_count >= 0 && shape->device_count <= SHAPE_DEVICES_MAX);
    assert(shape->share_milli >= 0 && shape->share_milli <= SHARE_WHOLE);
    assert(shape->cpu_milli >= 0 && shape->mem_bytes >= 0 && shape->device_mem_bytes >= 0);
    assert(shape->pool_count >= 1);
    if (grow_buckets(table, err))
        return -1;
    int32_t place = find_place(table, shape);
    if (table->buckets[place] != 0) {
        *number = table->buckets[place] - 1;
        return 0;
    }
    if (array_reserve(&table->items, &table->capacity, (int64_t)table->count + 1,
                      sizeof *table->items, err))
        return -1;
    if (copy_shape(&table->arena, shape, &table->items[table->count], err))
        return -1;
    *number = table->count;
    table->count++;
    table->buckets[place] = table->count;
    return 0;
}

void shape_table_release(struct shape_table *table)
{
    free(table->items);
    free(table->buckets);
    arena_release(&table->arena);
    *table = (struct shape_table){0};
}

bool shape_names_pool(const struct shape *shape, int32_t pool)
{
    for (int32_t i = 0; i < shape->pool_count; i++)
        if (shape->pools[i] == pool)
            return true;
    return false;
}
