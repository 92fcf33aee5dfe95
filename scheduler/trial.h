/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_TRIAL_H
#define STOWAGE_SCHEDULER_TRIAL_H

#include "scheduler/preemption.h"

/* Inside scheduler/ only. What preemption.c finds out about one node. */

struct candidate {
    uint64_t devices;
    int64_t running_since;
    int32_t replica, runner, ordinal, priority;
    int32_t party; /* index of its runner in trial.parties */
    int32_t kind;  /* index in trial.left_count: replicas that are the same to the demand */
    int32_t later; /* candidates of its runner that come after it in importance */
    bool is_taken;
};

/* A runner with candidates on the node. */
struct party {
    int32_t excess; /* how many more are taken than its budget allows */
    int32_t count;
};

/* The trial on one node. */
struct trial {
    const struct sched *sched;
    const struct shape *shape;
    int32_t shape_number;
    const struct node_type *type;
    struct candidate *candidates; /* in order of importance */
    struct party *parties;
    int32_t *left_count; /* [kind] how many the search has decided to leave taken */
    int32_t count, capacity, party_capacity, kind_capacity;
    int32_t excess_total;
    int32_t tries_left;
    int32_t node;
    int32_t below;       /* replicas of lower priority may be taken; 10: of any */
    bool is_over_budget; /* on the last node some runner had more candidates than its budget */
    struct room room;    /* as if the taken candidates had left */
};

/* A trial of nodes for this question; all zero before. */
void trial_init(struct trial *trial, const struct sched *sched,
                const struct preemption_question *question);
void trial_release(struct trial *trial);

/* May the node be tried at all: open, with somebody on it, and of a group that suits? */
bool trial_is_open(const struct trial *trial, int32_t node);

/* What the victims on the node would cost, without their list; cost->node is -1 where the demand
 * cannot be made to fit. cost->ripe_at falls to the tick from which a replica that is too young
 * could be taken. O(occupants^2 at worst); -1 only for want of memory. */
int trial_judge(struct trial *trial, const struct preemption_question *question, int32_t node,
                struct victim_set *cost, struct err *err);

/* Makes what was judged last the answer. */
int trial_keep(const struct trial *trial, const struct preemption_question *question,
               const struct victim_set *cost, struct victim_set *set, struct err *err);

/* Is it the cheaper of two: by priority, sum, count, work lost, and the node's index? */
bool is_cheaper(const struct victim_set *a, const struct victim_set *b);

#endif
