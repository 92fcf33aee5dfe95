/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TRACE_H
#define STOWAGE_REPORTS_TRACE_H

#include <stdio.h>

#include "base/err.h"
#include "sim/sim.h"

/* The trace of a run: one JSON object a line for every record, in order:
 *   {"t":"3h","t_us":10800000000,"what":"evicted","runner":"r1","replica":2,"node":"gpu-0", ...}
 * Keys in this order, absent where they do not apply: t, t_us, what, runner, replica, node,
 * nodepool, devices, class, for_runner, for_replica, cause, depth, count, floor, schedulable.
 * Fields are described in docs/reports.md. */

/* Writes the records of the last step of `sim` (options.keep_records). */
void trace_print(const struct sim *sim, FILE *out);

#endif
