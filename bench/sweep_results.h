/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_RESULTS_H
#define STOWAGE_BENCH_SWEEP_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "bench/kept_file.h"
#include "bench/sweep_plan.h"

/* The values that a sweep has so far, and where they are kept: each cell in a file of its own,
 * FOLDER/cells/<digest of its edits>.json, which appears only when it is whole and says what it was
 * made from. So cells outlive an interrupted sweep, a larger grid finds those of a smaller one, and
 * more replications find the first ones. */

struct sweep_cell {
    double *values; /* [replications * metrics]; NaN: no value; owned */
    bool *has;      /* [replications] owned */
    int32_t done;   /* replications that it has */
    uint64_t seed;  /* of the cell's scenario: that of replication 0 */
    /* Of the cell's scenario; "" while it has no replication. */
    char files_digest[DIGEST_HEX_SIZE], digest[DIGEST_HEX_SIZE];
    const char *failure; /* why it cannot be run: its input is wrong; NULL: it can; in the arena */
    const char *loss;    /* why it lacks replications: a worker died; NULL; in the arena */
};

struct sweep_results {
    const struct sweep_plan *plan; /* borrowed */
    struct sweep_cell *cells;      /* [plan->vary.cell_count] */
    struct arena arena;
};

int sweep_results_init(struct sweep_results *results, const struct sweep_plan *plan,
                       struct err *err);
void sweep_results_release(struct sweep_results *results);

/* Has it all its replications, or a failure? */
bool sweep_cell_is_over(const struct sweep_results *results, int32_t cell);

/* values[metric] of a replication. */
double *sweep_values(const struct sweep_results *results, int32_t cell, int32_t replication);

/* Room for its values. Cells without any do not have it. */
int sweep_cell_prepare(struct sweep_results *results, int32_t cell, struct err *err);

/* Forgets what it has. */
void sweep_cell_clear(struct sweep_results *results, int32_t cell);

/* ---- the files ---- */

/* Makes FOLDER/cells. */
int cell_store_prepare(const char *folder, struct err *err);

/* Reads a cell where there is a file of it: an enum kept_found (KEPT_OTHER: of another scenario,
 * version or metrics), or -1 where memory or disk failed.
 * Of a failure nothing is kept, unless `with_failures`: it is tried again. */
int cell_store_read(struct sweep_results *results, int32_t cell, const char *folder,
                    bool with_failures, struct err *err);

/* Writes what a cell has so far. */
int cell_store_write(const struct sweep_results *results, int32_t cell, const char *folder,
                     struct err *err);

#endif
