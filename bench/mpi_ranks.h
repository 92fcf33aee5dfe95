/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_MPI_RANKS_H
#define STOWAGE_BENCH_MPI_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/crew.h"

/* A crew on many machines: the ranks of an MPI job. Rank 0 hands out and keeps the results, the
 * others work. MPI itself ends the whole job where a rank dies; what rank 0 has kept by then stays.
 * In builds without MPI there is no such thing (mpi_ranks_none.c instead of mpi_ranks.c). */

struct mpi_ranks {
    /* To be called first, once. */
    int (*begin)(int32_t *rank, int32_t *count, struct err *err);

    /* From rank 0 to all others, once: what they are to work on. Size 0: there is nothing to do. */
    int (*tell)(const char *bytes, size_t size, struct err *err);
    /* By the others; the caller frees *bytes. */
    int (*hear)(char **bytes, size_t *size, struct err *err);

    /* Of rank 0; at least one other rank. */
    struct crew *(*start)(const struct crew_work *work, struct err *err);
    /* Of the others: works until the crew is stopped. */
    int (*serve)(const struct crew_work *work, struct err *err);

    /* To be called last, by every rank. `is_whole`: no rank is at work any more; else it ends the
     * whole job with this exit code and does not return. */
    void (*end)(bool is_whole, int exit_code);
};

/* NULL: this build is without MPI. */
const struct mpi_ranks *mpi_ranks_find(void);

#endif
