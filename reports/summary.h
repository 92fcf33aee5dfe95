/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_SUMMARY_H
#define STOWAGE_REPORTS_SUMMARY_H

#include <stdio.h>

#include "base/json_writer.h"
#include "reports/view.h"

/* summary.json: keys in fixed order, documented in docs/reports.md. `files`: names of the other
 * files of the report folder, [file_count]; none when it is printed alone. */
struct file_list {
    const char *const *names;
    size_t count;
};
void summary_print(const struct report_view *view, const struct file_list *files, FILE *out);

/* What the run was and what its demand and nodes were asked and got; parts of the above. */
void summary_print_run(const struct report_view *view, struct json_writer *w);
void summary_print_demand(const struct report_view *view, struct json_writer *w);
void summary_print_fleet(const struct report_view *view, struct json_writer *w);

#endif
