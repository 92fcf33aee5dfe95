/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_EXHAUST_H
#define STOWAGE_PLAN_EXHAUST_H

#include <stdbool.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/node_set.h"

/* The cheapest nodes of a tiny cover, or the proof that there are none: dynamic programming over
 * all demands that can be left. */

struct exhaust_answer {
    bool is_solved;   /* false: too large for it; nothing is known then */
    bool is_feasible; /* some nodes within node_max hold all items; only where it is solved */
};

/* Adds the cheapest nodes to `set`, whose row_count is the cover's, where it is solved and
 * feasible. The cover is not relaxed. Its work is limited to a fixed number of steps, some tenths
 * of a second. */
int exhaust(const struct cover *cover, struct node_set *set, struct exhaust_answer *answer,
            struct err *err);

#endif
