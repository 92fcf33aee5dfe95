/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_LOOKUP_H
#define STOWAGE_SCENARIOS_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A hash table from keys (any bytes; texts without their NUL) to numbers, so that references are
 * resolved in expected constant time. Keys are borrowed until lookup_release. Zero-initialised is a
 * valid empty table. Nothing is ever removed. */

struct lookup_slot {
    const void *key; /* NULL: empty */
    uint32_t key_size, hash;
    int32_t value;
};

struct lookup {
    struct lookup_slot *slots;
    uint32_t capacity; /* 0 or a power of 2 */
    uint32_t count;
};

/* The value of a key, or -1 when it is not there. */
int32_t lookup_find(const struct lookup *lookup, const void *key, size_t key_size);
int32_t lookup_find_text(const struct lookup *lookup, const char *text);

/* The table's own copy of the key's address, or NULL when it is not there. */
const void *lookup_find_key(const struct lookup *lookup, const void *key, size_t key_size);

/* Adds a key that is not there yet. On -1 (out of memory, 2^30 keys) nothing has changed. */
int lookup_put(struct lookup *lookup, const void *key, size_t key_size, int32_t value,
               struct err *err);
int lookup_put_text(struct lookup *lookup, const char *text, int32_t value, struct err *err);

void lookup_release(struct lookup *lookup);

#endif
