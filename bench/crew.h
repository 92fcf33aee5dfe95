/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_CREW_H
#define STOWAGE_BENCH_CREW_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Workers that are processes of their own: pieces of work go out by number, results of a fixed size
 * come back. One that dies takes only its piece with it. Where the workers are is behind
 * `struct crew_kind`: on this machine (crew_local.c), or on many by MPI (mpi_ranks.c). Who hands
 * out waits for news in one thread, and nothing else runs in its process. */

/* A piece of work: its number, and what else there is to say of it where a number is not enough. */
struct crew_piece {
    int32_t number;
    const void *order; /* [work.order_size] bytes that mean the same in every process; borrowed */
};

/* What a worker does. Only what this process had when the crew was started, and what it makes
 * itself, is there for it. */
struct crew_work {
    /* Does a piece and fills `result` (result_size bytes, zeroed); failures are part of it. */
    void (*run)(void *context, const struct crew_piece *piece, void *result);
    void *context;
    size_t result_size;
    size_t order_size; /* 0: the number says it all */
};

enum crew_event {
    CREW_NOTHING, /* within the time */
    CREW_RESULT,
    CREW_LOSS, /* the worker has died; another one stands in its place */
};

struct crew_news {
    enum crew_event event;
    int32_t worker;
    char detail[160]; /* of CREW_LOSS: "killed by signal 9 (Killed)" */
};

struct crew;

struct crew_kind {
    /* Gives a piece to a worker that has none. A worker that is dead is told as news. */
    int (*give)(struct crew *crew, int32_t worker, const struct crew_piece *piece, struct err *err);
    /* Waits for news at the latest for some milliseconds. A result is copied to `result`. -1: the
     * crew cannot go on (no worker can be started any more). */
    int (*wait)(struct crew *crew, int32_t milliseconds, struct crew_news *news, void *result,
                struct err *err);
    /* Ends all workers, those that are at work too, and frees the crew. */
    void (*stop)(struct crew *crew);
};

struct crew {
    const struct crew_kind *kind;
    struct crew_work work;
    int32_t worker_count;
};

/* Starts `count` processes here. NULL: none can be started. */
struct crew *crew_local_start(const struct crew_work *work, int32_t count, struct err *err);

#endif
