/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <inttypes.h>

#include "base/array.h"
#include "base/output.h"
#include "bench/sweep_merge.h"
#include "bench/sweep_report.h"
#include "cli/command.h"
#include "cli/interrupt_watch.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/options.h"
#include "cli/plots_told.h"
#include "cli/sweep_told.h"

enum { OPTION_OUTPUT, OPTION_NO_PLOTS, OPTION_QUIET };

static const struct command_option options[] = {
    [OPTION_OUTPUT] = {'o', "output", "DIR", "write the whole sweep to DIR; required"},
    [OPTION_NO_PLOTS] = {0, "no-plots", NULL, "write the plot scripts, but draw no pictures"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print only errors and what cells are not whole"},
};

struct merge_command {
    const char *output;
    const char *const *folders;
    int32_t folder_count;
    bool draws_plots, is_quiet;
};

/* What of the parts is not here. */
static void tell_lost(const struct sweep_merge *merge)
{
    int32_t count;
    for (int32_t shard = sweep_merge_lost_shard(merge, 0, &count); shard >= 0;
         shard = sweep_merge_lost_shard(merge, shard + 1, &count))
        message_warn("part %" PRId32 "/%" PRId32 " is in none of the folders", shard + 1, count);
    if (merge->damaged_count > 0)
        message_warn("files of cells that are damaged and left aside: %" PRId32,
                     merge->damaged_count);
    if (merge->other_count > 0)
        message_warn("cells made from something else and left aside: %" PRId32, merge->other_count);
}

/* A folder that holds another sweep is left alone. */
static int check_output(const struct merge_command *command, const struct sweep_merge *merge,
                        struct err *err)
{
    struct sweep_plan there;
    const char *difference;
    int found = sweep_plan_find(&there, command->output, err);
    if (found <= 0)
        return found;
    bool is_same = sweep_plan_equal(&merge->plan, &there, &difference);
    sweep_plan_release(&there);
    if (is_same)
        return 0;
    return err_set(err, ERR_INPUT, "%s: holds another sweep (%s differ): give another folder",
                   command->output, difference);
}

/* Reads the parts, and writes their cells. */
static int join(const struct merge_command *command, struct sweep_merge *merge,
                struct output_dir *dir, struct err *err)
{
    if (sweep_merge_init(merge, command->folders, command->folder_count, err) != 0)
        return -1;
    tell_lost(merge);
    if (output_dir_open(dir, command->output, err) != 0 || check_output(command, merge, err) != 0)
        return -1;
    return sweep_merge_write(merge, command->output, err);
}

static int report(const struct merge_command *command, const struct sweep_merge *merge,
                  struct output_dir *dir)
{
    struct err err = {.kind = ERR_NONE};
    struct report_outcome outcome;
    int32_t gnuplots = command->draws_plots ? option_jobs_default() : 0;
    if (sweep_report_write(&merge->results, gnuplots, dir, &outcome, &err) != 0)
        return message_fail(&err);
    int code = tell_plots(command->output, &outcome, command->is_quiet);
    int told = sweep_tell(&merge->results, command->output, command->is_quiet);
    return told > code ? told : code;
}

static int execute(const struct merge_command *command)
{
    struct err err = {.kind = ERR_NONE};
    struct sweep_merge merge = {.folder_count = 0};
    struct output_dir dir = {.path = NULL};
    struct interrupt_watch watch = {.what = "joining the parts"};
    if (interrupt_watch_start(&watch, &err) != 0)
        return message_fail(&err);
    int joined = join(command, &merge, &dir, &err);
    interrupt_watch_end(&watch);
    int code = joined == 0 ? report(command, &merge, &dir) : message_fail(&err);
    output_dir_abandon(&dir);
    sweep_merge_release(&merge);
    return code;
}

static int run_merge(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct merge_command merge = {.draws_plots = true};
    int found;
    const char *value;
    while ((found = options_next(command, argc, argv, &value, &err)) >= 0) {
        if (found == OPTION_OUTPUT)
            merge.output = value;
        else if (found == OPTION_NO_PLOTS)
            merge.draws_plots = false;
        else
            merge.is_quiet = true;
    }
    if (found != OPTIONS_END)
        return options_stop(command, found, &err);
    if (optind >= argc)
        err_set(&err, ERR_USAGE, "merge: give the folders of the parts");
    else if (merge.output == NULL)
        err_set(&err, ERR_USAGE, "merge: give --output DIR");
    if (err.kind != ERR_NONE)
        return options_fail(command, &err);
    merge.folders = (const char *const *)&argv[optind];
    merge.folder_count = argc - optind;
    return execute(&merge);
}

const struct command cmd_merge = {
    .name = "merge",
    .summary = "join the parts of a sweep that ran on several machines",
    .arguments = "PART...",
    .details =
        "Joins folders that `stowage sweep --shard` wrote (or that interrupted sweeps left) into\n"
        "DIR: byte for byte what one sweep would have written there.\n",
    .notes =
        "What is missing is named, and the rest is kept: the command of the sweep, without\n"
        "--shard and with DIR as its output, does what is missing. After Ctrl-C (or SIGTERM) the\n"
        "same command goes on.\n\n"
        "Exit status: as of `stowage sweep`: 1 where cells could not be run, 3 where cells lack\n"
        "runs, or after an interrupt.\n",
    .example = "  stowage merge out/part-1 out/part-2 out/part-3 -o out/sweep\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_merge,
};
