/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_EVICTIONS_H
#define STOWAGE_PLAN_EVICTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/promise.h"
#include "scenarios/scenario.h"

/* Who may evict whom, in runs that keep certain promises. A replica may be evicted where its runner
 * may have more than its floor, its priority is not spared, and somebody of a higher priority (with
 * floor-first: or with a floor) may evict and may go to a pool that it may go to.
 *
 * A demand evicts once, and no more than what it needs. Where every victim alone has all that it
 * needs, that is one; else of each resource as many as it takes of the smallest victims. */

struct evictions {
    bool *is_victim, *evicts; /* [kind_count] may be evicted; may evict somebody; owned */
    int32_t victims_max;      /* of one demand; 0: nobody is evicted */
    bool is_bounded; /* false: nothing certain can be said, since a victim may evict in its turn, or
                        the victims of a demand are not counted by this */
};

/* -1: memory; then the struct is zeroed. O(kinds^2); with more than EVICTION_KINDS_MAX of them
 * is_bounded is false where anything may be evicted. */
enum { EVICTION_KINDS_MAX = 4000 };
int evictions_make(struct evictions *evictions, const struct scenario *scenario,
                   const struct promises *promises, struct err *err);
void evictions_release(struct evictions *evictions);

#endif
