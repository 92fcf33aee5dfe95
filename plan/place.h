/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PLACE_H
#define STOWAGE_PLAN_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/fleet_plan.h"
#include "plan/node_set.h"

/* From patterns of rows to items on nodes. */

struct place_request {
    const struct cover *cover;
    const struct node_set *nodes; /* may be empty: then this is a greedy heuristic on its own */
    const int64_t *worth;         /* [row] what an item is worth: dual prices */
};

/* Opens the nodes of the set and fills its places with the items of the rows, those with most
 * limits first, each where its limits allow. What finds no place among those of its row goes
 * wherever there is room, the rest onto new nodes: of each type one is filled in falling order of
 * worth, and the one that holds the most worth for its price is kept. Nodes that stay empty are
 * given back; each other one becomes the cheapest type that holds its content.
 *
 * *is_done false: some item found no node (numbers of nodes are limited). The plan must be empty.
 */
int place_items(struct fleet_plan *plan, const struct place_request *request, bool *is_done,
                struct err *err);

#endif
