/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plan_scenario.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/output.h"
#include "base/problems.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/interrupt_watch.h"
#include "cli/load_told.h"
#include "cli/message.h"
#include "cli/plots_told.h"
#include "cli/progress.h"
#include "plan/plan_record.h"
#include "plan/plan_report.h"
#include "plan/run_store.h"
#include "plan/run_worker.h"

/* All that one call has in hand. */
struct planning {
    const struct plan_scenario_options *options;
    struct mpi_job *job;
    struct scenario scenario;
    struct problems wrong;    /* with what is asked */
    struct plan_axes axes;    /* of the search */
    struct plan_axes allowed; /* of the bound: with --what-if more than the one fleet */
    struct target_set targets;
    struct plan_texts target_texts, survive_texts;
    struct survive survives[PLAN_TEXTS_MAX];
    struct plan_request request;
    struct peak peak;
    struct plan_result result;
    struct plan_record record;
    struct run_store store;
    struct run_crew crew; /* where there are ranks */
    struct output_dir dir;
    struct interrupt interrupt;
    struct progress progress;
    int32_t *start; /* [axes.count] */
    int signal_number;
};

static int load(struct planning *planning, struct err *err)
{
    const struct plan_scenario_options *options = planning->options;
    const struct edit_list edits = edit_option_list(&options->edits);
    return load_told(&planning->scenario, options->scenario_path, &edits, options->is_quiet, err);
}

/* ---- the question ---- */

static bool has_text(const struct plan_texts *texts, const char *text)
{
    for (int32_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

/* What the scenario says and then what the command line adds to it. */
static int join_texts(const char *const *given, int32_t given_count, const struct plan_texts *added,
                      struct plan_texts *all, struct err *err)
{
    if (given_count > PLAN_TEXTS_MAX - added->count)
        return err_set(err, ERR_USAGE, "more than %d in all", PLAN_TEXTS_MAX);
    for (int32_t i = 0; i < given_count; i++)
        all->items[all->count++] = given[i];
    for (int32_t i = 0; i < added->count; i++)
        if (!has_text(all, added->items[i]))
            all->items[all->count++] = added->items[i];
    return 0;
}

/* Keeps what is wrong with an option and goes on, so that all of it is told at once. -1: it is
 * nothing that the user can mend. */
static int keep_wrong(struct planning *planning, const char *option, struct err *err)
{
    if (err->kind == ERR_SYSTEM)
        return -1;
    err_prefix(err, "%s", option);
    problems_add_err(&planning->wrong, SEVERITY_ERROR, err);
    *err = (struct err){.kind = ERR_NONE};
    return 0;
}

static int read_targets(struct planning *planning, struct err *err)
{
    const struct plan_def *def = &planning->scenario.plan;
    struct plan_texts *texts = &planning->target_texts;
    if (join_texts(def->targets, def->target_count, &planning->options->targets, texts, err) != 0)
        return keep_wrong(planning, "plan: targets", err);
    if (texts->count == 0)
        texts->items[texts->count++] = "floors";
    for (int32_t i = 0; i < texts->count; i++) {
        const char *option = i < def->target_count ? "plan.targets" : "plan: --target";
        if (target_set_parse(&planning->targets, texts->items[i], err) != 0 &&
            keep_wrong(planning, option, err) != 0)
            return -1;
    }
    return 0;
}

static int read_survives(struct planning *planning, struct err *err)
{
    const struct plan_def *def = &planning->scenario.plan;
    struct plan_texts *texts = &planning->survive_texts;
    if (join_texts(def->survives, def->survive_count, &planning->options->survives, texts, err) !=
        0)
        return keep_wrong(planning, "plan: survive", err);
    for (int32_t i = 0; i < texts->count; i++) {
        const char *option = i < def->survive_count ? "plan.survive" : "plan: --survive";
        if ((survive_parse(&planning->survives[i], texts->items[i], err) != 0 ||
             survive_check(&planning->survives[i], &planning->scenario, err) != 0) &&
            keep_wrong(planning, option, err) != 0)
            return -1;
    }
    return 0;
}

/* The fleet as it is, with some changes. The bound is of what is allowed, and of this fleet. */
static int read_what_ifs(struct planning *planning, struct err *err)
{
    const struct plan_texts *texts = &planning->options->what_ifs;
    struct plan_axes *axes = &planning->axes;
    plan_axes_fix(axes);
    for (int32_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], "nothing") != 0 &&
            plan_axes_change(axes, &planning->scenario, texts->items[i], err) != 0 &&
            keep_wrong(planning, "plan: --what-if", err) != 0)
            return -1;
    for (int32_t i = 0; i < axes->count; i++) {
        struct plan_axis *allowed = &planning->allowed.items[i];
        allowed->low = axes->items[i].low < allowed->low ? axes->items[i].low : allowed->low;
        allowed->high = axes->items[i].high > allowed->high ? axes->items[i].high : allowed->high;
    }
    return 0;
}

static int read_bounds(struct planning *planning, struct err *err)
{
    const struct plan_def *def = &planning->scenario.plan;
    struct plan_texts texts = {.count = 0};
    if (join_texts(def->nodes, def->node_count, &planning->options->bounds, &texts, err) != 0)
        return keep_wrong(planning, "plan: nodes", err);
    for (int32_t i = 0; i < texts.count; i++) {
        const char *option = i < def->node_count ? "plan.nodes" : "plan: --nodes";
        if (plan_axes_bound(&planning->allowed, &planning->scenario, texts.items[i], err) != 0 &&
            keep_wrong(planning, option, err) != 0)
            return -1;
    }
    return 0;
}

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* The axes with their bounds, and the scenario's own fleet as the start. */
static int read_axes(struct planning *planning, struct err *err)
{
    struct plan_axes *axes = &planning->axes;
    int32_t capacity = 0;
    if (plan_axes_make(axes, &planning->scenario, err) != 0 ||
        plan_axes_make(&planning->allowed, &planning->scenario, err) != 0 ||
        read_bounds(planning, err) != 0)
        return -1;
    if (planning->options->what_ifs.count == 0)
        memcpy(axes->items, planning->allowed.items, sizeof *axes->items * (size_t)axes->count);
    else if (read_what_ifs(planning, err) != 0)
        return -1;
    if (axes->count == 0)
        return err_set(err, ERR_INPUT, "%s: no nodepool takes demand: there is nothing to plan",
                       planning->options->scenario_path);
    if (plan_axes_check(&planning->allowed, err) != 0 ||
        array_reserve(&planning->start, &capacity, axes->count, sizeof *planning->start, err) != 0)
        return -1;
    for (int32_t i = 0; i < axes->count; i++) {
        const struct plan_axis *axis = &axes->items[i];
        int32_t given = axis->given > 0 || axis->kind != AXIS_NODES ? axis->given : 1;
        planning->start[i] = clamp(given, axis->low, axis->high);
    }
    return 0;
}

static bool is_interrupted(void *context)
{
    struct planning *planning = context;
    if (planning->signal_number == 0)
        planning->signal_number = interrupt_poll(&planning->interrupt);
    return planning->signal_number != 0;
}

/* ", bound 12.3456, gap 1.2 %": how much cheaper a plan could be at most. */
static void print_gap(const struct planning *planning, int64_t cost, char *out, size_t size)
{
    const struct plan_result *result = &planning->result;
    const struct peak *peak = &planning->peak;
    double bound = (double)peak->bound, usd = plan_usd_per_hour(result, peak->bound);
    if (peak->has_bound && peak->bound > 0)
        snprintf(out, size, ", bound %.4f, gap %.1f %%", isnan(usd) ? bound : usd,
                 100 * ((double)cost - bound) / bound);
    else
        out[0] = '\0';
}

static void tell_progress(void *context, const struct search *search)
{
    struct planning *planning = context;
    char text[PROGRESS_TEXT_SIZE], gap[PROGRESS_TEXT_SIZE / 2];
    if (search->best < 0) {
        snprintf(text, sizeof text, "%" PRId32 " plan%s tried, none keeps the targets yet",
                 search->point_count, plural_end(search->point_count));
    } else {
        int64_t cost = search->points[search->best].answer.cost;
        double usd = plan_usd_per_hour(&planning->result, cost);
        print_gap(planning, cost, gap, sizeof gap);
        snprintf(text, sizeof text, "%" PRId32 " plan%s tried, best %.4f %s%s", search->point_count,
                 plural_end(search->point_count), isnan(usd) ? (double)cost : usd,
                 isnan(usd) ? "nodes" : "USD an hour", gap);
    }
    progress_tell(&planning->progress, text);
}

static void tell_step(void *context, const char *what, int32_t step, int32_t count)
{
    struct planning *planning = context;
    char text[PROGRESS_TEXT_SIZE];
    snprintf(text, sizeof text, "%s: case %" PRId32 " of %" PRId32, what, step, count);
    progress_tell(&planning->progress, text);
}

static double first_known(double given, double of_scenario, double otherwise)
{
    if (!isnan(given))
        return given;
    return isnan(of_scenario) ? otherwise : of_scenario;
}

static void ask(struct planning *planning)
{
    const struct plan_scenario_options *options = planning->options;
    const struct plan_def *def = &planning->scenario.plan;
    struct plan_request *request = &planning->request;
    *request = (struct plan_request){
        .question = {.scenario = &planning->scenario,
                     .axes = &planning->axes,
                     .targets = &planning->targets,
                     .survives = {planning->survives, planning->survive_texts.count},
                     .store = &planning->store,
                     .seed = options->has_seed ? options->seed : planning->scenario.seed,
                     .thread_count = options->jobs,
                     .is_over = is_interrupted,
                     .context = planning},
        .goal = {.probability = first_known(options->probability, def->probability, 0.95),
                 .confidence = first_known(options->confidence, def->confidence, 0.95),
                 .is_certain = !plan_is_random(&planning->scenario)},
        .start = planning->start,
        .points_max = options->points_max,
        .progress = {tell_progress, tell_step, planning},
    };
    bool is_certain = request->goal.is_certain;
    int32_t allowed =
        options->failures_allowed >= 0 ? options->failures_allowed : def->failures_allowed;
    request->question.failures_allowed = is_certain ? 0 : allowed;
    request->question.trial_count = plan_trials(&request->goal, request->question.failures_allowed);
    planning->result = (struct plan_result){
        .request = request,
        .peak = &planning->peak,
        .asks_sensitivity = options->asks_sensitivity,
        .is_what_if = options->what_ifs.count > 0,
        .target_texts = planning->target_texts.items,
        .survive_texts = planning->survive_texts.items,
        .version = STOWAGE_VERSION,
        .command = options->command,
        .budget_usd_h = first_known(options->budget_usd_h, def->budget_usd_h, (double)NAN),
    };
}

/* ---- the answer ---- */

static const char *what_is_known(const struct plan_result *result)
{
    if (result->is_cut_short)
        return "the answer is known, but what is told beside it may lack parts";
    if (!result->answer.is_found)
        return "no plan was found yet";
    return result->request->goal.is_certain ? "the plan is the best so far"
                                            : "the plan is the best so far, and unchecked";
}

static int tell_ending(const struct planning *planning)
{
    struct err err = {.kind = ERR_NONE};
    if (planning->result.answer.is_interrupted || planning->result.is_cut_short) {
        err_set(&err, ERR_SYSTEM, "interrupted by %s: %s%s%s",
                interrupt_name(planning->signal_number), what_is_known(&planning->result),
                planning->options->output_path == NULL ? "" : "; the same command goes on from ",
                planning->options->output_path == NULL ? "" : planning->options->output_path);
        return message_fail(&err);
    }
    return plan_result_is_yes(&planning->result) ? EXIT_DONE : EXIT_ANSWER_IS_NO;
}

static int write_report(struct planning *planning)
{
    const struct plan_scenario_options *options = planning->options;
    struct err err = {.kind = ERR_NONE};
    struct report_outcome outcome;
    int32_t gnuplots = options->draws_plots ? options->jobs : 0;
    if (plan_report_write(&planning->result, &planning->dir, gnuplots, &outcome, &err) != 0)
        return message_fail(&err);
    int code = tell_plots(options->output_path, &outcome, options->is_quiet);
    if (!options->is_quiet)
        message_note("the report is in %s: begin with %s/report.md", options->output_path,
                     options->output_path);
    return code;
}

static void tell_kept(const struct planning *planning)
{
    const struct run_store *store = &planning->store;
    const char *folder = planning->options->output_path;
    if (store->damaged_count > 0 && !planning->options->is_quiet)
        message_warn("%s: %" PRId32 " file%s damaged: their runs were done again", folder,
                     store->damaged_count,
                     store->damaged_count == 1 ? " of plans is" : "s of plans are");
    if (store->reused_count > 0 && !planning->options->is_quiet)
        message_note("%s: %" PRId64 " run%s there already", folder, store->reused_count,
                     store->reused_count == 1 ? " was" : "s were");
}

static int tell(struct planning *planning)
{
    const struct plan_scenario_options *options = planning->options;
    if (options->prints_json)
        plan_print_json(&planning->result, stdout);
    else if (!options->is_quiet)
        plan_print_text(&planning->result, stdout);
    int code = message_flush_stdout();
    tell_kept(planning);
    if (options->output_path != NULL) {
        int written = write_report(planning);
        code = written > code ? written : code;
    }
    int ending = tell_ending(planning);
    return ending > code ? ending : code;
}

/* Does the folder hold the runs of another plan? */
static int check_folder(const struct planning *planning, struct err *err)
{
    const struct plan_scenario_options *options = planning->options;
    return options->output_path == NULL || options->redoes
               ? 0
               : plan_record_check(&planning->record, options->output_path, err);
}

/* Before any work, so that a wrong folder is not told behind it. */
static int look_at_folder(struct planning *planning, struct err *err)
{
    const struct plan_scenario_options *options = planning->options;
    const struct plan_record_of of = {
        .version = STOWAGE_VERSION,
        .scenario_digest = planning->scenario.digest,
        .seed = options->has_seed ? options->seed : planning->scenario.seed,
        .targets = planning->target_texts.items,
        .survives = planning->survive_texts.items,
        .target_count = planning->target_texts.count,
        .survive_count = planning->survive_texts.count,
    };
    return output_dir_probe(options->output_path, err) != 0 ||
                   plan_record_make(&planning->record, &of, err) != 0
               ? -1
               : check_folder(planning, err);
}

/* Before the search, and what is kept there is found. */
static int open_folder(struct planning *planning, struct err *err)
{
    const char *folder = planning->options->output_path;
    if (folder != NULL &&
        (output_dir_open(&planning->dir, folder, err) != 0 || check_folder(planning, err) != 0 ||
         plan_record_write(&planning->record, folder, err) != 0))
        return -1;
    const struct run_store_of store = {folder, planning->record.base_digest, planning->axes.count,
                                       planning->targets.count};
    return run_store_init(&planning->store, &store, err);
}

/* There is nothing to keep of it when a signal ends it. */
static int find_peak(struct planning *planning, struct err *err)
{
    struct interrupt_watch watch = {.what = "looking for a bound"};
    const struct peak_of of = {&planning->scenario,
                               &planning->allowed,
                               &planning->targets,
                               {planning->survives, planning->survive_texts.count},
                               planning->request.question.trial_count,
                               planning->request.question.failures_allowed,
                               planning->request.question.seed};
    if (interrupt_watch_start(&watch, err) != 0)
        return -1;
    int result = peak_make(&planning->peak, &of, err);
    interrupt_watch_end(&watch);
    return result;
}

/* What can be known without a simulation: a bound, a start, or that there is no plan. */
static int look_at_peak(struct planning *planning, struct err *err)
{
    const struct peak *peak = &planning->peak;
    const struct plan_axes *axes = &planning->axes;
    if (find_peak(planning, err) != 0)
        return -1;
    planning->request.cost_min = peak->has_bound && !peak->is_average ? peak->bound : 0;
    for (int32_t i = 0; i < axes->count && peak->start != NULL; i++)
        planning->start[i] = clamp(peak->start[i], axes->items[i].low, axes->items[i].high);
    return 0;
}

/* ---- ranks ---- */

static void print_task(const void *task, FILE *out)
{
    run_task_print(task, out);
}

/* Nobody needs a crew where there is nothing to simulate. */
static int start_crew(struct planning *planning, struct err *err)
{
    struct mpi_job *job = planning->job;
    const struct run_task task = {
        .scenario_path = planning->options->scenario_path,
        .scenario_digest = planning->scenario.digest,
        .seed = planning->request.question.seed,
        .edits = {planning->options->edits.items, planning->options->edits.count},
        .targets = {planning->target_texts.items, planning->target_texts.count},
        .survives = {planning->survive_texts.items, planning->survive_texts.count},
    };
    bool is_known = planning->peak.impossible[0] != '\0' && !planning->result.is_what_if;
    if (job->ranks == NULL || is_known)
        return 0;
    const struct crew_work work = run_crew_work(planning->axes.count);
    if (mpi_job_tell(job, print_task, &task, err) != 0)
        return -1;
    job->is_whole = false;
    struct crew *crew = job->ranks->start(&work, err);
    if (crew == NULL || run_crew_init(&planning->crew, crew, planning->axes.count, err) != 0)
        return -1;
    planning->request.question.crew = &planning->crew;
    return 0;
}

static void stop_crew(struct planning *planning)
{
    if (planning->crew.crew == NULL)
        return;
    planning->job->is_whole = !planning->crew.is_at_work;
    run_crew_release(&planning->crew);
}

int plan_scenario_work(const struct mpi_ranks *ranks, const char *bytes, size_t size,
                       struct err *err)
{
    struct run_worker worker;
    if (run_worker_init(&worker, bytes, size, err) != 0)
        return -1;
    const struct crew_work work = run_worker_work(&worker);
    int result = ranks->serve(&work, err);
    run_worker_release(&worker);
    return result;
}

/* ---- all of it ---- */

static int read_question(struct planning *planning, struct err *err)
{
    return read_targets(planning, err) != 0 || read_axes(planning, err) != 0 ||
                   read_survives(planning, err) != 0 || problems_result(&planning->wrong, err) != 0
               ? -1
               : 0;
}

static int plan(struct planning *planning, struct err *err)
{
    if (read_question(planning, err) != 0 || look_at_folder(planning, err) != 0)
        return -1;
    progress_init(&planning->progress, planning->options->is_quiet);
    ask(planning);
    if (look_at_peak(planning, err) != 0 || open_folder(planning, err) != 0 ||
        interrupt_block(&planning->interrupt, err) != 0)
        return -1;
    int result = start_crew(planning, err);
    if (result == 0)
        result = plan_result_make(&planning->result, err);
    stop_crew(planning);
    progress_clear(&planning->progress);
    return result;
}

static int load_and_plan(struct planning *planning)
{
    struct err err = {.kind = ERR_NONE};
    if (load(planning, &err) != 0)
        return message_refused(&planning->scenario.problems, planning->options->scenario_path,
                               &err);
    if (plan(planning, &err) != 0) {
        message_problems(&planning->wrong, true);
        return message_refused(&planning->wrong, "plan", &err);
    }
    int code = tell(planning);
    plan_result_release(&planning->result);
    return code;
}

int plan_scenario_run(const struct plan_scenario_options *options, struct mpi_job *job)
{
    struct planning planning = {.options = options, .job = job};
    int code = load_and_plan(&planning);
    output_dir_abandon(&planning.dir);
    run_store_release(&planning.store);
    plan_record_release(&planning.record);
    free(planning.start);
    peak_release(&planning.peak);
    plan_axes_release(&planning.axes);
    plan_axes_release(&planning.allowed);
    problems_release(&planning.wrong);
    scenario_release(&planning.scenario);
    return code;
}
