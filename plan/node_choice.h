/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_NODE_CHOICE_H
#define STOWAGE_PLAN_NODE_CHOICE_H

#include "base/err.h"
#include "plan/axis.h"

/* What a node may be where pools scale: an axis of kind AXIS_NODES for each type that a pool of
 * some axis may launch, lists, or has at the start, without a limit (while a node is replaced there
 * may be more than max_instances). Released by plan_axes_release, also on -1. */
int node_choice_make(struct plan_axes *nodes, const struct scenario *scenario,
                     const struct plan_axes *axes, struct err *err);

#endif
