/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PACKING_H
#define STOWAGE_REPORTS_PACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "sim/sim.h"

/* How well the fleet is packed at the end of the run, over the nodes that are ready or drained.
 *
 * Stranded: free amounts of a resource on nodes that take demand, but on which nothing that asks
 * for this resource fits. What is tried on a node: the shapes of waiting demand that its instance
 * type could hold when empty and that ask for the resource; where there is none, all such shapes of
 * the scenario. (Practice: free resource where no pending or typical request fits.) A resource for
 * which no shape of the scenario asks is not stranded: nobody misses it. */

struct packing_resource {
    int128 capacity, used, held, free; /* capacity = used + held + free */
    int128 closed;   /* of free: on nodes that take no demand (drained, or in a closed pool) */
    int128 stranded; /* of free, see above */
    int128 used_nodes_capacity; /* of the nodes that hold at least one bound replica */
    /* Fewest nodes of the scope (largest first) whose capacity sums up to `used`: no packing can
     * need fewer. -1 for devices: shares of several may be put together, so there is no such bound.
     */
    int64_t nodes_bound;
};

struct scope_packing {
    int32_t node_count, used_node_count, closed_node_count, device_node_count;
    int64_t nodes_bound;          /* the largest of the resources' */
    int64_t nodes_bound_in_pools; /* of the fleet: sum over its pools, as if no replica may move to
                                     another one */
    struct packing_resource resources[RESOURCE_COUNT];
};

struct packing_view {
    bool is_asked[RESOURCE_COUNT]; /* by some shape of the scenario; else nothing can be stranded */
    struct scope_packing *scopes;  /* [scope_count] as in sim->metrics; owned */
    unsigned char *node_stranded;  /* [node_count] bit 1 << resource: stranded there; owned */
};

/* `bound_on_node`: bound replicas of each node. -1: memory, and there is nothing to release.
 * O(nodes * shapes) at worst. */
int packing_make(const struct sim *sim, const int32_t *bound_on_node, struct packing_view *packing,
                 struct err *err);
void packing_release(struct packing_view *packing);

/* used / capacity of the nodes in use; NaN where that is 0. */
double packing_used_share(const struct packing_resource *resource);

#endif
