/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/output.h"
#include "base/text.h"
#include "bench/fgd_bench.h"
#include "bench/fgd_paired.h"
#include "bench/fgd_report.h"
#include "bench/fgd_tables.h"
#include "cli/bench_lists.h"
#include "cli/command.h"
#include "cli/command_text.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/options.h"
#include "cli/plots_told.h"
#include "cli/progress.h"

enum {
    OPTION_DATA,
    OPTION_OUTPUT,
    OPTION_WORKLOADS,
    OPTION_POLICIES,
    OPTION_POLICY,
    OPTION_SEEDS,
    OPTION_JOBS,
    OPTION_NO_PLOTS,
    OPTION_QUIET,
};

static const struct command_option options[] = {
    [OPTION_DATA] = {'d', "data", "DIR", "the folder with the lists of nodes and pods"},
    [OPTION_OUTPUT] = {'o', "output", "DIR", "write curves, tables and plots to DIR"},
    [OPTION_WORKLOADS] = {'w', "workloads", "LIST", "as in default,cpu100 (default: all in DIR)"},
    [OPTION_POLICIES] = {0, "policies", "LIST", "as in best-fit,fgd (default: all of the study)"},
    [OPTION_POLICY] = {'p', "policy", "POLICY", "one more policy; may be given several times"},
    [OPTION_SEEDS] = {'s', "seeds", "LIST", "as in 42,45-47 (default: 42-51)"},
    [OPTION_JOBS] = {'j', "jobs", "N", "threads (default: one for each processor)"},
    [OPTION_NO_PLOTS] = {0, "no-plots", NULL, "write the plot scripts, but draw no pictures"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print errors only"},
};

struct bench_command {
    const char *data, *output, *workloads, *policies, *seeds;
    char *command; /* the command line; owned */
    struct bench_lists lists;
    int32_t jobs;
    bool draws_plots, is_quiet;
};

/* ---- the command line ---- */

static int parse_option(int option, const char *value, struct bench_command *bench, struct err *err)
{
    switch (option) {
    case OPTION_DATA:
        bench->data = value;
        break;
    case OPTION_OUTPUT:
        bench->output = value;
        break;
    case OPTION_WORKLOADS:
        bench->workloads = value;
        break;
    case OPTION_POLICIES:
        bench->policies = value;
        break;
    case OPTION_POLICY:
        return bench_lists_add_policy(&bench->lists, value, err);
    case OPTION_SEEDS:
        bench->seeds = value;
        break;
    case OPTION_JOBS:
        return option_jobs(value, "bench: --jobs", &bench->jobs, err);
    case OPTION_NO_PLOTS:
        bench->draws_plots = false;
        break;
    case OPTION_QUIET:
        bench->is_quiet = true;
        break;
    }
    return 0;
}

/* What the study published is not written over, nor anything put in its place. */
static int check_output(const struct bench_command *bench, struct err *err)
{
    enum { PATH_SIZE = 4096 };
    char published[PATH_SIZE];
    snprintf(published, sizeof published, "%s/fgd", bench->data);
    if (bench->output == NULL || !folder_is_same(bench->output, published))
        return 0;
    return err_set(err, ERR_USAGE,
                   "bench: --output: %s is where published results are: give another folder",
                   bench->output);
}

static int check_arguments(struct bench_command *bench, int argc, char **argv, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (optind >= argc)
        return err_set(err, ERR_USAGE, "bench: say what: give fgd");
    if (strcmp(argv[optind], "fgd") != 0)
        return err_set(err, ERR_USAGE, "bench: no benchmark %s: give fgd",
                       text_quote(argv[optind], quoted));
    if (argc - optind > 1)
        return err_set(err, ERR_USAGE, "bench: takes one benchmark");
    if (bench->data == NULL)
        return err_set(err, ERR_USAGE, "bench fgd: give --data DIR");
    if (check_output(bench, err) != 0)
        return -1;
    if (bench_lists_parse_seeds(&bench->lists, bench->seeds != NULL ? bench->seeds : "42-51",
                                err) != 0)
        return -1;
    /* With --policy and no --policies only those are run. */
    if (bench->policies == NULL && bench->lists.policy_count > 0)
        return 0;
    return bench_lists_parse_policies(&bench->lists, bench->policies, err);
}

/* ---- running ---- */

static int run_all(const struct bench_command *command, struct fgd_bench *bench,
                   const struct interrupt *interrupt, struct err *err)
{
    enum { LOOK_EVERY_MS = 100 };
    struct progress progress;
    int signal_number = 0;
    progress_init(&progress, command->is_quiet);
    if (fgd_bench_start(bench, command->jobs, err) != 0)
        return -1;
    while (!fgd_bench_is_over(bench)) {
        int32_t done = fgd_bench_wait(bench, LOOK_EVERY_MS);
        progress_count(&progress, done, bench->result_count, "runs");
        int found = signal_number == 0 ? interrupt_poll(interrupt) : 0;
        if (found == 0)
            continue;
        signal_number = found;
        fgd_bench_cancel(bench);
    }
    progress_clear(&progress);
    if (fgd_bench_end(bench, err) != 0)
        return -1;
    if (signal_number != 0)
        return err_set(err, ERR_SYSTEM, "interrupted by %s: there are no results",
                       interrupt_name(signal_number));
    return 0;
}

static int write_folder(const struct bench_command *command, const struct fgd_bench *bench)
{
    struct err err = {.kind = ERR_NONE};
    struct report_outcome outcome;
    const struct fgd_report_options report = {.version = STOWAGE_VERSION,
                                              .command = command->command,
                                              .gnuplots = command->draws_plots ? command->jobs : 0};
    if (fgd_report_write(bench, &report, command->output, &outcome, &err) != 0)
        return message_fail(&err);
    int code = tell_plots(command->output, &outcome, command->is_quiet);
    if (!command->is_quiet)
        message_note("the results are in %s", command->output);
    return code;
}

static int report_results(const struct bench_command *command, const struct fgd_bench *bench)
{
    if (!command->is_quiet) {
        fgd_print_text(bench, stdout);
        fgd_print_paired_text(bench, stdout);
    }
    int code = message_flush_stdout();
    if (command->output == NULL)
        return code;
    int written = write_folder(command, bench);
    return written > code ? written : code;
}

static int execute(struct bench_command *command)
{
    struct err err = {.kind = ERR_NONE};
    struct interrupt interrupt;
    struct fgd_bench bench = {.result_count = 0};
    if (bench_lists_find_workloads(&command->lists, command->workloads, command->data, &err) != 0)
        return message_fail(&err);
    const struct fgd_request request = bench_lists_request(&command->lists, command->data);
    if (output_dir_probe(command->output, &err) != 0 || interrupt_block(&interrupt, &err) != 0 ||
        fgd_bench_load(&bench, &request, &err) != 0)
        return message_fail(&err);
    int code;
    if (run_all(command, &bench, &interrupt, &err) != 0)
        code = message_fail(&err);
    else
        code = report_results(command, &bench);
    fgd_bench_release(&bench);
    return code;
}

static int run_bench(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct bench_command bench = {.draws_plots = true, .jobs = option_jobs_default()};
    if (command_text(argc, argv, &bench.command, &err) != 0)
        return message_fail(&err);
    int result = 0;
    int found = OPTIONS_END;
    const char *value;
    while (result == 0 && (found = options_next(command, argc, argv, &value, &err)) >= 0)
        result = parse_option(found, value, &bench, &err);
    int code;
    if (found == OPTIONS_FAIL || found == OPTIONS_HELP)
        code = options_stop(command, found, &err);
    else if (result != 0 || check_arguments(&bench, argc, argv, &err) != 0)
        code = options_fail(command, &err);
    else
        code = execute(&bench);
    bench_lists_release(&bench.lists);
    free(bench.command);
    return code;
}

const struct command cmd_bench = {
    .name = "bench",
    .summary = "repeat a published study with our policies",
    .arguments = "fgd",
    .details =
        "Runs the experiments of \"Beware of Fragmentation\" (USENIX ATC 2023) on its data: each\n"
        "workload under each policy with each seed. Prints a table with the distance to the\n"
        "published results where DIR has them, and one with the difference to fgd, paired by\n"
        "seed. With -o writes curves, final states, tables and plots.\n",
    .notes =
        "DIR holds openb_node_list_gpu_node.csv and openb_pod_list_NAME.csv for each workload\n"
        "NAME, and may hold fgd/arrivals.txt, fgd/node_ranks.txt (both perhaps packed: .gz),\n"
        "fgd/curve_allocation.csv and fgd/curve_frag_ratio.csv. Orders that are not there are\n"
        "drawn by the rules of the study.\n"
        "The policies of the study are random, dot-product, gpu-clustering, gpu-packing, best-fit\n"
        "and fgd, with its parameters; LIST may name others of `stowage policies` too. POLICY\n"
        "is as for stowage run; without --policies only those given by --policy are run.\n",
    .example = "  stowage bench fgd --data openb -o report/fgd\n"
               "  stowage bench fgd --data openb --policies fgd,stowage --seeds 47-51\n"
               "  stowage bench fgd --data openb -w default -s 42 --policy fgd:grain_milli=80\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_bench,
};
