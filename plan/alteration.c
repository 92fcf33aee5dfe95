/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/alteration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/int128.h"
#include "base/units.h"

enum { WHOLE = 100 };

bool alteration_equals(const struct alteration *a, const struct alteration *b)
{
    return a->kind == b->kind && a->percent == b->percent && a->runner == b->runner &&
           a->axis == b->axis && a->cpu_milli == b->cpu_milli && a->mem_bytes == b->mem_bytes;
}

int64_t altered_price(int64_t price_micro, int32_t percent)
{
    return (int64_t)(((int128)price_micro * percent + WHOLE / 2) / WHOLE);
}

const char *alteration_print(const struct scenario *scenario, const struct plan_axes *axes,
                             const struct alteration *alteration, char out[ALTERATION_TEXT_SIZE])
{
    char cpu[UNITS_TEXT_SIZE], mem[UNITS_TEXT_SIZE], name[AXIS_NAME_SIZE];
    switch (alteration->kind) {
    case ALTER_DEMAND:
        snprintf(out, ALTERATION_TEXT_SIZE, "demand %" PRId32 " %%", alteration->percent);
        break;
    case ALTER_OVERHEAD:
        snprintf(out, ALTERATION_TEXT_SIZE, "%s CPU and %s less on each node",
                 print_cpu(alteration->cpu_milli, cpu), print_mem(alteration->mem_bytes, mem));
        break;
    case ALTER_FLOOR:
        snprintf(out, ALTERATION_TEXT_SIZE, "one more floor of %s",
                 scenario->runners[alteration->runner].id);
        break;
    case ALTER_PRICE:
        plan_axis_name(scenario, &axes->items[alteration->axis], name);
        snprintf(out, ALTERATION_TEXT_SIZE, "%s at %" PRId32 " %% of its price", name,
                 alteration->percent);
        break;
    case ALTER_NOTHING:
        snprintf(out, ALTERATION_TEXT_SIZE, "as it is");
        break;
    }
    return out;
}
