/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_MARKDOWN_H
#define STOWAGE_REPORTS_MARKDOWN_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/view.h"

/* report.md: the answers first, then the tables behind them, cut to their top rows. With pictures:
 * it links to those under plots/ that the run has. */
void markdown_print(const struct report_view *view, bool has_pictures, FILE *out);

/* Parts of it, in this order. */
void markdown_print_demand(const struct report_view *view, FILE *out);
void markdown_print_preemption(const struct report_view *view, FILE *out);
void markdown_print_fleet(const struct report_view *view, FILE *out);
void markdown_print_waits(const struct report_view *view, FILE *out);

/* Text from outside, safe in a paragraph or a cell: as `code` where it can be, else escaped. */
void markdown_name(const char *text, FILE *out);
/* The same for prose: escaped. */
void markdown_text(const char *text, FILE *out);
/* "3 more in pending.csv." as a paragraph, when count is above 0. */
void markdown_more(int64_t count, const char *file, FILE *out);

#endif
