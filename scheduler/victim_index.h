/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_VICTIM_INDEX_H
#define STOWAGE_SCHEDULER_VICTIM_INDEX_H

#include <stdbool.h>

#include "scheduler/index.h"
#include "scheduler/preemption.h"

/* Inside scheduler/ only. Finds the victims that preemption_scan would find, without trying all
 * nodes: per shape the nodes on which preemption is cheapest are remembered, and kept up to date
 * by the journal of the placement index, or by the numbers of nodes' last entries in it. */

/* What preemption costs on a node, for those whose cost can be remembered: all victims run, so that
 * the order of two nodes does not change as time goes on. */
struct victim_rank {
    int64_t since_sum; /* of running_since of the victims; later is cheaper */
    int64_t priority_sum;
    int32_t highest_priority;
    int32_t count;
    int32_t node;
    uint32_t entry; /* the node's last in the journal, as in index.h */
};

struct odd_node {
    int32_t node;
    uint32_t entry;
};

struct victim_memory {
    /* The cheapest last. All nodes that precede the floor, or all where is_complete. */
    struct victim_rank *ranks;
    struct victim_rank floor;
    bool is_complete;
    int32_t count, capacity, limit;
    /* Nodes that are judged at every question: with victims that still start, or with more
     * candidates of a runner than its budget. */
    struct odd_node *odd;
    int32_t odd_count, odd_capacity;
    int64_t cursor, epoch; /* as in shape_memory */
    int64_t asked_count;   /* since all nodes were judged */
};

/* Can the index answer? Not for shapes that depend on the runner, nor where replicas ripen. */
bool victim_index_knows(const struct sched *sched, const struct preemption_question *question);

/* The set of preemption_scan, but for ripe_at, which is INT64_MAX here and there. `set` is empty
 * before. -1 only for want of memory. */
int victim_index_find(struct sched *sched, const struct preemption_question *question,
                      struct victim_set *set, struct err *err);

/* The prey on a node as it is now. O(occupants). */
struct node_prey node_prey(const struct sched *sched, int32_t node);

void victim_index_release(struct node_index *index);

#endif
