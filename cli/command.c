/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include <string.h>

#include "base/array.h"

static const struct command *const commands[] = {
    &cmd_run,   &cmd_validate, &cmd_policies, &cmd_import,  &cmd_compare, &cmd_sweep,
    &cmd_merge, &cmd_plan,     &cmd_bench,    &cmd_version, &cmd_help,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

const char *command_hint(const char *name, char out[WORDS_SIZE])
{
    const char *names[ARRAY_LEN(commands)];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i]->name;
    return words_hint(name, (struct words){names, ARRAY_LEN(commands)}, out);
}

static void print_option(const struct command_option *option, FILE *out)
{
    enum { TEXT_COLUMN = 24 };
    char left[64];
    const char *space = option->argument != NULL ? " " : "";
    const char *argument = option->argument != NULL ? option->argument : "";
    if (option->letter != 0)
        snprintf(left, sizeof left, "-%c, --%s%s%s", option->letter, option->name, space, argument);
    else
        snprintf(left, sizeof left, "    --%s%s%s", option->name, space, argument);
    fprintf(out, "  %-*s  %s\n", TEXT_COLUMN, left, option->meaning);
}

void command_print_help(const struct command *command, FILE *out)
{
    static const struct command_option help = {'h', "help", NULL, "show this text"};
    const char *space = command->arguments[0] != '\0' ? " " : "";
    fprintf(out, "Usage: stowage %s [OPTION]...%s%s\n\n%s\n", command->name, space,
            command->arguments, command->details);
    fputs("Options:\n", out);
    for (size_t i = 0; i < command->option_count; i++)
        print_option(&command->options[i], out);
    print_option(&help, out);
    if (command->notes != NULL)
        fprintf(out, "\n%s", command->notes);
    fprintf(out, "\nExample:\n%s", command->example);
}

void command_print_overview(FILE *out)
{
    fputs(
        "Usage: stowage COMMAND [OPTION]... [ARGUMENT]...\n\n"
        "Simulates how a scheduler places, preempts and packs the runners of a fleet of nodes.\n\n"
        "Commands:\n",
        out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-10s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nOptions:\n"
          "  -h, --help     show this text\n"
          "      --version  show the version\n\n"
          "Exit status: 0 done; 1 it ran and the answer is no; 2 bad usage or input; 3 the system\n"
          "failed (memory, disk, a child process) or the run was interrupted.\n\n"
          "`stowage help COMMAND` says more about one command. Example:\n"
          "  stowage run scenarios/quickstart.json -o report/quickstart\n",
          out);
}
