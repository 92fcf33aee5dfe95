/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_OPENB_ORDER_H
#define STOWAGE_SCENARIOS_OPENB_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scenarios/openb_trace.h"

/* In which order the pods of a trace arrive, and in which order nodes are preferred among equals,
 * in an experiment of "Beware of Fragmentation" (USENIX ATC 2023). A workload "default" is the file
 * openb_pod_list_default.csv of a data folder; its experiments differ by seed.
 *
 * The folder may have the orders of the published experiments, as text or packed by gzip:
 *
 *   fgd/arrivals.txt[.gz]    "default 42 10866 8152 : 255 1685 ...": workload, seed, number of
 *                            arrivals, how many of them come before the first clone, and for each
 *                            the NNNN of the pod's name openb-pod-NNNN
 *   fgd/node_ranks.txt[.gz]  "default 42 : 601 815 ...": for the nodes in order of name their rank
 *
 * Where it has none for an experiment, they are drawn by the same rules: the pods in random order;
 * then, until what they ask of GPUs is `load` times what there is, pods are removed at random, or
 * clones of pods drawn at random (CPU pods too) are put behind; the nodes in random order. */

struct openb_order {
    int32_t *pods;          /* [count] index into trace->pods of each arrival; owned */
    int32_t count;          /* arrivals */
    int32_t original_count; /* from this position on they are clones */
    int32_t *nodes; /* [trace->node_count] index into trace->nodes, the preferred first; owned */
    bool is_drawn;  /* not from the files */
};

/* The two files of a folder, as far as they are there; borrowed by nobody. */
struct openb_order_files {
    char *arrivals, *ranks;           /* owned; NULL: no such file */
    char *arrivals_path, *ranks_path; /* owned, for messages */
};

struct openb_experiment {
    const char *workload;
    uint64_t seed;
    double load; /* what the pods ask of all GPUs, times 1.3 in the study */
};

int openb_order_files_load(struct openb_order_files *files, const char *folder, struct err *err);
void openb_order_files_release(struct openb_order_files *files);

/* Takes the order from the files, or draws it. On -1 (ERR_INPUT names file and experiment) the
 * order is zeroed. */
int openb_order_make(struct openb_order *order, const struct openb_order_files *files,
                     const struct openb_trace *trace, const struct openb_experiment *experiment,
                     struct err *err);
void openb_order_release(struct openb_order *order);

#endif
