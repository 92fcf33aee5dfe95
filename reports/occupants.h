/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_OCCUPANTS_H
#define STOWAGE_REPORTS_OCCUPANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "sim/sim.h"

/* Replicas that have a place, and what a place takes. */

/* Does the replica hold a node's resources? (A nominated one only waits for them.) */
bool replica_is_bound(const struct replica *replica);

/* All bound and nominated replicas, by node, then runner, then ordinal; free() the array. -1:
 * memory. */
int occupants_list(const struct sim *sim, int32_t **occupants, int32_t *count, struct err *err);

/* "pending", "nominated", "starting", "running", "terminating", "blocked". */
const char *replica_state_name(enum replica_state state);

/* What one replica of the shape takes of a node of `type`: milli-CPU, bytes, devices, milli-share.
 * CPU and memory of unbounded nodes do not count: 0 is taken, 0 is there. */
int64_t shape_takes(const struct shape *shape, const struct node_type *type,
                    enum resource resource);

/* What a node of `type` has, in the same units. */
int64_t capacity_of_type(const struct node_type *type, enum resource resource);

/* What is bound, held and free on a node, in the same units. A device counts as bound when any of
 * its share is, else as held when any of its share is. */
struct node_room {
    int64_t used[RESOURCE_COUNT], held[RESOURCE_COUNT], free[RESOURCE_COUNT];
};
void node_room_read(const struct fleet *fleet, int32_t node, struct node_room *room);

/* Does the node hold anything at all, that is: is it ready or drained? */
bool node_is_there(const struct node *node);

#endif
