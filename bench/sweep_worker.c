/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_worker.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "bench/replicate.h"

void sweep_worker_init(struct sweep_worker *worker, const struct sweep_plan *plan)
{
    *worker = (struct sweep_worker){.plan = plan, .cell = -1};
}

void sweep_worker_release(struct sweep_worker *worker)
{
    scenario_release(&worker->scenario);
    arena_release(&worker->arena);
    *worker = (struct sweep_worker){.plan = NULL, .cell = -1};
}

/* The first of the problems, and how many there are. */
static void tell_problems(const struct problems *problems, struct err *err)
{
    int32_t more = problems->error_count - 1;
    for (int32_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        if (problem->severity != SEVERITY_ERROR)
            continue;
        err_set(err, ERR_INPUT, "%.*s", (int)strcspn(problem->text, "\n"), problem->text);
        break;
    }
    if (more > 0) {
        char text[ERR_TEXT_SIZE];
        snprintf(text, sizeof text, "%.*s (and %d more)", (int)sizeof text - 32, err->text,
                 (int)more);
        err_set(err, ERR_INPUT, "%s", text);
    }
}

static int load(struct sweep_worker *worker, int32_t cell, struct err *err)
{
    char text[UNITS_TEXT_SIZE];
    struct edit_list edits;
    if (sweep_plan_edits(worker->plan, cell, &worker->arena, &edits, err) != 0)
        return -1;
    if (scenario_load_edited(&worker->scenario, worker->plan->scenario, &edits, err) != 0) {
        if (err->kind == ERR_INPUT)
            tell_problems(&worker->scenario.problems, err);
        return -1;
    }
    if (worker->plan->warm_up_us >= worker->scenario.horizon_us)
        return err_set(err, ERR_INPUT, "the warm-up is not shorter than the horizon, %s",
                       print_duration(worker->scenario.horizon_us, text));
    return 0;
}

int sweep_worker_load(struct sweep_worker *worker, int32_t cell, struct err *err)
{
    if (worker->cell != cell) {
        const struct sweep_plan *plan = worker->plan;
        sweep_worker_release(worker);
        sweep_worker_init(worker, plan);
        worker->cell = cell;
        load(worker, cell, &worker->failure);
    }
    if (worker->failure.kind == ERR_NONE)
        return 0;
    *err = worker->failure;
    return -1;
}

static int run_cell(struct sweep_worker *worker, int32_t index, struct piece_result *result,
                    struct err *err)
{
    if (sweep_worker_load(worker, index / worker->plan->replications, err) != 0)
        return -1;
    const struct scenario *scenario = &worker->scenario;
    const struct replication replication = {
        .scenario = scenario,
        .seed = replication_seed(scenario->seed, index % worker->plan->replications),
        .warm_up_us = worker->plan->warm_up_us,
        .metrics = &worker->plan->metrics,
    };
    result->seed = scenario->seed;
    memcpy(result->files_digest, scenario->files_digest, sizeof result->files_digest);
    memcpy(result->digest, scenario->digest, sizeof result->digest);
    return replicate(&replication, result->values, err);
}

static void run_piece(void *context, const struct crew_piece *piece, void *bytes)
{
    struct piece_result *result = bytes;
    struct err err = {.kind = ERR_NONE};
    result->piece = piece->number;
    if (run_cell(context, piece->number, result, &err) == 0)
        result->outcome = PIECE_DONE;
    else
        result->outcome = err.kind == ERR_SYSTEM ? PIECE_LOST : PIECE_WRONG;
    memcpy(result->text, err.text, sizeof result->text);
}

struct crew_work sweep_worker_work(struct sweep_worker *worker)
{
    return (struct crew_work){
        .run = run_piece, .context = worker, .result_size = sizeof(struct piece_result)};
}
