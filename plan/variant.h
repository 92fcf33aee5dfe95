/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_VARIANT_H
#define STOWAGE_PLAN_VARIANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/axis.h"
#include "scenarios/scenario.h"

/* The scenario with the nodes of a plan, less those that it is to do without. */

/* Nodes that are missing from the start on: a loss that a plan is to survive. Zero: none. */
struct plan_loss {
    const int32_t *counts; /* so many fewer of each axis; [axes->count]; NULL: none */
    const char *zone;      /* all nodes of it; NULL: none */
    bool is_spot;          /* all spot nodes */
};

struct plan_point {        /* borrowed */
    const int32_t *counts; /* [axes->count] */
    struct plan_loss loss;
};

struct plan_variant {
    struct scenario scenario; /* a copy with the nodes and pools below; never released itself */
    struct node_def *nodes;   /* owned */
    struct pool_def *pools;   /* owned */
};

/* Nodes of an axis are the scenario's own, in its order, and then new ones, which take the zones of
 * those of the pool in turn; a loss takes the last ones. Pools without axes stay as they are. A
 * scaling pool gets its bounds (its minimum and its warm nodes are at most its maximum) and begins
 * with the scenario's nodes, but at most its maximum; a loss of spot nodes leaves it what it can
 * have on demand, a loss of a zone leaves it alone. On -1 the struct is zeroed. O(nodes). */
int plan_variant_make(struct plan_variant *variant, const struct scenario *scenario,
                      const struct plan_axes *axes, const struct plan_point *point,
                      struct err *err);
void plan_variant_release(struct plan_variant *variant);

/* Is a node of this type of this pool a spot one? With NO_INDEX: are all of the pool's? */
bool plan_is_spot(const struct scenario *scenario, int32_t pool, int32_t type);

#endif
