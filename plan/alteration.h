/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_ALTERATION_H
#define STOWAGE_PLAN_ALTERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/axis.h"
#include "scenarios/scenario.h"

/* One thing in the question of a plan that may turn out otherwise. */

enum alteration_kind {
    ALTER_NOTHING,
    ALTER_DEMAND,   /* `percent` of it, as plan/growth.h has it */
    ALTER_OVERHEAD, /* of each node so much less CPU and memory is left for replicas */
    ALTER_FLOOR,    /* a runner has one replica more, and must have it: wherever it has a floor */
    ALTER_PRICE,    /* an axis costs `percent` of its price */
};

struct alteration {
    enum alteration_kind kind;
    int32_t percent;
    int32_t runner;
    int32_t axis;
    int64_t cpu_milli, mem_bytes;
};

bool alteration_equals(const struct alteration *a, const struct alteration *b);

/* So many percent of a price, rounded. */
int64_t altered_price(int64_t price_micro, int32_t percent);

/* "demand 120 %", "500m CPU and 1Gi less on each node", "one more floor of chat",
 * "gpu/a100 at 80 % of its price"; returns out. */
enum { ALTERATION_TEXT_SIZE = 512 };
const char *alteration_print(const struct scenario *scenario, const struct plan_axes *axes,
                             const struct alteration *alteration, char out[ALTERATION_TEXT_SIZE]);

#endif
