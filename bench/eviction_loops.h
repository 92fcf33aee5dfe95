/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_EVICTION_LOOPS_H
#define STOWAGE_BENCH_EVICTION_LOOPS_H

#include <stdint.h>

#include "base/err.h"
#include "bench/metric_sums.h"
#include "sim/sim.h"

/* Thrash: a replica is evicted, another does its piece of work again from the start, and is evicted
 * in turn. Counted from an eviction on; those before it count as what came before. */
struct eviction_loops {               /* by priority of the victims */
    int64_t repeated[PRIORITY_COUNT]; /* evictions of work that had been evicted before */
    int64_t most[PRIORITY_COUNT];     /* evictions of one piece of work, at the most */
    int64_t victims[PRIORITY_COUNT];  /* runners that lost at least one replica */
};

/* From eviction `first` of the run on. O(n log n) in the evictions. -1: out of memory. */
int eviction_loops_make(struct eviction_loops *loops, const struct sim *sim, int32_t first,
                        struct err *err);

#endif
