/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_WORKLOAD_H
#define STOWAGE_BENCH_FGD_WORKLOAD_H

#include <stdint.h>

#include "base/err.h"
#include "scenarios/openb_trace.h"
#include "scheduler/policy.h"
#include "scheduler/shape.h"

/* One workload of the study "Beware of Fragmentation" (USENIX ATC 2023), made ready for any number
 * of runs: the trace, what its pods ask for as shapes, and how popular each shape is. All runs of
 * it share it as const. */

struct fgd_workload {
    const char *name; /* "default"; borrowed */
    struct openb_trace trace;
    struct shape_table shapes;
    int32_t *shape_of_pod; /* [trace.pod_count] */
    struct popular_shape *popular;
    int32_t popular_count, popular_capacity;
    int64_t cpu_milli, mem_bytes; /* of all nodes */
};

/* Reads openb_node_list_gpu_node.csv and openb_pod_list_<name>.csv of a folder. Popular is what the
 * list has, all of it: the study lets its scheduler know the whole trace. On -1 the workload is
 * zeroed. */
int fgd_workload_load(struct fgd_workload *workload, const char *folder, const char *name,
                      struct err *err);
void fgd_workload_release(struct fgd_workload *workload);

#endif
