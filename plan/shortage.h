/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_SHORTAGE_H
#define STOWAGE_PLAN_SHORTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"

/* Are the nodes that there are (node_max) too few for the items? A proof in integers, by the lemma
 * of Farkas: give each item a weight, 0 to those that may run on a type without a limit. If no node
 * of type t can hold more weight than v_t, all nodes hold no more than the sum of node_max_t x v_t.
 * Where the items weigh more, no nodes hold them all.
 *
 * The weights are the dual prices of the pattern linear program (plan/master.h) in which nodes cost
 * nothing and an item without a place costs 1, or, tried first, what the items take of devices;
 * plan/certificate.h checks them. */

/* *is_proved false: nothing is known. *ticks_left is how much work there may be
 * (struct knapsack_answer), and falls by what there was. */
int shortage_prove(const struct cover *cover, bool *is_proved, int64_t *ticks_left,
                   struct err *err);

#endif
