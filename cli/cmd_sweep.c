/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/output.h"
#include "base/units.h"
#include "bench/sweep_report.h"
#include "bench/sweep_run.h"
#include "cli/command.h"
#include "cli/edit_option.h"
#include "cli/interrupt.h"
#include "cli/load_told.h"
#include "cli/message.h"
#include "cli/mpi_job.h"
#include "cli/option_values.h"
#include "cli/options.h"
#include "cli/plots_told.h"
#include "cli/progress.h"
#include "cli/shard_option.h"
#include "cli/sweep_told.h"
#include "scenarios/scenario.h"

enum {
    OPTION_OUTPUT,
    OPTION_VARY,
    OPTION_LIST,
    OPTION_SET,
    OPTION_SEED,
    OPTION_REPLICATIONS,
    OPTION_METRIC,
    OPTION_WARM_UP,
    OPTION_JOBS,
    OPTION_SHARD,
    OPTION_REDO,
    OPTION_NO_PLOTS,
    OPTION_QUIET,
};

static const struct command_option options[] = {
    [OPTION_OUTPUT] = {'o', "output", "DIR", "keep cells and write the results in DIR; required"},
    [OPTION_VARY] = {'v', "vary", "PATH=VALUES", "a path and its values; several make a grid"},
    [OPTION_LIST] = {'l', "list", "FILE", "cells as rows of a CSV file instead, a column a path"},
    [OPTION_SET] = {0, "set", "PATH=VALUE", "edit the scenario of all cells first"},
    [OPTION_SEED] = {'s', "seed", "N", "the seed instead of the scenario's"},
    [OPTION_REPLICATIONS] = {'n', "replications", "N", "runs of each cell (default: 10)"},
    [OPTION_METRIC] = {'m', "metric", "LIST", "as in wait_s_p95,usd_per_hour; several add up"},
    [OPTION_WARM_UP] = {0, "warm-up", "DURATION", "leave this out at the start of each run"},
    [OPTION_JOBS] = {'j', "jobs", "N", "worker processes (default: one for each processor)"},
    [OPTION_SHARD] = {0, "shard", "I/N", "only part I of N; or slurm, k8s/N (see below)"},
    [OPTION_REDO] = {0, "redo", NULL, "do cells again that were made from something else"},
    [OPTION_NO_PLOTS] = {0, "no-plots", NULL, "write the plot scripts, but draw no pictures"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print only errors and what cells are not whole"},
};

enum { SEED_SIZE = 32 };

struct sweep_command {
    const char *scenario, *output, *list;
    const char *vary[VARY_PATHS_MAX];
    int32_t vary_count;
    char seed[SEED_SIZE]; /* as an edit; "" none */
    struct edit_option edits;
    struct metric_set metrics;
    int64_t warm_up_us;
    int32_t replications, jobs;
    struct sweep_shard shard;
    bool redo, draws_plots, is_quiet;
};

/* ---- the command line ---- */

static int parse_seed(const char *text, struct sweep_command *sweep, struct err *err)
{
    uint64_t seed;
    if (option_seed(text, "sweep: --seed", &seed, err) != 0)
        return -1;
    /* As text, for beyond 2^53 a JSON number is not exact. */
    snprintf(sweep->seed, sizeof sweep->seed, "seed=\"%" PRIu64 "\"", seed);
    return 0;
}

static int parse_vary(const char *text, struct sweep_command *sweep, struct err *err)
{
    if (sweep->vary_count == VARY_PATHS_MAX)
        return err_set(err, ERR_USAGE, "sweep: --vary: given more than %d times", VARY_PATHS_MAX);
    sweep->vary[sweep->vary_count++] = text;
    return 0;
}

static int parse_option(int option, const char *value, struct sweep_command *sweep, struct err *err)
{
    switch (option) {
    case OPTION_OUTPUT:
        sweep->output = value;
        break;
    case OPTION_VARY:
        return parse_vary(value, sweep, err);
    case OPTION_LIST:
        sweep->list = value;
        break;
    case OPTION_SET:
        return edit_option_add(&sweep->edits, value, "sweep", err);
    case OPTION_SEED:
        return parse_seed(value, sweep, err);
    case OPTION_REPLICATIONS:
        return option_count(value, "sweep: --replications",
                            (struct whole_range){1, SWEEP_REPLICATIONS_MAX}, &sweep->replications,
                            err);
    case OPTION_METRIC:
        return metric_set_parse(&sweep->metrics, value, err) != 0
                   ? err_prefix(err, "sweep: --metric")
                   : 0;
    case OPTION_WARM_UP:
        return parse_duration_us(value, &sweep->warm_up_us, err) != 0
                   ? err_prefix(err, "sweep: --warm-up")
                   : 0;
    case OPTION_JOBS:
        return option_jobs(value, "sweep: --jobs", &sweep->jobs, err);
    case OPTION_SHARD:
        return shard_option_parse(value, &sweep->shard, err) != 0
                   ? err_prefix(err, "sweep: --shard")
                   : 0;
    case OPTION_REDO:
        sweep->redo = true;
        break;
    case OPTION_NO_PLOTS:
        sweep->draws_plots = false;
        break;
    case OPTION_QUIET:
        sweep->is_quiet = true;
        break;
    }
    return 0;
}

static int check_arguments(struct sweep_command *sweep, int argc, char **argv, struct err *err)
{
    if (optind >= argc)
        return err_set(err, ERR_USAGE, "sweep: give a scenario");
    if (argc - optind > 1)
        return err_set(err, ERR_USAGE, "sweep: takes one scenario");
    sweep->scenario = argv[optind];
    if (strcmp(sweep->scenario, "-") == 0)
        return err_set(err, ERR_USAGE, "sweep: -: every cell reads the scenario: give a file");
    if (sweep->output == NULL)
        return err_set(err, ERR_USAGE, "sweep: give --output DIR");
    if ((sweep->vary_count > 0) == (sweep->list != NULL))
        return err_set(err, ERR_USAGE, "sweep: give --vary PATH=VALUES or --list FILE%s",
                       sweep->list != NULL ? ", not both" : "");
    return 0;
}

/* ---- the plan ---- */

static int add_fixed(const struct sweep_command *sweep, struct sweep_plan *plan, struct err *err)
{
    const char **items = arena_array(&plan->arena, (size_t)sweep->edits.count + 1, sizeof *items);
    int32_t count = 0;
    if (items == NULL)
        return err_no_memory(err);
    if (sweep->seed[0] != '\0')
        items[count++] = sweep->seed;
    for (int32_t i = 0; i < sweep->edits.count; i++)
        items[count++] = sweep->edits.items[i];
    plan->fixed = (struct edit_list){.items = items, .count = count};
    return 0;
}

/* From the scenario without what is varied. */
static int fill_plan(const struct sweep_command *sweep, const struct scenario *scenario,
                     struct sweep_plan *plan, struct err *err)
{
    plan->version = STOWAGE_VERSION;
    plan->scenario = sweep->scenario;
    plan->name = arena_strdup(&plan->arena, scenario->name);
    plan->metrics = sweep->metrics;
    plan->replications = sweep->replications;
    plan->warm_up_us = sweep->warm_up_us;
    plan->confidence = 0.95;
    plan->shard = sweep->shard;
    memcpy(plan->files_digest, scenario->files_digest, sizeof plan->files_digest);
    if (plan->name == NULL)
        return err_no_memory(err);
    if (plan->metrics.count == 0)
        metric_set_default(&plan->metrics, scenario);
    int64_t pieces = (int64_t)plan->vary.cell_count * plan->replications;
    if (pieces > INT32_MAX)
        return err_set(err, ERR_LIMIT, "sweep: more than %" PRId32 " replications in all",
                       INT32_MAX);
    sweep_plan_seal(plan);
    return 0;
}

/* An exit code; EXIT_DONE: the plan is made. */
static int make_plan(const struct sweep_command *sweep, struct sweep_plan *plan)
{
    struct err err = {.kind = ERR_NONE};
    int result = sweep->list != NULL
                     ? vary_read_list(&plan->vary, sweep->list, &err)
                     : vary_parse(&plan->vary, sweep->vary, sweep->vary_count, &err);
    if (result != 0) {
        err_prefix(&err, sweep->list != NULL ? "sweep: --list" : "sweep: --vary");
        return message_fail(&err);
    }
    if (add_fixed(sweep, plan, &err) != 0)
        return message_fail(&err);
    struct scenario scenario;
    int code = EXIT_DONE;
    result = load_told(&scenario, sweep->scenario, &plan->fixed, sweep->is_quiet, &err);
    if (result != 0)
        code = message_refused(&scenario.problems, sweep->scenario, &err);
    else if (fill_plan(sweep, &scenario, plan, &err) != 0)
        code = message_fail(&err);
    scenario_release(&scenario);
    return code;
}

/* Cells of another scenario in the folder are never mixed with those of this one. */
static int check_folder(const struct sweep_command *sweep, const struct sweep_plan *plan,
                        struct err *err)
{
    struct sweep_plan earlier;
    const char *difference = "";
    int found = sweep_plan_find(&earlier, sweep->output, err);
    if (found <= 0)
        return found;
    bool is_same = strcmp(earlier.base_digest, plan->base_digest) == 0;
    if (!is_same)
        sweep_plan_equal(&earlier, plan, &difference);
    sweep_plan_release(&earlier);
    if (is_same || sweep->redo)
        return 0;
    return err_set(err, ERR_INPUT,
                   "%s: holds cells of another sweep: %s changed: give --redo to do them again, or "
                   "another folder",
                   sweep->output, difference);
}

/* ---- running ---- */

struct sweep_state {
    struct mpi_job *job;
    struct sweep_plan plan;
    struct output_dir dir;
    struct sweep_run run;
    struct interrupt interrupt;
    int signal_number;
};

static int check_kept(const struct sweep_command *sweep, const struct sweep_run *run,
                      struct err *err)
{
    if (run->other_count > 0 && !sweep->redo)
        return err_set(err, ERR_INPUT,
                       "%s: %" PRId32 " of its cells %s made from something else: give --redo to "
                       "do %s again, or another folder",
                       sweep->output, run->other_count, run->other_count == 1 ? "was" : "were",
                       run->other_count == 1 ? "it" : "them");
    if (run->damaged_count > 0 && !sweep->is_quiet)
        message_warn("%s: %" PRId32 " file%s damaged: these cells are done again", sweep->output,
                     run->damaged_count,
                     run->damaged_count == 1 ? " of cells is" : "s of cells are");
    if (run->done > 0 && !sweep->is_quiet)
        message_note("%s: %" PRId64 " of %" PRId64 " runs are there already", sweep->output,
                     run->done, run->total);
    return 0;
}

static int prepare(const struct sweep_command *sweep, struct sweep_state *state, struct err *err)
{
    if (interrupt_block(&state->interrupt, err) != 0 ||
        output_dir_open(&state->dir, sweep->output, err) != 0 ||
        check_folder(sweep, &state->plan, err) != 0 ||
        sweep_plan_write(&state->plan, sweep->output, err) != 0 ||
        sweep_run_init(&state->run, &state->plan, sweep->output, err) != 0)
        return -1;
    return check_kept(sweep, &state->run, err);
}

static void print_plan(const void *plan, FILE *out)
{
    sweep_plan_print(plan, out);
}

static struct crew *start_crew(struct sweep_state *state, int32_t jobs, struct err *err)
{
    const struct crew_work work = sweep_worker_work(&state->run.worker);
    if (state->job->ranks == NULL)
        return crew_local_start(&work, jobs, err);
    return mpi_job_tell(state->job, print_plan, &state->plan, err) == 0
               ? state->job->ranks->start(&work, err)
               : NULL;
}

static int run_cells(const struct sweep_command *sweep, struct sweep_state *state, struct err *err)
{
    enum { LOOK_EVERY_MS = 100 };
    struct sweep_run *run = &state->run;
    struct progress progress;
    int64_t left = run->total - run->done;
    int32_t jobs = left < sweep->jobs ? (int32_t)left : sweep->jobs;
    if (jobs == 0)
        return 0;
    struct crew *crew = start_crew(state, jobs, err);
    if (crew == NULL)
        return -1;
    state->job->is_whole = false;
    progress_init(&progress, sweep->is_quiet);
    int result = sweep_run_start(run, crew, err);
    while (result == 0 && state->signal_number == 0 && !sweep_run_is_over(run)) {
        result = sweep_run_wait(run, LOOK_EVERY_MS, err);
        progress_count(&progress, run->done, run->total, "runs");
        state->signal_number = interrupt_poll(&state->interrupt);
    }
    progress_clear(&progress);
    state->job->is_whole = result == 0 && state->signal_number == 0;
    struct err ignored;
    int stopped = sweep_run_stop(run, result == 0 ? err : &ignored);
    return result == 0 ? stopped : -1;
}

static int report(const struct sweep_command *sweep, struct sweep_state *state)
{
    struct err err = {.kind = ERR_NONE};
    struct report_outcome outcome;
    int32_t gnuplots = sweep->draws_plots ? sweep->jobs : 0;
    if (sweep_report_write(&state->run.results, gnuplots, &state->dir, &outcome, &err) != 0)
        return message_fail(&err);
    int code = tell_plots(sweep->output, &outcome, sweep->is_quiet);
    int told = sweep_tell(&state->run.results, sweep->output, sweep->is_quiet);
    return told > code ? told : code;
}

static int execute(const struct sweep_command *sweep, struct sweep_state *state)
{
    struct err err = {.kind = ERR_NONE};
    int code = make_plan(sweep, &state->plan);
    if (code != EXIT_DONE)
        return code;
    if (prepare(sweep, state, &err) != 0)
        return message_fail(&err);
    if (run_cells(sweep, state, &err) != 0) {
        int failed = message_fail(&err);
        message_note("%" PRId64 " of %" PRId64 " runs are done; what is kept in %s is not done "
                     "again by the same command",
                     state->run.done, state->run.total, sweep->output);
        return failed;
    }
    if (state->signal_number != 0) {
        err_set(&err, ERR_SYSTEM,
                "interrupted by %s: %" PRId64 " of %" PRId64 " runs are kept in %s: the same "
                "command goes on from there",
                interrupt_name(state->signal_number), state->run.done, state->run.total,
                sweep->output);
        return message_fail(&err);
    }
    return report(sweep, state);
}

static int parse_and_execute(const struct command *command, int argc, char **argv,
                             struct sweep_state *state)
{
    struct err err = {.kind = ERR_NONE};
    struct sweep_command sweep = {.draws_plots = true, .replications = 10, .shard = {0, 1}};
    int result = 0, found = OPTIONS_END;
    const char *value;
    while (result == 0 && (found = options_next(command, argc, argv, &value, &err)) >= 0)
        result = parse_option(found, value, &sweep, &err);
    if (found == OPTIONS_FAIL || found == OPTIONS_HELP)
        return options_stop(command, found, &err);
    if (result == 0)
        result = check_arguments(&sweep, argc, argv, &err);
    if (result == 0 && state->job->ranks != NULL && sweep.jobs > 0)
        result = err_set(&err, ERR_USAGE, "sweep: --jobs: the ranks of MPI are the workers");
    if (result != 0)
        return options_fail(command, &err);
    if (sweep.jobs == 0)
        sweep.jobs = option_jobs_default();
    int code = execute(&sweep, state);
    sweep_run_release(&state->run);
    output_dir_abandon(&state->dir);
    sweep_plan_release(&state->plan);
    return code;
}

/* ---- as one process, or on the ranks of MPI ---- */

static int work_for_rank_0(const struct mpi_ranks *ranks, const char *bytes, size_t size,
                           struct err *err)
{
    struct sweep_plan plan;
    if (sweep_plan_read(&plan, "the plan of rank 0", bytes, size, err) != 0)
        return -1;
    struct sweep_worker worker;
    sweep_worker_init(&worker, &plan);
    const struct crew_work work = sweep_worker_work(&worker);
    int result = ranks->serve(&work, err);
    sweep_worker_release(&worker);
    sweep_plan_release(&plan);
    return result;
}

static int lead(const struct command *command, int argc, char **argv, struct mpi_job *job)
{
    struct sweep_state state = {.job = job};
    return parse_and_execute(command, argc, argv, &state);
}

static int run_sweep(const struct command *command, int argc, char **argv)
{
    const struct mpi_parts parts = {.lead = lead, .work = work_for_rank_0};
    return mpi_job_run(command, argc, argv, &parts);
}

const struct command cmd_sweep = {
    .name = "sweep",
    .summary = "run a scenario over a grid of changes, with replications",
    .arguments = "SCENARIO",
    .details =
        "Runs every cell of a grid of edits of a scenario (see stowage run --set) with several\n"
        "seeds, the same in all cells, and writes means with 95 % intervals, all values, and\n"
        "plots to DIR. An interrupted sweep goes on where it stopped when the same command is\n"
        "given again; more values or replications add to what is there.\n",
    .notes =
        "VALUES are a list, in which a part may be a range: best-fit,fgd or 10..40:5 or 1h..4h.\n"
        "Several --vary make a full grid. LIST names metrics, NAME_p0 to NAME_p9 those of one\n"
        "priority; without it: utilization, waits, service, preemption and cost.\n"
        "With --shard I/N a DIR gets its part of the cells; `stowage merge` joins them. slurm\n"
        "takes I and N from SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT, k8s/N takes I from\n"
        "JOB_COMPLETION_INDEX. Under mpirun the ranks are the workers.\n\n"
        "Exit status: 0 all cells are whole; 1 cells could not be run, for their input is wrong;\n"
        "2 the command line or the scenario is wrong, or no cell could be run; 3 the system\n"
        "failed, cells lack runs since a worker died, or the sweep was interrupted.\n",
    .example = "  stowage sweep scenarios/clarifai-week.json -o out/sweep \\\n"
               "    --vary scheduler.policy=best-fit,worst-fit \\\n"
               "    --vary 'nodepools[l40s].simulation.nodes=4..6'\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_sweep,
};
