/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/output.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/command_text.h"
#include "cli/edit_option.h"
#include "cli/floors.h"
#include "cli/interrupt.h"
#include "cli/load_told.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/options.h"
#include "cli/plots_told.h"
#include "cli/policy_option.h"
#include "cli/run_loop.h"
#include "reports/report.h"
#include "scenarios/scenario.h"
#include "sim/sim.h"

enum {
    OPTION_OUTPUT,
    OPTION_POLICY,
    OPTION_SEED,
    OPTION_SET,
    OPTION_FORMAT,
    OPTION_CHECK,
    OPTION_TRACE,
    OPTION_GROUP_BY,
    OPTION_SELECT,
    OPTION_NO_PLOTS,
    OPTION_QUIET,
};

static const struct command_option options[] = {
    [OPTION_OUTPUT] = {'o', "output", "DIR",
                       "write the report folder DIR (new, empty or a report)"},
    [OPTION_POLICY] = {'p', "policy", "POLICY", "the placement policy instead of the scenario's"},
    [OPTION_SEED] = {'s', "seed", "N", "the seed instead of the scenario's"},
    [OPTION_SET] = {0, "set", "PATH=VALUE", "edit the scenario first; may be given several times"},
    [OPTION_FORMAT] = {'f', "format", "FORMAT", "of the summary on stdout: text, json or md"},
    [OPTION_CHECK] = {0, "check", NULL, "verify every invariant after every event (slow)"},
    [OPTION_TRACE] = {'t', "trace", "FILE", "write every event as a line of JSON; - for stdout"},
    [OPTION_GROUP_BY] = {0, "group-by", "KEY", "group runners in the reports (see below)"},
    [OPTION_SELECT] = {0, "select", "KEY=VALUE", "only these runners in the runner tables"},
    [OPTION_NO_PLOTS] = {0, "no-plots", NULL, "write the plot scripts, but draw no pictures"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print errors only"},
};

enum summary_format { FORMAT_TEXT = 0, FORMAT_JSON, FORMAT_MARKDOWN };

struct run_command {
    const char *scenario_path, *output_path, *trace_path, *group_by, *select;
    char *command; /* the command line; owned */
    struct policy_option policy;
    struct edit_option edits;
    struct sim_options sim;
    enum summary_format format;
    bool draws_plots, is_quiet;
};

/* What a run has in hand; all of it is released at the end, wherever it fails. */
struct run_state {
    struct scenario scenario;
    struct floor_report floors;
    struct sim sim;
    struct output_file trace;
    struct interrupt interrupt;
    int signal_number; /* that ended the run early, or 0 */
};

/* ---- the command line ---- */

static int parse_policy(const char *text, struct run_command *run, struct err *err)
{
    if (policy_option_set(&run->policy, text, "run: --policy", err) != 0)
        return -1;
    run->sim.policy = run->policy.choice.policy;
    run->sim.policy_values = run->policy.choice.values;
    return 0;
}

static int parse_seed(const char *text, struct run_command *run, struct err *err)
{
    run->sim.has_seed = true;
    return option_seed(text, "run: --seed", &run->sim.seed, err);
}

static int parse_format(const char *name, struct run_command *run, struct err *err)
{
    static const char *const names[] = {
        [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_MARKDOWN] = "md"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0) {
            run->format = (enum summary_format)i;
            return 0;
        }
    }
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(err, ERR_USAGE, "run: --format: %s: give one of text, json, md",
                   text_quote(name, quoted));
}

static int parse_option(int option, const char *value, struct run_command *run, struct err *err)
{
    switch (option) {
    case OPTION_POLICY:
        return parse_policy(value, run, err);
    case OPTION_SEED:
        return parse_seed(value, run, err);
    case OPTION_SET:
        return edit_option_add(&run->edits, value, "run", err);
    case OPTION_FORMAT:
        return parse_format(value, run, err);
    case OPTION_OUTPUT:
        if (strcmp(value, "-") == 0)
            return err_set(err, ERR_USAGE,
                           "run: --output: -: the report is a folder and cannot go to stdout: give "
                           "its path (./- for one of that name), or --format json");
        run->output_path = value;
        run->sim.keep_changes = true;
        break;
    case OPTION_CHECK:
        run->sim.check = true;
        break;
    case OPTION_TRACE:
        run->trace_path = value;
        run->sim.keep_records = true;
        break;
    case OPTION_GROUP_BY:
        run->group_by = value;
        break;
    case OPTION_SELECT:
        run->select = value;
        break;
    case OPTION_NO_PLOTS:
        run->draws_plots = false;
        break;
    case OPTION_QUIET:
        run->is_quiet = true;
        break;
    }
    return 0;
}

/* Neither the other output nor what is read may be lost under a trace. */
static int check_trace(const struct run_command *run, struct err *err)
{
    const char *trace = run->trace_path;
    if (trace == NULL || strcmp(trace, "-") == 0)
        return 0;
    if (run->output_path != NULL && folder_is_same(trace, run->output_path))
        return err_set(err, ERR_USAGE, "run: --output and --trace are both %s: give each its own",
                       trace);
    if (folder_is_same(trace, run->scenario_path))
        return err_set(err, ERR_USAGE, "run: --trace: %s is the scenario: give another file",
                       trace);
    return 0;
}

/* Both are about tables of the report; of the summaries only the one in Markdown has such. */
static int check_tables(const struct run_command *run, struct err *err)
{
    if (run->output_path == NULL && run->group_by != NULL)
        return err_set(err, ERR_USAGE,
                       "run: --group-by is about a table of the report: give its folder with "
                       "--output");
    if (run->output_path == NULL && run->select != NULL && run->format != FORMAT_MARKDOWN)
        return err_set(err, ERR_USAGE,
                       "run: --select is about the tables of the report: give its folder with "
                       "--output, or --format md");
    return 0;
}

static int check_arguments(struct run_command *run, int argc, char **argv, struct err *err)
{
    if (optind >= argc)
        return err_set(err, ERR_USAGE, "run: give a scenario");
    if (argc - optind > 1)
        return err_set(err, ERR_USAGE, "run: takes one scenario");
    run->scenario_path = argv[optind];
    const struct report_options report = {.group_by = run->group_by, .select = run->select};
    if (report_options_check(&report, err) != 0)
        return err_prefix(err, "run");
    return check_tables(run, err) != 0 ? -1 : check_trace(run, err);
}

static bool trace_has_stdout(const struct run_command *run)
{
    return run->trace_path != NULL && strcmp(run->trace_path, "-") == 0;
}

/* ---- the run ---- */

static int load(const struct run_command *run, struct run_state *state, struct err *err)
{
    const struct edit_list edits = edit_option_list(&run->edits);
    return load_told(&state->scenario, run->scenario_path, &edits, run->is_quiet, err);
}

/* What the run will write: a wrong path is told before the run and not after it. */
static int open_outputs(const struct run_command *run, struct run_state *state, struct err *err)
{
    if (output_dir_probe(run->output_path, err) != 0)
        return -1;
    if (run->trace_path != NULL)
        return output_file_open(&state->trace, run->trace_path, err);
    return 0;
}

static int simulate(const struct run_command *run, struct run_state *state, struct err *err)
{
    if (interrupt_block(&state->interrupt, err) != 0)
        return -1;
    const struct run_loop loop = {
        .interrupt = &state->interrupt, .trace = state->trace.stream, .is_quiet = run->is_quiet};
    if (run_loop(&loop, &state->sim, &state->signal_number, err) != 0)
        return -1;
    return run->trace_path != NULL ? output_file_commit(&state->trace, err) : 0;
}

/* ---- the results ---- */

static int print_summary(const struct run_command *run, const struct run_state *state,
                         const struct report_options *report, struct err *err)
{
    const struct terminal_style style = {.has_colour = message_wants_colour(stdout)};
    switch (run->format) {
    case FORMAT_TEXT:
        return report_print_terminal(&state->sim, report, &style, stdout, err);
    case FORMAT_JSON:
        return report_print_json(&state->sim, report, stdout, err);
    case FORMAT_MARKDOWN:
        return report_print_markdown(&state->sim, report, stdout, err);
    }
    return 0;
}

static int write_folder(const struct run_command *run, const struct run_state *state,
                        const struct report_options *report)
{
    struct err err = {.kind = ERR_NONE};
    struct report_outcome outcome;
    if (report_write_folder(&state->sim, report, run->output_path, &outcome, &err) != 0)
        return message_fail(&err);
    int code = tell_plots(run->output_path, &outcome, run->is_quiet);
    if (outcome.selects_nobody && !run->is_quiet)
        message_warn("--select %s: no runner has this value: the tables of runners are empty",
                     run->select);
    if (!run->is_quiet)
        message_note("the report is in %s: begin with %s/report.md", run->output_path,
                     run->output_path);
    return code;
}

/* What the run itself says about its exit code. */
static int tell_ending(const struct run_state *state)
{
    const struct sim *sim = &state->sim;
    if (state->signal_number != 0) {
        char now[UNITS_TEXT_SIZE];
        char end[UNITS_TEXT_SIZE];
        struct err err = {.kind = ERR_NONE};
        err_set(&err, ERR_SYSTEM,
                "interrupted by %s at %s of %s: the results are partial (\"complete\": false)",
                interrupt_name(state->signal_number), print_duration(sim->now_us, now),
                print_duration(sim->end_us, end));
        return message_fail(&err);
    }
    if (sim->metrics.floor_breaches_by_preemption > 0) {
        message_warn("preemption broke floors %" PRId64 " time%s: this is a bug in stowage",
                     sim->metrics.floor_breaches_by_preemption,
                     plural_end(sim->metrics.floor_breaches_by_preemption));
        return EXIT_ANSWER_IS_NO;
    }
    return EXIT_DONE;
}

static int report_results(const struct run_command *run, const struct run_state *state)
{
    struct err err = {.kind = ERR_NONE};
    const struct report_options report = {
        .version = STOWAGE_VERSION,
        .command = run->command,
        .group_by = run->group_by,
        .select = run->select,
        .floors = &state->floors,
        .gnuplots = run->draws_plots ? option_jobs_default() : 0,
    };
    int code;
    if (!run->is_quiet && !trace_has_stdout(run) && print_summary(run, state, &report, &err) != 0)
        code = message_stdout_failed(&err);
    else
        code = message_flush_stdout();
    if (run->output_path != NULL) {
        int written = write_folder(run, state, &report);
        code = written > code ? written : code;
    }
    int ending = tell_ending(state);
    return ending > code ? ending : code;
}

static int execute(const struct run_command *run, struct run_state *state)
{
    struct err err = {.kind = ERR_NONE};
    if (load(run, state, &err) != 0)
        return message_refused(&state->scenario.problems, run->scenario_path, &err);
    if (floors_tell(&state->scenario, &state->floors, run->is_quiet) == EXIT_SYSTEM)
        return EXIT_SYSTEM;
    if (sim_init(&state->sim, &state->scenario, &run->sim, &err) != 0 ||
        open_outputs(run, state, &err) != 0)
        return message_fail(&err);
    if (simulate(run, state, &err) != 0) {
        bool is_stdout = trace_has_stdout(run) && ferror(stdout);
        return is_stdout ? message_stdout_failed(&err) : message_fail(&err);
    }
    return report_results(run, state);
}

static int run_run(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct run_command run = {.draws_plots = true};
    if (command_text(argc, argv, &run.command, &err) != 0)
        return message_fail(&err);
    int result = 0;
    int found = OPTIONS_END;
    const char *value;
    while (result == 0 && (found = options_next(command, argc, argv, &value, &err)) >= 0)
        result = parse_option(found, value, &run, &err);
    int code;
    if (found == OPTIONS_FAIL || found == OPTIONS_HELP) {
        code = options_stop(command, found, &err);
    } else if (result != 0 || check_arguments(&run, argc, argv, &err) != 0) {
        code = options_fail(command, &err);
    } else {
        struct run_state state = {0};
        code = execute(&run, &state);
        output_file_abandon(&state.trace);
        sim_release(&state.sim);
        floor_report_release(&state.floors);
        scenario_release(&state.scenario);
    }
    policy_option_release(&run.policy);
    free(run.command);
    return code;
}

const struct command cmd_run = {
    .name = "run",
    .summary = "simulate a scenario and report what happened",
    .arguments = "SCENARIO",
    .details =
        "Simulates a scenario to its horizon, prints a summary, and with -o writes a report\n"
        "folder: summary.json, tables (CSV), report.md, report.html and plots. SCENARIO is a\n"
        "file, a folder with a scenario.json in it, or - for standard input.\n",
    .notes =
        "POLICY is a name of `stowage policies`, with parameters as in fgd:grain_milli=80, or a\n"
        "shared object with a policy of your own: ./my_policy.so.\n"
        "PATH is as in scheduler.policy, nodepools[gpu].max_instances (by id), events[+] (a new\n"
        "one) or runners[*].priority (of all); VALUE is JSON or a bare word; null takes out.\n"
        "KEY is priority, nodepool, label, worker or metadata.NAME.\n"
        "With --trace - the trace has stdout for itself and no summary is printed.\n"
        "Ctrl-C (or SIGTERM) ends a run early: its results are written, marked as partial by\n"
        "\"complete\": false. While the scenario is read there are none yet.\n\n"
        "Exit status: 0 the run reached its horizon (also when demand stayed unplaced); 1 it did,\n"
        "but preemption broke a floor, which is a bug; 2 the command line or the scenario is\n"
        "wrong; 3 the system failed, gnuplot failed, --check found a contradiction, or the run\n"
        "was interrupted.\n",
    .example = "  stowage run scenarios/quickstart.json -o report/quickstart\n"
               "  stowage run scenarios/quickstart.json --policy worst-fit --format json\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_run,
};
