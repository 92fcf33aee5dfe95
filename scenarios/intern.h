/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_INTERN_H
#define STOWAGE_SCENARIOS_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "scenarios/lookup.h"

/* Equal things kept once, in an arena: a million runners share a handful of worker names, labels
 * and lists. Equal content gives the same address, so that addresses may be compared instead. */

struct intern {
    struct arena *arena; /* borrowed; the copies live as long as it does */
    struct lookup lookup;
};

/* Each returns the one copy, or NULL when memory is out. Structs are compared by their bytes, so
 * they must have no padding, or it must be zero. */
const void *intern_bytes(struct intern *intern, const void *bytes, size_t size);
const char *intern_text(struct intern *intern, const char *text);
const char *intern_text_part(struct intern *intern, const char *text, size_t length);

/* A list of texts that are interned already. */
const char *const *intern_list(struct intern *intern, const char *const *texts, int32_t count);

void intern_release(struct intern *intern);

#endif
