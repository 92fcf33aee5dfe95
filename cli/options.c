/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "cli/message.h"

/* getopt_long reports an option as VALUE_BASE + its index, apart from all letters. */
enum { OPTIONS_MAX = 24, VALUE_BASE = 256, VALUE_HELP = VALUE_BASE + OPTIONS_MAX };

struct getopt_tables {
    char letters[3 * OPTIONS_MAX + 4];
    struct option longs[OPTIONS_MAX + 2];
};

static void add_letter(struct getopt_tables *tables, char letter, bool has_argument)
{
    size_t length = strlen(tables->letters);
    tables->letters[length++] = letter;
    if (has_argument)
        tables->letters[length++] = ':';
    tables->letters[length] = '\0';
}

/* The leading ':' makes getopt_long silent and tells a missing argument from an unknown option. */
static void make_tables(const struct command *command, struct getopt_tables *tables)
{
    assert(command->option_count <= OPTIONS_MAX);
    memset(tables, 0, sizeof *tables);
    tables->letters[0] = ':';
    for (size_t i = 0; i < command->option_count; i++) {
        const struct command_option *option = &command->options[i];
        bool has_argument = option->argument != NULL;
        tables->longs[i] =
            (struct option){.name = option->name,
                            .has_arg = has_argument ? required_argument : no_argument,
                            .val = VALUE_BASE + (int)i};
        if (option->letter != 0)
            add_letter(tables, option->letter, has_argument);
    }
    tables->longs[command->option_count] =
        (struct option){.name = "help", .has_arg = no_argument, .val = VALUE_HELP};
    add_letter(tables, 'h', false);
}

static int index_of_letter(const struct command *command, int letter)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].letter != 0 && command->options[i].letter == letter)
            return (int)i;
    }
    return -1;
}

/* Of what getopt_long found, or has in optopt. */
static int index_of(const struct command *command, int value)
{
    return value >= VALUE_BASE ? value - VALUE_BASE : index_of_letter(command, value);
}

static int fail_unknown(const struct command *command, const char *text, struct err *err)
{
    enum { NAME_SIZE = 32 };
    char names[OPTIONS_MAX + 1][NAME_SIZE];
    const char *items[OPTIONS_MAX + 1];
    char name[TEXT_NEAREST_MAX + 2];
    char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
    for (size_t i = 0; i <= command->option_count; i++) {
        snprintf(names[i], NAME_SIZE, "--%s",
                 i < command->option_count ? command->options[i].name : "help");
        items[i] = names[i];
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "="), text);
    err_set(err, ERR_USAGE, "%s: unknown option %s: %s", command->name, text_quote(text, quoted),
            words_hint(name, (struct words){items, command->option_count + 1}, hint));
    return OPTIONS_FAIL;
}

/* getopt_long returned '?'. optopt is 0 for an unknown long option, VALUE_BASE + index for a long
 * one that was given an argument it does not take, else an unknown letter. */
static int fail_option(const struct command *command, const char *text, struct err *err)
{
    if (optopt == 0)
        return fail_unknown(command, text, err);
    if (optopt >= VALUE_BASE) {
        const char *name =
            optopt == VALUE_HELP ? "help" : command->options[optopt - VALUE_BASE].name;
        err_set(err, ERR_USAGE, "%s: option --%s takes no argument", command->name, name);
        return OPTIONS_FAIL;
    }
    char letter[] = {'-', (char)optopt, '\0'};
    return fail_unknown(command, letter, err);
}

static int fail_missing(const struct command *command, int index, struct err *err)
{
    const struct command_option *option = &command->options[index];
    err_set(err, ERR_USAGE, "%s: option --%s needs an argument: %s", command->name, option->name,
            option->argument);
    return OPTIONS_FAIL;
}

int options_next(const struct command *command, int argc, char **argv, const char **value,
                 struct err *err)
{
    struct getopt_tables tables;
    make_tables(command, &tables);
    int found = getopt_long(argc, argv, tables.letters, tables.longs, NULL);
    *value = optarg;
    if (found == -1)
        return OPTIONS_END;
    if (found == 'h' || found == VALUE_HELP)
        return OPTIONS_HELP;
    if (found == ':')
        return fail_missing(command, index_of(command, optopt), err);
    if (found == '?')
        return fail_option(command, argv[optind - 1], err);
    int index = index_of(command, found);
    bool is_empty = optarg != NULL && optarg[0] == '\0'; /* as of a variable of the shell not set */
    return is_empty ? fail_missing(command, index, err) : index;
}

int options_fail(const struct command *command, const struct err *err)
{
    int code = message_fail(err);
    const char *space = command->arguments[0] != '\0' ? " " : "";
    fprintf(stderr, "Usage: stowage %s [OPTION]...%s%s\nTry `stowage %s --help`.\n", command->name,
            space, command->arguments, command->name);
    return code;
}

int options_stop(const struct command *command, int result, const struct err *err)
{
    if (result != OPTIONS_HELP)
        return options_fail(command, err);
    command_print_help(command, stdout);
    return message_flush_stdout();
}
