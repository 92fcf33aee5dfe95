/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/message.h"
#include "cli/options.h"

static int run_help(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    const char *value;
    int found = options_next(command, argc, argv, &value, &err);
    if (found != OPTIONS_END)
        return options_stop(command, found, &err);
    if (optind >= argc) {
        command_print_overview(stdout);
        return message_flush_stdout();
    }
    const struct command *topic = command_find(argv[optind]);
    if (topic == NULL || argc - optind > 1) {
        char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
        if (topic == NULL)
            err_set(&err, ERR_USAGE, "help: unknown command %s: %s",
                    text_quote(argv[optind], quoted), command_hint(argv[optind], hint));
        else
            err_set(&err, ERR_USAGE, "help: takes one command");
        return options_fail(command, &err);
    }
    command_print_help(topic, stdout);
    return message_flush_stdout();
}

const struct command cmd_help = {
    .name = "help",
    .summary = "say more about a command",
    .arguments = "[COMMAND]",
    .details = "Prints what a command does, or the list of commands.\n",
    .example = "  stowage help run\n",
    .run = run_help,
};
