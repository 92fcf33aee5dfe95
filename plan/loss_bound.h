/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_LOSS_BOUND_H
#define STOWAGE_PLAN_LOSS_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/losses.h"

/* What a lower bound on the fleets that hold certain floors says of the fleets that still hold them
 * after a loss. Let B be the bound, and B > 0.
 *
 *   any k nodes   What is left after the loss of the k dearest nodes costs B or more, so the whole
 *                 costs B and k times the cheapest node.
 *   any zone      Where every node is in one of Z zones, what is left without each of them costs B
 *                 or more. Over all zones every node is left Z - 1 times: (Z - 1) cost >= Z B. With
 *                 one zone nothing is left, and no fleet does it.
 *   one zone      Nothing: all nodes may stand in others.
 *   spot          Nothing here: the bound of the other nodes alone is one (plan/peak.c).
 *
 * Check value: B = 8 with three zones is 12. */

struct loss_bound {
    int64_t bound;
    double factor;      /* how much it rises when the given one rises by 1 */
    int32_t survive;    /* of the list: what raises it most; -1: nothing does */
    bool is_impossible; /* no fleet survives that */
};

struct loss_bound_of {
    const struct scenario *scenario;
    const struct plan_axes *axes; /* of kind AXIS_NODES */
    struct survive_list survives;
};
struct loss_bound loss_bound_find(const struct loss_bound_of *of, int64_t bound);

#endif
