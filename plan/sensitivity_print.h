/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_SENSITIVITY_PRINT_H
#define STOWAGE_PLAN_SENSITIVITY_PRINT_H

#include <stdio.h>

#include "base/json_writer.h"
#include "plan/result.h"
#include "reports/page.h"

/* What the answer says of sensitivity, where it was asked for: for the terminal, plan.json and the
 * report. */

void sensitivity_print_text(const struct plan_result *result, FILE *out);

/* The key `sensitivity`: null where it was not asked for. */
void sensitivity_print_json(const struct plan_result *result, struct json_writer *w);

void sensitivity_print_page(const struct plan_result *result, struct page *page);

#endif
