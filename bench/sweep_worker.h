/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_WORKER_H
#define STOWAGE_BENCH_SWEEP_WORKER_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "bench/crew.h"
#include "bench/sweep_plan.h"
#include "scenarios/scenario.h"

/* What a worker of a sweep does: piece cell * replications + replication. It keeps the scenario of
 * its last cell, so it is good to give it the replications of one cell in a row. */

enum piece_outcome {
    PIECE_DONE,
    PIECE_WRONG, /* the cell's input is wrong: the same for all its replications */
    PIECE_LOST,  /* memory or disk failed, or a bug */
};

struct piece_result { /* goes between processes as it is */
    int32_t piece;
    int32_t outcome; /* enum piece_outcome */
    uint64_t seed;   /* of the cell's scenario */
    char files_digest[DIGEST_HEX_SIZE], digest[DIGEST_HEX_SIZE];
    char text[ERR_TEXT_SIZE]; /* of what is wrong or lost */
    double values[METRICS_MAX];
};

struct sweep_worker {
    const struct sweep_plan *plan; /* borrowed */
    struct scenario scenario;
    struct arena arena; /* of the cell's edits */
    struct err failure; /* of loading it */
    int32_t cell;       /* that is loaded, or failed to be; -1: none */
};

void sweep_worker_init(struct sweep_worker *worker, const struct sweep_plan *plan);
struct crew_work sweep_worker_work(struct sweep_worker *worker);
void sweep_worker_release(struct sweep_worker *worker);

/* Loads the scenario of a cell; of several problems err has the first. It is of use for others too:
 * a kept cell is what its scenario still makes, if the digest is the same. */
int sweep_worker_load(struct sweep_worker *worker, int32_t cell, struct err *err);

#endif
