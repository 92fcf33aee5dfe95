/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_OPENB_TRACE_H
#define STOWAGE_SCENARIOS_OPENB_TRACE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "scenarios/openb_rows.h"
#include "scenarios/openb_types.h"

/* A whole openb trace in memory, without its times: what the study of "Beware of Fragmentation"
 * (USENIX ATC 2023) makes its experiments from. */

struct openb_node {
    const char *name;
    int32_t type;
};

struct openb_trace {
    struct arena arena; /* owns the texts */
    struct openb_types types;
    struct openb_node *nodes;   /* in order of name */
    struct openb_pod_row *pods; /* in order of name; times and priority are not read */
    int32_t node_count, node_capacity;
    int32_t pod_count, pod_capacity;
    int64_t share_milli; /* of all GPUs of all nodes: 1000 each */
};

/* Reads both lists (CSV). Names have to be distinct. On -1 the trace is zeroed. */
int openb_trace_load(struct openb_trace *trace, const char *nodes_path, const char *pods_path,
                     struct err *err);
void openb_trace_release(struct openb_trace *trace);

#endif
