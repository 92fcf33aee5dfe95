/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>

#include "cli/command.h"
#include "cli/message.h"
#include "cli/options.h"

static int run_version(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    const char *value;
    int found = options_next(command, argc, argv, &value, &err);
    if (found != OPTIONS_END)
        return options_stop(command, found, &err);
    if (optind < argc) {
        err_set(&err, ERR_USAGE, "version: takes no argument");
        return options_fail(command, &err);
    }
    printf("stowage %s\n"
           "License GPL-3.0-or-later. This is free software; there is no warranty.\n",
           STOWAGE_VERSION);
    return message_flush_stdout();
}

const struct command cmd_version = {
    .name = "version",
    .summary = "show the version",
    .arguments = "",
    .details = "Prints the version and the license.\n",
    .example = "  stowage version\n",
    .run = run_version,
};
