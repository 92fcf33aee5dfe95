/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_TRANSITIONS_H
#define STOWAGE_SCHEDULER_TRANSITIONS_H

#include <stdint.h>

#include "scheduler/fleet.h"
#include "scheduler/sched.h"

/* Inside scheduler/ only. The steps that a pass takes, and what the steps of sched.h are made of.
 * Functions with an err fail only for want of memory; the scheduler can then only be released. */

/* A place on a node. */
struct seat {
    int32_t node;
    uint64_t devices;
};

/* A fresh replica of the runner with the next ordinal, asked at this tick, in the queue. */
int replica_new(struct sched *sched, int32_t runner, int64_t asked_at, int32_t *replica,
                struct err *err);

/* Gives a slot back to the free list; the replica is in no list and counted nowhere. */
void replica_free(struct sched *sched, int32_t replica);

/* To be told after a runner's budget may have changed from `before`. What preemption could take on
 * the nodes of its replicas may change with it: a budget of 0 protects all of them, and one that is
 * smaller than the runner's candidates on a node some. O(bound replicas) then, else O(1). */
void runner_budget_changed(struct sched *sched, int32_t runner, int32_t before);

/* What a bound or nominated replica has, or will have, on its node. */
struct claim replica_claim(const struct sched *sched, int32_t replica);

/* What is held for a nominated replica now, from its request and its pledged victims. O(occupants
 * of the node). */
void nominee_held(const struct sched *sched, int32_t nominee, struct room *held);

/* PENDING -> STARTING. */
int replica_bind(struct sched *sched, int32_t replica, const struct seat *seat, struct err *err);

/* The same for the first of a bucket of the queue. */
int replica_bind_head(struct sched *sched, int32_t bucket, const struct seat *seat,
                      struct err *err);

/* NOMINATED, all victims gone -> STARTING; it leaves ready_nominees for the caller to clear. */
int replica_bind_nominee(struct sched *sched, int32_t replica, struct err *err);

/* PENDING -> NOMINATED. Its victims were told to go (replica_evict) and are pledged to it here. */
struct nomination {
    int32_t replica;
    struct seat seat;
    const int32_t *victims;
    int32_t victim_count;
};
int replica_nominate(struct sched *sched, const struct nomination *nomination, struct err *err);

/* NOMINATED -> nothing yet: what was held is free, its victims are pledged to nobody. The caller
 * sends it to the queue or frees it, and settles the runner. */
void replica_drop_nomination(struct sched *sched, int32_t replica);

/* STARTING or RUNNING -> TERMINATING. */
int replica_terminate(struct sched *sched, int32_t replica, struct err *err);

/* A bound replica leaves its node and its slot. */
int replica_leave(struct sched *sched, int32_t replica, struct err *err);

#endif
