/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <inttypes.h>

#include "base/array.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/edit_option.h"
#include "cli/floors.h"
#include "cli/load_told.h"
#include "cli/message.h"
#include "cli/options.h"
#include "scenarios/scenario.h"

enum { OPTION_FLOORS, OPTION_SET, OPTION_QUIET };

static const struct command_option options[] = {
    [OPTION_FLOORS] = {0, "floors", NULL, "exit 1 where floors cannot be met at maximum size"},
    [OPTION_SET] = {0, "set", "PATH=VALUE", "edit the scenario first, as with `stowage run`"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print errors only"},
};

struct validation {
    struct edit_option edits;
    bool needs_floors; /* floors that cannot be met are a failure */
    bool is_quiet;
};

static void print_facts(const struct scenario *scenario, const char *path)
{
    char horizon[UNITS_TEXT_SIZE];
    printf("%s: valid: nodepools %" PRId32 ", nodes %" PRId32 ", runners %" PRId32
           ", arrivals %" PRId32 ", events %" PRId32 ", horizon %s\n",
           path, scenario->pool_count, scenario->node_count, scenario->runner_count,
           scenario->arrival_count, scenario->event_count,
           print_duration(scenario->horizon_us, horizon));
}

/* The exit code for one file. */
static int validate(const struct validation *validation, const char *path)
{
    struct scenario scenario;
    struct err err = {.kind = ERR_NONE};
    const struct edit_list edits = edit_option_list(&validation->edits);
    int loaded = load_told(&scenario, path, &edits, validation->is_quiet, &err);
    int code;
    if (loaded != 0) {
        code = message_refused(&scenario.problems, path, &err);
    } else {
        if (!validation->is_quiet)
            print_facts(&scenario, path);
        code = floors_tell(&scenario, NULL, validation->is_quiet && !validation->needs_floors);
        if (code == EXIT_ANSWER_IS_NO && !validation->needs_floors)
            code = EXIT_DONE;
    }
    scenario_release(&scenario);
    return code;
}

static int run_validate(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct validation validation = {0};
    const char *value;
    int found = OPTIONS_END, result = 0;
    while (result == 0 && (found = options_next(command, argc, argv, &value, &err)) >= 0) {
        if (found == OPTION_FLOORS)
            validation.needs_floors = true;
        else if (found == OPTION_SET)
            result = edit_option_add(&validation.edits, value, "validate", &err);
        else
            validation.is_quiet = true;
    }
    if (result != 0)
        return options_fail(command, &err);
    if (found != OPTIONS_END)
        return options_stop(command, found, &err);
    if (optind >= argc) {
        err_set(&err, ERR_USAGE, "validate: give one scenario or more");
        return options_fail(command, &err);
    }
    int worst = EXIT_DONE;
    for (int i = optind; i < argc; i++) {
        int code = validate(&validation, argv[i]);
        worst = code > worst ? code : worst;
    }
    int flushed = message_flush_stdout();
    return flushed > worst ? flushed : worst;
}

const struct command cmd_validate = {
    .name = "validate",
    .summary = "check scenarios and tell all their errors",
    .arguments = "SCENARIO...",
    .details =
        "Reads each scenario with all that it includes and tells every error and warning in\n"
        "one go, as FILE: PLACE: WHAT IS WRONG: WHAT IS ALLOWED. SCENARIO is a file, a folder\n"
        "with a scenario.json in it, or - for standard input.\n",
    .notes =
        "Exit status: 0 all are valid; 1 all are valid, but floors (min_replicas) cannot be met\n"
        "even by an empty fleet at its maximum size; 2 there are errors.\n",
    .example = "  stowage validate scenarios/quickstart.json scenarios/floors.json\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_validate,
};
