/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TERMINAL_H
#define STOWAGE_REPORTS_TERMINAL_H

#include <stdio.h>

#include "reports/view.h"

/* The one-screen summary: what was run, the answers, utilization, the largest pools, priorities. */
void terminal_print(const struct report_view *view, const struct terminal_style *style, FILE *out);

#endif
