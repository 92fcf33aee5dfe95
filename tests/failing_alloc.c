/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/failing_alloc.h"

#include <stddef.h>

/* The linker's --wrap=SYMBOL sends calls of SYMBOL to __wrap_SYMBOL and those of __real_SYMBOL to
 * SYMBOL. The wrappers have no argument of ours, hence the one static variable. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

/* Allocations until the one that fails; 0 or less: it has failed, or none is to fail. */
static int64_t left;

void failing_alloc_arm(int64_t n)
{
    left = n;
}

bool failing_alloc_disarm(void)
{
    bool has_failed = left <= 0;
    left = 0;
    return has_failed;
}

static bool is_failing(void)
{
    return left > 0 && --left == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_failing() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_failing() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_failing() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_failing() ? NULL : __real_aligned_alloc(alignment, size);
}
