/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_FAILING_IO_H
#define STOWAGE_TESTS_FAILING_IO_H

#include <stdbool.h>
#include <stdint.h>

/* Lets the file system fail on purpose, as failing_alloc.h does memory. Register the test with
 *     stowage_test_failing_io(NAME LIBRARY...)
 * instead of stowage_test: it puts failing_io.c between our code and the calls of the C library
 * that change or open files: open, openat, opendir, fdopendir, fdopen, mkdir, rename, renameat,
 * unlink, unlinkat, rmdir, fchmod, fflush, fsync, realpath; and strdup and strndup, which allocate.
 * Call nothing of Criterion while armed. One counter a process, not for threads. */

/* The n-th of these calls from now on (1 is the next one) fails with this errno and without having
 * done anything; the others go through, but for fsync, which then succeeds without waiting for the
 * disk. With errno_value 0 the process kills itself there (SIGKILL). */
void failing_io_arm(int64_t n, int errno_value);

/* Lets all calls through again; has the armed one come to pass? */
bool failing_io_disarm(void);

#endif
