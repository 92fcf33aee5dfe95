/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_SEQUENCE_H
#define STOWAGE_PLAN_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/node_set.h"

/* Nodes one after the other: each time the type whose node, filled greedily (plan/filling.h), holds
 * most worth for its price, as often as the demand lasts. What ends on badly filled nodes is given
 * more worth, and so comes earlier in the next pass (sequential value correction, Belov and
 * Scheithauer, INFORMS Journal on Computing 19, 2007). The cheapest pass counts.
 *
 * It needs no linear program, so it is for instances of any size. */

struct sequence_request {
    const struct cover *cover;
    const int64_t *demand;    /* [row_count]; NULL: that of the cover */
    const int64_t *node_left; /* [type_count]; NULL: those of the cover */
    const int64_t *worth;     /* [row_count] at first, in any unit */
    int32_t passes_max;
    int64_t ticks_max; /* no new pass after so many; the first one is always made */
};

/* Adds the nodes of the cheapest pass to `set`. *is_done false: no pass found nodes for all items
 * (numbers of nodes are limited); those of the pass that came nearest are added. *ticks grows by
 * the work. */
int sequence(const struct sequence_request *request, struct node_set *set, bool *is_done,
             int64_t *ticks, struct err *err);

#endif
