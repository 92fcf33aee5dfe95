/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_INSTANCE_LOAD_H
#define STOWAGE_PLAN_INSTANCE_LOAD_H

#include "base/err.h"
#include "base/problems.h"
#include "plan/instance.h"

/* Reads an instance from JSON:
 *
 *     { "name": "two kinds", "resources": ["cpu", "memory_gib"],
 *       "items": [ { "id": "web", "demand": 9, "req": [2, 3.5], "max_per_node": 3 } ],
 *       "types": [ { "type": "small", "alloc": [7.5, 14], "usd_hr": 0.31 } ] }
 *
 * Optional: "desc", "device_resource" at the top; of an item "max_per_node" (null or -1: none),
 * "types" (names with * for any text: the types it may run on), "anti_affinity" (ids of items that
 * must not be on its node, or [id, n] where n of them may); of a type "usd_hr" (null: no price) and
 * "max_nodes". Unknown keys are warnings: what they say is not part of the problem.
 *
 * An item of demand 0 is left out. Where some types have a price and others none, those without are
 * not used, with a warning; where none has one, every node costs 1.
 *
 * Problems (warnings too) are added to `problems`, errors all in one go. On -1 the instance is
 * zeroed. */
int instance_load(struct instance *instance, const char *path, struct problems *problems,
                  struct err *err);

#endif
