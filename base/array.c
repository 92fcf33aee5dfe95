/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 8 };

static int64_t grown_capacity(int32_t capacity, int64_t needed)
{
    int64_t grown = capacity == 0 ? FIRST_CAPACITY : (int64_t)capacity * 2;
    if (grown > INT32_MAX)
        grown = INT32_MAX;
    return grown < needed ? needed : grown;
}

int array_grow_plain(void *items, int32_t *capacity, int64_t needed, size_t item_size,
                     struct err *err)
{
    assert(item_size > 0);
    assert(needed > *capacity);
    if (needed > INT32_MAX)
        return err_set(err, ERR_LIMIT, "%" PRId64 " items are too many: at most %d fit", needed,
                       INT32_MAX);
    int64_t grown = grown_capacity(*capacity, needed);
    size_t size;
    if (__builtin_mul_overflow((size_t)grown, item_size, &size))
        return err_no_memory(err);
    /* The pointer's own type is unknown here, so it is copied by its bytes. */
    void *old;
    memcpy(&old, items, sizeof old);
    void *bytes = realloc(old, size);
    if (!bytes)
        return err_no_memory(err);
    memcpy(items, &bytes, sizeof bytes);
    *capacity = (int32_t)grown;
    return 0;
}

int array_grow(void *items, int32_t *capacity, int64_t needed, size_t item_size, struct err *err)
{
    size_t old_size = (size_t)*capacity * item_size;
    if (array_grow_plain(items, capacity, needed, item_size, err))
        return -1;
    unsigned char *bytes;
    memcpy(&bytes, items, sizeof bytes);
    memset(bytes + old_size, 0, (size_t)*capacity * item_size - old_size);
    return 0;
}
