/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_FAILING_ALLOC_H
#define STOWAGE_TESTS_FAILING_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

/* Runs out of memory on purpose. Register the test with
 *     stowage_test_failing_alloc(NAME LIBRARY...)
 * instead of stowage_test: it adds failing_alloc.c and puts it between malloc, calloc, realloc and
 * aligned_alloc and the real ones, for the test program and our libraries linked into it.
 * Allocations inside shared libraries (libc's strdup, fopen, open_memstream; cJSON; Criterion) are
 * not touched, and neither is free.
 *
 * To try every allocation of a piece of code, arm 1, 2, 3, ... until one run gets through:
 *
 *     for (int64_t n = 1;; n++) {
 *         failing_alloc_arm(n);
 *         int result = load(&thing, &err);
 *         if (!failing_alloc_disarm()) {
 *             cr_assert_eq(result, 0);
 *             break;
 *         }
 *         cr_assert_eq(result, -1);
 *         cr_assert_eq(err.kind, ERR_SYSTEM);
 *         ... nothing has changed, or thing is safe to release ...
 *     }
 *
 * Call nothing of Criterion while armed. One counter a process (Criterion runs each test in its
 * own), not for threads. */

/* The n-th allocation from now on returns NULL (1 is the next one), the others go through. */
void failing_alloc_arm(int64_t n);

/* Lets all allocations through again; has the armed one come to pass? */
bool failing_alloc_disarm(void);

#endif
