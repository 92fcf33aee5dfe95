/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_FETCH_H
#define STOWAGE_SCHEDULER_FETCH_H

#include "scheduler/sched.h"

/* What the going of a replica touches, fetched from memory ahead of it. In a large fleet the
 * replica, its node, its neighbours there and what the index has noted of the node have left the
 * cache, and sched_gone would wait for each, one after the other. A caller who knows who goes next
 * asks for it in two steps, each a few hundred nanoseconds after the one before, since each says
 * where the next is to be found. Nothing is changed by it, and what comes of a replica that is not
 * bound any more does no harm. */

/* First the replica, */
void sched_fetch_replica(const struct sched *sched, int32_t replica);
/* then its node, the neighbours and what is noted of the node; false: it has no node. */
bool sched_fetch_node(const struct sched *sched, int32_t replica);

#endif
