/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "reports/report.h"
#include "tests/failing_alloc.h"
#include "tests/failing_io.h"

/* Reports when memory or the disk fail, at every place where they can. */

static const char scenario_path[] = "tests/golden/reports/scenario.json";

enum { PATH_SIZE = 256, FAILURES_MAX = 100000 };

struct run {
    struct scenario scenario;
    struct sim sim;
    struct report_options options;
};

static void make_run(struct run *run)
{
    struct err err = {0};
    struct sim_options options = {.keep_changes = true};
    *run = (struct run){0};
    cr_assert_eq(scenario_load(&run->scenario, scenario_path, &err), 0, "%s", err.text);
    cr_assert_eq(sim_init(&run->sim, &run->scenario, &options, &err), 0, "%s", err.text);
    cr_assert_eq(sim_run(&run->sim, &err), 0, "%s", err.text);
    run->options = (struct report_options){
        .version = "0", .command = "", .group_by = "metadata.team", .select = "priority=8"};
}

static void release_run(struct run *run)
{
    sim_release(&run->sim);
    scenario_release(&run->scenario);
}

/* ---- memory ---- */

typedef int print_function(const struct run *run, FILE *out, struct err *err);

static int print_terminal(const struct run *run, FILE *out, struct err *err)
{
    struct terminal_style style = {.has_colour = false};
    return report_print_terminal(&run->sim, &run->options, &style, out, err);
}

static int print_json(const struct run *run, FILE *out, struct err *err)
{
    return report_print_json(&run->sim, &run->options, out, err);
}

static int print_markdown(const struct run *run, FILE *out, struct err *err)
{
    return report_print_markdown(&run->sim, &run->options, out, err);
}

Test(report_failures, no_memory_is_reported_wherever_it_fails)
{
    static print_function *const prints[] = {print_terminal, print_json, print_markdown};
    struct run run;
    make_run(&run);
    for (size_t i = 0; i < ARRAY_LEN(prints); i++) {
        int64_t n = 1;
        for (; n < FAILURES_MAX; n++) {
            struct err err = {0};
            FILE *out = fopen("/dev/null", "w");
            cr_assert_not_null(out);
            failing_alloc_arm(n);
            int result = prints[i](&run, out, &err);
            bool has_failed = failing_alloc_disarm();
            fclose(out);
            cr_assert_eq(result, has_failed ? -1 : 0, "print %zu, allocation %d", i, (int)n);
            if (!has_failed)
                break;
            cr_assert_eq(err.kind, ERR_SYSTEM);
            cr_assert_str_eq(err.text, "out of memory");
        }
        cr_expect_gt(n, 10, "hardly any allocation was tried");
    }
    release_run(&run);
}

/* ---- the folder ---- */

static bool is_there(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void remove_folder(const char *folder)
{
    struct err err = {0};
    cr_assert_eq(folder_remove(folder, &err), 0, "%s", err.text);
}

static void make_folder(char folder[PATH_SIZE])
{
    snprintf(folder, PATH_SIZE, "/tmp/stowage-failures-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

/* Whole or not there: nothing between the two. */
static void expect_whole_or_nothing(const char *folder, int result, const struct err *err)
{
    static const char *const names[] = {"placements.csv", "groups.csv", "runner_metrics.jsonl",
                                        "report.md"};
    bool is_whole = is_there(folder, "summary.json");
    if (result == 0)
        cr_assert(is_whole);
    else
        cr_assert_eq(err->kind, ERR_SYSTEM, "%s", err->text);
    for (size_t i = 0; i < ARRAY_LEN(names) && is_whole; i++)
        cr_assert(is_there(folder, names[i]), "%s is not there", names[i]);
}

Test(report_failures, a_folder_without_memory_does_not_appear)
{
    struct run run;
    char parent[PATH_SIZE];
    char folder[PATH_SIZE + 8];
    int64_t refused = 0;
    make_run(&run);
    make_folder(parent);
    snprintf(folder, sizeof folder, "%s/out", parent);
    for (int64_t n = 1; n < FAILURES_MAX; n++) {
        struct err err = {0};
        struct report_outcome outcome;
        failing_alloc_arm(n);
        int result = report_write_folder(&run.sim, &run.options, folder, &outcome, &err);
        bool has_failed = failing_alloc_disarm();
        expect_whole_or_nothing(folder, result, &err);
        if (!has_failed)
            break;
        refused += result != 0;
        remove_folder(folder);
    }
    cr_expect_gt(refused, 50, "hardly any allocation was tried");
    remove_folder(parent);
    release_run(&run);
}

/* Each write takes its time, so only every seventh call fails; those of base/ are tried there. */
Test(report_failures, a_full_disk_leaves_no_half_report)
{
    struct run run;
    char parent[PATH_SIZE];
    char folder[PATH_SIZE + 8];
    int64_t refused = 0;
    make_run(&run);
    make_folder(parent);
    snprintf(folder, sizeof folder, "%s/out", parent);
    for (int64_t n = 1; n < FAILURES_MAX; n += 7) {
        struct err err = {0};
        struct report_outcome outcome;
        failing_io_arm(n, ENOSPC);
        int result = report_write_folder(&run.sim, &run.options, folder, &outcome, &err);
        bool has_failed = failing_io_disarm();
        expect_whole_or_nothing(folder, result, &err);
        refused += result != 0;
        remove_folder(folder);
        if (!has_failed)
            break;
    }
    cr_expect_gt(refused, 20, "hardly any failure was noticed");
    remove_folder(parent);
    release_run(&run);
}
