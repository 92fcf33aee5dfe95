/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_SHARD_OPTION_H
#define STOWAGE_CLI_SHARD_OPTION_H

#include "base/err.h"
#include "bench/sweep_run.h"

/* Which part of a sweep: "2/8" (from 1), "slurm" or "slurm/8" (SLURM_ARRAY_TASK_ID as it lies
 * between SLURM_ARRAY_TASK_MIN and MAX, of SLURM_ARRAY_TASK_COUNT or 8), "k8s/8"
 * (JOB_COMPLETION_INDEX, from 0, of 8). ERR_USAGE. */
int shard_option_parse(const char *text, struct sweep_shard *shard, struct err *err);

#endif
