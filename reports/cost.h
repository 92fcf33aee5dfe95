/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_COST_H
#define STOWAGE_REPORTS_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "sim/sim.h"

/* What nodes cost. A node is paid for from the instant it is added to the instant it is removed,
 * also while it is down or drained; its price is that of its instance type. Amounts are exact, in
 * millionths of a USD (micro-USD), rounded half up once per instance type and pool, so that the
 * parts of a report add up to its totals. An unknown price stays unknown: the cost is then that of
 * the rest. */

struct scope_cost {
    int128 node_us;         /* node-time paid for */
    int128 unknown_node_us; /* of it, of types whose price is unknown */
    int128 micro_usd;       /* cost of the known part */
};

/* One for each scope of sim->metrics (fleet, pools, groups); free() it. -1: memory. */
int scope_costs_make(const struct sim *sim, struct scope_cost **costs, struct err *err);

/* Node-time at a price: micro-USD, rounded half up. */
int128 cost_of_time(int128 node_us, int64_t price_micro);

/* Time that the node existed in the run, in any state. */
int64_t node_existed_us(const struct sim *sim, int32_t node);

/* Did the run pay for a node of this type whose price is unknown? */
bool type_price_is_missing(const struct sim *sim, const struct scope_cost *costs, int32_t type);

/* "1234.567890"; returns out. */
enum { USD_TEXT_SIZE = 56 };
const char *print_usd(int128 micro_usd, char out[USD_TEXT_SIZE]);

#endif
