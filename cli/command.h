/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_COMMAND_H
#define STOWAGE_CLI_COMMAND_H

#include <stddef.h>
#include <stdio.h>

#include "base/words.h"

/* A subcommand: `stowage NAME ...`. One file cmd_<name>.c holds its const struct, one line in
 * command.c lists it. What --help prints, what getopt_long accepts and what the manual page must
 * name all come from the same table of options. */

/* The program's exit codes. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_ANSWER_IS_NO = 1, /* it ran, and the answer is no: infeasible floors, a broken promise */
    EXIT_BAD_INPUT = 2,    /* the command line or an input file is wrong */
    EXIT_SYSTEM = 3,       /* memory, disk, a child process, an interrupt, a bug found by --check */
};

struct command_option {
    char letter;          /* 0: there is only the long form */
    const char *name;     /* "output" for --output */
    const char *argument; /* "DIR"; NULL: the option takes none */
    const char *meaning;  /* one line */
};

struct command {
    const char *name;
    const char *summary;   /* one line for `stowage help` */
    const char *arguments; /* "SCENARIO" */
    const char *details;   /* paragraphs between the usage line and the options; ends in '\n' */
    const char *notes;     /* behind the options: exit status and the like; ends in '\n'; or NULL */
    const char *example;   /* command lines, two blanks before each; ends in '\n' */
    const struct command_option *options; /* [option_count] */
    size_t option_count;
    /* argv[0] is the name of the subcommand. The result is an enum exit_code. */
    int (*run)(const struct command *command, int argc, char **argv);
};

/* NULL when there is no such name. */
const struct command *command_find(const char *name);

/* What is said of a name that there is not, as of words_hint. Returns out. */
const char *command_hint(const char *name, char out[WORDS_SIZE]);

/* What `stowage NAME --help` prints. The caller checks out for write errors. */
void command_print_help(const struct command *command, FILE *out);

/* What `stowage help` prints. */
void command_print_overview(FILE *out);

extern const struct command cmd_run, cmd_plan, cmd_validate, cmd_policies, cmd_import, cmd_compare,
    cmd_sweep, cmd_merge, cmd_bench, cmd_version, cmd_help;

#endif
