/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_INTERRUPT_H
#define STOWAGE_CLI_INTERRUPT_H

#include <signal.h>

#include "base/err.h"

/* Ctrl-C (SIGINT) and SIGTERM without a handler and its global flag: the signals are blocked and
 * asked for now and then. */
struct interrupt {
    sigset_t signals;
};

/* From now on until the program ends these signals wait to be asked for. One that the caller of the
 * program ignores (nohup, a background job) stays ignored. */
int interrupt_block(struct interrupt *interrupt, struct err *err);

/* The number of a signal that came, or 0. One system call. */
int interrupt_poll(const struct interrupt *interrupt);

/* "SIGINT" or "SIGTERM". */
const char *interrupt_name(int signal_number);

#endif
