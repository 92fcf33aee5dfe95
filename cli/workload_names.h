/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_WORKLOAD_NAMES_H
#define STOWAGE_CLI_WORKLOAD_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* The workloads of the study (bench/fgd_workload.h) that a data folder has: "default" where there
 * is an openb_pod_list_default.csv. */

struct workload_names {
    const char **items; /* owned; the texts are in the arena */
    int32_t count, capacity;
};

/* By stem, then by number: gpushare40 before gpushare100. On -1 *names is empty. */
int workload_names_list(struct workload_names *names, const char *folder, struct arena *arena,
                        struct err *err);
void workload_names_release(struct workload_names *names);

/* -1 with ERR_USAGE where the folder lacks a workload; the error begins with the `option` that
 * asked for it and names those that there are. */
int workload_names_require(const char *name, const char *folder, const char *option,
                           struct err *err);

#endif
