/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/eviction_loops.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/order.h"

struct occurrence {
    int32_t runner, work, number; /* number: of the eviction */
    int32_t priority;
};

static int compare_occurrences(const void *left, const void *right)
{
    const struct occurrence *a = left, *b = right;
    int order = order_int(a->runner, b->runner);
    if (order == 0)
        order = order_int(a->work, b->work);
    return order != 0 ? order : order_int(a->number, b->number);
}

static void count(struct eviction_loops *loops, const struct occurrence *all, int32_t total,
                  int32_t first)
{
    int64_t of_work = 0;
    int32_t last_victim = NO_INDEX;
    for (int32_t i = 0; i < total; i++) {
        const struct occurrence *it = &all[i];
        bool is_same = i > 0 && all[i - 1].runner == it->runner && all[i - 1].work == it->work;
        of_work = is_same ? of_work : 0;
        if (it->number < first)
            continue;
        of_work++;
        loops->repeated[it->priority] += is_same;
        loops->victims[it->priority] += it->runner != last_victim;
        last_victim = it->runner;
        if (of_work > loops->most[it->priority])
            loops->most[it->priority] = of_work;
    }
}

int eviction_loops_make(struct eviction_loops *loops, const struct sim *sim, int32_t first,
                        struct err *err)
{
    int32_t total = sim->metrics.eviction_count;
    struct occurrence *all = calloc((size_t)total + 1, sizeof *all);
    if (all == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < total; i++) {
        const struct eviction *it = &sim->metrics.evictions[i];
        all[i] = (struct occurrence){it->victim_runner, it->victim_work, i, it->victim_priority};
    }
    qsort(all, (size_t)total, sizeof *all, compare_occurrences);
    *loops = (struct eviction_loops){.repeated = {0}};
    count(loops, all, total, first);
    free(all);
    return 0;
}
