/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_BENCH_LISTS_H
#define STOWAGE_CLI_BENCH_LISTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench/fgd_bench.h"
#include "cli/policy_option.h"

/* What `stowage bench fgd` runs: workloads, policies and seeds from the command line. Errors are
 * ERR_USAGE or ERR_INPUT and say what is allowed. Zero-initialised is valid and empty. */

enum { BENCH_LIST_MAX = 64, BENCH_SEEDS_MAX = FGD_SEEDS_MAX };

struct bench_lists {
    struct arena arena;
    const char *workloads[BENCH_LIST_MAX];
    struct policy_option *options[BENCH_LIST_MAX]; /* of each policy; in the arena */
    struct fgd_policy policies[BENCH_LIST_MAX];
    uint64_t seeds[BENCH_SEEDS_MAX];
    int32_t workload_count, policy_count, seed_count;
};

/* A policy of its own, "fgd:grain_milli=80"; the text is its label. */
int bench_lists_add_policy(struct bench_lists *lists, const char *text, struct err *err);

/* "best-fit,06-FGD" of the study's, by our name or its label; NULL: all of them. They stand before
 * those that were added. */
int bench_lists_parse_policies(struct bench_lists *lists, const char *text, struct err *err);

/* "42,45-47". */
int bench_lists_parse_seeds(struct bench_lists *lists, const char *text, struct err *err);

/* "default,cpu100"; NULL: all that the folder has. */
int bench_lists_find_workloads(struct bench_lists *lists, const char *text, const char *folder,
                               struct err *err);

/* Borrows the lists and the folder. */
struct fgd_request bench_lists_request(const struct bench_lists *lists, const char *folder);

void bench_lists_release(struct bench_lists *lists);

#endif
