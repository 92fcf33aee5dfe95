/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "tests/failing_alloc.h"
#include "tests/failing_io.h"

/* Every test works in a folder of its own, which is also its working directory, so that short
 * relative names do. */
static void enter_new_folder(char folder[64])
{
    strcpy(folder, "/tmp/stowage-test-output-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(const char *folder)
{
    struct err err = {0};
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(folder_remove(folder, &err), 0, "%s", err.text);
}

static void put_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(content, file);
    cr_assert_eq(fclose(file), 0);
}

static bool file_is(const char *path, const char *content)
{
    char found[256] = "";
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t size = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    return size == strlen(content) && strcmp(found, content) == 0;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The names of all files below the present folder, each with a blank behind it. */
static const char *all_files(char out[1024])
{
    struct err err = {0};
    struct folder_names names = {0};
    cr_assert_eq(folder_list(".", &names, &err), 0, "%s", err.text);
    out[0] = '\0';
    for (int32_t i = 0; i < names.count; i++) {
        strcat(out, names.items[i]);
        strcat(out, " ");
    }
    folder_names_release(&names);
    return out;
}

/* ---- one file ---- */

Test(output_file, a_file_appears_with_the_commit_only)
{
    char folder[64];
    struct err err = {0};
    struct output_file file;
    enter_new_folder(folder);
    cr_assert_eq(output_file_open(&file, "a.csv", &err), 0, "%s", err.text);
    fputs("new", file.stream);
    cr_expect_not(exists("a.csv"));
    cr_assert_eq(output_file_commit(&file, &err), 0, "%s", err.text);
    char files[1024];
    cr_expect_str_eq(all_files(files), "a.csv ");
    cr_expect(file_is("a.csv", "new"));
    output_file_abandon(&file);
    cr_expect(exists("a.csv"), "abandon is harmless after commit");
    leave_folder(folder);
}

Test(output_file, abandoning_leaves_the_earlier_file)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    struct output_file file;
    enter_new_folder(folder);
    put_file("a.csv", "old");
    cr_assert_eq(output_file_open(&file, "a.csv", &err), 0);
    fputs("new", file.stream);
    fflush(file.stream);
    output_file_abandon(&file);
    output_file_abandon(&file);
    cr_expect_str_eq(all_files(files), "a.csv ");
    cr_expect(file_is("a.csv", "old"));
    leave_folder(folder);
}

Test(output_file, an_earlier_file_is_replaced_and_keeps_its_permissions)
{
    char folder[64];
    struct err err = {0};
    struct stat info;
    struct output_file file;
    enter_new_folder(folder);
    put_file("a.csv", "old");
    cr_assert_eq(chmod("a.csv", 0640), 0);
    cr_assert_eq(output_file_open(&file, "a.csv", &err), 0);
    fputs("new", file.stream);
    cr_assert_eq(output_file_commit(&file, &err), 0);
    cr_assert_eq(stat("a.csv", &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0640);
    cr_expect(file_is("a.csv", "new"));
    leave_folder(folder);
}

Test(output_file, a_new_file_follows_the_umask)
{
    char folder[64];
    struct err err = {0};
    struct stat info;
    struct output_file file;
    enter_new_folder(folder);
    umask(027);
    cr_assert_eq(output_file_open(&file, "a.csv", &err), 0);
    cr_assert_eq(output_file_commit(&file, &err), 0);
    cr_assert_eq(stat("a.csv", &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0640);
    leave_folder(folder);
}

Test(output_file, a_symbolic_link_stays_and_its_target_is_replaced)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    struct stat info;
    struct output_file file;
    enter_new_folder(folder);
    cr_assert_eq(mkdir("there", 0777), 0);
    put_file("there/real", "old");
    cr_assert_eq(symlink("there/real", "link"), 0);
    cr_assert_eq(output_file_open(&file, "link", &err), 0);
    fputs("new", file.stream);
    cr_assert_eq(output_file_commit(&file, &err), 0);
    cr_assert_eq(lstat("link", &info), 0);
    cr_expect(S_ISLNK(info.st_mode));
    cr_expect(file_is("there/real", "new"));
    cr_expect_str_eq(all_files(files), "link there/real ");
    leave_folder(folder);
}

Test(output_file, two_writers_of_one_name_do_not_mix)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    struct output_file first, second;
    enter_new_folder(folder);
    cr_assert_eq(output_file_open(&first, "a", &err), 0);
    cr_assert_eq(output_file_open(&second, "a", &err), 0);
    fputs("first", first.stream);
    fputs("second", second.stream);
    cr_assert_eq(output_file_commit(&second, &err), 0);
    cr_expect(file_is("a", "second"));
    cr_assert_eq(output_file_commit(&first, &err), 0);
    cr_expect(file_is("a", "first"));
    cr_expect_str_eq(all_files(files), "a ");
    leave_folder(folder);
}

/* Replacing /dev/null by a regular file would be a disaster for a program run as root, and for the
 * machine that tests it: a pipe takes the same way and can be spared. */
Test(output_file, pipes_and_devices_are_written_to_and_stay_what_they_are)
{
    char folder[64];
    char files[1024];
    char found[8] = "";
    struct err err = {0};
    struct stat info;
    struct output_file file;
    enter_new_folder(folder);
    cr_assert_eq(mkfifo("pipe", 0666), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    cr_assert_geq(reader, 0);
    cr_assert_eq(output_file_open(&file, "pipe", &err), 0, "%s", err.text);
    fputs("text", file.stream);
    cr_assert_eq(output_file_commit(&file, &err), 0, "%s", err.text);
    cr_expect_eq(read(reader, found, sizeof found), 4);
    cr_expect_str_eq(found, "text");
    close(reader);
    cr_assert_eq(stat("pipe", &info), 0);
    cr_expect(S_ISFIFO(info.st_mode));
    cr_expect_str_eq(all_files(files), "pipe ");
    leave_folder(folder);
}

/* A device that is always full: for root, who could destroy it, one of our own in the present
 * folder. */
static const char *full_device(void)
{
    if (geteuid() != 0)
        return "/dev/full";
    if (mknod("full", S_IFCHR | 0666, makedev(1, 7)) != 0 || access("full", W_OK) != 0)
        cr_skip("no device can be made here");
    return "full";
}

Test(output_file, a_full_disk_is_reported_by_the_commit)
{
    char folder[64];
    enter_new_folder(folder);
    const char *full = full_device();
    for (size_t kilobytes = 0; kilobytes < 64; kilobytes += 21) {
        struct err err = {0};
        struct output_file file;
        char expected[64];
        cr_assert_eq(output_file_open(&file, full, &err), 0, "%s", err.text);
        for (size_t i = 0; i < kilobytes * 1024 + 1; i++)
            putc('x', file.stream);
        cr_expect_eq(output_file_commit(&file, &err), -1);
        cr_expect_eq(err.kind, ERR_SYSTEM);
        snprintf(expected, sizeof expected, "%s: No space left on device", full);
        cr_expect_str_eq(err.text, expected);
        cr_expect_null(file.path);
    }
    leave_folder(folder);
}

/* Without a buffer nothing is left at the commit that could tell the reason again. */
Test(output_file, a_write_that_failed_long_ago_is_reported)
{
    char folder[64];
    char expected[64];
    struct err err = {0};
    struct output_file file;
    enter_new_folder(folder);
    const char *full = full_device();
    cr_assert_eq(output_file_open(&file, full, &err), 0, "%s", err.text);
    cr_assert_eq(setvbuf(file.stream, NULL, _IONBF, 0), 0);
    fputs("text", file.stream);
    cr_expect_eq(output_file_commit(&file, &err), -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    snprintf(expected, sizeof expected, "%s: an earlier write failed", full);
    cr_expect_str_eq(err.text, expected);
    leave_folder(folder);
}

/* No file may grow beyond `bytes`: the write fails like one on a full disk. */
static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
}

static void lift_file_size(void)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(output_file, nothing_appears_when_a_write_fails)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    struct output_file file;
    enter_new_folder(folder);
    put_file("a.csv", "old");
    cr_assert_eq(output_file_open(&file, "a.csv", &err), 0);
    limit_file_size(20000);
    for (int i = 0; i < 30000; i++)
        putc('x', file.stream);
    int result = output_file_commit(&file, &err);
    lift_file_size();
    cr_expect_eq(result, -1);
    cr_expect_str_eq(err.text, "a.csv: File too large");
    cr_expect_str_eq(all_files(files), "a.csv ");
    cr_expect(file_is("a.csv", "old"));
    leave_folder(folder);
}

Test(output_file, a_dash_is_standard_output_and_stays_open)
{
    struct err err = {0};
    struct output_file file;
    cr_assert_eq(output_file_open(&file, "-", &err), 0);
    cr_expect_eq(file.stream, stdout);
    cr_assert_eq(output_file_commit(&file, &err), 0);
    cr_expect_eq(fflush(stdout), 0);
}

Test(output_file, a_full_standard_output_is_reported)
{
    struct err err = {0};
    struct output_file file;
    int full = open("/dev/full", O_WRONLY);
    cr_assert_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
    cr_assert_eq(output_file_open(&file, "-", &err), 0);
    fputs("text", file.stream);
    cr_expect_eq(output_file_commit(&file, &err), -1);
    cr_expect_str_eq(err.text, "standard output: No space left on device");
    close(full);
}

static const struct {
    const char *path;
    enum err_kind kind;
    const char *error;
} unwritable[] = {
    {"missing/a.csv", ERR_INPUT, "missing/a.csv: No such file or directory"},
    {"/dev/null/a.csv", ERR_INPUT, "/dev/null/a.csv: Not a directory"},
    {".", ERR_INPUT, ".: Is a directory"},
    {"/proc/a.csv", ERR_INPUT, "/proc/a.csv: No such file or directory"},
};

Test(output_file, unwritable_places_are_named)
{
    char folder[64];
    enter_new_folder(folder);
    for (size_t i = 0; i < ARRAY_LEN(unwritable); i++) {
        struct err err = {0};
        struct output_file file;
        cr_expect_eq(output_file_open(&file, unwritable[i].path, &err), -1);
        cr_expect_eq(err.kind, unwritable[i].kind, "%s", unwritable[i].path);
        cr_expect_str_eq(err.text, unwritable[i].error);
        cr_expect_null(file.path);
        output_file_abandon(&file);
    }
    leave_folder(folder);
}

Test(output_file, a_folder_without_permission_is_an_error_of_the_system)
{
    char folder[64];
    struct err err = {0};
    struct output_file file;
    if (geteuid() == 0)
        cr_skip("permissions do not bind root");
    enter_new_folder(folder);
    cr_assert_eq(mkdir("closed", 0555), 0);
    cr_expect_eq(output_file_open(&file, "closed/a.csv", &err), -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_str_eq(err.text, "closed/a.csv: Permission denied");
    leave_folder(folder);
}

static int write_one_file(const char *path, struct err *err)
{
    struct output_file file;
    if (output_file_open(&file, path, err) != 0)
        return -1;
    fputs("new", file.stream);
    return output_file_commit(&file, err);
}

/* Whatever fails, the name holds the old content or the new one. */
Test(output_file, every_failing_call_leaves_the_old_or_the_new_file)
{
    static const char *const paths[] = {"a.csv", "link", "pipe"};
    char folder[64];
    enter_new_folder(folder);
    cr_assert_eq(symlink("a.csv", "link"), 0);
    cr_assert_eq(mkfifo("pipe", 0666), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    cr_assert_geq(reader, 0);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        bool has_failed = true;
        for (int64_t n = 1; has_failed; n++) {
            struct err err = {0};
            put_file("a.csv", "old");
            failing_io_arm(n, EIO);
            int result = write_one_file(paths[i], &err);
            has_failed = failing_io_disarm();
            cr_assert_eq(err.kind, result == 0 ? ERR_NONE : ERR_SYSTEM);
            cr_assert(has_failed || (result == 0 && n > 4), "a file takes several calls");
            bool is_pipe = strcmp(paths[i], "pipe") == 0;
            cr_assert(is_pipe || file_is("a.csv", "new") ||
                          (result == -1 && file_is("a.csv", "old")),
                      "%s, %d", paths[i], (int)n);
        }
    }
    close(reader);
    leave_folder(folder);
}

Test(output_file, running_out_of_memory_is_a_clean_error)
{
    char folder[64];
    char files[1024];
    enter_new_folder(folder);
    for (int64_t n = 1;; n++) {
        struct err err = {0};
        failing_alloc_arm(n);
        int result = write_one_file("a.csv", &err);
        if (!failing_alloc_disarm()) {
            cr_assert_eq(result, 0, "%s", err.text);
            break;
        }
        cr_assert_eq(result, -1);
        cr_assert_str_eq(err.text, "out of memory");
        cr_assert_str_eq(all_files(files), "");
    }
    leave_folder(folder);
}

/* ---- one folder ---- */

static const char summary[] = "{\"tool\": \"stowage\", \"run\": \"new\"}";
static const char old_summary[] = "{\"tool\": \"stowage\", \"run\": \"old\"}";

static int write_into(struct output_dir *dir, const char *name, const char *content,
                      struct err *err)
{
    FILE *file = output_dir_create(dir, name, err);
    if (file == NULL)
        return -1;
    fputs(content, file);
    return output_dir_close(dir, file, name, err);
}

/* One whole run: opens, writes three files, commits; abandons on failure. */
static int write_report(const char *path, struct err *err)
{
    struct output_dir dir;
    if (output_dir_open(&dir, path, err) != 0)
        return -1;
    int result = 0;
    if (write_into(&dir, "nodes.csv", "new", err) != 0 ||
        write_into(&dir, "plots/cpu.gp", "new", err) != 0 ||
        write_into(&dir, "summary.json", summary, err) != 0)
        result = -1;
    if (result == 0)
        result = output_dir_commit(&dir, "summary.json", err);
    output_dir_abandon(&dir);
    return result;
}

static bool is_new_report(void)
{
    return file_is("out/summary.json", summary) && file_is("out/nodes.csv", "new") &&
           file_is("out/plots/cpu.gp", "new");
}

/* An earlier report with files of its own. */
static void put_old_report(void)
{
    mkdir("out", 0777);
    mkdir("out/plots", 0777);
    put_file("out/nodes.csv", "old");
    put_file("out/pending.csv", "old");
    put_file("out/plots/cpu.gp", "old");
    put_file("out/plots/gpu.gp", "old");
    put_file("out/summary.json", old_summary);
}

static bool is_old_report(void)
{
    return file_is("out/summary.json", old_summary) && file_is("out/nodes.csv", "old") &&
           file_is("out/pending.csv", "old") && file_is("out/plots/cpu.gp", "old") &&
           file_is("out/plots/gpu.gp", "old");
}

Test(output_dir, a_report_appears_with_the_commit_only)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    cr_assert_eq(output_dir_open(&dir, "out", &err), 0, "%s", err.text);
    cr_assert_eq(write_into(&dir, "nodes.csv", "new", &err), 0, "%s", err.text);
    cr_assert_eq(write_into(&dir, "plots/cpu.gp", "new", &err), 0, "%s", err.text);
    cr_assert_eq(write_into(&dir, "plots/gpu.gp", "new", &err), 0, "%s", err.text);
    cr_assert_eq(write_into(&dir, "summary.json", summary, &err), 0, "%s", err.text);
    cr_expect_not(exists("out/nodes.csv"));
    cr_expect_not(exists("out/summary.json"));
    cr_assert_eq(output_dir_commit(&dir, "summary.json", &err), 0, "%s", err.text);
    cr_expect_str_eq(all_files(files),
                     "out/nodes.csv out/plots/cpu.gp out/plots/gpu.gp out/summary.json ");
    cr_expect_not(exists("out/.stowage-partial"));
    cr_expect(is_new_report());
    output_dir_abandon(&dir);
    cr_expect(is_new_report(), "abandon is harmless after commit");
    leave_folder(folder);
}

Test(output_dir, abandoning_removes_what_was_made)
{
    char folder[64];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    cr_assert_eq(output_dir_open(&dir, "out/", &err), 0);
    cr_assert_eq(write_into(&dir, "plots/cpu.gp", "new", &err), 0);
    output_dir_abandon(&dir);
    cr_expect_not(exists("out"));
    output_dir_abandon(&dir);
    leave_folder(folder);
}

Test(output_dir, a_probe_tells_a_wrong_path_and_leaves_nothing)
{
    char folder[64];
    struct err err = {0};
    enter_new_folder(folder);
    cr_assert_eq(output_dir_probe("out", &err), 0, "%s", err.text);
    cr_expect_not(exists("out"));
    cr_assert_eq(output_dir_probe(NULL, &err), 0, "%s", err.text);
    put_old_report();
    cr_assert_eq(output_dir_probe("out", &err), 0, "%s", err.text);
    cr_expect(is_old_report());
    cr_expect_not(exists("out/.stowage-partial"));
    cr_assert_eq(output_dir_probe("none/out", &err), -1);
    cr_expect_eq(err.kind, ERR_INPUT);
    leave_folder(folder);
}

Test(output_dir, abandoning_leaves_a_folder_that_was_there)
{
    char folder[64];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(output_dir_open(&dir, "out", &err), 0);
    output_dir_abandon(&dir);
    cr_expect(exists("out"));
    cr_expect_not(exists("out/.stowage-partial"));
    leave_folder(folder);
}

Test(output_dir, an_earlier_report_stays_until_the_commit)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    put_old_report();
    cr_assert_eq(output_dir_open(&dir, "out", &err), 0, "%s", err.text);
    cr_assert_eq(write_into(&dir, "nodes.csv", "new", &err), 0);
    cr_expect(is_old_report());
    output_dir_abandon(&dir);
    cr_expect(is_old_report());
    cr_assert_eq(write_report("out", &err), 0, "%s", err.text);
    cr_expect(is_new_report());
    cr_expect_str_eq(all_files(files),
                     "out/nodes.csv out/pending.csv out/plots/cpu.gp out/summary.json ",
                     "old plots go, other files stay");
    leave_folder(folder);
}

Test(output_dir, a_report_without_plots_leaves_no_old_ones)
{
    char folder[64];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    put_old_report();
    cr_assert_eq(output_dir_open(&dir, "out", &err), 0);
    cr_assert_eq(write_into(&dir, "summary.json", summary, &err), 0);
    cr_assert_eq(output_dir_commit(&dir, "summary.json", &err), 0, "%s", err.text);
    cr_expect_not(exists("out/plots"));
    leave_folder(folder);
}

static const struct {
    const char *name;
    const char *file; /* what the folder holds */
    const char *content;
} strangers[] = {
    {"a note", "out/notes.txt", "mine"},
    {"a hidden file", "out/.hidden", ""},
    {"a file named almost like ours", "out/.stowage-partial-mine", ""},
    {"a name that goes on", "out/.stowage-partial-12-3.txt", ""},
    {"a name without an attempt", "out/.stowage-partial-12-", ""},
    {"a name without a process", "out/.stowage-partial--1", ""},
    {"a summary of something else", "out/summary.json", "{\"tool\": \"other\"}"},
    {"a summary that names no tool", "out/summary.json", "{}"},
    {"a summary whose tool is no text", "out/summary.json", "{\"tool\": 1}"},
    {"a summary in capitals", "out/summary.json", "{\"Tool\": \"stowage\"}"},
    {"a summary that is a list", "out/summary.json", "[\"tool\", \"stowage\"]"},
    {"a cut summary", "out/summary.json", "{\"tool\": \"stowage\""},
    {"an empty summary", "out/summary.json", ""},
};

Test(output_dir, folders_of_others_are_left_alone)
{
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
        char folder[64];
        char files[1024], before[1024];
        struct err err = {0};
        enter_new_folder(folder);
        cr_assert_eq(mkdir("out", 0777), 0);
        put_file(strangers[i].file, strangers[i].content);
        all_files(before);
        cr_expect_eq(write_report("out", &err), -1, "%s", strangers[i].name);
        cr_expect_eq(err.kind, ERR_INPUT);
        cr_expect_str_eq(err.text, "out: exists and holds other files: give an empty or new folder",
                         "%s", strangers[i].name);
        cr_expect_str_eq(all_files(files), before);
        cr_expect(file_is(strangers[i].file, strangers[i].content));
        leave_folder(folder);
    }
}

/* Reading a pipe in the place of a summary would wait for ever. */
Test(output_dir, a_pipe_named_like_a_summary_is_a_stranger)
{
    alarm(10);
    char folder[64];
    struct err err = {0};
    enter_new_folder(folder);
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkfifo("out/summary.json", 0666), 0);
    cr_expect_eq(write_report("out", &err), -1);
    cr_expect_eq(err.kind, ERR_INPUT);
    leave_folder(folder);
}

Test(output_dir, impossible_places_are_named)
{
    char folder[64];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    put_file("file", "");
    cr_expect_eq(output_dir_open(&dir, "missing/out", &err), -1);
    cr_expect_str_eq(err.text, "missing/out: the folder that should hold it does not exist");
    cr_expect_eq(err.kind, ERR_INPUT);
    cr_expect_null(dir.path);
    output_dir_abandon(&dir);
    cr_expect_eq(output_dir_open(&dir, "file", &err), -1);
    cr_expect_str_eq(err.text, "file: is not a folder");
    cr_expect_eq(output_dir_open(&dir, "file/out", &err), -1);
    cr_expect_str_eq(err.text, "file/out: Not a directory");
    cr_expect_eq(output_dir_open(&dir, "", &err), -1);
    cr_expect_eq(err.kind, ERR_INPUT);
    leave_folder(folder);
}

Test(output_dir, a_folder_without_permission_is_an_error_of_the_system)
{
    char folder[64];
    struct err err = {0};
    struct output_dir dir;
    if (geteuid() == 0)
        cr_skip("permissions do not bind root");
    enter_new_folder(folder);
    cr_assert_eq(mkdir("out", 0555), 0);
    cr_expect_eq(output_dir_open(&dir, "out", &err), -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_str_eq(err.text, "out: Permission denied");
    leave_folder(folder);
}

Test(output_dir, a_second_run_into_one_folder_is_refused)
{
    char folder[64];
    struct err err = {0};
    struct output_dir first, second;
    enter_new_folder(folder);
    cr_assert_eq(output_dir_open(&first, "out", &err), 0);
    cr_assert_eq(write_into(&first, "summary.json", summary, &err), 0);
    cr_expect_eq(output_dir_open(&second, "out", &err), -1);
    cr_expect_str_eq(err.text, "out: another run is writing its report there");
    cr_assert_eq(output_dir_commit(&first, "summary.json", &err), 0, "%s", err.text);
    cr_expect_eq(output_dir_open(&second, "out", &err), 0, "%s", err.text);
    output_dir_abandon(&second);
    cr_expect(file_is("out/summary.json", summary));
    leave_folder(folder);
}

Test(output_dir, what_a_killed_run_left_is_removed_and_links_are_not_followed)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    enter_new_folder(folder);
    put_file("precious", "mine");
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("out/.stowage-partial", 0777), 0);
    cr_assert_eq(mkdir("out/.stowage-partial/plots", 0777), 0);
    put_file("out/.stowage-partial/plots/x.gp", "half");
    cr_assert_eq(symlink("../../precious", "out/.stowage-partial/link"), 0);
    cr_assert_eq(symlink("../..", "out/.stowage-partial/up"), 0);
    cr_assert_eq(write_report("out", &err), 0, "%s", err.text);
    cr_expect_str_eq(all_files(files), "out/nodes.csv out/plots/cpu.gp out/summary.json precious ");
    leave_folder(folder);
}

Test(output_file, what_a_killed_process_left_is_removed_and_nothing_else)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    enter_new_folder(folder);
    cr_assert_eq(mkdir("points", 0777), 0);
    cr_assert_eq(mkdir("points/deep", 0777), 0);
    put_file("points/a.json", "whole");
    put_file("points/.stowage-partial-24764-0", "");
    put_file("points/.stowage-partial-1-22", "half");
    put_file("points/deep/.stowage-partial-1-2", "of another folder");
    put_file("points/x.stowage-partial-1-2", "mine");
    cr_assert_eq(output_remove_unfinished("points", &err), 0, "%s", err.text);
    cr_expect_str_eq(all_files(files), "points/a.json points/deep/.stowage-partial-1-2 "
                                       "points/x.stowage-partial-1-2 ");
    cr_expect_eq(output_remove_unfinished("none", &err), -1);
    leave_folder(folder);
}

/* Of a sweep or a plan the first file, sweep.json or search.json, is written into <dir> itself. */
Test(output_dir, a_process_killed_while_it_wrote_its_first_file_can_be_repeated)
{
    char folder[64];
    char files[1024];
    struct err err = {0};
    enter_new_folder(folder);
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("out/.stowage-partial", 0777), 0);
    put_file("out/.stowage-partial-24764-0", "{");
    cr_assert_eq(output_dir_probe("out", &err), 0, "%s", err.text);
    cr_expect_str_eq(all_files(files), "");
    put_file("out/.stowage-partial-24764-0", "{");
    cr_assert_eq(write_report("out", &err), 0, "%s", err.text);
    cr_expect_str_eq(all_files(files), "out/nodes.csv out/plots/cpu.gp out/summary.json ");
    leave_folder(folder);
}

Test(output_dir, a_run_killed_while_it_moved_its_files_can_be_repeated)
{
    char folder[64];
    struct err err = {0};
    enter_new_folder(folder);
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("out/.stowage-partial", 0777), 0);
    put_file("out/nodes.csv", "half");
    put_file("out/.stowage-partial/summary.json", old_summary);
    cr_assert_eq(write_report("out", &err), 0, "%s", err.text);
    cr_expect(is_new_report());
    leave_folder(folder);
}

Test(output_dir, a_name_taken_by_a_folder_leaves_the_earlier_report_whole)
{
    char folder[64];
    struct err err = {0};
    enter_new_folder(folder);
    put_old_report();
    cr_assert_eq(unlink("out/nodes.csv"), 0);
    cr_assert_eq(mkdir("out/nodes.csv", 0777), 0);
    cr_expect_eq(write_report("out", &err), -1);
    cr_expect_str_eq(err.text, "out/nodes.csv: Is a directory");
    cr_expect(file_is("out/summary.json", old_summary));
    cr_expect(file_is("out/plots/cpu.gp", "old"));
    cr_expect_not(exists("out/.stowage-partial"));
    leave_folder(folder);
}

Test(output_dir, a_full_disk_is_reported_by_name)
{
    char folder[64];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    put_old_report();
    cr_assert_eq(output_dir_open(&dir, "out", &err), 0);
    FILE *file = output_dir_create(&dir, "plots/cpu.gp", &err);
    cr_assert_not_null(file);
    limit_file_size(20000);
    for (int i = 0; i < 30000; i++)
        putc('x', file);
    int result = output_dir_close(&dir, file, "plots/cpu.gp", &err);
    lift_file_size();
    cr_expect_eq(result, -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_str_eq(err.text, "out/plots/cpu.gp: File too large");
    output_dir_abandon(&dir);
    cr_expect(is_old_report());
    cr_expect_not(exists("out/.stowage-partial"));
    leave_folder(folder);
}

Test(output_dir, a_name_given_twice_is_refused)
{
    char folder[64];
    struct err err = {0};
    struct output_dir dir;
    enter_new_folder(folder);
    cr_assert_eq(output_dir_open(&dir, "out", &err), 0);
    cr_assert_eq(write_into(&dir, "nodes.csv", "", &err), 0);
    cr_expect_null(output_dir_create(&dir, "nodes.csv", &err));
    cr_expect_str_eq(err.text, "out/nodes.csv: File exists");
    output_dir_abandon(&dir);
    leave_folder(folder);
}

Test(output_dir, a_name_outside_the_folder_is_our_mistake, .signal = SIGABRT)
{
    struct err err = {0};
    struct output_dir dir = {.path = "out", .partial = "out/.stowage-partial"};
    output_dir_create(&dir, "plots/../../x", &err);
}

/* ---- failures at every step ---- */

/* What may be found after a failure or a kill at any moment: the report that was there before, the
 * new one, or none; never a summary beside files of another report. */
static bool is_consistent(bool had_report)
{
    if (!exists("out/summary.json"))
        return true;
    return is_new_report() || (had_report && is_old_report());
}

static void start_afresh(bool has_report)
{
    struct err err = {0};
    cr_assert_eq(folder_remove("out", &err), 0, "%s", err.text);
    if (has_report)
        put_old_report();
}

Test(output_dir, every_failing_call_leaves_the_old_or_the_new_report_or_none)
{
    char folder[64];
    enter_new_folder(folder);
    for (int variant = 0; variant < 2; variant++) {
        bool has_failed = true;
        for (int64_t n = 1; has_failed; n++) {
            struct err err = {0};
            start_afresh(variant == 1);
            failing_io_arm(n, EIO);
            int result = write_report("out", &err);
            has_failed = failing_io_disarm();
            cr_assert_eq(err.kind, result == 0 ? ERR_NONE : ERR_SYSTEM, "%d: %s", (int)n, err.text);
            cr_assert(is_consistent(variant == 1), "%d", (int)n);
            cr_assert(result == -1 || is_new_report(), "%d", (int)n);
            cr_assert(has_failed || n > 30, "a run makes many calls");
            cr_assert_eq(write_report("out", &err), 0, "%d, again: %s", (int)n, err.text);
            cr_assert(is_new_report());
        }
    }
    leave_folder(folder);
}

/* The child makes the run and is killed before its n-th call. Does it get through? */
static bool run_and_kill(int64_t n)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct err err = {0};
        failing_io_arm(n, 0);
        _exit(write_report("out", &err) == 0 ? 0 : 1);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return !WIFSIGNALED(status);
}

Test(output_dir, a_kill_at_any_moment_leaves_the_old_or_the_new_report_or_none)
{
    char folder[64];
    enter_new_folder(folder);
    for (int variant = 0; variant < 2; variant++) {
        bool is_through = false;
        for (int64_t n = 1; !is_through; n++) {
            struct err err = {0};
            start_afresh(variant == 1);
            is_through = run_and_kill(n);
            cr_assert(is_consistent(variant == 1), "%d", (int)n);
            cr_assert(!is_through || (is_new_report() && n > 30), "%d", (int)n);
            cr_assert_eq(write_report("out", &err), 0, "%d, again: %s", (int)n, err.text);
            cr_assert(is_new_report());
            cr_assert_not(exists("out/.stowage-partial"));
        }
    }
    leave_folder(folder);
}

Test(output_dir, running_out_of_memory_at_any_moment_is_a_clean_error)
{
    char folder[64];
    enter_new_folder(folder);
    for (int variant = 0; variant < 2; variant++) {
        bool has_failed = true;
        for (int64_t n = 1; has_failed; n++) {
            struct err err = {0};
            start_afresh(variant == 1);
            failing_alloc_arm(n);
            int result = write_report("out", &err);
            has_failed = failing_alloc_disarm();
            /* Without memory for the full name a write error is told by the short one. */
            cr_assert(result == -1 || is_new_report(), "%d", (int)n);
            cr_assert(has_failed || result == 0, "%s", err.text);
            cr_assert_eq(err.kind, result == 0 ? ERR_NONE : ERR_SYSTEM, "%s", err.text);
            cr_assert(is_consistent(variant == 1), "%d", (int)n);
        }
    }
    leave_folder(folder);
}
