/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_BLAST_H
#define STOWAGE_BENCH_BLAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/compare.h"

/* The blast radius of a change: which runners are worse off in another scenario than in the
 * baseline, by pairs of replications of one seed. Runners are matched by id; those that one entry
 * of `arrivals` generates count as one, "NAME-*". */

enum blast_measure {
    BLAST_EVICTIONS = 0,
    BLAST_WORK_LOST,   /* replica-hours of running thrown away by preemption */
    BLAST_MISSING,     /* replica-hours that were wished for and not running */
    BLAST_BELOW_FLOOR, /* hours with fewer live replicas than the floor */
    BLAST_MEASURE_COUNT,
};
const char *blast_measure_name(enum blast_measure measure); /* "evictions", ... */
const char *blast_measure_unit(enum blast_measure measure); /* "count", "h" */

struct blast_row {      /* what differs: one measure of one runner */
    const char *runner; /* borrowed from the scenario */
    bool is_generated;  /* "runner-*" */
    int32_t variant;
    int32_t priority;
    enum blast_measure measure;
    double base, now; /* means over the replications */
    struct mean_estimate difference;
    double p_value, p_adjusted; /* adjusted for all rows of the variant (Holm) */
    bool is_hurt, is_helped;    /* neither: not distinguishable */
};

struct blast {
    struct blast_row *rows; /* hurt ones first, the largest effect first, by measure; owned */
    int32_t row_count, row_capacity;
    int32_t hurt_count, helped_count;                /* rows */
    int32_t hurt_runner_count, hurt_by_priority[10]; /* runners with a row that is hurt */
};

/* Of all variants but the first. The runs were made with request.keeps_runners. */
int blast_make(struct blast *blast, const struct compare *compare, struct err *err);
void blast_release(struct blast *blast);

/* ---- called by compare ---- */

/* So many values are kept of each run of a scenario. */
int32_t blast_value_count(const struct scenario *scenario);
/* Reads them of a finished run, from its start: values[blast_value_count], all 0 before. */
void blast_read(const struct sim *sim, double *values);

/* More runners than this are not kept apart. */
enum { BLAST_RUNNERS_MAX = 20000 };

#endif
