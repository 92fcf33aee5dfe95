/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_RUN_WORKER_H
#define STOWAGE_PLAN_RUN_WORKER_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench/crew.h"
#include "plan/altered_question.h"
#include "scenarios/edit.h"

/* The worker of a plan that is not in the process that searches (plan/run_crew.h). It is told the
 * question once, as text, and reads the scenario itself; then it is given runs. */

enum { RUN_TASK_TEXTS_MAX = 64 };

struct run_texts {
    const char *const *items;
    int32_t count;
};

/* What all runs have in common; borrowed. */
struct run_task {
    const char *scenario_path;
    const char *scenario_digest; /* a worker that reads other files fails */
    uint64_t seed;
    struct run_texts edits, targets, survives;
};

/* As JSON. */
void run_task_print(const struct run_task *task, FILE *out);

struct run_worker {
    struct arena arena; /* of the texts */
    struct scenario scenario;
    struct plan_axes axes;
    struct target_set targets;
    struct survive survives[RUN_TASK_TEXTS_MAX];
    struct plan_question question;
    struct altered_question altered; /* of the last run */
    struct alteration alteration;    /* that it is for */
    bool has_altered;
};

/* From what run_task_print wrote. On -1 it is zeroed. It must stay where it is. */
int run_worker_init(struct run_worker *worker, const char *bytes, size_t size, struct err *err);
void run_worker_release(struct run_worker *worker);

struct crew_work run_worker_work(struct run_worker *worker);

/* The same for who hands out, and has no worker of its own. */
struct crew_work run_crew_work(int32_t axis_count);

#endif
