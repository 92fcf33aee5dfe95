/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/process.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"

/* Tests that might hang set an alarm, which ends them; Criterion's own time limit loses memory when
 * several such tests run side by side. */

/* Runs a script with sh and checks how it ends. */
static void expect_end(const char *script, enum process_outcome expected, const char *how)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_NOT_FOUND;
    char detail[200] = "";
    struct err err = {0};
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0, "%s", err.text);
    cr_expect_eq(outcome, expected, "%s", script);
    cr_expect_str_eq(detail, how, "%s", script);
}

static const struct {
    const char *script;
    enum process_outcome outcome;
    const char *detail;
} ends[] = {
    {"exit 0", PROCESS_DONE, ""},
    {"echo some output; echo more >&2", PROCESS_DONE, ""},
    {"exit 1", PROCESS_FAILED, "exit code 1"},
    {"exit 255", PROCESS_FAILED, "exit code 255"},
    {"echo first; echo last; exit 3", PROCESS_FAILED, "exit code 3: last"},
    {"echo out; echo err >&2; exit 3", PROCESS_FAILED, "exit code 3: err"},
    {"echo err >&2; echo out; exit 3", PROCESS_FAILED, "exit code 3: out"},
    {"printf 'no line end'; exit 3", PROCESS_FAILED, "exit code 3: no line end"},
    {"printf 'text\\n\\n  \\n'; exit 3", PROCESS_FAILED, "exit code 3: text"},
    {"printf '  blank before\\n'; exit 3", PROCESS_FAILED, "exit code 3:   blank before"},
    {"printf '\\n\\n'; exit 3", PROCESS_FAILED, "exit code 3"},
    {"printf 'a\\033[31mb\\377'; exit 3", PROCESS_FAILED, "exit code 3: a?[31mb?"},
    {"printf 'caf\\303\\251'; exit 3", PROCESS_FAILED, "exit code 3: caf\xc3\xa9"},
    {"kill -SEGV $$", PROCESS_FAILED, "killed by signal 11"},
    {"kill -KILL $$", PROCESS_FAILED, "killed by signal 9"},
    {"cat; echo at the end; exit 3", PROCESS_FAILED, "exit code 3: at the end"},
    {"exec 1>&- 2>&-; sleep 0.1; exit 4", PROCESS_FAILED, "exit code 4"},
};

Test(process, the_way_a_program_ends_is_told)
{
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        expect_end(ends[i].script, ends[i].outcome, ends[i].detail);
}

/* More than a pipe holds: a parent that did not read would wait for ever. */
Test(process, much_output_is_taken_and_its_end_told)
{
    alarm(30);
    expect_end(
        "i=0; while [ $i -lt 30000 ]; do echo 0123456789; i=$((i+1)); done; echo end; exit 1",
        PROCESS_FAILED, "exit code 1: end");
}

Test(process, a_very_long_last_line_is_cut_at_its_start_and_end)
{
    expect_end(
        "head -c 100000 /dev/zero | tr '\\0' x; exit 1", PROCESS_FAILED,
        "exit code 1: "
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxx");
}

static int64_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static const char *const endless[] = {
    "sleep 60",
    "sleep 60 & wait",
    "exec 1>&- 2>&-; sleep 60",
    "while :; do echo busy; done",
    "trap '' TERM INT HUP; sleep 60; sleep 60",
};

Test(process, a_program_is_stopped_at_its_time_limit)
{
    alarm(60);
    for (size_t i = 0; i < ARRAY_LEN(endless); i++) {
        const char *const argv[] = {"sh", "-c", endless[i], NULL};
        struct process_request request = {.argv = argv, .seconds_max = 1};
        enum process_outcome outcome = PROCESS_DONE;
        char detail[200] = "";
        struct err err = {0};
        int64_t start = seconds_now();
        cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
        cr_expect_lt(seconds_now() - start, 10, "%s", endless[i]);
        cr_expect_eq(outcome, PROCESS_FAILED, "%s", endless[i]);
        cr_expect_str_eq(detail, "ran longer than 1 s and was stopped", "%s", endless[i]);
    }
}

/* Ctrl-C during a picture: the caller has blocked the signal and asks for it now and then. */
Test(process, a_program_is_stopped_by_a_signal_that_its_parent_has_blocked)
{
    static const struct {
        int number;
        const char *script, *detail;
    } rows[] = {
        {SIGINT, "kill -INT $PPID; sleep 60", "stopped by SIGINT"},
        {SIGTERM, "kill -TERM $PPID; sleep 60", "stopped by SIGTERM"},
    };
    alarm(60);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        sigset_t set;
        int got = 0;
        int64_t start = seconds_now();
        sigemptyset(&set);
        sigaddset(&set, rows[i].number);
        cr_assert_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        expect_end(rows[i].script, PROCESS_FAILED, rows[i].detail);
        cr_expect_lt(seconds_now() - start, 30);
        cr_expect_eq(sigwait(&set, &got), 0);
        cr_expect_eq(got, rows[i].number, "the signal still waits to be asked for");
    }
}

/* The write end of a pipe lives as long as any process that has it. */
Test(process, the_children_of_a_stopped_program_are_stopped_too)
{
    alarm(30);
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    const char *const argv[] = {"sh", "-c", "sleep 60 & sleep 60", NULL};
    struct process_request request = {.argv = argv, .seconds_max = 1};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[200] = "";
    struct err err = {0};
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
    close(ends[1]);
    struct pollfd hang_up = {.fd = ends[0], .events = POLLIN};
    cr_expect_eq(poll(&hang_up, 1, 5000), 1, "somebody still has the pipe");
    cr_expect(hang_up.revents & POLLHUP);
    close(ends[0]);
}

/* What the program has left running may hold the pipe open; that is no reason to wait. */
Test(process, a_grandchild_in_the_background_is_not_waited_for)
{
    alarm(20);
    int64_t start = seconds_now();
    expect_end("sleep 5 & exit 2", PROCESS_FAILED, "exit code 2");
    cr_expect_lt(seconds_now() - start, 4);
}

Test(process, a_missing_program_is_an_outcome_of_its_own)
{
    static const char *const names[] = {"no-such-program-anywhere", "/nonexistent/program"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *const argv[] = {names[i], NULL};
        struct process_request request = {.argv = argv};
        enum process_outcome outcome = PROCESS_DONE;
        char detail[200] = "";
        char expected[200];
        struct err err = {0};
        cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
        cr_expect_eq(outcome, PROCESS_NOT_FOUND);
        snprintf(expected, sizeof expected, "%s: No such file or directory", names[i]);
        cr_expect_str_eq(detail, expected);
    }
}

Test(process, a_file_that_is_no_program_is_a_failure)
{
    const char *const argv[] = {"/etc/passwd", NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[200] = "";
    struct err err = {0};
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
    cr_expect_eq(outcome, PROCESS_FAILED);
    cr_expect_str_eq(detail, "/etc/passwd: Permission denied");
}

Test(process, arguments_arrive_as_they_are)
{
    const char *const argv[] = {"sh", "-c", "echo \"$0|$1|$#\"; exit 1", "a b", "$HOME;'\"", NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[200] = "";
    struct err err = {0};
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
    cr_expect_str_eq(detail, "exit code 1: a b|$HOME;'\"|1");
}

Test(process, the_program_runs_in_the_directory_asked_for)
{
    const char *const argv[] = {"sh", "-c", "pwd; exit 1", NULL};
    struct process_request request = {.argv = argv, .directory = "/usr"};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[200] = "";
    struct err err = {0};
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
    cr_expect_str_eq(detail, "exit code 1: /usr");
}

Test(process, a_missing_directory_is_not_a_missing_program)
{
    static const struct {
        const char *directory;
        const char *error;
    } rows[] = {
        {"/nonexistent", "/nonexistent: No such file or directory"},
        {"/dev/null", "/dev/null: Not a directory"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const argv[] = {"true", NULL};
        struct process_request request = {.argv = argv, .directory = rows[i].directory};
        enum process_outcome outcome = PROCESS_FAILED;
        char detail[200] = "";
        struct err err = {0};
        cr_expect_eq(process_run(&request, &outcome, detail, sizeof detail, &err), -1);
        cr_expect_eq(err.kind, ERR_SYSTEM);
        cr_expect_str_eq(err.text, rows[i].error);
    }
}

/* In the masks of /proc bit n - 1 stands for signal n. The C library itself leaves its two internal
 * signals, 32 and 33, ignored in a child. */
Test(process, the_child_blocks_and_ignores_no_signal)
{
    sigset_t all;
    sigfillset(&all);
    cr_assert_eq(sigprocmask(SIG_BLOCK, &all, NULL), 0);
    cr_assert_neq(signal(SIGPIPE, SIG_IGN), SIG_ERR);
    cr_assert_neq(signal(SIGINT, SIG_IGN), SIG_ERR);
    const char *const argv[] = {"sh", "-c",
                                "grep -E '^Sig(Blk|Ign)' /proc/self/status |"
                                "grep -v -E '[[:blank:]]0000000[01][08]0000000$'",
                                NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[200] = "";
    struct err err = {0};
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
    cr_expect_eq(outcome, PROCESS_FAILED, "a signal is left: %s", detail);
    cr_expect_str_eq(detail, "exit code 1");
    sigset_t now;
    cr_assert_eq(sigprocmask(SIG_BLOCK, NULL, &now), 0);
    cr_expect(sigismember(&now, SIGTERM), "the mask of the parent stays");
}

static int open_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

Test(process, no_descriptor_stays_open_and_none_is_inherited)
{
    int before = open_descriptors();
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        expect_end(ends[i].script, ends[i].outcome, ends[i].detail);
    cr_expect_eq(open_descriptors(), before);
    /* 0, 1, 2, and the one with which ls reads the folder. */
    const char *const argv[] = {"sh", "-c", "exit $(ls /proc/self/fd | wc -l)", NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[200] = "";
    struct err err = {0};
    for (int fd = 3; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags != -1)
            cr_assert_eq(fcntl(fd, F_SETFD, flags | FD_CLOEXEC), 0);
    }
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
    cr_expect_str_eq(detail, "exit code 4");
}

/* A program may be started with its standard descriptors closed; the pipe then takes their numbers.
 */
Test(process, closed_standard_descriptors_do_no_harm)
{
    for (int fd = 0; fd < 3; fd++) {
        int kept = dup(fd);
        cr_assert_geq(kept, 0);
        close(fd);
        const char *const argv[] = {"sh", "-c", "cat; echo out; echo err >&2; exit 5", NULL};
        struct process_request request = {.argv = argv};
        enum process_outcome outcome = PROCESS_DONE;
        char detail[200] = "";
        struct err err = {0};
        int result = process_run(&request, &outcome, detail, sizeof detail, &err);
        dup2(kept, fd);
        close(kept);
        cr_expect_eq(result, 0, "%d: %s", fd, err.text);
        cr_expect_str_eq(detail, "exit code 5: err", "%d", fd);
    }
}

Test(process, a_short_detail_is_cut_and_terminated)
{
    const char *const argv[] = {"sh", "-c", "echo abc; exit 1", NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[6] = "12345";
    struct err err = {0};
    cr_assert_eq(process_run(&request, &outcome, detail, sizeof detail, &err), 0);
    cr_expect_str_eq(detail, "exit ");
}

Test(process, a_system_out_of_descriptors_is_an_error)
{
    const char *const argv[] = {"true", NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_DONE;
    char detail[200] = "";
    struct err err = {0};
    struct rlimit limit, none = {0};
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none.rlim_max = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = process_run(&request, &outcome, detail, sizeof detail, &err);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_expect_eq(result, -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_str_eq(err.text, "true: Too many open files");
}

/* With SIGCHLD ignored the system forgets how a child has ended. */
Test(process, a_child_that_the_system_forgot_is_an_error)
{
    const char *const argv[] = {"true", NULL};
    struct process_request request = {.argv = argv};
    enum process_outcome outcome = PROCESS_FAILED;
    char detail[200] = "";
    struct err err = {0};
    cr_assert_neq(signal(SIGCHLD, SIG_IGN), SIG_ERR);
    int result = process_run(&request, &outcome, detail, sizeof detail, &err);
    cr_assert_neq(signal(SIGCHLD, SIG_DFL), SIG_ERR);
    cr_expect_eq(result, -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_str_eq(err.text, "true: No child processes");
}
