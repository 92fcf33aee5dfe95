/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_PLOTS_TOLD_H
#define STOWAGE_CLI_PLOTS_TOLD_H

#include <stdbool.h>

#include "reports/report.h"

/* Says what became of the pictures of a folder, where that is an error or it is not to be quiet;
 * the result is an enum exit_code. */
int tell_plots(const char *folder, const struct report_outcome *outcome, bool is_quiet);

#endif
