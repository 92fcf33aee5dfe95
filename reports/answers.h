/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_ANSWERS_H
#define STOWAGE_REPORTS_ANSWERS_H

#include "reports/phrase.h"
#include "reports/view.h"

/* What a planner asks first, one sentence each, the same on the terminal and in report.md. They
 * begin in lower case and have no final period. */

void answer_demand(const struct report_view *view, struct sentence *out);
/* "2 never fit, 3 find no room now"; empty when none waits. */
void answer_waiting(const struct report_view *view, struct sentence *out);
void answer_over_run(const struct report_view *view, struct sentence *out);
void answer_floors(const struct report_view *view, struct sentence *out);
void answer_floor_check(const struct report_view *view, struct sentence *out);
void answer_preemption(const struct report_view *view, struct sentence *out);
/* Replicas taken by each cause but preemption; empty where there are none. */
void answer_losses(const struct report_view *view, struct sentence *out);
void answer_utilization(const struct report_view *view, struct sentence *out);
void answer_waits(const struct report_view *view, struct sentence *out);
/* Were users served? And what it took: both empty without traffic. */
void answer_traffic(const struct report_view *view, struct sentence *out);
void answer_traffic_waits(const struct report_view *view, struct sentence *out);
void answer_cost(const struct report_view *view, struct sentence *out);
/* What was paid for nothing, and nodes that were asked for: both empty where no nodepool scales. */
void answer_waste(const struct report_view *view, struct sentence *out);
void answer_node_starts(const struct report_view *view, struct sentence *out);
void answer_packing(const struct report_view *view, struct sentence *out);
void answer_stranded(const struct report_view *view, struct sentence *out);

/* "3.2 h", or ">= 3.2 h" for a censored wait; "unknown" where that bound is 0 and says nothing. */
const char *phrase_wait(const struct wait_quantile *wait, char out[PHRASE_SIZE]);
/* "12.50 USD", ">= 12.50 USD" where some price is unknown, "unknown" where all are. */
const char *phrase_cost(const struct scope_cost *cost, char out[PHRASE_SIZE]);
/* "4 replicas of chat", "4 replicas of chat and 2 more runners". */
void answer_who_waits(const struct report_view *view, const struct waiting_reason *reason,
                      struct sentence *out);

/* Is something in the demand or the floors wrong enough to be shown in red? */
bool answer_demand_is_bad(const struct report_view *view);
bool answer_floors_are_bad(const struct report_view *view);
bool answer_traffic_is_bad(const struct report_view *view);

#endif
