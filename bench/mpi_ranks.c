/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/mpi_ranks.h"

#include <assert.h>
#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum {
    TAG_PIECE = 1, /* a number and its order; STOP: there is nothing more to do */
    TAG_RESULT,
    STOP = -1,
    NAP_US = 200, /* between two looks for news: MPI itself would wait at full speed */
};

struct mpi_crew {
    struct crew crew;
    bool *is_busy; /* [crew.worker_count] worker i is rank i + 1 */
    char *message; /* of a piece: its number, and then its order */
};

static int check(int code, const char *what, struct err *err)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (code == MPI_SUCCESS)
        return 0;
    MPI_Error_string(code, text, &length);
    return err_set(err, ERR_SYSTEM, "MPI: %s: %.*s", what, length, text);
}

static int begin(int32_t *rank, int32_t *count, struct err *err)
{
    int number = 0, size = 1;
    if (check(MPI_Init(NULL, NULL), "starting", err) != 0)
        return -1;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (check(MPI_Comm_rank(MPI_COMM_WORLD, &number), "starting", err) != 0 ||
        check(MPI_Comm_size(MPI_COMM_WORLD, &size), "starting", err) != 0)
        return -1;
    *rank = number;
    *count = size;
    return 0;
}

/* ---- what to work on ---- */

static int tell(const char *bytes, size_t size, struct err *err)
{
    char none = 0;
    int length = (int)size;
    if (size > INT_MAX)
        return err_set(err, ERR_LIMIT, "the plan is too large for MPI");
    /* What is sent is only read. */
    char *sent = size > 0 ? malloc(size) : &none;
    if (sent == NULL)
        return err_no_memory(err);
    if (size > 0)
        memcpy(sent, bytes, size);
    int result = check(MPI_Bcast(&length, 1, MPI_INT, 0, MPI_COMM_WORLD), "telling the plan", err);
    if (result == 0 && length > 0)
        result =
            check(MPI_Bcast(sent, length, MPI_BYTE, 0, MPI_COMM_WORLD), "telling the plan", err);
    if (size > 0)
        free(sent);
    return result;
}

static int hear(char **bytes, size_t *size, struct err *err)
{
    int length = 0;
    if (check(MPI_Bcast(&length, 1, MPI_INT, 0, MPI_COMM_WORLD), "hearing the plan", err) != 0)
        return -1;
    char *heard = malloc((size_t)length + 1);
    if (heard == NULL)
        return err_no_memory(err);
    if (length > 0 && check(MPI_Bcast(heard, length, MPI_BYTE, 0, MPI_COMM_WORLD),
                            "hearing the plan", err) != 0) {
        free(heard);
        return -1;
    }
    heard[length] = '\0';
    *bytes = heard;
    *size = (size_t)length;
    return 0;
}

/* ---- the others ---- */

static size_t message_size(const struct crew_work *work)
{
    return sizeof(int32_t) + work->order_size;
}

/* Waits for a piece: its number, and `message` holds its order behind that. A blocking receive
 * would keep a core busy until there is one, which others on the machine could use. */
static int wait_for_piece(const struct crew_work *work, char *message, struct crew_piece *piece,
                          struct err *err)
{
    const struct timespec nap = {.tv_nsec = NAP_US * 1000};
    int is_there = 0;
    while (check(MPI_Iprobe(0, TAG_PIECE, MPI_COMM_WORLD, &is_there, MPI_STATUS_IGNORE),
                 "waiting for work", err) == 0 &&
           !is_there)
        nanosleep(&nap, NULL);
    if (!is_there || check(MPI_Recv(message, (int)message_size(work), MPI_BYTE, 0, TAG_PIECE,
                                    MPI_COMM_WORLD, MPI_STATUS_IGNORE),
                           "waiting for work", err) != 0)
        return -1;
    memcpy(&piece->number, message, sizeof piece->number);
    piece->order = message + sizeof piece->number;
    return 0;
}

static int serve(const struct crew_work *work, struct err *err)
{
    int size = (int)work->result_size;
    char *result = malloc(work->result_size);
    char *message = malloc(message_size(work));
    int outcome = result == NULL || message == NULL ? err_no_memory(err) : 0;
    while (outcome == 0) {
        struct crew_piece piece;
        outcome = wait_for_piece(work, message, &piece, err);
        if (outcome != 0 || piece.number == STOP)
            break;
        memset(result, 0, work->result_size);
        work->run(work->context, &piece, result);
        outcome = check(MPI_Send(result, size, MPI_BYTE, 0, TAG_RESULT, MPI_COMM_WORLD),
                        "sending a result", err);
    }
    free(result);
    free(message);
    return outcome;
}

/* ---- rank 0 ---- */

static int send_piece(struct mpi_crew *ranks, int32_t worker, const struct crew_piece *piece,
                      struct err *err)
{
    memcpy(ranks->message, &piece->number, sizeof piece->number);
    if (piece->order != NULL)
        memcpy(ranks->message + sizeof piece->number, piece->order, ranks->crew.work.order_size);
    return check(MPI_Send(ranks->message, (int)message_size(&ranks->crew.work), MPI_BYTE,
                          worker + 1, TAG_PIECE, MPI_COMM_WORLD),
                 "giving work", err);
}

static int give(struct crew *crew, int32_t worker, const struct crew_piece *piece, struct err *err)
{
    struct mpi_crew *ranks = (struct mpi_crew *)crew;
    ranks->is_busy[worker] = true;
    return send_piece(ranks, worker, piece, err);
}

static int wait_for_news(struct crew *crew, int32_t milliseconds, struct crew_news *news,
                         void *result, struct err *err)
{
    const struct timespec nap = {.tv_nsec = NAP_US * 1000};
    const int64_t end_us = monotonic_us() + (int64_t)milliseconds * 1000;
    int is_there = 0;
    MPI_Status status;
    *news = (struct crew_news){.event = CREW_NOTHING};
    for (;;) {
        if (check(MPI_Iprobe(MPI_ANY_SOURCE, TAG_RESULT, MPI_COMM_WORLD, &is_there, &status),
                  "waiting for results", err) != 0)
            return -1;
        if (is_there || monotonic_us() >= end_us)
            break;
        nanosleep(&nap, NULL);
    }
    if (!is_there)
        return 0;
    if (check(MPI_Recv(result, (int)crew->work.result_size, MPI_BYTE, status.MPI_SOURCE, TAG_RESULT,
                       MPI_COMM_WORLD, MPI_STATUS_IGNORE),
              "receiving a result", err) != 0)
        return -1;
    *news = (struct crew_news){.event = CREW_RESULT, .worker = status.MPI_SOURCE - 1};
    ((struct mpi_crew *)crew)->is_busy[news->worker] = false;
    return 0;
}

/* Those that are still at work are left to `end`. */
static void stop(struct crew *crew)
{
    struct mpi_crew *ranks = (struct mpi_crew *)crew;
    const struct crew_piece piece = {.number = STOP};
    struct err ignored;
    for (int32_t i = 0; i < crew->worker_count; i++)
        if (!ranks->is_busy[i])
            send_piece(ranks, i, &piece, &ignored);
    free(ranks->is_busy);
    free(ranks->message);
    free(ranks);
}

static struct crew *start(const struct crew_work *work, struct err *err)
{
    static const struct crew_kind kind = {.give = give, .wait = wait_for_news, .stop = stop};
    int count = 0;
    if (check(MPI_Comm_size(MPI_COMM_WORLD, &count), "starting", err) != 0)
        return NULL;
    assert(count > 1);
    struct mpi_crew *ranks = calloc(1, sizeof *ranks);
    if (ranks != NULL) {
        ranks->is_busy = calloc((size_t)count - 1, sizeof *ranks->is_busy);
        ranks->message = calloc(message_size(work), 1);
    }
    if (ranks == NULL || ranks->is_busy == NULL || ranks->message == NULL) {
        free(ranks != NULL ? ranks->is_busy : NULL);
        free(ranks != NULL ? ranks->message : NULL);
        free(ranks);
        err_no_memory(err);
        return NULL;
    }
    ranks->crew = (struct crew){.kind = &kind, .work = *work, .worker_count = count - 1};
    return &ranks->crew;
}

static void end(bool is_whole, int exit_code)
{
    if (is_whole)
        MPI_Finalize();
    else
        MPI_Abort(MPI_COMM_WORLD, exit_code);
}

const struct mpi_ranks *mpi_ranks_find(void)
{
    static const struct mpi_ranks ranks = {
        .begin = begin, .tell = tell, .hear = hear, .start = start, .serve = serve, .end = end};
    return &ranks;
}
