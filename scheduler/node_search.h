/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_NODE_SEARCH_H
#define STOWAGE_SCHEDULER_NODE_SEARCH_H

#include <stdint.h>

#include "scheduler/sched.h"

/* Inside scheduler/ only. What else is asked of nodes; the search itself is sched_find_node. */

/* sched_find_node in two steps, for those who can say that memory ran out. */
int sched_prepare_search(struct sched *sched, int32_t replica, struct err *err);
int32_t sched_search(const struct sched *sched, int32_t replica, uint64_t *devices);

/* The same for a demand that fitted nowhere when fleet.growth_version was `no_fit_version` (0: that
 * was never so): it can fit only where room has grown since. SEARCH_UNKNOWN where that is too long
 * ago, or where it now fits on more than one node. O(growths since). */
enum { SEARCH_UNKNOWN = -2 };
static inline int32_t sched_search_grown(const struct sched *sched, int32_t replica,
                                         int64_t no_fit_version, uint64_t *devices);

/* The part of sched_search_grown where the growths since are known. */
int32_t sched_search_known(const struct sched *sched, int32_t replica, int64_t no_fit_version,
                           uint64_t *devices);

/* What a policy sees when it is asked about a node alone. */
struct policy_context sched_node_context(const struct sched *sched);

/* What a policy sees of this demand. */
struct policy_context sched_policy_context(const struct sched *sched, int32_t replica);

/* The devices that the policy gives this demand in this room of the node, in which it fits. */
uint64_t sched_choose_devices(const struct sched *sched, const struct policy_context *context,
                              int32_t node, const struct room *room);

/* Occupants of the node that belong to the runner. O(occupants). */
int32_t sched_same_runner_count(const struct sched *sched, int32_t runner, int32_t node);

static inline int32_t sched_search_grown(const struct sched *sched, int32_t replica,
                                         int64_t no_fit_version, uint64_t *devices)
{
    int64_t growths = sched->fleet.growth_version - no_fit_version;
    if (no_fit_version == 0 || growths > FLEET_GROWTHS)
        return SEARCH_UNKNOWN;
    return sched_search_known(sched, replica, no_fit_version, devices);
}

#endif
