/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SWEEP_PLAN_H
#define STOWAGE_BENCH_SWEEP_PLAN_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "bench/metric.h"
#include "bench/vary.h"
#include "scenarios/edit.h"

/* What a sweep is to do: everything that its results depend on, not the number of
 * workers. It stands as sweep.json in the folder of the results, and in the
 * messages to workers on other machines. */

struct sweep_shard {      /* the cells whose number leaves this remainder */
    int32_t index, count; /* 0 <= index < count */
};

struct sweep_plan {
    struct arena arena;
    const char *version;                /* of the program */
    const char *scenario;               /* the path, as given */
    const char *name;                   /* of the scenario */
    char files_digest[DIGEST_HEX_SIZE]; /* of the scenario without what is varied */
    char base_digest[DIGEST_HEX_SIZE];  /* of all that cells depend on, but for their own edits:
                                           version, files, fixed edits, metrics, warm-up */
    struct edit_list fixed;             /* edits of all cells, made before those of the cell */
    struct vary vary;
    struct metric_set metrics;
    int32_t replications;
    int64_t warm_up_us;
    double confidence;
    struct sweep_shard shard; /* which part is done here; not a part of what the cells are */
};

/* Computes base_digest from the rest. */
void sweep_plan_seal(struct sweep_plan *plan);

/* As JSON. The caller checks out for write errors. */
void sweep_plan_print(const struct sweep_plan *plan, FILE *out);

/* Reads what sweep_plan_print wrote; `place` names it in messages. ERR_INPUT. On -1 it is empty. */
int sweep_plan_read(struct sweep_plan *plan, const char *place, const char *bytes, size_t size,
                    struct err *err);

/* Are they one and the same sweep, perhaps of files that stand elsewhere? If not, *difference says
 * in what: "the scenario", "the metrics", "the cells". */
bool sweep_plan_equal(const struct sweep_plan *a, const struct sweep_plan *b,
                      const char **difference);

/* The edits that make a cell, fixed ones first, in the arena. */
int sweep_plan_edits(const struct sweep_plan *plan, int32_t cell, struct arena *arena,
                     struct edit_list *list, struct err *err);

void sweep_plan_release(struct sweep_plan *plan);

enum { SWEEP_REPLICATIONS_MAX = 100000 };

#endif
