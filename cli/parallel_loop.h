/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_PARALLEL_LOOP_H
#define STOWAGE_CLI_PARALLEL_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/parallel.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

/* Pieces of work on several threads, with a line of progress, until all are done or a signal comes.
 */
struct parallel_loop {
    const struct interrupt *interrupt;
    struct progress *progress;  /* initialised; the caller clears it */
    atomic_bool *is_cancelled;  /* set when a signal comes, so that pieces may end early; or NULL */
    const char *things;         /* "runs" */
    int64_t done_before, total; /* shown are done_before + what is done, of the total */
    int32_t thread_count;
};
/* -1: a piece failed, or ERR_SYSTEM "interrupted by SIGINT". All threads have ended then. */
int parallel_loop(const struct parallel_loop *loop, const struct parallel_work *work,
                  struct err *err);

#endif
