/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Blocks double in size from 4 KiB to 1 MiB. What is larger than a quarter of the next block gets a
 * block of its own behind the newest, so that the newest block's free end is not lost. */
enum { BLOCK_BYTES_MIN = 4096, BLOCK_BYTES_MAX = 1 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t capacity, used;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_new(size_t capacity)
{
    struct arena_block *block = calloc(1, sizeof *block + capacity);
    if (block)
        block->capacity = capacity;
    return block;
}

static size_t next_capacity(const struct arena *arena)
{
    size_t last = arena->first ? arena->first->capacity : BLOCK_BYTES_MIN / 2;
    return last < BLOCK_BYTES_MAX ? last * 2 : BLOCK_BYTES_MAX;
}

/* A block with room for size bytes, linked into the arena; NULL when memory is out. */
static struct arena_block *block_with_room(struct arena *arena, size_t size)
{
    struct arena_block *first = arena->first;
    if (first && first->capacity - first->used >= size)
        return first;
    size_t capacity = next_capacity(arena);
    bool is_large = size > capacity / 4;
    struct arena_block *block = block_new(is_large ? size : capacity);
    if (!block)
        return NULL;
    if (is_large && first) {
        block->next = first->next;
        first->next = block;
    } else {
        block->next = first;
        arena->first = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    /* No object is that large, and the sums below cannot overflow. */
    if (size > PTRDIFF_MAX / 2)
        return NULL;
    size_t alignment = _Alignof(max_align_t);
    size_t padded = size == 0 ? alignment : (size + alignment - 1) / alignment * alignment;
    struct arena_block *block = block_with_room(arena, padded);
    if (!block)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += padded;
    arena->bytes_total += padded;
    return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, length + 1);
    if (copy && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->first;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (struct arena){0};
}
