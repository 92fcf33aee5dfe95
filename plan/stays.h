/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_STAYS_H
#define STOWAGE_PLAN_STAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/evictions.h"
#include "plan/promise.h"
#include "scenarios/scenario.h"

/* Which replicas are on nodes at which times in every run of one seed that keeps its promises,
 * whatever the fleet and the policy.
 *
 * Arrivals and lives are the same for every fleet (sim/sim.h), so a demand that comes at t, has a
 * place within T and then stays for L is certainly there from t + T to t + L, where L > T: its
 * compulsory part (Lahrichi 1982; Baptiste, Le Pape and Nuijten, Constraint-Based Scheduling, 2001,
 * section 3.3). Of a runner whose replicas run on, as many are there as it wishes, but those asked
 * for less than T ago. What is beyond its floor is there but for misses: demands that wait longer
 * than T. Where floors are kept, what is within them is there for sure.
 *
 * A replica that may be evicted is counted up to the first demand that may evict one, and of one
 * that runs on nothing is counted for 2 T from each such demand on: T in which that demand evicts,
 * T in which the victim has to find its next place. A demand that evicts later is a miss.
 *
 * Not counted, which leaves everything valid: runners that are disabled or not handled, that give
 * up within T, whose replicas end and which are scaled; what comes after the first event that adds
 * nodes or opens a pool. Nothing can be said (is_usable false) where nodes fail, are drained or
 * reclaimed, replicas are moved or renewed, runners disabled by an event or sized by an autoscaler,
 * or where evictions are not bounded (plan/evictions.h). */

struct stay_span {
    int64_t from_us, until_us;
};

/* `count` replicas that are there in the same spans. */
struct stay {
    int32_t kind; /* plan/kind.h */
    int32_t count;
    int32_t first_span, span_count;
    bool is_sure; /* no miss takes one of them away */
};

struct stays {
    struct stay *items;
    struct stay_span *spans;
    int32_t count, capacity, span_count, span_capacity;
    int64_t missing_max; /* so many of those that are not sure may be missing */
    bool is_usable;
};

struct stays_of { /* borrowed */
    const struct scenario *scenario;
    const struct promises *promises;
    const struct promise *promise; /* the one of those whose misses are counted */
    const struct evictions *evictions;
    uint64_t seed;
};

/* -1: memory, ERR_LIMIT from the arrivals; then the struct is zeroed. O(runners (1 + events) +
 * demands log demands). */
int stays_make(struct stays *stays, const struct stays_of *of, struct err *err);
void stays_release(struct stays *stays);

#endif
