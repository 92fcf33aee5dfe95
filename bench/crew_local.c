/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Workers on this machine: forked processes, each at the end of a socket. A worker ends when its
 * socket is closed, and is killed when its parent dies, so that none is left behind. */

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/crew.h"

enum { DEATHS_MAX = 100 }; /* of all workers, before something is taken to be wrong */

struct worker {
    pid_t pid;  /* 0: there is none */
    int socket; /* -1: there is none */
};

struct local_crew {
    struct crew crew;
    struct worker *workers; /* [crew.worker_count] */
    struct pollfd *polled;  /* [crew.worker_count] */
    char *result, *order;   /* that the workers fill; each has its own copy */
    int32_t death_count;
};

/* ---- whole messages ---- */

static bool send_all(int socket, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(socket, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool receive_all(int socket, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t got = recv(socket, at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* ---- the worker's side ---- */

static void serve(struct local_crew *local, int socket)
{
    const struct crew_work *work = &local->crew.work;
    struct crew_piece piece = {.order = local->order};
    while (receive_all(socket, &piece.number, sizeof piece.number) &&
           receive_all(socket, local->order, work->order_size)) {
        memset(local->result, 0, work->result_size);
        work->run(work->context, &piece, local->result);
        if (!send_all(socket, local->result, work->result_size))
            return;
    }
}

static void be_worker(struct local_crew *local, int socket)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int32_t i = 0; i < local->crew.worker_count; i++)
        if (local->workers[i].socket >= 0)
            close(local->workers[i].socket);
    serve(local, socket);
    _exit(0); /* without flushing what the parent has yet to write */
}

/* ---- the parent's side ---- */

static int start_worker(struct local_crew *local, int32_t index, struct err *err)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return err_errno(err, errno, "a worker cannot be started");
    pid_t pid = fork();
    if (pid == 0) {
        close(sockets[0]);
        be_worker(local, sockets[1]);
    }
    int reason = errno;
    close(sockets[1]);
    if (pid < 0) {
        close(sockets[0]);
        return err_errno(err, reason, "a worker cannot be started");
    }
    local->workers[index] = (struct worker){.pid = pid, .socket = sockets[0]};
    return 0;
}

/* Takes leave of a worker; how it ended goes to `detail`. */
static void bury(struct worker *worker, char *detail, size_t size)
{
    int status = 0;
    close(worker->socket);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        snprintf(detail, size, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(detail, size, "ended with status %d", WEXITSTATUS(status));
    *worker = (struct worker){.pid = 0, .socket = -1};
}

static int give(struct crew *crew, int32_t worker, const struct crew_piece *piece, struct err *err)
{
    struct local_crew *local = (struct local_crew *)crew;
    int socket = local->workers[worker].socket;
    (void)err;
    /* Where it fails the worker has died, and its socket is about to say so. */
    if (send_all(socket, &piece->number, sizeof piece->number))
        send_all(socket, piece->order, crew->work.order_size);
    return 0;
}

static int lose(struct local_crew *local, int32_t index, struct crew_news *news, struct err *err)
{
    *news = (struct crew_news){.event = CREW_LOSS, .worker = index};
    bury(&local->workers[index], news->detail, sizeof news->detail);
    if (++local->death_count > DEATHS_MAX)
        return err_set(err, ERR_SYSTEM, "%d workers have died, the last one was %s",
                       (int)local->death_count, news->detail);
    return start_worker(local, index, err);
}

static int wait_for_news(struct crew *crew, int32_t milliseconds, struct crew_news *news,
                         void *result, struct err *err)
{
    struct local_crew *local = (struct local_crew *)crew;
    *news = (struct crew_news){.event = CREW_NOTHING};
    for (int32_t i = 0; i < crew->worker_count; i++)
        local->polled[i] = (struct pollfd){.fd = local->workers[i].socket, .events = POLLIN};
    int ready = poll(local->polled, (nfds_t)crew->worker_count, milliseconds);
    if (ready < 0 && errno != EINTR)
        return err_errno(err, errno, "waiting for workers");
    for (int32_t i = 0; ready > 0 && i < crew->worker_count; i++) {
        if (local->polled[i].revents == 0)
            continue;
        if (!receive_all(local->workers[i].socket, result, crew->work.result_size))
            return lose(local, i, news, err);
        *news = (struct crew_news){.event = CREW_RESULT, .worker = i};
        return 0;
    }
    return 0;
}

static void stop(struct crew *crew)
{
    struct local_crew *local = (struct local_crew *)crew;
    char ignored[160];
    for (int32_t i = 0; i < crew->worker_count; i++)
        if (local->workers[i].pid > 0)
            kill(local->workers[i].pid, SIGKILL);
    for (int32_t i = 0; i < crew->worker_count; i++)
        if (local->workers[i].pid > 0)
            bury(&local->workers[i], ignored, sizeof ignored);
    free(local->workers);
    free(local->polled);
    free(local->result);
    free(local->order);
    free(local);
}

struct crew *crew_local_start(const struct crew_work *work, int32_t count, struct err *err)
{
    static const struct crew_kind kind = {.give = give, .wait = wait_for_news, .stop = stop};
    assert(count > 0);
    struct local_crew *local = calloc(1, sizeof *local);
    if (local == NULL) {
        err_no_memory(err);
        return NULL;
    }
    local->crew = (struct crew){.kind = &kind, .work = *work};
    local->workers = calloc((size_t)count, sizeof *local->workers);
    local->polled = calloc((size_t)count, sizeof *local->polled);
    local->result = malloc(work->result_size);
    local->order = malloc(work->order_size + 1);
    int result = 0;
    if (local->workers == NULL || local->polled == NULL || local->result == NULL ||
        local->order == NULL)
        result = err_no_memory(err);
    for (; result == 0 && local->crew.worker_count < count; local->crew.worker_count++) {
        result = start_worker(local, local->crew.worker_count, err);
        if (result != 0)
            break;
    }
    if (result == 0)
        return &local->crew;
    stop(&local->crew);
    return NULL;
}
