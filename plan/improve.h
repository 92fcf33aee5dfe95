/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_IMPROVE_H
#define STOWAGE_PLAN_IMPROVE_H

#include <stdint.h>

#include "base/err.h"
#include "plan/master.h"
#include "plan/node_set.h"

/* Ruin and recreate: a few nodes are taken out, those that cost most above the worth of what they
 * hold more often than others, and what was on them is packed anew by a dive. A result that costs
 * no more is kept, so that the search can wander among plans of equal cost. The linear program for
 * the removed items tells beforehand where nothing can be gained.
 *
 * Draws come from a fixed stream: equal inputs give equal plans. */

struct improve_request {
    const int64_t *worth; /* [row] dual prices x 2^shift of the master */
    int64_t bound_nano;   /* no plan costs less: nothing is left to be gained there */
    int64_t rounds_max;   /* of the linear programs together, see struct master_effort */
    int64_t ticks_max;    /* of the master, all in all */
};

/* Changes `set`, which must hold all items of the master's cover; the cover is not relaxed. */
int improve(struct master *master, const struct improve_request *request, struct node_set *set,
            struct err *err);

#endif
