/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/plan_report.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/table.h"
#include "bench/replicate.h"
#include "plan/capacity_plot.h"
#include "reports/plots.h"

enum { SUMMARY_VERSION = 1 };

/* ---- points.csv ---- */

static const struct column columns[] = {
    {"point", "count", "Number of the plan in the order in which plans were simulated, from 0."},
    {"phase", "text",
     "Part of the search that asked for it: start, ray, descent, swap, near or rest."},
    {"axis", "text", "What is counted: POOL/TYPE, or of a pool that scales POOL/max, min or warm."},
    {"count", "nodes", "How many of it the plan has."},
    {"usd_per_hour", "USD/h", "Cost of the whole plan; of scaling pools the mean of its runs."},
    {"trials", "count", "Replications of it that were run."},
    {"successes", "count", "Of these, how many kept all targets."},
    {"passes", "count", "1: it is good enough for the search; 0: it is not."},
};

static void print_points(const struct plan_result *result, FILE *out)
{
    const struct plan_question *question = &result->request->question;
    const struct search *search = &result->answer.search;
    struct table table;
    table_init(&table, out, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < search->point_count; i++)
        for (int32_t axis = 0; axis < question->axes->count; axis++) {
            char name[AXIS_NAME_SIZE];
            const struct trial_tally *tally = &result->answer.tallies[i];
            table_int(&table, i);
            table_text(&table, search_phase_name(search->points[i].phase));
            table_text(&table,
                       plan_axis_name(question->scenario, &question->axes->items[axis], name));
            table_int(&table, search_counts(search, i)[axis]);
            table_decimal(&table, plan_usd_per_hour(result, search->points[i].answer.cost), 6);
            table_int(&table, tally->trials);
            table_int(&table, tally->successes);
            table_int(&table, tally->passes ? 1 : 0);
            table_end_row(&table);
        }
}

/* ---- the folder ---- */

static void print_summary(const struct plan_result *result, FILE *out)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "version", result->version);
    json_string(&w, "command", result->command);
    json_string(&w, "kind", "plan");
    json_int(&w, "schema_version", SUMMARY_VERSION);
    json_string(&w, "scenario", result->request->question.scenario->name);
    json_string(&w, "scenario_digest", result->request->question.scenario->digest);
    json_bool(&w, "answer", plan_result_is_yes(result));
    json_close_object(&w);
}

/* A folder that is being written. */
struct folder {
    const struct plan_result *result;
    const struct sim *sim; /* NULL: none */
    struct output_dir *dir;
    struct report_outcome *outcome;
    int32_t gnuplots;
};

typedef void print_file(const struct folder *folder, FILE *out);

static void print_json_file(const struct folder *folder, FILE *out)
{
    plan_print_json(folder->result, out);
}

static void print_points_file(const struct folder *folder, FILE *out)
{
    print_points(folder->result, out);
}

static void print_text_file(const struct folder *folder, FILE *out)
{
    plan_print_text(folder->result, out);
}

static bool has_pictures(const struct folder *folder)
{
    return folder->outcome->plots == PLOTS_DRAWN;
}

static void print_markdown_file(const struct folder *folder, FILE *out)
{
    plan_print_story(folder->result, folder->sim, has_pictures(folder), PAGE_MARKDOWN, out);
}

static void print_html_file(const struct folder *folder, FILE *out)
{
    plan_print_story(folder->result, folder->sim, has_pictures(folder), PAGE_HTML, out);
}

static void print_summary_file(const struct folder *folder, FILE *out)
{
    print_summary(folder->result, out);
}

static int write_files(struct folder *folder, struct err *err)
{
    static const struct {
        const char *name;
        print_file *print;
    } files[] = {
        {"plan.json", print_json_file},   {"points.csv", print_points_file},
        {"plan.txt", print_text_file},    {"report.md", print_markdown_file},
        {"report.html", print_html_file}, {"summary.json", print_summary_file},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        FILE *out = output_dir_create(folder->dir, files[i].name, err);
        if (out == NULL)
            return -1;
        files[i].print(folder, out);
        if (output_dir_close(folder->dir, out, files[i].name, err) != 0)
            return -1;
    }
    return 0;
}

static int write_plots(const struct folder *folder, struct drawing *drawing, struct err *err)
{
    if (folder->sim != NULL && (plots_write(folder->sim, folder->dir, drawing, err) != 0 ||
                                capacity_plot_write(folder->sim, folder->dir, drawing, err) != 0))
        return -1;
    return plan_plots_write(folder->result, folder->dir, drawing, err);
}

static int write_folder(struct folder *folder, struct err *err)
{
    struct drawing drawing = {.at_once = folder->gnuplots};
    int written = write_plots(folder, &drawing, err);
    if (drawing_end(&drawing, written, folder->dir, folder->outcome, err) != 0 ||
        write_files(folder, err) != 0)
        return -1;
    return output_dir_commit(folder->dir, "summary.json", err);
}

/* The run of the plan that the pictures are of: its first seed. */
static int write_with_run(void *context, const struct sim *sim, const struct metric_sums *from,
                          struct err *err)
{
    struct folder *folder = context;
    (void)from;
    folder->sim = sim;
    return write_folder(folder, err);
}

static int run_and_write(struct folder *folder, struct err *err)
{
    const struct plan_result *result = folder->result;
    const struct plan_question *question = &result->request->question;
    struct plan_point point = {.counts = found_fleet_counts(&result->answer)};
    struct plan_variant variant;
    struct metric_set none = {.count = 0};
    double unused[1];
    if (plan_variant_make(&variant, question->scenario, question->axes, &point, err) != 0)
        return -1;
    struct replication replication = {
        .scenario = &variant.scenario,
        .seed = replication_seed(question->seed, 0),
        .metrics = &none,
        .look = write_with_run,
        .keeps_changes = true,
        .context = folder,
    };
    int result_of_run = replicate(&replication, unused, err);
    plan_variant_release(&variant);
    return result_of_run;
}

int plan_report_write(const struct plan_result *result, struct output_dir *dir, int32_t gnuplots,
                      struct report_outcome *outcome, struct err *err)
{
    struct folder folder = {.result = result, .dir = dir, .outcome = outcome, .gnuplots = gnuplots};
    *outcome = (struct report_outcome){.plots = PLOTS_NOT_ASKED};
    return result->answer.is_found ? run_and_write(&folder, err) : write_folder(&folder, err);
}
