/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_BENCH_H
#define STOWAGE_BENCH_FGD_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/fgd_published.h"
#include "bench/fgd_run.h"
#include "base/parallel.h"

/* Many experiments of the study: every workload under every policy with every seed. */

struct fgd_policy {
    const char *label; /* as in the files of results: "06-FGD" */
    const struct policy *policy;
    const struct policy_value *values; /* NULL: the defaults */
};

/* The policies of the study by our names and parameters, in its order; policy_text_parse takes the
 * text. */
struct fgd_study_policy {
    const char *label, *name, *text;
};
const struct fgd_study_policy *fgd_study_policies(size_t *count);

enum { FGD_SEEDS_MAX = 1000 };

struct fgd_request { /* all borrowed; at most FGD_SEEDS_MAX seeds */
    const char *folder;
    const char *const *workloads; /* [workload_count] "default", ... */
    const struct fgd_policy *policies;
    const uint64_t *seeds;
    int32_t workload_count, policy_count, seed_count;
};

/* The load of GPUs that arrives in the study. */
#define FGD_LOAD 1.3

struct fgd_bench {
    struct fgd_request request;
    struct fgd_workload *workloads; /* [workload_count] */
    struct openb_order *orders;     /* [workload * seed_count + seed] */
    struct fgd_published published;
    struct fgd_result *results; /* [(workload * policy_count + policy) * seed_count + seed] */
    int32_t result_count;
    struct parallel parallel;
    bool is_running;
};

/* Reads all inputs. On -1 the bench is zeroed. */
int fgd_bench_load(struct fgd_bench *bench, const struct fgd_request *request, struct err *err);
void fgd_bench_release(struct fgd_bench *bench);

/* Begins to run on several threads; fgd_bench_wait says how many of result_count runs have ended,
 * at the latest after some milliseconds. The bench must stay where it is until fgd_bench_end, which
 * waits for the runs that were begun; cancelled ones are not. */
int fgd_bench_start(struct fgd_bench *bench, int32_t thread_count, struct err *err);
int32_t fgd_bench_wait(struct fgd_bench *bench, int32_t milliseconds);
bool fgd_bench_is_over(struct fgd_bench *bench);
void fgd_bench_cancel(struct fgd_bench *bench);
int fgd_bench_end(struct fgd_bench *bench, struct err *err);

/* ---- the results ---- */

struct fgd_place { /* of a result */
    int32_t workload, policy, seed;
};
const struct fgd_result *fgd_bench_result(const struct fgd_bench *bench, struct fgd_place place);

/* The published points of the same run; NULL where there are none. */
const double *fgd_bench_published(const struct fgd_bench *bench, const struct fgd_curves *curves,
                                  struct fgd_place place);

/* The distance of a workload's prefix: "openb_pod_list_" stands before its name in all files. */
#define FGD_WORKLOAD_PREFIX "openb_pod_list_"

#endif
