/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_STAY_PRICES_H
#define STOWAGE_PLAN_STAY_PRICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "plan/axis.h"
#include "plan/instance.h"

/* Prices of replicas at which no node can hold more than it costs: certified in integers, as for
 * the bound of plain instances (plan/certificate.h), and valid whatever is held and when. Where an
 * axis allows a node only so often, it may be worth more; the excess of all such nodes together
 * comes off what replicas are worth in all. They are made for a certain mean demand, for which they
 * give the highest bound.
 *
 * Example: a node of 8 cores at $1 holds two replicas of 3 cores: $0.50 each. */

struct stay_prices {
    int64_t *prices; /* [kind_count] USD a second in the unit of prices of axes, times 2^shift; of
                        what has no item: 0; owned */
    int32_t *part;   /* [kind_count] kinds that may share a node have the same number; -1: no item;
                        owned */
    bool *is_misfit; /* [kind_count] there are some, and no node that may be bought holds one; owned
                      */
    int32_t part_count;
    int32_t shift;
    int128 excess; /* of all limited nodes, times 2^shift, rounded up */
    int64_t
        *units; /* [part_count] nodes for kinds of the part cost a multiple of it; >= 1; owned */
};

/* `mean` has how many replicas of each kind (plan/kind.h) are there on the average; those of which
 * there are none get no price. What fits no node that may be bought gets none either. -1: memory.
 */
int stay_prices_make(struct stay_prices *prices, const struct scenario *scenario,
                     const struct plan_axes *axes, const double *mean, struct err *err);
void stay_prices_release(struct stay_prices *prices);

#endif
