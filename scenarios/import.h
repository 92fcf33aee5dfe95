/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_IMPORT_H
#define STOWAGE_SCENARIOS_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Import formats: each turns foreign trace files into a scenario file. One file import_<name>.c and
 * one line in import.c make a format. */

struct import_request {
    const char *nodes_path; /* CSV */
    const char *pods_path;  /* CSV; "-" for standard input, for at most one of the two */
    bool is_static;         /* all present at 0 in file order, never leaving */
    /* One experiment of a study instead (see import_openb_fgd.c); NULL: none. Then the folder holds
     * the files, and there are no paths. */
    const char *fgd_workload, *data_path;
    uint64_t fgd_seed;
    /* Of formats with a rows_suffix. */
    const char *failures_path; /* CSV */
    int64_t system;            /* which one of those in the file */
    FILE *rows_out;            /* a second file, of many rows, */
    const char *rows_name;     /* which the scenario calls so */
};

struct import_totals { /* what was read, for the message to the user */
    int64_t node_count, device_count, pod_count;
    int64_t cpu_milli_requested, mem_bytes_requested, share_milli_requested;
    int64_t failure_count;
};

struct import_format {
    const char *name;        /* "openb" */
    const char *summary;     /* one line for --help */
    const char *rows_suffix; /* of the name of the second file; NULL: there is none */
    /* Streams rows; memory is bounded by the number of node types, not by rows. Writes a whole
     * scenario to `out`; write errors are found by the caller with ferror. Errors of the input name
     * file, line and column. `totals` is untouched on -1. */
    int (*run)(const struct import_request *request, FILE *out, struct import_totals *totals,
               struct err *err);
};

const struct import_format *const *import_list(size_t *count);
const struct import_format *import_find(const char *name);

#endif
