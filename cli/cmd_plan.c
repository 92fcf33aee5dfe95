/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/command_text.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/options.h"
#include "cli/plan_instance.h"
#include "cli/plan_scenario.h"

enum {
    OPTION_OUTPUT,
    OPTION_INSTANCE,
    OPTION_TARGET,
    OPTION_SURVIVE,
    OPTION_NODES,
    OPTION_WHAT_IF,
    OPTION_PROBABILITY,
    OPTION_CONFIDENCE,
    OPTION_FAILURES,
    OPTION_BUDGET,
    OPTION_SENSITIVITY,
    OPTION_SET,
    OPTION_SEED,
    OPTION_JOBS,
    OPTION_MAX_PLANS,
    OPTION_REDO,
    OPTION_FORMAT,
    OPTION_NO_PLOTS,
    OPTION_QUIET,
};

static const struct command_option options[] = {
    [OPTION_OUTPUT] = {'o', "output", "DIR", "write the report of the plan to DIR"},
    [OPTION_INSTANCE] = {'i', "instance", "FILE", "plan for items and types, without a scenario"},
    [OPTION_TARGET] = {'t', "target", "TARGET", "what a run has to keep (default: floors)"},
    [OPTION_SURVIVE] = {0, "survive", "LOSS", "also without: node, N nodes, zone, zone:Z, spot"},
    [OPTION_NODES] = {'n', "nodes", "POOL=LOW..HIGH", "how many nodes it may have (see below)"},
    [OPTION_WHAT_IF] = {0, "what-if", "CHANGE",
                        "only look at the fleet there is, with this change"},
    [OPTION_PROBABILITY] = {0, "probability", "P", "that a run keeps all targets (default 0.95)"},
    [OPTION_CONFIDENCE] = {0, "confidence", "C", "with which that is claimed (default 0.95)"},
    [OPTION_FAILURES] = {0, "failures", "N", "replications that may fail (default 0)"},
    [OPTION_BUDGET] = {0, "budget", "USD", "an hour; a dearer plan is the answer no"},
    [OPTION_SENSITIVITY] = {0, "sensitivity", NULL, "also plan for other demand, overhead, prices"},
    [OPTION_SET] = {0, "set", "PATH=VALUE", "edit the scenario first, as with `stowage run`"},
    [OPTION_SEED] = {'s', "seed", "N", "of the first replication, instead of the scenario's"},
    [OPTION_JOBS] = {'j', "jobs", "N", "threads (default: one for each processor)"},
    [OPTION_MAX_PLANS] = {0, "max-plans", "N", "no swaps, no rest after so many (default 400)"},
    [OPTION_REDO] = {0, "redo", NULL, "do runs again that DIR keeps of another question"},
    [OPTION_FORMAT] = {'f', "format", "FORMAT", "of the answer on stdout: text or json"},
    [OPTION_NO_PLOTS] = {0, "no-plots", NULL, "write the plot scripts, but draw no pictures"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print errors only"},
};

/* ---- single values ---- */

/* Digits with a point perhaps, by the grammar of prices. */
static int parse_decimal(const char *text, const char *option, double *out, struct err *err)
{
    int64_t millionths;
    char quoted[TEXT_QUOTE_SIZE];
    struct err unused;
    if (parse_price_micro(text, &millionths, &unused) != 0)
        return err_set(err, ERR_USAGE, "plan: --%s: %s: give a number such as 42 or 0.5", option,
                       text_quote(text, quoted));
    *out = (double)millionths / 1e6;
    return 0;
}

static int parse_share(const char *text, const char *option, double *out, struct err *err)
{
    if (parse_decimal(text, option, out, err) != 0)
        return -1;
    if (*out <= 0 || *out >= 1)
        return err_set(err, ERR_USAGE, "plan: --%s: %s: give a number between 0 and 1", option,
                       text);
    return 0;
}

static int parse_format(const char *text, bool *is_json, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    *is_json = strcmp(text, "json") == 0;
    if (!*is_json && strcmp(text, "text") != 0)
        return err_set(err, ERR_USAGE, "plan: --format: %s: give text or json",
                       text_quote(text, quoted));
    return 0;
}

static int add_text(struct plan_texts *texts, const char *text, const char *option, struct err *err)
{
    if (texts->count == PLAN_TEXTS_MAX)
        return err_set(err, ERR_USAGE, "plan: --%s: give it at most %d times", option,
                       PLAN_TEXTS_MAX);
    texts->items[texts->count++] = text;
    return 0;
}

/* ---- the command line ---- */

static int parse_option(int option, const char *value, struct plan_scenario_options *plan,
                        struct err *err)
{
    enum { PLANS_MAX = 1000000, FAILURES_MAX = 1000 };
    const char *name = options[option].name;
    switch (option) {
    case OPTION_OUTPUT:
        plan->output_path = value;
        break;
    case OPTION_INSTANCE:
        plan->instance_path = value;
        break;
    case OPTION_TARGET:
        return add_text(&plan->targets, value, name, err);
    case OPTION_SURVIVE:
        return add_text(&plan->survives, value, name, err);
    case OPTION_NODES:
        return add_text(&plan->bounds, value, name, err);
    case OPTION_WHAT_IF:
        return add_text(&plan->what_ifs, value, name, err);
    case OPTION_PROBABILITY:
        return parse_share(value, name, &plan->probability, err);
    case OPTION_CONFIDENCE:
        return parse_share(value, name, &plan->confidence, err);
    case OPTION_FAILURES:
        return option_count(value, "plan: --failures", (struct whole_range){0, FAILURES_MAX},
                            &plan->failures_allowed, err);
    case OPTION_BUDGET:
        return parse_decimal(value, name, &plan->budget_usd_h, err);
    case OPTION_SENSITIVITY:
        plan->asks_sensitivity = true;
        break;
    case OPTION_SET:
        return edit_option_add(&plan->edits, value, "plan", err);
    case OPTION_SEED:
        plan->has_seed = true;
        return option_seed(value, "plan: --seed", &plan->seed, err);
    case OPTION_JOBS:
        return option_jobs(value, "plan: --jobs", &plan->jobs, err);
    case OPTION_MAX_PLANS:
        return option_count(value, "plan: --max-plans", (struct whole_range){0, PLANS_MAX},
                            &plan->points_max, err);
    case OPTION_REDO:
        plan->redoes = true;
        break;
    case OPTION_FORMAT:
        return parse_format(value, &plan->prints_json, err);
    case OPTION_NO_PLOTS:
        plan->draws_plots = false;
        break;
    case OPTION_QUIET:
        plan->is_quiet = true;
        break;
    }
    return 0;
}

static int check_instance_arguments(const struct plan_scenario_options *plan, int argc,
                                    struct err *err)
{
    bool simulates = plan->targets.count > 0 || plan->survives.count > 0 ||
                     plan->bounds.count > 0 || plan->what_ifs.count > 0 || plan->edits.count > 0 ||
                     plan->has_seed || plan->asks_sensitivity;
    if (optind < argc)
        return err_set(err, ERR_USAGE, "plan: takes a scenario or --instance FILE, not both");
    if (simulates)
        return err_set(err, ERR_USAGE,
                       "plan: --instance is not simulated: give only --format, --output and "
                       "--quiet with it");
    return 0;
}

static int plan_instance(const struct plan_scenario_options *plan)
{
    const struct plan_instance_options instance = {.instance_path = plan->instance_path,
                                                   .output_path = plan->output_path,
                                                   .command = plan->command,
                                                   .prints_json = plan->prints_json,
                                                   .is_quiet = plan->is_quiet};
    return plan_instance_run(&instance);
}

static int check_jobs(struct plan_scenario_options *plan, const struct mpi_job *job,
                      struct err *err)
{
    if (plan->jobs > 0 && job->ranks != NULL)
        return err_set(err, ERR_USAGE, "plan: --jobs: the ranks of MPI are the workers");
    if (plan->jobs == 0)
        plan->jobs = option_jobs_default();
    return 0;
}

static int check_arguments(struct plan_scenario_options *plan, int argc, char **argv,
                           struct err *err)
{
    if (plan->instance_path != NULL)
        return check_instance_arguments(plan, argc, err);
    if (optind >= argc)
        return err_set(err, ERR_USAGE, "plan: give a scenario, or --instance FILE");
    if (argc - optind > 1)
        return err_set(err, ERR_USAGE, "plan: takes one scenario");
    if (plan->what_ifs.count > 0 && plan->bounds.count > 0)
        return err_set(err, ERR_USAGE,
                       "plan: --what-if: it looks at a single fleet: give no --nodes with it");
    plan->scenario_path = argv[optind];
    return 0;
}

/* All of them; what is wrong with the values is told at once, all of it. Returns OPTIONS_END, _FAIL
 * or _HELP. */
static int parse_options(const struct command *command, int argc, char **argv,
                         struct plan_scenario_options *plan, struct err *err)
{
    int found;
    bool is_wrong = false;
    const char *value;
    struct err next = {.kind = ERR_NONE};
    while ((found = options_next(command, argc, argv, &value, &next)) >= 0) {
        if (parse_option(found, value, plan, &next) == 0)
            continue;
        if (is_wrong)
            message_fail(err);
        is_wrong = true;
        *err = next;
    }
    if (is_wrong && found == OPTIONS_END)
        return OPTIONS_FAIL; /* the last one is told by the caller, with the usage */
    if (is_wrong)
        message_fail(err);
    *err = next;
    return found;
}

static int lead(const struct command *command, int argc, char **argv, struct mpi_job *job)
{
    struct err err = {.kind = ERR_NONE};
    struct plan_scenario_options plan = {.probability = (double)NAN,
                                         .confidence = (double)NAN,
                                         .failures_allowed = -1,
                                         .budget_usd_h = (double)NAN,
                                         .points_max = 400,
                                         .draws_plots = true};
    char *text = NULL;
    if (command_text(argc, argv, &text, &err) != 0)
        return message_fail(&err);
    plan.command = text;
    int found = parse_options(command, argc, argv, &plan, &err);
    int code;
    if (found == OPTIONS_FAIL || found == OPTIONS_HELP)
        code = options_stop(command, found, &err);
    else if (check_arguments(&plan, argc, argv, &err) != 0 || check_jobs(&plan, job, &err) != 0)
        code = options_fail(command, &err);
    else if (plan.instance_path != NULL)
        code = plan_instance(&plan);
    else
        code = plan_scenario_run(&plan, job);
    free(text);
    return code;
}

static int run_plan(const struct command *command, int argc, char **argv)
{
    const struct mpi_parts parts = {.lead = lead, .work = plan_scenario_work};
    return mpi_job_run(command, argc, argv, &parts);
}

const struct command cmd_plan = {
    .name = "plan",
    .summary = "find the cheapest fleet that keeps its promises",
    .arguments = "SCENARIO",
    .details =
        "Looks for the cheapest numbers of nodes with which the scenario keeps all targets, by\n"
        "simulating each plan with the same seeds, and measures the one that it ends with on\n"
        "seeds that no plan has seen: 59 clean ones of 59 claim a probability of 0.95 with a\n"
        "confidence of 95 %. Says what binds, and what one node more or less would do.\n"
        "With --instance FILE nothing is simulated: of items (how many, the request of one) and\n"
        "instance types (capacity, price per hour) it makes the cheapest nodes that hold all, and\n"
        "a lower bound that no nodes can undercut, proved in integers; -o writes plan.txt,\n"
        "nodes.csv, prices.csv and summary.json.\n",
    .notes =
        "TARGET is floors (no floor is missed at any time), no-preemption PRIORITY, placed\n"
        "DURATION PERCENT, or METRIC OP NUMBER with OP one of <= >= < > == !=; it may be given\n"
        "several times, as may --survive, --nodes and --what-if.\n"
        "CHANGE is \"add N nodes of TYPE to pool POOL\", \"remove N nodes of TYPE from pool "
        "POOL\",\n"
        "or nothing.\n"
        "POOL=LOW..HIGH bounds every instance type of the pool, POOL/TYPE=LOW..HIGH one of them;\n"
        "of a pool that scales, POOL/max, POOL/min and POOL/warm. Without it a pool may have as\n"
        "many nodes of each type as its max_instances, or as it has now if these are more.\n"
        "With -o DIR every run is kept there: the same command goes on where an earlier\n"
        "one stopped.\n"
        "Under mpirun the ranks are the workers.\n"
        "Exit status: 0 a plan was found and checked; 1 there is none, or it is over the budget;\n"
        "2 wrong usage or input; 3 a failure of the system, or an interrupt.\n",
    .example = "  stowage plan scenarios/clarifai-week.json --target floors -o report/plan\n"
               "  stowage plan --instance examples/plan/services.json --format json\n"
               "  stowage plan fleet.json -t 'placed 5m 99' -t 'no-preemption 8' --survive node\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_plan,
};
