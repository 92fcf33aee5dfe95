/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_RUN_CREW_H
#define STOWAGE_PLAN_RUN_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/crew.h"
#include "plan/run_store.h"

/* Simulations of plans by workers that are processes of their own (bench/crew.h): this is the side
 * that hands out, plan/run_worker.h the one that works. */

/* What a worker is told of a run; the counts of the plan, [axis_count], stand behind it. */
struct run_order {
    struct alteration alteration;
    int32_t trial, loss;
    int32_t place; /* of its result, for who hands out */
};
size_t run_order_size(int32_t axis_count);

/* What it answers. */
struct run_answer {
    struct run_result result;
    int32_t is_done;          /* 0: it failed, and the text says why */
    char text[ERR_TEXT_SIZE]; /* of the failure */
};

struct run_crew {
    struct crew *crew; /* owned */
    int32_t *pieces;   /* [crew->worker_count] that a worker is at, of the batch; -1: none */
    char *order;       /* [run_order_size] */
    int32_t axis_count;
    bool is_at_work; /* a batch was left before its end: workers are still at it */
};

/* Takes over the crew. On -1 it is stopped. */
int run_crew_init(struct run_crew *crew, struct crew *workers, int32_t axis_count, struct err *err);
void run_crew_release(struct run_crew *crew);

/* Runs of one plan. */
struct run_batch {
    const struct run_order *orders; /* [count] */
    const int32_t *counts;          /* of the plan */
    int32_t count;
    struct run_result *results;     /* by place */
    bool *is_done;                  /* by place: set where the result is there */
    bool (*is_over)(void *context); /* asked now and then: true ends it; NULL: never */
    void *context;
};

/* -1: a run failed (the first of the batch that did is told), a worker died, or it was ended: then
 * *is_cancelled. */
int run_crew_run(struct run_crew *crew, const struct run_batch *batch, bool *is_cancelled,
                 struct err *err);

#endif
