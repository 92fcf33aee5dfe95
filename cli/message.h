/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_MESSAGE_H
#define STOWAGE_CLI_MESSAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/problems.h"

/* What the program says to its user, on stderr: "error: ...", "warning: ...", "note: ...". The word
 * is coloured on a terminal. */

/* Is this stream a terminal that wants colours? No where NO_COLOR is set and not empty
 * (no-color.org) or TERM is "dumb". */
bool message_wants_colour(FILE *stream);

/* Prints the error and returns the exit code of its kind. */
int message_fail(const struct err *err);

void message_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Every problem of an input, one line each; with `errors_only` no warnings. */
void message_problems(const struct problems *problems, bool errors_only);

/* What an input was refused for: its problems, and then how many, where there are several. Returns
 * the exit code. */
int message_refused(const struct problems *problems, const char *path, const struct err *err);

/* Flushes stdout and says whether all that was written there arrived: EXIT_DONE, or EXIT_SYSTEM
 * with a message. A reader that went away (`stowage ... | head`) gets no message. Output that is
 * lost must not look like success, so every command that prints to stdout ends here. */
int message_flush_stdout(void);

/* For a failure `err` of something that was writing to stdout: prints it, unless the reader went
 * away. Returns the exit code. */
int message_stdout_failed(const struct err *err);

#endif
