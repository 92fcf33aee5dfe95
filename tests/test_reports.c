/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json.h"
#include "reports/report.h"
#include "reports/trace.h"
#include "scenarios/import.h"

/* The report of one small scenario that has a little of everything, as written down in
 * golden/reports/expected, byte for byte; with STOWAGE_UPDATE_GOLDEN=1 in the environment it is
 * written anew. And docs/reports.md against what the program writes. */

static const char scenario_path[] = "tests/golden/reports/scenario.json";
static const char golden_folder[] = STOWAGE_SOURCE_DIR "/tests/golden/reports/expected";

enum { PATH_SIZE = 1024 };

struct run {
    struct scenario scenario;
    struct sim sim;
    struct floor_report floors;
    struct report_options options;
};

/* Runs to the end, the trace to `trace` where it is given. */
static void make_run(struct run *run, const char *path, FILE *trace)
{
    struct err err = {0};
    struct sim_options options = {.keep_changes = true, .keep_records = trace != NULL};
    *run = (struct run){0};
    cr_assert_eq(scenario_load(&run->scenario, path, &err), 0, "%s", err.text);
    cr_assert_eq(floor_report_make(&run->floors, &run->scenario, &err), 0, "%s", err.text);
    cr_assert_eq(sim_init(&run->sim, &run->scenario, &options, &err), 0, "%s", err.text);
    int result;
    do {
        result = sim_step(&run->sim, &err);
        if (trace != NULL)
            trace_print(&run->sim, trace);
    } while (result > 0);
    cr_assert_eq(result, 0, "%s", err.text);
    run->options = (struct report_options){
        .version = "0.0.0",
        .command = "stowage run scenario.json",
        .group_by = "label",
        .floors = &run->floors,
    };
}

static void release_run(struct run *run)
{
    sim_release(&run->sim);
    floor_report_release(&run->floors);
    scenario_release(&run->scenario);
}

static char *read_whole(const char *path)
{
    struct err err = {0};
    char *bytes = NULL;
    size_t size;
    cr_assert_eq(json_read_file(path, 1 << 24, &bytes, &size, &err), 0, "%s", err.text);
    return bytes;
}

static FILE *open_for_writing(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    return file;
}

/* ---- golden ---- */

/* Everything that is compared: the report's folder, the screen and the trace beside it. */
static void write_all(const char *folder)
{
    struct err err = {0};
    struct report_outcome outcome;
    struct run run;
    char report[PATH_SIZE];
    snprintf(report, sizeof report, "%s/report", folder);
    FILE *trace = open_for_writing(folder, "trace.jsonl");
    make_run(&run, scenario_path, trace);
    fclose(trace);
    cr_assert_eq(report_write_folder(&run.sim, &run.options, report, &outcome, &err), 0, "%s",
                 err.text);
    cr_expect_eq(outcome.plots, PLOTS_NOT_ASKED);
    FILE *screen = open_for_writing(folder, "screen.txt");
    struct terminal_style style = {.has_colour = false};
    cr_assert_eq(report_print_terminal(&run.sim, &run.options, &style, screen, &err), 0);
    fclose(screen);
    release_run(&run);
}

static void compare_file(const char *made_folder, const char *made, const char *golden)
{
    char made_path[PATH_SIZE * 2];
    char golden_path[PATH_SIZE * 2];
    const char *update = getenv("STOWAGE_UPDATE_GOLDEN");
    snprintf(made_path, sizeof made_path, "%s/%s", made_folder, made);
    snprintf(golden_path, sizeof golden_path, "%s/%s", golden_folder, golden);
    char *bytes = read_whole(made_path);
    if (update != NULL && strcmp(update, "1") == 0) {
        FILE *file = open_for_writing(golden_folder, golden);
        fputs(bytes, file);
        cr_assert_eq(fclose(file), 0);
    } else {
        char *expected = read_whole(golden_path);
        cr_expect_str_eq(bytes, expected, "%s: see STOWAGE_UPDATE_GOLDEN in test_reports.c",
                         golden);
        free(expected);
    }
    free(bytes);
}

static void remove_folder(const char *folder)
{
    char command[PATH_SIZE + 16];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    cr_expect_eq(system(command), 0);
}

/* Of the many time bins every fortieth line is kept. */
static void shorten_timeline(const char *folder)
{
    char path[PATH_SIZE];
    char line[PATH_SIZE];
    snprintf(path, sizeof path, "%s/report/timeline.csv", folder);
    FILE *whole = fopen(path, "r");
    FILE *excerpt = open_for_writing(folder, "timeline_excerpt.csv");
    cr_assert_not_null(whole);
    for (int i = 0; fgets(line, sizeof line, whole) != NULL; i++)
        if (i % 40 == 0)
            fputs(line, excerpt);
    fclose(whole);
    fclose(excerpt);
}

/* report.html has a test of its own. */
static bool is_compared(const char *name)
{
    return name[0] != '.' && strcmp(name, "plots") != 0 && strcmp(name, "report.html") != 0 &&
           strcmp(name, "timeline.csv") != 0;
}

static int compare_folder(const char *folder)
{
    char report[PATH_SIZE];
    int count = 0;
    snprintf(report, sizeof report, "%s/report", folder);
    DIR *dir = opendir(report);
    cr_assert_not_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (!is_compared(entry->d_name))
            continue;
        compare_file(report, entry->d_name, entry->d_name);
        count++;
    }
    closedir(dir);
    return count;
}

Test(reports, a_small_run_is_reported_as_written_down)
{
    char folder[] = "/tmp/stowage-reports-XXXXXX";
    size_t tables;
    const struct report_table *const *list = report_tables(&tables);
    size_t absent = 0;
    for (size_t i = 0; i < tables; i++)
        absent += strncmp(list[i]->file, "traffic", strlen("traffic")) == 0 ||
                  strcmp(list[i]->file, "launches.csv") == 0 ||
                  strcmp(list[i]->file, "crashes.csv") == 0 ||
                  strcmp(list[i]->file, "node_states.csv") == 0 ||
                  strcmp(list[i]->file, "upgrades.csv") == 0 ||
                  strcmp(list[i]->file, "consolidations.csv") == 0;
    cr_assert_not_null(mkdtemp(folder));
    write_all(folder);
    compare_file(folder, "trace.jsonl", "trace.jsonl");
    compare_file(folder, "screen.txt", "screen.txt");
    shorten_timeline(folder);
    compare_file(folder, "timeline_excerpt.csv", "timeline_excerpt.csv");
    /* All other tables that it has; summary.json, report.md, runner_metrics.jsonl. */
    cr_expect_eq(compare_folder(folder), (int)(tables - absent) - 1 + 3);
    remove_folder(folder);
}

/* ---- the manual ---- */

static char *manual(void)
{
    return read_whole(STOWAGE_SOURCE_DIR "/docs/reports.md");
}

static void append_cell(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    for (const char *c = text; *c != '\0' && used + 3 < size; c++) {
        if (*c == '|')
            out[used++] = '\\';
        out[used++] = *c;
    }
    out[used] = '\0';
}

/* The section that the manual must have on a table, up to the next title. */
static void expect_section(const char *text, const struct report_table *table)
{
    char row[PATH_SIZE];
    snprintf(row, sizeof row, "\n### %s\n", table->file);
    const char *at = strstr(text, row);
    cr_assert_not_null(at, "no section on %s", table->file);
    at = strstr(at, "|---|---|---|\n");
    cr_assert_not_null(at);
    at = strchr(at, '\n') + 1;
    for (int32_t i = 0; i < table->column_count; i++) {
        snprintf(row, sizeof row, "| `%s` | %s | ", table->columns[i].name, table->columns[i].unit);
        append_cell(row, sizeof row, table->columns[i].meaning);
        strcat(row, " |\n");
        cr_assert_eq(strncmp(at, row, strlen(row)), 0, "%s must have here the line\n%snot\n%.100s",
                     table->file, row, at);
        at += strlen(row);
    }
    cr_expect_eq(*at, '\n', "%s: more columns in the manual than in the table", table->file);
}

Test(reports, the_manual_has_every_column)
{
    char *text = manual();
    size_t count;
    const struct report_table *const *tables = report_tables(&count);
    for (size_t i = 0; i < count; i++)
        expect_section(text, tables[i]);
    free(text);
}

struct renaming {
    const char *name, *as;
};

/* Keys that the manual writes with a word for several, by the part of the path. */
static const char *manual_word(const char *parent, const char *key)
{
    static const char *const resources[] = {"cpu", "memory", "devices", "device_share"};
    static const char *const amounts[] = {"cpu_milli", "memory_bytes", "devices",
                                          "device_share_milli"};
    bool has_resources = strcmp(parent, "packing") == 0 || strncmp(parent, "utilization.", 12) == 0;
    bool has_amounts = strncmp(parent, "input.", 6) == 0 || strcmp(parent, "fleet_at_end") == 0;
    if (strcmp(parent, "policy_parameters") == 0)
        return "NAME";
    if (strcmp(parent, "losses") == 0)
        return "CAUSE";
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        if (has_resources && strcmp(key, resources[i]) == 0)
            return "RESOURCE";
        if (has_amounts && strcmp(key, amounts[i]) == 0)
            return "AMOUNT";
    }
    return key;
}

/* The paths of lists whose objects have the keys of another object and own ones. */
static const struct renaming same_keys[] = {
    {"waits.by_priority[].", "waits.all."},
    {"preemption.by_priority[].", "preemption."},
    {"preemption.top_pairs[].", "preemption."},
};

static bool is_documented(const char *text, const char *path)
{
    char row[PATH_SIZE];
    snprintf(row, sizeof row, "\n| `%s` | ", path);
    if (strstr(text, row) != NULL)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(same_keys); i++) {
        size_t length = strlen(same_keys[i].name);
        if (strncmp(path, same_keys[i].name, length) != 0)
            continue;
        snprintf(row, sizeof row, "\n| `%s%s` | ", same_keys[i].as, path + length);
        if (strstr(text, row) != NULL)
            return true;
    }
    return false;
}

/* Notes each path that was seen in `seen`, one a line, so that the other direction can be asked. */
static void expect_keys(const char *text, const cJSON *item, const char *path, FILE *seen)
{
    char child[PATH_SIZE];
    if (cJSON_IsArray(item) && cJSON_IsObject(item->child)) {
        snprintf(child, sizeof child, "%s[]", path);
        const cJSON *element = NULL;
        cJSON_ArrayForEach(element, item) expect_keys(text, element, child, seen);
        return;
    }
    if (!cJSON_IsObject(item)) {
        cr_expect(is_documented(text, path), "docs/reports.md does not say what %s is", path);
        fprintf(seen, "%s\n", path);
        return;
    }
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, item)
    {
        snprintf(child, sizeof child, "%s%s%s", path, *path == '\0' ? "" : ".",
                 manual_word(path, member->string));
        expect_keys(text, member, child, seen);
    }
}

/* Every key that the manual's section on summary.json names was seen. */
static void expect_all_seen(const char *text, const char *seen)
{
    const char *end = strstr(text, "\n## The tables\n");
    const char *at = strstr(text, "\n## summary.json\n");
    cr_assert_not_null(at);
    cr_assert_not_null(end);
    for (at = strstr(at, "\n| `"); at != NULL && at < end; at = strstr(at + 1, "\n| `")) {
        char line[PATH_SIZE];
        const char *key = at + strlen("\n| `");
        snprintf(line, sizeof line, "%.*s\n", (int)strcspn(key, "`"), key);
        cr_expect_not_null(strstr(seen, line), "the manual names a key that is not there: %s",
                           line);
    }
}

Test(reports, the_manual_has_every_key_of_the_summary)
{
    struct err err = {0};
    struct run run;
    char *json = NULL;
    char *seen = NULL;
    size_t size;
    size_t seen_size;
    char *text = manual();
    FILE *out = open_memstream(&json, &size);
    FILE *keys = open_memstream(&seen, &seen_size);
    make_run(&run, scenario_path, NULL);
    cr_assert_eq(report_print_json(&run.sim, &run.options, out, &err), 0, "%s", err.text);
    fclose(out);
    cJSON *tree =
        json_parse((struct json_text){.file = "summary", .bytes = json, .size = size}, &err);
    cr_assert_not_null(tree, "%s", err.text);
    expect_keys(text, tree, "", keys);
    fclose(keys);
    expect_all_seen(text, seen);
    cJSON_Delete(tree);
    release_run(&run);
    free(json);
    free(seen);
    free(text);
}

/* ---- the screen ---- */

static void expect_screen(const char *path, bool has_colour)
{
    struct err err = {0};
    struct run run;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct terminal_style style = {.has_colour = has_colour};
    make_run(&run, path, NULL);
    cr_assert_eq(report_print_terminal(&run.sim, &run.options, &style, out, &err), 0);
    fclose(out);
    int lines = 0;
    int columns = 0;
    for (const char *c = text; *c != '\0'; c++) {
        bool is_escape = *c == '\033';
        if (is_escape)
            c = strchr(c, 'm');
        else if (*c == '\n')
            lines++;
        columns = *c == '\n' ? 0 : columns + (!is_escape && (*c & 0xc0) != 0x80);
        cr_assert_leq(columns, 100, "%s: line %d is too long", path, lines + 1);
    }
    cr_expect_leq(lines, 40, "%s: %d lines", path, lines);
    cr_expect_eq(strchr(text, '\033') != NULL, has_colour);
    free(text);
    release_run(&run);
}

Test(reports, the_summary_fits_one_screen)
{
    static const char *const paths[] = {scenario_path, "scenarios/quickstart.json",
                                        "scenarios/floors.json", "scenarios/clarifai-week.json"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        expect_screen(paths[i], false);
        expect_screen(paths[i], true);
    }
}

/* ---- totals ---- */

static double key_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert(cJSON_IsNumber(item), "%s", key);
    return item->valuedouble;
}

/* What a trace's own rows add up to comes back in the summary of its run. */
Test(reports, the_totals_of_an_imported_trace_come_back)
{
    static const struct import_request request = {
        .nodes_path = STOWAGE_SOURCE_DIR "/tests/data/openb/nodes.csv",
        .pods_path = STOWAGE_SOURCE_DIR "/tests/data/openb/pods.csv"};
    struct err err = {0};
    struct import_totals totals;
    struct run run;
    char path[] = "/tmp/stowage-reports-XXXXXX.json";
    char *json = NULL;
    size_t size;
    FILE *scenario = fdopen(mkstemps(path, 5), "w");
    cr_assert_not_null(scenario);
    cr_assert_eq(import_find("openb")->run(&request, scenario, &totals, &err), 0, "%s", err.text);
    cr_assert_eq(fclose(scenario), 0);
    make_run(&run, path, NULL);
    FILE *out = open_memstream(&json, &size);
    cr_assert_eq(report_print_json(&run.sim, &run.options, out, &err), 0);
    fclose(out);
    cJSON *tree = cJSON_Parse(json);
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(tree, "input");
    const cJSON *fleet = cJSON_GetObjectItemCaseSensitive(input, "fleet");
    const cJSON *requested = cJSON_GetObjectItemCaseSensitive(input, "requested");
    cr_assert_gt(totals.pod_count, 0);
    cr_expect_eq((int64_t)key_of(fleet, "nodes"), totals.node_count);
    cr_expect_eq((int64_t)key_of(fleet, "devices"), totals.device_count);
    cr_expect_eq((int64_t)key_of(fleet, "device_share_milli"), totals.device_count * 1000);
    cr_expect_eq((int64_t)key_of(requested, "replicas"), totals.pod_count);
    cr_expect_eq((int64_t)key_of(requested, "cpu_milli"), totals.cpu_milli_requested);
    cr_expect_eq((int64_t)key_of(requested, "memory_bytes"), totals.mem_bytes_requested);
    cr_expect_eq((int64_t)key_of(requested, "device_share_milli"), totals.share_milli_requested);
    cJSON_Delete(tree);
    free(json);
    release_run(&run);
    unlink(path);
}

/* ---- options ---- */

Test(reports, options_are_checked)
{
    static const struct {
        const char *group_by, *select, *message;
    } cases[] = {
        {NULL, NULL, NULL},
        {"priority", NULL, NULL},
        {"metadata.team", "metadata.team=a", NULL},
        {"label", "label=", NULL},
        {NULL, "worker=model:a=b", NULL},
        {"metadata.", NULL,
         "--group-by: unknown key \"metadata.\": give priority, nodepool, label, worker or "
         "metadata.KEY"},
        {"Label", NULL,
         "--group-by: unknown key \"Label\": give priority, nodepool, label, worker or "
         "metadata.KEY"},
        {NULL, "label", "--select: \"label\": give KEY=VALUE"},
        {NULL, "labels=x",
         "--select: unknown key \"labels\": give priority, nodepool, label, worker or "
         "metadata.KEY"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct report_options options = {.group_by = cases[i].group_by, .select = cases[i].select};
        int result = report_options_check(&options, &err);
        cr_expect_eq(result, cases[i].message == NULL ? 0 : -1, "case %zu", i);
        if (cases[i].message != NULL) {
            cr_expect_eq(err.kind, ERR_USAGE);
            cr_expect_str_eq(err.text, cases[i].message);
        }
    }
}

/* ---- a disk that is full ---- */

Test(reports, a_full_device_is_reported)
{
    struct err err = {0};
    struct run run;
    struct terminal_style style = {.has_colour = true};
    make_run(&run, scenario_path, NULL);
    for (int i = 0; i < 3; i++) {
        FILE *full = fopen("/dev/full", "w");
        cr_assert_not_null(full);
        int result = i == 0   ? report_print_json(&run.sim, &run.options, full, &err)
                     : i == 1 ? report_print_markdown(&run.sim, &run.options, full, &err)
                              : report_print_terminal(&run.sim, &run.options, &style, full, &err);
        cr_expect_eq(result, -1);
        cr_expect_eq(err.kind, ERR_SYSTEM);
        cr_expect_str_eq(err.text, "writing the report: No space left on device");
        fclose(full);
    }
    release_run(&run);
}
