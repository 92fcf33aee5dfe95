/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_PLAN_SCENARIO_H
#define STOWAGE_CLI_PLAN_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/edit_option.h"
#include "cli/mpi_job.h"

/* `stowage plan SCENARIO`: the part of the command that plans by simulation. */

enum { PLAN_TEXTS_MAX = 32 };

struct plan_texts { /* values of an option that may be given several times; borrowed */
    const char *items[PLAN_TEXTS_MAX];
    int32_t count;
};

struct plan_scenario_options {
    const char *scenario_path, *output_path;
    const char *instance_path;                    /* --instance, of which it knows nothing */
    const char *command;                          /* the command line */
    struct edit_option edits;                     /* --set */
    struct plan_texts what_ifs;                   /* --what-if: this fleet and no other */
    struct plan_texts targets, survives, bounds;  /* bounds: --nodes */
    double probability, confidence, budget_usd_h; /* NaN: as the scenario has it */
    int32_t failures_allowed;                     /* -1: likewise */
    int32_t points_max, jobs;
    bool has_seed;
    uint64_t seed;
    bool asks_sensitivity, redoes;
    bool prints_json, draws_plots, is_quiet;
};

/* Plans, prints and writes; the exit code. */
int plan_scenario_run(const struct plan_scenario_options *options, struct mpi_job *job);

/* What the other ranks of an MPI job do (cli/mpi_job.h). */
int plan_scenario_work(const struct mpi_ranks *ranks, const char *bytes, size_t size,
                       struct err *err);

#endif
