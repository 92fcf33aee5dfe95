/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "cli/command.h"
#include "cli/message.h"

/* A program may be started with standard streams closed; the next file opened would then become,
 * say, stdout, and a summary would go into a report's table. What is closed is therefore held open
 * by something that refuses to be used. */
static void hold_standard_streams(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) == -1)
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

static int fail_unknown_command(const char *name)
{
    char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
    struct err err = {.kind = ERR_NONE};
    err_set(&err, ERR_USAGE, "unknown command %s: %s", text_quote(name, quoted),
            command_hint(name, hint));
    int code = message_fail(&err);
    fputs("Usage: stowage COMMAND [OPTION]... [ARGUMENT]...\nTry `stowage help`.\n", stderr);
    return code;
}

int main(int argc, char **argv)
{
    hold_standard_streams();
    memory_keep();
    /* GSL would abort the program on errors; a reader that goes away is an error of writing. */
    gsl_set_error_handler_off();
    signal(SIGPIPE, SIG_IGN);

    if (argc < 2) {
        command_print_overview(stderr);
        return EXIT_BAD_INPUT;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = command_find(name);
    if (command == NULL)
        return fail_unknown_command(name);
    return command->run(command, argc - 1, argv + 1);
}
