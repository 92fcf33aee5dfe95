/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_PLAN_H
#define STOWAGE_SCENARIOS_PLAN_H

#include <stdint.h>

/* What `stowage plan` is to look for, where the scenario itself says it: docs/scenario.md `plan`,
 * docs/planning.md. Texts are kept as they were given; who plans reads them. */

struct plan_def {
    const char *const *targets, *const *survives, *const *nodes; /* [.._count] */
    int32_t target_count, survive_count, node_count;
    const int32_t *growth_percent; /* [growth_count] demand in % of the scenario's, ascending */
    const int32_t
        *growth_weight; /* [growth_count] how likely each is, in proportion; NULL: not given */
    int32_t growth_count;
    double probability, confidence; /* 0..1, exclusive; NaN: not given */
    double budget_usd_h;            /* NaN: none */
    int32_t failures_allowed;
};

enum {
    PLAN_GROWTH_MAX = 8,
    PLAN_GROWTH_PERCENT_MAX = 10000,
    PLAN_GROWTH_WEIGHT_MAX = 1000000,
    PLAN_FAILURES_MAX = 1000
};

#endif
