/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/worth.h"

#include <math.h>
#include <stdlib.h>

#include "plan/pricing.h"

enum { STEPS_MAX = 200000, TICKS_MAX = 100 * 1000 * 1000 };

static int price_types(const struct instance_answer *answer, struct pricing *pricing,
                       int64_t *counts, double *worth, struct err *err)
{
    const struct cover *cover = &answer->cover;
    for (int32_t t = 0; t < cover->type_count; t++) {
        struct knapsack_answer best;
        const struct pricing_query query = {
            .type = t,
            .prices = answer->bound.prices,
            .limits = {
                .above = -1, .stop_at = INT64_MAX, .steps_max = STEPS_MAX, .ticks_max = TICKS_MAX}};
        if (pricing_solve(pricing, &query, counts, &best, err) != 0)
            return -1;
        if (best.profit >= 0 && best.profit == best.upper_bound)
            worth[cover->types[t].type] = ldexp((double)best.profit, -answer->bound.shift);
    }
    return 0;
}

int worth_find(const struct instance_answer *answer, double *worth, struct err *err)
{
    struct pricing pricing;
    for (int32_t i = 0; i < answer->instance->type_count; i++)
        worth[i] = (double)NAN;
    int64_t *counts = calloc((size_t)answer->cover.row_count + 1, sizeof *counts);
    if (counts == NULL)
        return err_no_memory(err);
    int result = pricing_init(&pricing, &answer->cover, err);
    if (result == 0) {
        result = price_types(answer, &pricing, counts, worth, err);
        pricing_release(&pricing);
    }
    free(counts);
    return result;
}
