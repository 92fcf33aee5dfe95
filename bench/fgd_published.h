/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_PUBLISHED_H
#define STOWAGE_BENCH_FGD_PUBLISHED_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench/fgd_run.h"

/* The published curves of the study, as far as a data folder has them: fgd/curve_allocation.csv and
 * fgd/curve_frag_ratio.csv, one row for each workload, policy and seed, with the columns workload
 * ("openb_pod_list_default"), sc_policy ("06-FGD"), seed and 0 to 130. */

struct fgd_curve {
    const char *workload, *policy;
    int64_t seed;
    double points[FGD_POINTS]; /* NaN: none */
};

struct fgd_curves {
    struct fgd_curve *items;
    int32_t count, capacity;
};

struct fgd_published {
    struct arena arena;
    struct fgd_curves allocation, fragmentation; /* empty where there is no such file */
};

/* On -1 (a file that is there cannot be read) the struct is zeroed. */
int fgd_published_load(struct fgd_published *published, const char *folder, struct err *err);
void fgd_published_release(struct fgd_published *published);

/* The points of one run, or NULL. O(rows). */
const double *fgd_curves_find(const struct fgd_curves *curves, const char *workload,
                              const char *policy, int64_t seed);

#endif
