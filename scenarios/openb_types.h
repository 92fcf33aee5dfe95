/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_OPENB_TYPES_H
#define STOWAGE_SCENARIOS_OPENB_TYPES_H

#include <stdint.h>

#include "base/err.h"
#include "scenarios/openb_rows.h"

/* The node types of an openb trace: its distinct (CPU, memory, GPUs, model), in the order in which
 * they were added. Zero-initialised is a valid empty list. */

struct openb_type {
    char *id;    /* owned: "96cpu-384Gi-8xG2" */
    char *model; /* owned */
    int64_t cpu_milli, mem_mib, gpu_count;
};

struct openb_types {
    struct openb_type *items;
    int32_t count, capacity;
};

/* The number of the row's type, or -1. */
int32_t openb_types_find(const struct openb_types *types, const struct openb_node_row *row);

int openb_types_add(struct openb_types *types, const struct openb_node_row *row, struct err *err);

void openb_types_release(struct openb_types *types);

#endif
