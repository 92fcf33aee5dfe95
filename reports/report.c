/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/report.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "reports/plots.h"
#include "reports/runner_metrics.h"
#include "reports/story.h"
#include "reports/summary.h"
#include "reports/tables.h"
#include "reports/terminal.h"
#include "reports/view.h"

static const struct report_table *const tables[] = {
    &placements_table,     &runners_table,          &nodes_table,
    &pending_table,        &preemptions_table,      &preemption_totals_table,
    &utilization_table,    &packing_table,          &waits_table,
    &timeline_table,       &groups_table,           &failures_table,
    &traffic_table,        &traffic_timeline_table, &launches_table,
    &consolidations_table, &node_states_table,      &cost_table,
    &crashes_table,        &upgrades_table,         &losses_table,
};

const struct report_table *const *report_tables(size_t *count)
{
    *count = ARRAY_LEN(tables);
    return tables;
}

static bool wants_table(const struct report_view *view, const struct report_table *table)
{
    if (table->is_wanted != NULL && !table->is_wanted(view))
        return false;
    return !table->needs_group_by || view->options->group_by != NULL;
}

/* ---- the folder ---- */

static int write_table(const struct report_view *view, const struct report_table *report,
                       struct output_dir *dir, struct err *err)
{
    struct table table;
    FILE *out = output_dir_create(dir, report->file, err);
    if (out == NULL)
        return -1;
    table_init(&table, out, report->columns, report->column_count);
    struct err problem = {.kind = ERR_NONE};
    int written = report->write(view, &table, &problem);
    int closed = output_dir_close(dir, out, report->file, err);
    if (written != 0)
        *err = problem;
    return written != 0 || closed != 0 ? -1 : 0;
}

static int write_tables(const struct report_view *view, struct output_dir *dir, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        if (wants_table(view, tables[i]) && write_table(view, tables[i], dir, err) != 0)
            return -1;
    return 0;
}

/* The names of all files but summary.json itself and those under plots/. */
struct all_names {
    const char *names[ARRAY_LEN(tables) + 3];
    size_t count;
};

static void list_names(const struct report_view *view, struct all_names *all)
{
    static const char *const others[] = {"runner_metrics.jsonl", "report.md", "report.html"};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        if (wants_table(view, tables[i]))
            all->names[all->count++] = tables[i]->file;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        all->names[all->count++] = others[i];
}

static int write_story(const struct report_view *view, struct output_dir *dir, bool has_pictures,
                       enum page_format format, struct err *err)
{
    const char *name = format == PAGE_HTML ? "report.html" : "report.md";
    FILE *out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    story_print(view, has_pictures, format, out);
    return output_dir_close(dir, out, name, err);
}

static int write_texts(const struct report_view *view, struct output_dir *dir, bool has_pictures,
                       struct err *err)
{
    FILE *out = output_dir_create(dir, "runner_metrics.jsonl", err);
    if (out == NULL)
        return -1;
    runner_metrics_print(view, out);
    if (output_dir_close(dir, out, "runner_metrics.jsonl", err) != 0)
        return -1;
    if (write_story(view, dir, has_pictures, PAGE_MARKDOWN, err) != 0)
        return -1;
    return write_story(view, dir, has_pictures, PAGE_HTML, err);
}

static int write_summary(const struct report_view *view, struct output_dir *dir, struct err *err)
{
    struct all_names all = {.count = 0};
    FILE *out = output_dir_create(dir, "summary.json", err);
    if (out == NULL)
        return -1;
    list_names(view, &all);
    const struct file_list files = {all.names, all.count};
    summary_print(view, &files, out);
    return output_dir_close(dir, out, "summary.json", err);
}

static int write_all(const struct report_view *view, struct output_dir *dir,
                     struct report_outcome *outcome, struct err *err)
{
    if (write_tables(view, dir, err) != 0)
        return -1;
    struct drawing drawing = {.at_once = view->options->gnuplots};
    int written = plots_write(view->sim, dir, &drawing, err);
    if (drawing_end(&drawing, written, dir, outcome, err) != 0)
        return -1;
    if (write_texts(view, dir, outcome->plots == PLOTS_DRAWN, err) != 0 ||
        write_summary(view, dir, err) != 0)
        return -1;
    return output_dir_commit(dir, "summary.json", err);
}

static bool selects_nobody(const struct report_view *view)
{
    for (int32_t i = 0; i < view->sim->runner_count; i++)
        if (report_view_selects(view, i))
            return false;
    return view->is_selected != NULL;
}

int report_write_folder(const struct sim *sim, const struct report_options *options,
                        const char *path, struct report_outcome *outcome, struct err *err)
{
    struct report_view view;
    struct output_dir dir;
    *outcome = (struct report_outcome){.plots = PLOTS_NOT_ASKED};
    if (output_dir_open(&dir, path, err) != 0)
        return -1;
    int result = report_view_init(&view, sim, options, err);
    if (result == 0) {
        result = write_all(&view, &dir, outcome, err);
        outcome->selects_nobody = selects_nobody(&view);
        report_view_release(&view);
    }
    output_dir_abandon(&dir);
    return result;
}

/* ---- single pieces ---- */

static int check_stream(FILE *out, struct err *err)
{
    errno = 0;
    if (fflush(out) != 0 || ferror(out) != 0)
        return err_errno(err, errno != 0 ? errno : EIO, "writing the report");
    return 0;
}

int report_print_terminal(const struct sim *sim, const struct report_options *options,
                          const struct terminal_style *style, FILE *out, struct err *err)
{
    struct report_view view;
    if (report_view_init(&view, sim, options, err) != 0)
        return -1;
    terminal_print(&view, style, out);
    report_view_release(&view);
    return check_stream(out, err);
}

int report_print_json(const struct sim *sim, const struct report_options *options, FILE *out,
                      struct err *err)
{
    static const struct file_list no_files = {NULL, 0};
    struct report_view view;
    if (report_view_init(&view, sim, options, err) != 0)
        return -1;
    summary_print(&view, &no_files, out);
    report_view_release(&view);
    return check_stream(out, err);
}

int report_print_markdown(const struct sim *sim, const struct report_options *options, FILE *out,
                          struct err *err)
{
    struct report_view view;
    if (report_view_init(&view, sim, options, err) != 0)
        return -1;
    story_print(&view, false, PAGE_MARKDOWN, out);
    report_view_release(&view);
    return check_stream(out, err);
}
