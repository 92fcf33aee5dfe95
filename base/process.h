/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_PROCESS_H
#define STOWAGE_BASE_PROCESS_H

#include <stddef.h>

#include "base/err.h"

enum process_outcome {
    PROCESS_DONE,      /* ran and exited 0 */
    PROCESS_NOT_FOUND, /* no such program on the PATH */
    PROCESS_FAILED,    /* exited non-zero, was killed by a signal, ran past the limit, or stopped */
};

struct process_request {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up on the PATH */
    const char *directory;   /* working directory of the child, or NULL */
    int seconds_max;         /* killed after this long; 0: no limit */
};

/* Runs a program with stdin from /dev/null and stdout+stderr captured; waits for it. The child is
 * in a process group of its own and does not hear Ctrl-C: where the caller has SIGINT or SIGTERM
 * blocked and one is pending, the child is stopped and the signal stays pending. 0 with
 * *outcome set; for PROCESS_FAILED `detail` says how ("exit code 1: <last output line>", "killed by
 * signal 11"). -1 only when the system refuses (no memory, no process). The child's signal mask is
 * empty. */
int process_run(const struct process_request *request, enum process_outcome *outcome, char *detail,
                size_t detail_size, struct err *err);

#endif
