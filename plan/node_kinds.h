/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_NODE_KINDS_H
#define STOWAGE_PLAN_NODE_KINDS_H

#include <stdint.h>

#include "base/err.h"
#include "plan/fleet_plan.h"

/* The nodes of a plan, equal ones together. */

struct node_kind {
    int32_t type;  /* of the instance */
    int32_t first; /* its items are items[first..first + item_count), by item */
    int32_t item_count;
    int32_t count; /* of nodes */
};

struct kind_item {
    int32_t item;
    int64_t count; /* on one node */
};

struct node_kinds {
    struct node_kind *kinds; /* the dearest type first; of one type by their items */
    int32_t kind_count;
    struct kind_item *items;
};

/* O(nodes x log nodes). -1: memory, and there is nothing to release. */
int node_kinds_make(struct node_kinds *kinds, const struct fleet_plan *plan, struct err *err);
void node_kinds_release(struct node_kinds *kinds);

#endif
