/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_OPTIONS_H
#define STOWAGE_CLI_OPTIONS_H

#include "base/err.h"
#include "cli/command.h"

/* Parsing of a subcommand's options by its own table, with getopt_long (which keeps its place in
 * globals of the C library: one parse at a time, and one per process). */

enum {
    OPTIONS_END = -1,  /* no more options: the arguments are argv[optind..argc) */
    OPTIONS_FAIL = -2, /* err says why, did-you-mean included */
    OPTIONS_HELP = -3, /* --help was given: print it and stop */
};

/* The next option: its index in command->options with *value set to its argument (NULL where it
 * takes none), or one of the above. */
int options_next(const struct command *command, int argc, char **argv, const char **value,
                 struct err *err);

/* Prints the error and a short usage line; returns the exit code. */
int options_fail(const struct command *command, const struct err *err);

/* What all commands do at OPTIONS_FAIL and OPTIONS_HELP; returns the exit code. */
int options_stop(const struct command *command, int result, const struct err *err);

#endif
