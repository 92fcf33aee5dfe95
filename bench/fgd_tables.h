/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_TABLES_H
#define STOWAGE_BENCH_FGD_TABLES_H

#include <stdint.h>
#include <stdio.h>

#include "bench/fgd_bench.h"

/* The results of a bench as tables. Errors of the FILE are found by the caller with ferror. */

/* In the form of the study's own files: numbers as the shortest text that reads back the same. */
void fgd_print_allocation(const struct fgd_bench *bench, FILE *out);    /* curve_allocation.csv */
void fgd_print_fragmentation(const struct fgd_bench *bench, FILE *out); /* curve_frag_ratio.csv */
void fgd_print_final_states(const struct fgd_bench *bench, FILE *out);  /* final_states.csv */

/* Over the seeds of one workload and policy; NaN where there is no value. */
struct fgd_statistics {
    double allocated_mean[2], allocated_sd[2]; /* at 100 % and at 130 % arrived; sd needs 2 seeds */
    double fragment_mean[2];
    int32_t published_runs;    /* of these runs that are published too */
    double published_mean[2];  /* of allocation, over those */
    double difference_mean[2]; /* ours less published, of allocation, over those */
    double allocation_gap;     /* largest |ours - published| over those and all points */
    double fragment_gap;
};
void fgd_statistics(const struct fgd_bench *bench, int32_t workload, int32_t policy,
                    struct fgd_statistics *out);

/* table.csv: a row for each workload and policy. */
void fgd_print_table(const struct fgd_bench *bench, FILE *out);

/* The same for a terminal and for reading. */
void fgd_print_text(const struct fgd_bench *bench, FILE *out);

#endif
