/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_RUN_STORE_H
#define STOWAGE_PLAN_RUN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "plan/alteration.h"
#include "plan/target.h"

/* What every simulation of a plan gave, so that none is run twice: not by another phase of the
 * search, nor at another price, nor after an interrupt. With a folder each plan has a file,
 * FOLDER/points/<digest>.json (bench/kept_file.h), which says what it was made from; it is read
 * when the plan is first asked for.
 *
 * Who asks gets the same answers whether they were kept or not, so a search that goes on takes the
 * way of one that was never interrupted. */

struct run_result {
    uint32_t missed;            /* a bit for each target; 0: all are kept */
    double values[TARGETS_MAX]; /* what each target is about; NaN: no value */
    double cost;                /* an hour; NaN: not known */
};

struct kept_run {
    struct run_result result;
    int32_t trial, loss;
    bool is_asked; /* by this process */
};

struct kept_point {
    struct alteration alteration; /* of the question */
    int32_t *counts;              /* [store->axis_count] of the plan */
    struct kept_run *runs;
    int32_t run_count, run_capacity;
    int32_t *places; /* [trial * loss_count + loss] of the runs, plus 1; 0: there is none */
    int32_t place_count, place_capacity;
    int32_t loss_count;
    int32_t saved_count; /* runs that are in the file */
};

struct run_store {
    const char *folder; /* borrowed; NULL: kept in memory only */
    char
        base_digest[DIGEST_HEX_SIZE]; /* of all that runs depend on, but for plan, loss and trial */
    int32_t axis_count, target_count;
    struct kept_point *points;
    int32_t point_count, point_capacity;
    int64_t read_count;    /* runs that were read from files */
    int64_t reused_count;  /* of these, how many were asked for */
    int32_t damaged_count; /* files that were left aside */
};

/* Makes FOLDER/points. `folder` NULL: none. */
struct run_store_of {
    const char *folder;
    const char *base_digest;
    int32_t axis_count, target_count;
};
int run_store_init(struct run_store *store, const struct run_store_of *of, struct err *err);
void run_store_release(struct run_store *store);

/* The place of a plan with so many losses; what is kept of it is read. -1: memory or disk. */
struct run_store_key {
    const struct alteration *alteration;
    const int32_t *counts;
    int32_t loss_count; /* >= 1 */
};
int32_t run_store_open(struct run_store *store, const struct run_store_key *key, struct err *err);

/* NULL: it is to be simulated. *is_new: nobody in this process has asked for it before; after this
 * call somebody has. Good until the next call. */
const struct run_result *run_store_find(struct run_store *store, int32_t point, int32_t trial,
                                        int32_t loss, bool *is_new);

/* A run that was simulated; it must not be there. */
int run_store_add(struct run_store *store, int32_t point, const struct kept_run *run,
                  struct err *err);

/* Writes what has been added to the point since it was written last. Runs stand in the file by
 * trial and loss, whatever the order in which they came. */
int run_store_save(struct run_store *store, int32_t point, struct err *err);

#endif
