/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_INTERRUPT_WATCH_H
#define STOWAGE_CLI_INTERRUPT_WATCH_H

#include <pthread.h>
#include <stdint.h>

#include "base/err.h"
#include "base/output.h"
#include "cli/interrupt.h"

/* Ctrl-C and SIGTERM during work that cannot ask for them, such as reading a file or a terminal: a
 * thread waits for them, and ends the program with a message and EXIT_SYSTEM. There is nothing to
 * keep of such work, but for temporary files, which are removed. */
struct interrupt_watch {
    const char *what; /* "reading the scenario" */
    /* Outputs that are not to be committed, or opened, before the watch ends. */
    const struct output_file *const *outputs; /* [output_count] */
    int32_t output_count;
    struct interrupt interrupt;
    pthread_t thread;
};

/* The first three fields are given. From now on the signals are blocked, also when the watch has
 * ended: as after interrupt_block. */
int interrupt_watch_start(struct interrupt_watch *watch, struct err *err);

/* A signal that comes from now on waits to be asked for, or for the next watch. */
void interrupt_watch_end(struct interrupt_watch *watch);

#endif
