/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_PARALLEL_H
#define STOWAGE_BASE_PARALLEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Independent pieces of work on several threads. A piece writes only to what is its own, by its
 * index, so that results do not depend on the number of threads or on who is first. The caller's
 * thread waits, and may do other things in between. */

struct parallel_work {
    /* Does piece `index`. An error ends the whole: no further piece is begun. */
    int (*run)(void *context, int32_t index, struct err *err);
    void *context;
    int32_t count;
};

struct parallel {
    struct parallel_work work;
    pthread_t *threads; /* [thread_count] */
    int32_t thread_count;
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t changed;
    int32_t next, done; /* pieces begun, pieces ended */
    int32_t failed;     /* the lowest index of a piece that failed; INT32_MAX: none */
    struct err failure; /* of that one */
    bool is_cancelled;
};

/* Starts the threads. On -1 the struct is zeroed. It must stay where it is until parallel_end. */
int parallel_start(struct parallel *parallel, const struct parallel_work *work,
                   int32_t thread_count, struct err *err);

/* Waits until all pieces have ended or some milliseconds have passed: the number that have ended.
 * After a failure, or when cancelled, it does not rise to the count. */
int32_t parallel_wait(struct parallel *parallel, int32_t milliseconds);

/* Has all that was begun ended, and will nothing more begin? */
bool parallel_is_over(struct parallel *parallel);

/* No further piece is begun. */
void parallel_cancel(struct parallel *parallel);

/* Joins the threads (pieces that were begun are done to their end) and frees everything. -1 with
 * the failure of the failed piece of lowest index. */
int parallel_end(struct parallel *parallel, struct err *err);

#endif
