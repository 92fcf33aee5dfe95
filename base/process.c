/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* pipe2 and posix_spawn_file_actions_addchdir_np */
#include "base/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/utf8.h"

extern char **environ;

enum { TAIL_SIZE = 4096, WAIT_STEP_MS = 20 };

/* The last bytes that the child has written. */
struct tail {
    char bytes[TAIL_SIZE];
    size_t size;
};

struct child {
    pid_t pid;
    int output;     /* read end of the pipe; -1 once the child has closed it */
    int64_t end_us; /* by monotonic_us(); INT64_MAX: no limit */
    int status;     /* of waitpid */
    struct tail tail;
};

/* ---- output of the child ---- */

static void tail_add(struct tail *tail, const char *bytes, size_t size)
{
    assert(size <= TAIL_SIZE);
    size_t kept = tail->size > TAIL_SIZE - size ? TAIL_SIZE - size : tail->size;
    memmove(tail->bytes, tail->bytes + tail->size - kept, kept);
    memcpy(tail->bytes + kept, bytes, size);
    tail->size = kept + size;
}

/* Takes what there is without waiting; closes the pipe at its end. */
static void drain_output(struct child *child)
{
    char bytes[TAIL_SIZE];
    ssize_t got = 1;
    while (child->output >= 0 && (got = read(child->output, bytes, sizeof bytes)) > 0)
        tail_add(&child->tail, bytes, (size_t)got);
    bool is_open = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (child->output >= 0 && !is_open) {
        close(child->output);
        child->output = -1;
    }
}

/* The last line that is not blank, with what could upset a terminal as '?'. */
static void print_last_line(const struct tail *tail, char *out, size_t out_size)
{
    size_t end = tail->size;
    while (end > 0 && (unsigned char)tail->bytes[end - 1] <= ' ')
        end--;
    size_t start = end;
    while (start > 0 && tail->bytes[start - 1] != '\n')
        start--;
    size_t used = 0;
    while (start < end) {
        uint32_t code_point = 0;
        size_t length = utf8_decode(tail->bytes + start, end - start, &code_point);
        size_t shown = length == 0 ? 1 : length;
        if (used + shown >= out_size)
            break;
        if (length == 0 || !utf8_is_harmless(code_point)) {
            out[used++] = '?';
        } else {
            memcpy(out + used, tail->bytes + start, length);
            used += length;
        }
        start += shown;
    }
    out[used] = '\0';
}

/* ---- starting ---- */

/* A child begins with no blocked signals and with the default action for each, whatever the program
 * that starts it has set up; its own process group lets the time limit end its children too. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int result = posix_spawnattr_setsigmask(attributes, &none);
    if (result == 0)
        result = posix_spawnattr_setsigdefault(attributes, &all);
    if (result == 0)
        result = posix_spawnattr_setpgroup(attributes, 0);
    if (result == 0)
        result = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    return result;
}

/* Descriptor 0 comes last: the write end may have that number in a program started without it. */
static int set_actions(posix_spawn_file_actions_t *actions, const char *directory, int write_end)
{
    int result = posix_spawn_file_actions_adddup2(actions, write_end, STDOUT_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (result == 0 && directory != NULL)
        result = posix_spawn_file_actions_addchdir_np(actions, directory);
    return result;
}

static int spawn(const struct process_request *request, int write_end, pid_t *pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int result = posix_spawnattr_init(&attributes);
    if (result != 0)
        return result;
    result = posix_spawn_file_actions_init(&actions);
    if (result == 0) {
        result = set_attributes(&attributes);
        if (result == 0)
            result = set_actions(&actions, request->directory, write_end);
        /* posix_spawn takes no const for historical reasons and changes nothing. */
        if (result == 0)
            result = posix_spawnp(pid, request->argv[0], &actions, &attributes,
                                  (char *const *)(uintptr_t)request->argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return result;
}

/* Both ends closed on exec, so that no other child inherits them; reading never waits. */
static int open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return 0;
    close(ends[0]);
    close(ends[1]);
    return -1;
}

static int check_directory(const char *directory, struct err *err)
{
    struct stat info;
    if (directory == NULL)
        return 0;
    if (stat(directory, &info) != 0)
        return err_errno(err, errno, directory);
    return S_ISDIR(info.st_mode) ? 0 : err_errno(err, ENOTDIR, directory);
}

/* ---- waiting ---- */

static void wait_for_output(const struct child *child)
{
    struct pollfd ready = {.fd = child->output, .events = POLLIN};
    poll(&ready, child->output >= 0 ? 1 : 0, child->output >= 0 ? WAIT_STEP_MS : 1);
}

/* A signal of the user that this program has blocked and that waits to be asked for, or 0. */
static int interrupting_signal(void)
{
    sigset_t pending;
    if (sigpending(&pending) != 0)
        return 0;
    if (sigismember(&pending, SIGINT) == 1)
        return SIGINT;
    return sigismember(&pending, SIGTERM) == 1 ? SIGTERM : 0;
}

enum wait_result { WAIT_ENDED, WAIT_TIMED_OUT, WAIT_INTERRUPTED, WAIT_LOST };

/* Both must be watched: a child may close its output and run on, and its own children may hold the
 * output open when it is gone. */
static enum wait_result wait_for_child(struct child *child)
{
    for (;;) {
        pid_t ended = waitpid(child->pid, &child->status, WNOHANG);
        bool is_lost = ended < 0 && errno != EINTR;
        drain_output(child);
        if (ended == child->pid)
            return WAIT_ENDED;
        if (is_lost)
            return WAIT_LOST;
        if (interrupting_signal() != 0)
            return WAIT_INTERRUPTED;
        if (monotonic_us() >= child->end_us)
            return WAIT_TIMED_OUT;
        wait_for_output(child);
    }
}

static void kill_child(struct child *child)
{
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
        ;
}

/* ---- the answer ---- */

/* Where the caller wants it. */
struct answer {
    enum process_outcome *outcome;
    char *detail;
    size_t detail_size;
};

static void answer_failed(const struct answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void answer_failed(const struct answer *answer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(answer->detail, answer->detail_size, format, args);
    va_end(args);
    *answer->outcome = PROCESS_FAILED;
}

static void answer_end(const struct answer *answer, const struct child *child)
{
    char line[256];
    if (WIFSIGNALED(child->status)) {
        answer_failed(answer, "killed by signal %d", WTERMSIG(child->status));
        return;
    }
    if (WEXITSTATUS(child->status) == 0) {
        *answer->outcome = PROCESS_DONE;
        return;
    }
    print_last_line(&child->tail, line, sizeof line);
    answer_failed(answer, "exit code %d%s%s", WEXITSTATUS(child->status),
                  line[0] == '\0' ? "" : ": ", line);
}

/* 0, or the errno of a system that has lost the child. */
static int wait_and_answer(const struct answer *answer, struct child *child,
                           const struct process_request *request)
{
    enum wait_result result = wait_for_child(child);
    if (result == WAIT_LOST)
        return ECHILD;
    if (result == WAIT_ENDED) {
        answer_end(answer, child);
        return 0;
    }
    kill_child(child);
    if (result == WAIT_INTERRUPTED) {
        const char *name = interrupting_signal() == SIGINT ? "SIGINT" : "SIGTERM";
        answer_failed(answer, "stopped by %s", name);
        return 0;
    }
    answer_failed(answer, "ran longer than %d s and was stopped", request->seconds_max);
    return 0;
}

/* 0 when it is the program that cannot be started, or errno_value when the system refuses. */
static int answer_no_start(const struct answer *answer, int errno_value,
                           const struct process_request *request)
{
    if (errno_value == EAGAIN || errno_value == ENOMEM || errno_value == ENFILE ||
        errno_value == EMFILE)
        return errno_value;
    answer_failed(answer, "%s: %s", request->argv[0], strerror(errno_value));
    if (errno_value == ENOENT)
        *answer->outcome = PROCESS_NOT_FOUND;
    return 0;
}

int process_run(const struct process_request *request, enum process_outcome *outcome, char *detail,
                size_t detail_size, struct err *err)
{
    struct answer answer = {.outcome = outcome, .detail = detail, .detail_size = detail_size};
    struct child child = {.end_us = INT64_MAX};
    int ends[2];
    assert(detail_size > 0);
    if (check_directory(request->directory, err) != 0)
        return -1;
    if (open_pipe(ends) != 0)
        return err_errno(err, errno, request->argv[0]);
    detail[0] = '\0';
    int refused = spawn(request, ends[1], &child.pid);
    close(ends[1]);
    child.output = ends[0];
    if (request->seconds_max > 0)
        child.end_us = monotonic_us() + (int64_t)request->seconds_max * US_PER_S;
    int failure = refused != 0 ? answer_no_start(&answer, refused, request)
                               : wait_and_answer(&answer, &child, request);
    if (child.output >= 0)
        close(child.output);
    return failure == 0 ? 0 : err_errno(err, failure, request->argv[0]);
}
