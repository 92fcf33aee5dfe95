/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_MPI_JOB_H
#define STOWAGE_CLI_MPI_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bench/mpi_ranks.h"
#include "cli/command.h"

/* A command that may be a job of several MPI ranks: rank 0 is the command, the others work for it.
 * Without mpirun it is one process, and nothing of MPI is begun. */

struct mpi_job {
    const struct mpi_ranks *ranks; /* NULL: one process */
    bool has_told;                 /* the other ranks know what to work on, or that there is none */
    bool is_whole;                 /* no rank is at work */
};

struct mpi_parts {
    /* The command: an exit code. It sets job->is_whole to false while ranks are at work. */
    int (*lead)(const struct command *command, int argc, char **argv, struct mpi_job *job);
    /* Works as rank 0 told, until its crew is stopped. */
    int (*work)(const struct mpi_ranks *ranks, const char *bytes, size_t size, struct err *err);
};

/* Runs the command, on the ranks where there are several; its exit code. */
int mpi_job_run(const struct command *command, int argc, char **argv,
                const struct mpi_parts *parts);

/* Tells the others what `print` prints: once, before their crew is started. */
int mpi_job_tell(struct mpi_job *job, void (*print)(const void *context, FILE *out),
                 const void *context, struct err *err);

#endif
