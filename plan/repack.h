/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_REPACK_H
#define STOWAGE_PLAN_REPACK_H

#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/node_set.h"

/* Ruin and recreate without linear programs: a few nodes are taken out, and what was on them is
 * filled greedily into nodes anew (plan/filling.h), each time with worths and types drawn a little
 * otherwise. A result that costs no more is kept, so that the search can wander among plans of
 * equal cost; it ends when many tries, by the number of nodes, were in vain. A try costs some
 * microseconds, however large the instance, and most are given up after a node or two: at prices
 * that prove a bound no node costs less than its content is worth, so what is spent and the worth
 * of the rest tell what the try will cost at least.
 *
 * Items that have no place (where numbers of nodes are limited) take part as if they lay on nodes
 * dearer than any: they are drawn with the nodes, and placing them is worth any cost.
 *
 * Draws come from a fixed stream: equal inputs give equal plans. */

struct repack_request {
    const struct cover *cover; /* not relaxed */
    const int64_t *worth;      /* [row_count] prices that prove a bound, x 2^shift */
    int32_t shift;
    int64_t bound_nano; /* no plan costs less: nothing is left to be gained there */
    int64_t ticks_max;
};

/* Changes `set`. *is_done: it holds all items; at first it need not. *ticks grows by the work. */
int repack(const struct repack_request *request, struct node_set *set, bool *is_done,
           int64_t *ticks, struct err *err);

#endif
