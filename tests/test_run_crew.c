/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/run_crew.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan/run_worker.h"

static const char path[] = STOWAGE_SOURCE_DIR "/scenarios/plan-survive-zone.json";
static const char *const targets[] = {"floors", "no-preemption 7"};
static const char *const survives[] = {"zone", "node"};

/* The question of a worker as text. */
static char *print_task(const char *digest, size_t *size)
{
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, size);
    const struct run_task task = {.scenario_path = path,
                                  .scenario_digest = digest,
                                  .seed = 7,
                                  .targets = {targets, 2},
                                  .survives = {survives, 2}};
    run_task_print(&task, out);
    fclose(out);
    return bytes;
}

static struct scenario load(void)
{
    struct scenario scenario;
    struct err err = {0};
    cr_assert_eq(scenario_load(&scenario, path, &err), 0, "%s", err.text);
    return scenario;
}

static void expect_same(const struct trial_tally *a, const struct trial_tally *b)
{
    cr_expect_eq(a->trials, b->trials);
    cr_expect_eq(a->successes, b->successes);
    cr_expect_eq(a->first_failure, b->first_failure);
    cr_expect_eq(a->first_loss, b->first_loss);
    cr_expect_eq(memcmp(a->missed, b->missed, sizeof a->missed), 0);
    cr_expect_eq(memcmp(&a->cost_per_hour, &b->cost_per_hour, sizeof(double)), 0);
}

Test(run_crew, processes_give_what_threads_give)
{
    enum { WORKERS = 3, TRIALS = 12 };
    struct scenario scenario = load();
    struct run_worker worker;
    struct run_crew crew;
    struct err err = {0};
    size_t size;
    char *bytes = print_task(scenario.digest, &size);
    cr_assert_eq(run_worker_init(&worker, bytes, size, &err), 0, "%s", err.text);
    const struct crew_work work = run_worker_work(&worker);
    struct crew *workers = crew_local_start(&work, WORKERS, &err);
    cr_assert_not_null(workers, "%s", err.text);
    cr_assert_eq(run_crew_init(&crew, workers, worker.axes.count, &err), 0, "%s", err.text);
    static const struct alteration rows[] = {
        {.kind = ALTER_NOTHING},
        {.kind = ALTER_DEMAND, .percent = 130},
        {.kind = ALTER_OVERHEAD, .cpu_milli = 1500},
        {.kind = ALTER_FLOOR, .runner = 1},
        {.kind = ALTER_NOTHING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int32_t nodes = 10; nodes <= 14; nodes += 2) {
            struct altered_question altered;
            struct tester tester;
            struct trial_tally of_threads, of_processes;
            struct trial_range range = {.count = TRIALS, .takes_all = true};
            cr_assert_eq(altered_question_make(&altered, &worker.question, &rows[i], &err), 0);
            altered.question.trial_count = TRIALS;
            altered.question.thread_count = 2;
            tester_init(&tester, &altered.question);
            cr_assert_eq(tester_run(&tester, &nodes, &range, &of_threads, &err), 0);
            altered.question.crew = &crew;
            tester_init(&tester, &altered.question);
            cr_assert_eq(tester_run(&tester, &nodes, &range, &of_processes, &err), 0, "%s",
                         err.text);
            expect_same(&of_threads, &of_processes);
            altered_question_release(&altered);
        }
    cr_expect_not(crew.is_at_work);
    run_crew_release(&crew);
    run_worker_release(&worker);
    free(bytes);
    scenario_release(&scenario);
}

Test(run_crew, a_worker_that_reads_other_files_says_so)
{
    struct run_worker worker;
    struct err err = {0};
    size_t size;
    char *bytes = print_task("another digest", &size);
    cr_assert_eq(run_worker_init(&worker, bytes, size, &err), -1);
    cr_expect_not_null(strstr(err.text, "a rank reads other files than rank 0"), "%s", err.text);
    free(bytes);
}
