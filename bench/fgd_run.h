/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_RUN_H
#define STOWAGE_BENCH_FGD_RUN_H

#include <stdint.h>

#include "base/err.h"
#include "bench/fgd_workload.h"
#include "scenarios/openb_order.h"
#include "scheduler/fragmentation.h"
#include "scheduler/policy.h"

/* One experiment of "Beware of Fragmentation" (USENIX ATC 2023): pods arrive one by one and stay;
 * one that fits nowhere has failed for good. After each the share of GPUs that is taken and the
 * part of the free share that is a fragment are noted. */

enum { FGD_POINTS = 131 }; /* arrived load of 0 to 130 % */

enum fgd_class {
    FGD_CPU_ONLY,
    FGD_SHARE,
    FGD_1_GPU,
    FGD_2_GPUS,
    FGD_4_GPUS,
    FGD_8_GPUS,
    FGD_CLASS_COUNT,
};

/* Where one arrival went. */
struct fgd_placement {
    int32_t node; /* index into trace->nodes; -1: failed */
    uint64_t devices;
};

struct fgd_run {
    const struct fgd_workload *workload;
    const struct openb_order *order;
    const struct policy *policy;
    const struct policy_value *values; /* NULL: the defaults */
    uint64_t seed;                     /* of policies that draw */
    struct fgd_placement *placements;  /* [order->count], or NULL: not wanted */
};

/* Curves over the arrived load: what all pods so far asked of GPUs, failed ones included, in % of
 * all GPUs, rounded. A point is the mean over the arrivals that round to it, or, where there is
 * none, over those of the points beside it; NaN where there is none either. */
struct fgd_result {
    double allocated_percent[FGD_POINTS]; /* of all GPUs, to 2 decimals */
    double fragment_percent[FGD_POINTS];  /* of the free share */
    /* At the end: */
    int64_t arrived_milli, used_milli, failed_milli;
    int64_t cpu_used_milli, mem_used_bytes;
    int32_t arrival_count, failed_count, failed_by_class[FGD_CLASS_COUNT];
    int32_t gpus_touched;                       /* of which something is taken */
    double fragment_milli[FRAGMENT_KIND_COUNT]; /* what is free, by kind */
};

/* Memory is the only thing that can fail. */
int fgd_run(const struct fgd_run *run, struct fgd_result *result, struct err *err);

#endif
