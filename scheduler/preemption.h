/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_PREEMPTION_H
#define STOWAGE_SCHEDULER_PREEMPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/sched.h"

/* Preemption: which replicas go so that a demand that fits nowhere gets a place.
 *
 * Victims. A bound, not terminating replica of a runner with budget > 0, running for at least
 * min_runtime, and of strictly lower priority than the demand; under floor-first a core demand may
 * also take an extra replica of any priority. Core replicas are never taken: of one runner at most
 * `budget` replicas may be in one victim set.
 *
 * On one node. Take away every replica that could be a victim by itself. If the demand then does
 * not fit, the node is out. Give back, most important first (highest priority, longest running,
 * lowest runner, lowest ordinal), each one that still lets the demand fit: first only replicas of
 * runners that have more taken than their budget allows, until each is within it; then all the
 * rest. What is left is the victim set: none of it is needless. Where the first of these steps ends
 * with a runner still beyond its budget (with devices it can matter which of a runner's replicas
 * stay), it backtracks: the last one given back is taken again and the next tried instead. It so
 * finds a legal victim set on every node that has one, unless PREEMPTION_TRIES_MAX trials on the
 * node do not suffice; then the node is out.
 *
 * Among nodes. Smallest highest victim priority; then smallest sum of (victim priority + 1); then
 * fewest victims; then least work lost (sum of now - running_since; 0 for a replica that is still
 * starting); then lowest node index. */

enum { PREEMPTION_TRIES_MAX = 4096 };

struct victim_set {
    int32_t node;     /* -1: no node can be made to fit */
    int32_t *victims; /* replica numbers, most important first; owned by the set */
    int32_t count, capacity;
    uint64_t devices; /* that the demand will get */
    int32_t highest_priority;
    int64_t priority_sum; /* of victim priority + 1 */
    int64_t work_lost_ticks;
    /* The earliest tick at which a running replica that has not run for min_runtime yet could be a
     * victim of this demand; INT64_MAX: there is none such. */
    int64_t ripe_at;
};

struct preemption_question {
    int32_t replica; /* a pending demand that fits nowhere */
    enum demand_class class;
    int64_t now;
};

/* Fills `set` (its array is reused); set->node is -1 when nothing helps. Changes nothing that the
 * caller could see. By the index (victim_index.h) where it can. -1 only for want of memory. */
int preemption_find(struct sched *sched, const struct preemption_question *question,
                    struct victim_set *set, struct err *err);

/* The same by trying every node: the oracle for the index. O(nodes + replicas on them). */
int preemption_scan(const struct sched *sched, const struct preemption_question *question,
                    struct victim_set *set, struct err *err);

/* Is there any runner at all from which a demand of this class and priority may take? O(1). */
bool preemption_has_prey(const struct sched *sched, enum demand_class class, int32_t priority);

/* May this replica be a victim of that demand, by itself? */
bool preemption_may_evict(const struct sched *sched, const struct preemption_question *question,
                          int32_t victim);

void victim_set_release(struct victim_set *set);

#endif
