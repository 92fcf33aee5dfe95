/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/policy_library.h"
#include "scheduler/policy_text.h"

enum { LINE_SIZE = 256 };

static int print_list(void)
{
    size_t count;
    const struct policy *const *policies = policy_list(&count);
    for (size_t i = 0; i < count; i++)
        printf("%-20s  %s\n", policies[i]->name, policies[i]->summary);
    return message_flush_stdout();
}

static void print_parameter(const struct policy_parameter *parameter)
{
    char allowed[LINE_SIZE], initial[LINE_SIZE];
    policy_text_allowed(parameter, allowed, sizeof allowed);
    policy_text_value(parameter, &parameter->initial, initial, sizeof initial);
    bool has_initial = parameter->kind != PARAMETER_POLICIES;
    printf("  %s\n      %s\n      %s%s%s\n", parameter->name, parameter->meaning, allowed,
           has_initial ? "; default " : "; must be given", has_initial ? initial : "");
}

static int print_policy(const struct policy *policy)
{
    printf("%s: %s\n\n", policy->name, policy->summary);
    if (policy->parameter_count == 0)
        puts("It has no parameters.");
    else
        puts("Parameters:");
    for (int32_t i = 0; i < policy->parameter_count; i++)
        print_parameter(&policy->parameters[i]);
    return message_flush_stdout();
}

/* One that ships, or one in a shared object. */
static int show_policy(const struct command *command, const char *name)
{
    struct err err = {.kind = ERR_NONE};
    const struct policy *policy = policy_find(name);
    void *library = NULL;
    if (strchr(name, '/') != NULL && policy_library_open(name, &policy, &library, &err) != 0)
        return message_fail(&err);
    if (policy == NULL) {
        char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
        err_set(&err, ERR_USAGE, "policies: no policy %s: %s", text_quote(name, quoted),
                policy_name_hint(name, hint));
        return options_fail(command, &err);
    }
    int code = print_policy(policy);
    policy_library_close(library);
    return code;
}

static int run_policies(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    const char *value;
    int found = options_next(command, argc, argv, &value, &err);
    if (found != OPTIONS_END)
        return options_stop(command, found, &err);
    if (argc - optind > 1) {
        err_set(&err, ERR_USAGE, "policies: takes one name at most");
        return options_fail(command, &err);
    }
    return optind < argc ? show_policy(command, argv[optind]) : print_list();
}

const struct command cmd_policies = {
    .name = "policies",
    .summary = "list the placement policies and their parameters",
    .arguments = "[NAME]",
    .details = "Lists the policies that `stowage run --policy NAME` and a scenario's\n"
               "scheduler.policy may name; of one, with NAME, its parameters. NAME may be a\n"
               "shared object with a policy too: ./my_policy.so.\n",
    .example = "  stowage policies\n"
               "  stowage policies fgd\n",
    .run = run_policies,
};
