/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_MERGE_H
#define STOWAGE_BENCH_SWEEP_MERGE_H

#include <stdint.h>

#include "base/err.h"
#include "bench/sweep_plan.h"
#include "bench/sweep_results.h"

/* Joins what several folders have of one sweep, shards of it or parts that were interrupted. */

struct sweep_merge {
    struct sweep_plan plan; /* of the first folder, as a whole */
    struct sweep_results results;
    struct sweep_results part;  /* of the folder at hand */
    struct sweep_shard *shards; /* [folder_count] */
    int32_t folder_count;
    int32_t damaged_count, other_count; /* files of cells that were left aside */
};

/* ERR_INPUT: a folder holds no sweep, or another one than the first. On -1 it is zeroed. */
int sweep_merge_init(struct sweep_merge *merge, const char *const *folders, int32_t count,
                     struct err *err);
void sweep_merge_release(struct sweep_merge *merge);

/* Writes all cells that there are to FOLDER/cells, and FOLDER/sweep.json. */
int sweep_merge_write(const struct sweep_merge *merge, const char *folder, struct err *err);

/* The number of the first shard (from 0) at or behind `from` that is in none of the folders; -1:
 * there is none. *count: of how many. */
int32_t sweep_merge_lost_shard(const struct sweep_merge *merge, int32_t from, int32_t *count);

#endif
