/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_PLAN_INSTANCE_H
#define STOWAGE_CLI_PLAN_INSTANCE_H

#include <stdbool.h>

/* `stowage plan --instance FILE`: the part of the command that packs and proves, without a
 * simulation. */

struct plan_instance_options {
    const char *instance_path, *output_path; /* output_path NULL: no folder */
    const char *command;                     /* the command line */
    bool prints_json, is_quiet;
};

/* Reads, plans, prints and writes; the exit code. */
int plan_instance_run(const struct plan_instance_options *options);

#endif
