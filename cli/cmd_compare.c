/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/output.h"
#include "base/text.h"
#include "bench/blast.h"
#include "bench/compact.h"
#include "bench/compare.h"
#include "bench/compare_gates.h"
#include "bench/compare_report.h"
#include "bench/compare_text.h"
#include "bench/shake.h"
#include "cli/command.h"
#include "cli/command_text.h"
#include "cli/edit_option.h"
#include "cli/interrupt.h"
#include "cli/load_told.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/options.h"
#include "cli/parallel_loop.h"
#include "cli/plots_told.h"
#include "cli/variants.h"

enum {
    OPTION_OUTPUT,
    OPTION_POLICIES,
    OPTION_POLICY,
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_AGAINST,
    OPTION_BASELINE,
    OPTION_METRIC,
    OPTION_SEED,
    OPTION_REPLICATIONS,
    OPTION_CAP,
    OPTION_PRECISION,
    OPTION_CONFIDENCE,
    OPTION_HORIZON,
    OPTION_SELECT_BEST,
    OPTION_SHAKE,
    OPTION_FAIL_IF,
    OPTION_JOBS,
    OPTION_NO_PLOTS,
    OPTION_QUIET,
};

static const struct command_option options[] = {
    [OPTION_OUTPUT] = {'o', "output", "DIR", "write tables, plots and a report to DIR"},
    [OPTION_POLICIES] = {0, "policies", "LIST", "as in best-fit,fgd; all: every one that ships"},
    [OPTION_POLICY] = {'p', "policy", "POLICY", "one more policy; may be given several times"},
    [OPTION_CONFIG] = {'c', "config", "FILE", "one more variant: the scenario, changed by FILE"},
    [OPTION_SET] = {0, "set", "PATH=VALUE", "change the scenario, for all variants"},
    [OPTION_AGAINST] = {'a', "against", "FILE", "the scenario of the baseline"},
    [OPTION_BASELINE] = {'b', "baseline", "VARIANT",
                         "what differences are to (default: the first)"},
    [OPTION_METRIC] = {'m', "metric", "LIST", "as in wait_s_p95,preemptions_p9"},
    [OPTION_SEED] = {'s', "seed", "N", "of the first replication (default: the scenario's)"},
    [OPTION_REPLICATIONS] = {'n', "replications", "N", "at the least (default: 10)"},
    [OPTION_CAP] = {0, "cap", "N", "replications at the most (default: 100)"},
    [OPTION_PRECISION] = {0, "precision", "PCT", "half width of intervals (default: 5)"},
    [OPTION_CONFIDENCE] = {0, "confidence", "PCT", "of intervals and verdicts (default: 95)"},
    [OPTION_HORIZON] = {0, "horizon", "KIND", "terminating (default) or steady"},
    [OPTION_SELECT_BEST] = {0, "select-best", "METRIC:ZONE", "drop variants until one is left"},
    [OPTION_SHAKE] = {0, "shake", "PCT", "move a trace by so much (default: 5 for traces); 0: no"},
    [OPTION_FAIL_IF] = {0, "fail-if", "CONDITION",
                        "exit 1 where it holds, as in 'preemptions_p9 > 0'"},
    [OPTION_JOBS] = {'j', "jobs", "N", "threads (default: one for each processor)"},
    [OPTION_NO_PLOTS] = {0, "no-plots", NULL, "write the plot scripts, but draw no pictures"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print only errors and conditions that hold"},
};

enum { REPLICATIONS_DEFAULT = 10, CAP_DEFAULT = 100, CAP_MAX = 100000 };

struct compare_command {
    const char *scenario_path, *output, *against, *baseline, *select;
    char *command; /* the command line; owned */
    struct variants variants;
    struct edit_option edits;
    const char *configs[VARIANT_SCENARIOS_MAX];
    int32_t config_count;
    struct metric_set metrics;
    const char *conditions[GATES_MAX];
    struct gate gates[GATES_MAX];
    int32_t gate_count;
    struct compare_request request;
    double shake_pct; /* NaN: as the scenario is */
    int32_t jobs;
    bool has_seed, draws_plots, is_quiet;
};

/* ---- the command line ---- */

/* A decimal number, and nothing behind it. */
static bool parse_decimal(const char *text, double *value)
{
    char *end;
    if (text[strspn(text, "0123456789.eE+-")] != '\0' || *text == '\0')
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

/* A share in percent between two bounds, the lower one included where `low` is 0. */
static int parse_percent(const char *text, const char *place, double high, double *percent,
                         struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    double value;
    if (!parse_decimal(text, &value) || value < 0 || value >= high)
        return err_set(err, ERR_USAGE, "compare: %s: %s: give a number from 0 to below %g", place,
                       text_quote(text, quoted), high);
    *percent = value;
    return 0;
}

static int parse_share(const char *text, const char *place, double *share, struct err *err)
{
    double percent = 0.0;
    if (parse_percent(text, place, 100, &percent, err) != 0)
        return -1;
    if (percent == 0)
        return err_set(err, ERR_USAGE, "compare: %s: 0: give more than 0", place);
    *share = percent / 100;
    return 0;
}

static int parse_horizon(const char *text, struct compare_command *compare, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    bool is_steady = strcmp(text, "steady") == 0;
    if (!is_steady && strcmp(text, "terminating") != 0)
        return err_set(err, ERR_USAGE, "compare: --horizon: %s: give terminating or steady",
                       text_quote(text, quoted));
    compare->request.horizon = is_steady ? HORIZON_STEADY : HORIZON_TERMINATING;
    return 0;
}

/* Conditions are parsed now, so that what is wrong is told at once, and again behind the chosen
 * metrics, which come first in the set. */
static int add_gate(const char *text, struct compare_command *compare, struct err *err)
{
    struct metric_set ignored = {.count = 0};
    struct gate gate;
    if (compare->gate_count == GATES_MAX)
        return err_set(err, ERR_USAGE, "compare: more than %d of --fail-if", GATES_MAX);
    if (gate_parse(&gate, text, &ignored, err) != 0)
        return err_prefix(err, "compare: --fail-if");
    compare->conditions[compare->gate_count++] = text;
    return 0;
}

static int add_config(const char *path, struct compare_command *compare, struct err *err)
{
    if (compare->config_count == VARIANT_SCENARIOS_MAX - 1)
        return err_set(err, ERR_USAGE, "compare: more than %d of --config",
                       VARIANT_SCENARIOS_MAX - 1);
    compare->configs[compare->config_count++] = path;
    return 0;
}

static int parse_number_option(int option, const char *value, struct compare_command *compare,
                               struct err *err)
{
    static const struct whole_range counts = {2, CAP_MAX};
    struct compare_request *request = &compare->request;
    switch (option) {
    case OPTION_SEED:
        compare->has_seed = true;
        return option_seed(value, "compare: --seed", &request->seed, err);
    case OPTION_REPLICATIONS:
        return option_count(value, "compare: --replications", counts, &request->first_count, err);
    case OPTION_CAP:
        return option_count(value, "compare: --cap", counts, &request->count_max, err);
    case OPTION_PRECISION:
        return parse_share(value, "--precision", &request->precision, err);
    case OPTION_CONFIDENCE:
        return parse_share(value, "--confidence", &request->confidence, err);
    case OPTION_SHAKE:
        return parse_percent(value, "--shake", 50, &compare->shake_pct, err);
    default:
        return option_jobs(value, "compare: --jobs", &compare->jobs, err);
    }
}

static int parse_option(int option, const char *value, struct compare_command *compare,
                        struct err *err)
{
    switch (option) {
    case OPTION_OUTPUT:
        compare->output = value;
        return 0;
    case OPTION_NO_PLOTS:
        compare->draws_plots = false;
        return 0;
    case OPTION_POLICIES:
        return variants_add_policies(&compare->variants, value, err);
    case OPTION_POLICY:
        return variants_add_policy(&compare->variants, value, err);
    case OPTION_CONFIG:
        return add_config(value, compare, err);
    case OPTION_SET:
        return edit_option_add(&compare->edits, value, "compare", err);
    case OPTION_AGAINST:
        compare->against = value;
        return 0;
    case OPTION_BASELINE:
        compare->baseline = value;
        return 0;
    case OPTION_METRIC:
        return metric_set_parse(&compare->metrics, value, err) != 0
                   ? err_prefix(err, "compare: --metric")
                   : 0;
    case OPTION_FAIL_IF:
        return add_gate(value, compare, err);
    case OPTION_HORIZON:
        return parse_horizon(value, compare, err);
    case OPTION_SELECT_BEST:
        compare->select = value;
        return 0;
    case OPTION_QUIET:
        compare->is_quiet = true;
        return 0;
    default:
        return parse_number_option(option, value, compare, err);
    }
}

static int parse_select(struct compare_command *compare, struct err *err)
{
    char name[METRIC_NAME_SIZE], quoted[TEXT_QUOTE_SIZE];
    struct metric_choice choice;
    const char *colon = strchr(compare->select, ':');
    double zone;
    if (colon == NULL || colon - compare->select >= METRIC_NAME_SIZE ||
        !parse_decimal(colon + 1, &zone) || zone <= 0)
        return err_set(err, ERR_USAGE,
                       "compare: --select-best: %s: give a metric and the difference that is worth "
                       "detecting, as in wait_s_mean:5",
                       text_quote(compare->select, quoted));
    memcpy(name, compare->select, (size_t)(colon - compare->select));
    name[colon - compare->select] = '\0';
    if (metric_parse(name, &choice, err) != 0)
        return err_prefix(err, "compare: --select-best");
    if (choice.metric->direction == METRIC_NEUTRAL)
        return err_set(err, ERR_USAGE,
                       "compare: --select-best: of %s neither more nor less is best", name);
    compare->request.zone = zone;
    compare->request.select = metric_set_add(&compare->metrics, &choice, err);
    return compare->request.select < 0 ? -1 : 0;
}

/* Borg's protocol asks for eleven orders of removal. */
static void set_first_count(struct compare_command *compare)
{
    if (compare->request.first_count > 0)
        return;
    compare->request.first_count = REPLICATIONS_DEFAULT;
    for (int32_t i = 0; i < compare->metrics.count; i++)
        if ((compare->metrics.items[i].metric->needs & NEED_COMPACTION) != 0)
            compare->request.first_count = COMPACT_ORDERS_MIN;
}

static int check_arguments(struct compare_command *compare, int argc, char **argv, struct err *err)
{
    struct compare_request *request = &compare->request;
    if (optind >= argc)
        return err_set(err, ERR_USAGE, "compare: give a scenario");
    if (argc - optind > 1)
        return err_set(err, ERR_USAGE, "compare: takes one scenario");
    compare->scenario_path = argv[optind];
    if (compare->variants.policy_count < 2 && compare->against == NULL &&
        compare->config_count == 0 && compare->gate_count == 0)
        return err_set(err, ERR_USAGE,
                       "compare: nothing to compare: give two policies or more by --policies LIST, "
                       "a configuration by --config FILE, another scenario by --against FILE, or a "
                       "condition by --fail-if");
    if (compare->against != NULL && compare->config_count > 0)
        return err_set(err, ERR_USAGE,
                       "compare: --against and --config do not go together: give the one or the "
                       "other");
    set_first_count(compare);
    if (request->count_max < request->first_count)
        return err_set(err, ERR_USAGE, "compare: --cap %d is below --replications %d",
                       (int)request->count_max, (int)request->first_count);
    return 0;
}

/* Of two scenarios the older one is the baseline; of configurations the scenario as it is. */
static int add_scenarios(struct compare_command *compare, struct err *err)
{
    struct variants *variants = &compare->variants;
    struct scenario_source source = {.path = compare->against,
                                     .edits = edit_option_list(&compare->edits)};
    if (compare->against != NULL && variants_add_scenario(variants, &source, err) != 0)
        return -1;
    source.path = compare->scenario_path;
    if (variants_add_scenario(variants, &source, err) != 0)
        return -1;
    for (int32_t i = 0; i < compare->config_count; i++) {
        source.config = compare->configs[i];
        if (variants_add_scenario(variants, &source, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- running ---- */

static int load_all(struct compare_command *compare)
{
    for (int32_t i = 0; i < compare->variants.scenario_count; i++) {
        struct variant_scenario *of = compare->variants.scenarios[i];
        struct err err = {.kind = ERR_NONE};
        int result = load_told(&of->scenario, of->path, &of->edits, compare->is_quiet, &err);
        if (result != 0 && of->config != NULL)
            message_note("this is the scenario as %s changes it", of->config);
        if (result != 0)
            return message_refused(&of->scenario.problems, of->path, &err);
    }
    return EXIT_DONE;
}

static int make_request(struct compare_command *compare, struct err *err)
{
    struct compare_request *request = &compare->request;
    const struct scenario *scenario;
    if (variants_make(&compare->variants, compare->baseline, err) != 0)
        return -1;
    scenario = compare->variants.items[0].scenario;
    if (compare->metrics.count == 0)
        metric_set_default(&compare->metrics, scenario);
    if (compare->select != NULL && parse_select(compare, err) != 0)
        return -1;
    if (!compare->has_seed)
        request->seed = scenario->seed;
    request->variants = compare->variants.items;
    request->variant_count = compare->variants.count;
    request->metrics = &compare->metrics;
    request->chosen_count = compare->metrics.count;
    for (int32_t i = 0; i < compare->gate_count; i++)
        if (gate_parse(&compare->gates[i], compare->conditions[i], &compare->metrics, err) != 0)
            return err_prefix(err, "compare: --fail-if");
    request->keeps_runners = compare->variants.scenario_count > 1;
    for (int32_t i = 0; i < compare->variants.scenario_count; i++)
        if (compare->variants.scenarios[i]->scenario.runner_count > BLAST_RUNNERS_MAX)
            request->keeps_runners = false;
    if (compare->variants.scenario_count > 1 && !request->keeps_runners && !compare->is_quiet)
        message_note("more than %d runners: who is hurt is not listed", BLAST_RUNNERS_MAX);
    bool is_shaken = isnan(compare->shake_pct) && scenario_is_trace(scenario);
    request->shake = is_shaken ? 0.05 : isnan(compare->shake_pct) ? 0 : compare->shake_pct / 100;
    return 0;
}

static int run_all(const struct compare_command *command, struct compare *compare, struct err *err)
{
    struct progress progress;
    struct interrupt interrupt;
    int64_t done = 0;
    int32_t pieces;
    int result = 0;
    if (interrupt_block(&interrupt, err) != 0)
        return -1;
    progress_init(&progress, command->is_quiet);
    while (result == 0 && (pieces = compare_next(compare, err)) != 0) {
        const struct parallel_work work = {compare_piece, compare, pieces};
        const struct parallel_loop loop = {.interrupt = &interrupt,
                                           .progress = &progress,
                                           .is_cancelled = &compare->is_cancelled,
                                           .things = "runs",
                                           .done_before = done,
                                           .total = done + pieces,
                                           .thread_count = command->jobs};
        result = pieces < 0 ? -1 : parallel_loop(&loop, &work, err);
        done += pieces;
    }
    progress_clear(&progress);
    return result;
}

static int write_folder(const struct compare_command *command, const struct compare *compare)
{
    struct err err = {.kind = ERR_NONE};
    struct report_outcome outcome;
    const struct compare_report_options report = {.version = STOWAGE_VERSION,
                                                  .command = command->command,
                                                  .gnuplots =
                                                      command->draws_plots ? command->jobs : 0};
    if (compare_report_write(compare, &report, command->output, &outcome, &err) != 0)
        return message_fail(&err);
    int code = tell_plots(command->output, &outcome, command->is_quiet);
    if (!command->is_quiet)
        message_note("the comparison is in %s: begin with %s/report.md", command->output,
                     command->output);
    return code;
}

static int look_at_gates(const struct compare_command *command, const struct compare *compare)
{
    int code = EXIT_DONE;
    for (int32_t i = 0; i < command->gate_count; i++) {
        for (int32_t v = compare_gate_first(compare); v < compare->request.variant_count; v++) {
            struct err err = {.kind = ERR_NONE};
            struct gate_finding finding;
            int found = compare_gate_look(compare, &command->gates[i], v, &finding, &err);
            if (found < 0)
                return message_fail(&err);
            if (found > 0)
                message_warn("%s", finding.text);
            if (found > 0 && finding.is_broken)
                code = EXIT_ANSWER_IS_NO;
        }
    }
    return code;
}

static int report_results(const struct compare_command *command, const struct compare *compare)
{
    struct err err = {.kind = ERR_NONE};
    if (!command->is_quiet && compare_print_text(compare, stdout, &err) != 0)
        return message_fail(&err);
    int code = message_flush_stdout();
    if (command->output != NULL) {
        int written = write_folder(command, compare);
        code = written > code ? written : code;
    }
    int gates = look_at_gates(command, compare);
    code = gates > code ? gates : code;
    return code == EXIT_DONE && compare->end == COMPARE_UNSETTLED ? EXIT_ANSWER_IS_NO : code;
}

static int execute(struct compare_command *command)
{
    struct err err = {.kind = ERR_NONE};
    struct compare compare = {.runs = NULL};
    if (add_scenarios(command, &err) != 0)
        return message_fail(&err);
    int code = load_all(command);
    if (code != EXIT_DONE)
        return code;
    if (make_request(command, &err) != 0 || output_dir_probe(command->output, &err) != 0 ||
        compare_init(&compare, &command->request, &err) != 0)
        return message_fail(&err);
    if (run_all(command, &compare, &err) != 0)
        code = message_fail(&err);
    else
        code = report_results(command, &compare);
    compare_release(&compare);
    return code;
}

static int run_compare(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct compare_command compare = {
        .request = {.first_count = 0,
                    .count_max = CAP_DEFAULT,
                    .confidence = 0.95,
                    .precision = 0.05,
                    .select = -1},
        .shake_pct = (double)NAN,
        .jobs = option_jobs_default(),
        .draws_plots = true,
    };
    if (command_text(argc, argv, &compare.command, &err) != 0)
        return message_fail(&err);
    int result = 0;
    int found = OPTIONS_END;
    const char *value;
    while (result == 0 && (found = options_next(command, argc, argv, &value, &err)) >= 0)
        result = parse_option(found, value, &compare, &err);
    int code;
    if (found == OPTIONS_FAIL || found == OPTIONS_HELP)
        code = options_stop(command, found, &err);
    else if (result != 0 || check_arguments(&compare, argc, argv, &err) != 0)
        code = options_fail(command, &err);
    else
        code = execute(&compare);
    variants_release(&compare.variants);
    free(compare.command);
    return code;
}

const struct command cmd_compare = {
    .name = "compare",
    .summary = "compare policies or scenarios, with intervals and verdicts",
    .arguments = "SCENARIO",
    .details =
        "Runs a scenario under several policies, again and again with other seeds, and says for\n"
        "each metric which policy is better or worse than the first, or that they are not\n"
        "distinguishable. In each replication all see the same arrivals, lives and failures. It\n"
        "ends when the intervals of all metrics are narrow enough, or at the cap.\n",
    .notes =
        "POLICY is as for stowage run. With --against FILE two scenarios are compared, under\n"
        "their own policies or under each of those given, and who is hurt is listed. FILE of\n"
        "--config is an object of what is to change, as in\n"
        "{\"scheduler\": {\"order\": \"priority-first\"}, \"nodepools[gpu].max_instances\": 12}.\n"
        "Metrics are listed in the manual; most may be followed by a priority, as in\n"
        "wait_s_p95_p9. A scenario in which ten runners or more come at given instants is a\n"
        "trace, which is shaken.\n\n"
        "CONDITION compares metrics with numbers, as in\n"
        "'wait_s_p95 > 1.1 * base.wait_s_p95 && high.usd_per_hour >= 12'; base. is the\n"
        "baseline's value, low. and high. the interval's ends, min. and max. those of all\n"
        "replications.\n\n"
        "Exit status: 0 done; 1 a condition of --fail-if holds for a variant other than the\n"
        "baseline, or no warm-up could be found for --horizon steady; 2 the command line or a\n"
        "scenario is wrong; 3 the system failed, or it was interrupted.\n",
    .example = "  stowage compare scenarios/clarifai-week.json --policies best-fit,fgd,worst-fit\n"
               "  stowage compare new.json --against old.json -m wait_s_p95,preemptions\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_compare,
};
