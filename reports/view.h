/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_VIEW_H
#define STOWAGE_REPORTS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "reports/bill.h"
#include "reports/cost.h"
#include "reports/eviction_stats.h"
#include "reports/packing.h"
#include "reports/report.h"
#include "reports/totals.h"
#include "reports/traffic_stats.h"
#include "reports/wait_stats.h"
#include "reports/waiting.h"
#include "sim/sim.h"

/* What several reports derive from a finished run, computed once. All of it is O(n log n) in what
 * the run holds, but for the explanations: O(distinct reasons * nodes). Indices of scopes are those
 * of sim->metrics.scopes. */

struct report_view {
    const struct sim *sim;                /* borrowed */
    const struct report_options *options; /* borrowed */
    int64_t end_us;                       /* virtual time reached */
    bool *is_selected;                    /* [runner_count] by options.select; NULL: all are */
    int32_t *occupants; /* bound and nominated replicas by node, runner, ordinal; owned */
    int32_t occupant_count;
    int32_t *bound_on_node; /* [node_count] bound replicas; owned */
    struct waiting_list waiting;
    struct wait_stats waits[WAIT_STATS_COUNT];
    struct scope_cost *costs; /* [scope_count]; owned */
    struct bill bill;
    struct node_starts starts;
    struct packing_view packing;
    struct eviction_stats evictions;
    struct totals totals;
    struct traffic_stats traffic;
};

/* ERR_USAGE when options.group_by or .select is malformed, else only want of memory. On -1 the
 * struct is zeroed. */
int report_view_init(struct report_view *view, const struct sim *sim,
                     const struct report_options *options, struct err *err);
void report_view_release(struct report_view *view);

/* May this runner's rows be shown? In a run that ended early not those of runners that were still
 * to come: arrivals generated for a whole horizon may be millions. */
bool report_view_selects(const struct report_view *view, int32_t runner);

#endif
