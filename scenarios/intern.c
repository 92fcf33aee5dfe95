/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/intern.h"

#include <string.h>

#include "base/err.h"

/* The copy is one byte longer than the key and ends in a NUL, so that texts need no second way. */
static const void *keep(struct intern *intern, const void *bytes, size_t size)
{
    const void *kept = lookup_find_key(&intern->lookup, bytes, size);
    if (kept)
        return kept;
    char *copy = arena_alloc(intern->arena, size + 1);
    if (!copy)
        return NULL;
    if (size > 0)
        memcpy(copy, bytes, size);
    struct err ignored; /* NULL says it */
    if (lookup_put(&intern->lookup, copy, size, 0, &ignored))
        return NULL;
    return copy;
}

const void *intern_bytes(struct intern *intern, const void *bytes, size_t size)
{
    return keep(intern, bytes, size);
}

const char *intern_text(struct intern *intern, const char *text)
{
    return keep(intern, text, strlen(text));
}

const char *intern_text_part(struct intern *intern, const char *text, size_t length)
{
    return keep(intern, text, length);
}

const char *const *intern_list(struct intern *intern, const char *const *texts, int32_t count)
{
    return keep(intern, texts, (size_t)count * sizeof *texts);
}

void intern_release(struct intern *intern)
{
    lookup_release(&intern->lookup);
}
