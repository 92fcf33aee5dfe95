/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_IMPORT_OPENB_FGD_H
#define STOWAGE_SCENARIOS_IMPORT_OPENB_FGD_H

#include <stdio.h>

#include "base/err.h"
#include "scenarios/import.h"

/* The experiment request->fgd_workload, request->fgd_seed as a scenario; as the run function of an
 * import format. */
int openb_import_experiment(const struct import_request *request, FILE *out,
                            struct import_totals *totals, struct err *err);

#endif
