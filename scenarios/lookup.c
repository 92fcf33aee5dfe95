/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/lookup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64, CAPACITY_MAX = 1 << 30 };

/* FNV-1a, its upper half mixed into the lower one that chooses the slot. */
static uint32_t hash_of(const void *key, size_t size)
{
    const unsigned char *bytes = key;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    return (uint32_t)hash;
}

/* The slot that holds the key, or the empty one where it belongs. There is always an empty one. */
static struct lookup_slot *slot_of(const struct lookup *lookup, const void *key, uint32_t key_size,
                                   uint32_t hash)
{
    uint32_t mask = lookup->capacity - 1;
    for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
        struct lookup_slot *slot = &lookup->slots[at];
        if (!slot->key)
            return slot;
        if (slot->hash == hash && slot->key_size == key_size &&
            memcmp(slot->key, key, key_size) == 0)
            return slot;
    }
}

static const struct lookup_slot *find(const struct lookup *lookup, const void *key, size_t key_size)
{
    if (lookup->count == 0 || key_size > UINT32_MAX)
        return NULL;
    const struct lookup_slot *slot =
        slot_of(lookup, key, (uint32_t)key_size, hash_of(key, key_size));
    return slot->key ? slot : NULL;
}

int32_t lookup_find(const struct lookup *lookup, const void *key, size_t key_size)
{
    const struct lookup_slot *slot = find(lookup, key, key_size);
    return slot ? slot->value : -1;
}

int32_t lookup_find_text(const struct lookup *lookup, const char *text)
{
    return lookup_find(lookup, text, strlen(text));
}

const void *lookup_find_key(const struct lookup *lookup, const void *key, size_t key_size)
{
    const struct lookup_slot *slot = find(lookup, key, key_size);
    return slot ? slot->key : NULL;
}

static int grow(struct lookup *lookup, struct err *err)
{
    if (lookup->capacity >= CAPACITY_MAX)
        return err_set(err, ERR_LIMIT, "more than %d names", CAPACITY_MAX / 2);
    struct lookup grown = {.capacity = lookup->capacity ? lookup->capacity * 2 : CAPACITY_MIN,
                           .count = lookup->count};
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (!grown.slots)
        return err_no_memory(err);
    for (uint32_t i = 0; i < lookup->capacity; i++) {
        const struct lookup_slot *slot = &lookup->slots[i];
        if (slot->key)
            *slot_of(&grown, slot->key, slot->key_size, slot->hash) = *slot;
    }
    free(lookup->slots);
    *lookup = grown;
    return 0;
}

int lookup_put(struct lookup *lookup, const void *key, size_t key_size, int32_t value,
               struct err *err)
{
    assert(key && key_size <= UINT32_MAX);
    if (lookup->count >= lookup->capacity / 2 && grow(lookup, err))
        return -1;
    uint32_t hash = hash_of(key, key_size);
    struct lookup_slot *slot = slot_of(lookup, key, (uint32_t)key_size, hash);
    assert(!slot->key);
    *slot = (struct lookup_slot){
        .key = key, .key_size = (uint32_t)key_size, .hash = hash, .value = value};
    lookup->count++;
    return 0;
}

int lookup_put_text(struct lookup *lookup, const char *text, int32_t value, struct err *err)
{
    return lookup_put(lookup, text, strlen(text), value, err);
}

void lookup_release(struct lookup *lookup)
{
    free(lookup->slots);
    *lookup = (struct lookup){0};
}
