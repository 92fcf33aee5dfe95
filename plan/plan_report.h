/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PLAN_REPORT_H
#define STOWAGE_PLAN_PLAN_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/output.h"
#include "plan/result.h"
#include "reports/page.h"
#include "reports/drawing.h"

/* The folder of a plan: plan.json, plan.txt, points.csv (every plan that was simulated), report.md
 * and report.html, plots/, and summary.json, which says what was asked. Where a plan was found,
 * plots/ also has the pictures of one run of it, that of the first seed, as `stowage run` draws
 * them. Commits `dir`, where no error comes. `gnuplots` is as in report_options. */
int plan_report_write(const struct plan_result *result, struct output_dir *dir, int32_t gnuplots,
                      struct report_outcome *outcome, struct err *err);

/* The report; `sim` is the run of the plan that plots/ shows, or NULL. Without pictures it refers
 * to none. */
void plan_print_story(const struct plan_result *result, const struct sim *sim, bool has_pictures,
                      enum page_format format, FILE *out);

/* The pictures of the search: search (cost of every plan in the order of trying), front (share of
 * replications that kept the targets against cost) and prices (what one more of each floor adds to
 * the bound). */
int plan_plots_write(const struct plan_result *result, struct output_dir *dir,
                     struct drawing *drawing, struct err *err);

#endif
