/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_OPENB_ROWS_H
#define STOWAGE_SCENARIOS_OPENB_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "scenarios/import_source.h"

/* Rows of the two lists of an openb trace (see import_openb.c):
 *
 *   nodes: sn, cpu_milli, memory_mib, gpu, model
 *   pods:  name, cpu_milli, memory_mib, num_gpu, gpu_milli [, gpu_spec] [, qos]
 *          [, creation_time, deletion_time]   (seconds)
 *
 * All errors name file, line and column. */

#define OPENB_MIB (INT64_C(1) << 20)

struct openb_node_columns {
    int32_t name, cpu, mem, gpu, model;
};

struct openb_node_row {
    const char *name, *model; /* valid until the next row */
    int64_t cpu_milli, mem_mib, gpu_count;
};

struct openb_pod_columns {
    int32_t name, cpu, mem, gpu, gpu_milli;
    int32_t gpu_spec, qos;      /* -1: not there */
    int32_t creation, deletion; /* -1: not read */
};

struct openb_pod_row {
    const char *name, *gpu_spec, *qos; /* "" where not given; valid until the next row */
    int64_t cpu_milli, mem_mib, gpu_count, gpu_milli;
    int64_t creation_s, deletion_s;
    int priority;
    bool is_deleted;
};

/* Where the columns are; with `has_times` those of the times have to be there. */
int openb_nodes_find(const struct import_source *nodes, struct openb_node_columns *columns,
                     struct err *err);
int openb_pods_find(const struct import_source *pods, bool has_times,
                    struct openb_pod_columns *columns, struct err *err);

/* The present row, checked; texts are valid until the next row. */
int openb_node_read(const struct import_source *nodes, const struct openb_node_columns *columns,
                    struct openb_node_row *row, struct err *err);
int openb_pod_read(const struct import_source *pods, const struct openb_pod_columns *columns,
                   struct openb_pod_row *row, struct err *err);

#endif
