/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_NODE_SEARCH_H
#define STOWAGE_SCHEDULER_NODE_SEARCH_H

#include <stdint.h>

#include "scheduler/sched.h"

/* Inside scheduler/ only. What else is asked of nodes; the search itself is sched_find_node. */

/* sched_find_node in two steps, for those who can say that memory ran out. */
int sched_prepare_search(struct sched *sched, int32_t replica, struct err *err);
int32_t sched_search(const struct sched *sched, int32_t replica, uint64_t *devices);

/* What a policy sees when it is asked about a node alone. */
struct policy_context sched_node_context(const struct sched *sched);

/* What a policy sees of this demand. */
struct policy_context sched_policy_context(const struct sched *sched, int32_t replica);

/* The devices that the policy gives this demand in this room of the node, in which it fits. */
uint64_t sched_choose_devices(const struct sched *sched, const struct policy_context *context,
                              int32_t node, const struct room *room);

/* Occupants of the node that belong to the runner. O(occupants). */
int32_t sched_same_runner_count(const struct sched *sched, int32_t runner, int32_t node);

#endif
