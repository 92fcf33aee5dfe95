/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 8 };

static int64_t grown_capacity(int32_t capacity, int64_t needed)
{
    int64_t grown = capacity == 0 ? FIRST_CAPACITY : (int64_t)capacity * 2;
    if (grown > INT32_MAX)
        grown = INT32_MAX;
    return grown < needed ? needed : grown;
}

/* The capacity to grow to, and how many bytes it takes. */
struct growth {
    int64_t capacity;
    size_t size;
};

static int plan_growth(struct growth *growth, int32_t capacity, int64_t needed, size_t item_size,
                       struct err *err)
{
    assert(item_size > 0);
    assert(needed > capacity);
    if (needed > INT32_MAX)
        return err_set(err, ERR_LIMIT, "%" PRId64 " items are too many: at most %d fit", needed,
                       INT32_MAX);
    growth->capacity = grown_capacity(capacity, needed);
    if (__builtin_mul_overflow((size_t)growth->capacity, item_size, &growth->size))
        return err_no_memory(err);
    return 0;
}

/* The pointer's own type is unknown here, so it is copied by its bytes. */
static void *items_of(const void *items)
{
    void *bytes;
    memcpy(&bytes, items, sizeof bytes);
    return bytes;
}

int array_grow_plain(void *items, int32_t *capacity, int64_t needed, size_t item_size,
                     struct err *err)
{
    struct growth growth = {.size = 0};
    if (plan_growth(&growth, *capacity, needed, item_size, err))
        return -1;
    void *bytes = realloc(items_of(items), growth.size);
    if (!bytes)
        return err_no_memory(err);
    memcpy(items, &bytes, sizeof bytes);
    *capacity = (int32_t)growth.capacity;
    return 0;
}

int array_grow(void *items, int32_t *capacity, int64_t needed, size_t item_size, struct err *err)
{
    size_t old_size = (size_t)*capacity * item_size;
    if (array_grow_plain(items, capacity, needed, item_size, err))
        return -1;
    unsigned char *bytes = items_of(items);
    memset(bytes + old_size, 0, (size_t)*capacity * item_size - old_size);
    return 0;
}

int array_grow_on_lines(void *items, int32_t *capacity, int64_t needed, size_t item_size,
                        struct err *err)
{
    size_t old_size = (size_t)*capacity * item_size;
    struct growth growth = {.size = 0};
    if (plan_growth(&growth, *capacity, needed, item_size, err))
        return -1;
    void *old = items_of(items);
    unsigned char *bytes = memory_table(growth.size);
    if (!bytes)
        return err_no_memory(err);
    if (old_size > 0)
        memcpy(bytes, old, old_size);
    memset(bytes + old_size, 0, growth.size - old_size);
    free(old);
    memcpy(items, &bytes, sizeof bytes);
    *capacity = (int32_t)growth.capacity;
    return 0;
}
