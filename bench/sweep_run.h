/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_RUN_H
#define STOWAGE_BENCH_SWEEP_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/crew.h"
#include "bench/sweep_plan.h"
#include "bench/sweep_results.h"
#include "bench/sweep_worker.h"

/* A sweep under way: what is kept in the folder already is not done again, the rest goes out to a
 * crew, replication by replication, and every cell that is whole is kept at once. */

struct sweep_run {
    const struct sweep_plan *plan; /* borrowed */
    const char *folder;            /* borrowed */
    struct sweep_results results;
    struct sweep_worker worker; /* what the crew works with */
    struct crew *crew;
    int32_t *pieces;     /* [worker_count] at work on; -1: idle */
    int32_t *begun;      /* [cells] replications that were given out, as a position */
    int64_t *written_us; /* [cells] when it was written last, by monotonic_us() */
    int32_t first_cell;  /* all before it are begun */
    int32_t kept_count;  /* cells that were there already, whole */
    int32_t other_count; /* cells in the folder that were made from something else */
    int32_t damaged_count;
    int64_t total, done; /* replications of this shard */
};

/* Reads what the folder has of the shard's cells. Those that files of the scenario may have
 * changed are loaded, to see. -1: the run is zeroed. */
int sweep_run_init(struct sweep_run *run, const struct sweep_plan *plan, const char *folder,
                   struct err *err);
void sweep_run_release(struct sweep_run *run);

/* Takes over the crew, which works for run->worker. */
int sweep_run_start(struct sweep_run *run, struct crew *crew, struct err *err);

/* Goes on at the latest for some milliseconds; run->done grows. -1: a cell cannot be written, or
 * the crew cannot go on. */
int sweep_run_wait(struct sweep_run *run, int32_t milliseconds, struct err *err);
bool sweep_run_is_over(const struct sweep_run *run);

/* Ends the crew and writes what cells have so far. */
int sweep_run_stop(struct sweep_run *run, struct err *err);

/* Cells of the shard that have all that they can have; those whose input is wrong; those that lack
 * something. */
struct sweep_count {
    int32_t whole, wrong, lacking;
};
struct sweep_count sweep_count(const struct sweep_results *results, struct sweep_shard shard);

#endif
