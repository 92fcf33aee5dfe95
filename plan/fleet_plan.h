/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_FLEET_PLAN_H
#define STOWAGE_PLAN_FLEET_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "plan/instance.h"

/* Nodes one by one, with the items on them. */

struct plan_content {
    int32_t item;
    int32_t next; /* in fleet_plan.contents; -1: the last of its node */
    int64_t count;
};

struct plan_node {
    int32_t type;  /* of the instance */
    int32_t first; /* in fleet_plan.contents; -1: empty */
};

struct fleet_plan {
    const struct instance *instance; /* borrowed */
    struct plan_node *nodes;
    int32_t node_count, node_capacity;
    int64_t *room; /* [node][resource] */
    int32_t room_capacity;
    struct plan_content *contents;
    int32_t content_count, content_capacity;
    int64_t *used; /* [type] nodes */
};

/* Without nodes. -1: memory, as everywhere below but in the check. */
int fleet_plan_init(struct fleet_plan *plan, const struct instance *instance, struct err *err);
void fleet_plan_release(struct fleet_plan *plan);

/* Adds an empty node; its index, or -1. */
int32_t fleet_plan_open(struct fleet_plan *plan, int32_t type, struct err *err);

/* The limits that one item has towards others, spread out for quick looking up while many of it are
 * placed. */
struct item_limits {
    int32_t item;
    int64_t *other_max, *own_max; /* [item]; INSTANCE_NO_LIMIT where there is no pair */
};

int item_limits_init(struct item_limits *limits, const struct instance *instance, struct err *err);
void item_limits_release(struct item_limits *limits);

/* From now on those of `item`. O(pairs of the item before and of this one x log pairs). */
void item_limits_turn_to(struct item_limits *limits, const struct instance *instance, int32_t item);

/* Will the node take one more of limits->item: type, room, devices, limits? */
bool fleet_plan_takes(const struct fleet_plan *plan, int32_t node,
                      const struct item_limits *limits);

/* Would the devices of a type hold those of the node's content? */
bool fleet_plan_devices_fit(const struct fleet_plan *plan, int32_t node, int32_t type);

/* Puts one there. */
int fleet_plan_put(struct fleet_plan *plan, int32_t node, int32_t item, struct err *err);

int128 fleet_plan_cost(const struct fleet_plan *plan);

/* Recomputes everything from the instance and the list of contents alone: every item is placed as
 * often as it is wanted, on types that it may use, within capacities, devices, limits and numbers
 * of nodes. -1 with what is wrong (ERR_SYSTEM: it is a mistake of this program). */
int fleet_plan_check(const struct fleet_plan *plan, struct err *err);

#endif
