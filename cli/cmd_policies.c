/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>

#include "cli/command.h"
#include "cli/message.h"
#include "cli/options.h"
#include "scheduler/policy.h"

static int run_policies(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    const char *value;
    int found = options_next(command, argc, argv, &value, &err);
    if (found != OPTIONS_END)
        return options_stop(command, found, &err);
    if (optind < argc) {
        err_set(&err, ERR_USAGE, "policies: takes no argument");
        return options_fail(command, &err);
    }
    size_t count;
    const struct policy *const *policies = policy_list(&count);
    for (size_t i = 0; i < count; i++)
        printf("%-12s  %s\n", policies[i]->name, policies[i]->summary);
    return message_flush_stdout();
}

const struct command cmd_policies = {
    .name = "policies",
    .summary = "list the placement policies",
    .arguments = "",
    .details = "Lists the policies that `stowage run --policy NAME` and a scenario's\n"
               "scheduler.policy may name.\n",
    .example = "  stowage policies\n",
    .run = run_policies,
};
