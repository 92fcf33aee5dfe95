/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_SWEEP_TOLD_H
#define STOWAGE_CLI_SWEEP_TOLD_H

#include <stdbool.h>

#include "bench/sweep_results.h"
#include "bench/sweep_run.h"

/* Prints the table of a sweep and says which cells failed or lack runs; returns the exit code. */
int sweep_tell(const struct sweep_results *results, const char *folder, bool is_quiet);

#endif
