/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_INSTANCE_H
#define STOWAGE_PLAN_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* A packing problem with prices: which nodes to take so that all items have a place at the least
 * cost per hour. Items stand for replicas with equal requests, types for what a node can be. All
 * quantities are integers; each resource has its own unit. */

enum {
    INSTANCE_RESOURCES_MAX = 32,
    INSTANCE_ITEMS_MAX = 100000,
    INSTANCE_TYPES_MAX = 10000,
};

/* Requests, capacities and prices are read to so many decimals (rounded half away from zero). */
enum { INSTANCE_DECIMALS = 9 };

/* Limits, such that every sum and product of the bound fits 128 bits and every total 64. */
#define INSTANCE_QUANTITY_MAX (INT64_C(1) << 50)          /* one request or capacity, in its unit */
#define INSTANCE_DEMAND_MAX INT64_C(10000000)             /* of all items together */
#define INSTANCE_PRICE_NANO_MAX INT64_C(1000000000000000) /* a million an hour */
#define INSTANCE_NO_LIMIT INT64_MAX

/* Two items that limit each other on one node. Both have the pair among theirs. */
struct item_pair {
    int32_t other;     /* not the item itself: see max_per_node */
    int64_t other_max; /* of the other, where there is one of this; 0 keeps the two apart */
    int64_t own_max;   /* of this, where there is one of the other */
};

struct instance_item {
    const char *id;
    int64_t demand;                /* how many need a place; >= 1 */
    int64_t max_per_node;          /* >= 1; INSTANCE_NO_LIMIT */
    const int64_t *req;            /* [resource_count] of one */
    const bool *may_use;           /* [type_count] the types it may run on; NULL: all */
    const struct item_pair *pairs; /* by the other's index, each once */
    int32_t pair_count;
};

struct instance_type {
    const char *name;
    const int64_t *alloc; /* [resource_count] what a node offers */
    int64_t price_nano;   /* billionths of the currency per hour; see instance.has_prices */
    int64_t node_max;     /* how many there are at most; INSTANCE_NO_LIMIT */
};

/* The pointers point into the arena, or to what outlives the instance. */
struct instance {
    struct arena arena;
    const char *name;
    const char *const *resources; /* [resource_count] their names */
    const double *unit;           /* [resource_count] one integer unit in the unit of the input */
    int32_t resource_count;
    /* The resource that comes in devices, or -1: a request below device_units is a share of one
     * device, a larger one (a multiple of it) is that many whole devices. */
    int32_t device_resource;
    int64_t device_units;
    struct instance_item *items;
    int32_t item_count;
    struct instance_type *types;
    int32_t type_count;
    bool has_prices; /* false: no type has one; every node then costs 1 (price_nano 1e9) */
};

/* May this item run on this type, and would one of it fit an empty node? */
bool instance_fits(const struct instance *instance, int32_t item, int32_t type);

/* Why an item fits no type, as one line for a reader: "web: needs 64 cpu; the most that a type
 * offers is 48". False when it fits one. */
enum { INSTANCE_REASON_SIZE = 512 };
bool instance_never_fits(const struct instance *instance, int32_t item,
                         char reason[INSTANCE_REASON_SIZE]);

/* Frees the arena and zeroes the struct. */
void instance_release(struct instance *instance);

#endif
