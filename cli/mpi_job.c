/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/mpi_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "cli/message.h"
#include "cli/options.h"

static int64_t environment_number(const char *name)
{
    struct err ignored;
    int64_t number;
    const char *text = getenv(name);
    return text != NULL && parse_int64(text, &number, &ignored) == 0 ? number : 0;
}

/* By mpirun, or by srun --mpi=pmix, with more than one rank. */
static bool is_mpi_job(void)
{
    return environment_number("OMPI_COMM_WORLD_SIZE") > 1 ||
           (getenv("PMIX_RANK") != NULL && environment_number("SLURM_STEP_NUM_TASKS") > 1);
}

int mpi_job_tell(struct mpi_job *job, void (*print)(const void *context, FILE *out),
                 const void *context, struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    if (out == NULL)
        return err_no_memory(err);
    print(context, out);
    int result = fclose(out) == 0 ? 0 : err_no_memory(err);
    if (result == 0) {
        job->has_told = true;
        result = job->ranks->tell(bytes, size, err);
    }
    free(bytes);
    return result;
}

/* A rank that works for rank 0, whatever the command line. */
static int work_for_rank_0(const struct mpi_ranks *ranks, const struct mpi_parts *parts,
                           struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    if (ranks->hear(&bytes, &size, err) != 0)
        return -1;
    int result = size > 0 ? parts->work(ranks, bytes, size, err) : 0;
    free(bytes);
    return result;
}

static int run_on_ranks(const struct command *command, int argc, char **argv,
                        const struct mpi_parts *parts)
{
    struct err err = {.kind = ERR_NONE}, ignored;
    int32_t rank, count;
    struct mpi_job job = {.ranks = mpi_ranks_find(), .is_whole = true};
    if (job.ranks == NULL) {
        err_set(&err, ERR_USAGE,
                "%s: this is an MPI job, but stowage was built without MPI: build it where "
                "libopenmpi-dev is installed",
                command->name);
        return options_fail(command, &err);
    }
    if (job.ranks->begin(&rank, &count, &err) != 0)
        return message_fail(&err);
    if (rank > 0) {
        int result = work_for_rank_0(job.ranks, parts, &err);
        int code = result == 0 ? EXIT_DONE : message_fail(&err);
        job.ranks->end(result == 0, code);
        return code;
    }
    int code = parts->lead(command, argc, argv, &job);
    if (!job.has_told)
        job.ranks->tell(NULL, 0, &ignored);
    job.ranks->end(job.is_whole, code);
    return code;
}

int mpi_job_run(const struct command *command, int argc, char **argv, const struct mpi_parts *parts)
{
    struct mpi_job job = {.is_whole = true};
    return is_mpi_job() ? run_on_ranks(command, argc, argv, parts)
                        : parts->lead(command, argc, argv, &job);
}
