/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_RUNNER_METRICS_H
#define STOWAGE_REPORTS_RUNNER_METRICS_H

#include <stdio.h>

#include "reports/view.h"

/* One line for each selected runner, in the shape of the API:
 *   {"id":"r1","runner_metrics":{"pods_total":2,"pods_running":2,...}}
 * pods_total counts live replicas (starting and running). The API's numbers are uint32: what is
 * larger is written as 4294967295. */
void runner_metrics_print(const struct report_view *view, FILE *out);

#endif
