/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TABLES_H
#define STOWAGE_REPORTS_TABLES_H

#include "reports/report.h"

/* One table_<name>.c each; the list of all is in report.c. */
extern const struct report_table placements_table;
extern const struct report_table runners_table;
extern const struct report_table nodes_table;
extern const struct report_table pending_table;
extern const struct report_table preemptions_table;
extern const struct report_table preemption_totals_table;
extern const struct report_table utilization_table;
extern const struct report_table packing_table;
extern const struct report_table waits_table;
extern const struct report_table timeline_table;
extern const struct report_table groups_table;
extern const struct report_table failures_table;
extern const struct report_table traffic_table;
extern const struct report_table traffic_timeline_table;
extern const struct report_table launches_table;
extern const struct report_table node_states_table;
extern const struct report_table consolidations_table;
extern const struct report_table cost_table;
extern const struct report_table crashes_table;
extern const struct report_table upgrades_table;
extern const struct report_table losses_table;

#endif
