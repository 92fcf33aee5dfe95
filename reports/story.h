/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_STORY_H
#define STOWAGE_REPORTS_STORY_H

#include <stdbool.h>

#include "reports/page.h"
#include "reports/view.h"

/* What report.md and report.html tell: the answers, the pictures, the tables behind them, cut to
 * top rows. With pictures: it shows those under plots/ that the run has. */
void story_print(const struct report_view *view, bool has_pictures, enum page_format format,
                 FILE *out);

/* A cell of a table: "12.5 %". */
void story_cell_percent(struct page *page, double share);

/* Parts of it, in this order. */
void story_traffic(const struct report_view *view, struct page *page);
void story_demand(const struct report_view *view, struct page *page);
void story_losses(const struct report_view *view, struct page *page);
void story_preemption(const struct report_view *view, struct page *page);
void story_fleet(const struct report_view *view, struct page *page);
void story_waits(const struct report_view *view, struct page *page);

#endif
