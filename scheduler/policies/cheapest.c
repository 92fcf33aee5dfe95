/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/policies.h"

/* Cheapest: the node on which the demand's share of the price is lowest. The share is the largest
 * part that it takes of any resource of the node's type (CPU, memory, devices), since that part of
 * the node is lost to others; its price is that part of the price of the type. Nodes of types
 * without a price come last.
 *
 * Example: 2 CPU and 4 GiB cost, on a type of 8 CPU and 64 GiB for 0.40 an hour, max(2/8, 4/64) =
 * 1/4 of it, 0.10; on one of 4 CPU and 8 GiB for 0.16 an hour they cost 1/2 of it, 0.08, and go
 * there.
 *
 * Score: 1/2 + 1/2 * (1 - price of the share / largest price of a type), in steps of 2^-30; inside
 * a step `ties` decides: the node left with the least, or the first.
 *
 * Source: our own. The largest part is the dominant share of "Dominant Resource Fairness" (NSDI
 * 2011), here of the node and not of the whole fleet. */

enum { VALUE_TIES };
enum { TIES_BEST_FIT, TIES_FIRST_FIT };

static const char *const tie_rules[] = {"best-fit", "first-fit"};

static const struct policy_parameter parameters[] = {
    [VALUE_TIES] = {.name = "ties",
                    .meaning = "which of equally cheap nodes",
                    .kind = PARAMETER_CHOICE,
                    .initial = {.integer = TIES_BEST_FIT},
                    .names = tie_rules,
                    .name_count = ARRAY_LEN(tie_rules)},
};

struct cheapest_state {
    double price_micro_max; /* of all types seen */
    int32_t type_count;     /* seen */
};

static int start(const struct policy_setting *setting, void **state, struct err *err)
{
    (void)setting;
    *state = calloc(1, sizeof(struct cheapest_state));
    return *state != NULL ? 0 : err_no_memory(err);
}

static int refresh(void *state, const struct fleet *fleet, struct err *err)
{
    struct cheapest_state *cheapest = state;
    (void)err;
    for (; cheapest->type_count < fleet->type_count; cheapest->type_count++) {
        const struct node_type *type = &fleet->types[cheapest->type_count];
        if (type->has_price)
            cheapest->price_micro_max = fmax(cheapest->price_micro_max, (double)type->price_micro);
    }
    return 0;
}

static double largest_part(const struct policy_context *context, int32_t node)
{
    const struct amounts asked = amounts_asked(context, node);
    const struct amounts capacity = amounts_capacity(context, node);
    double largest = 0.0;
    for (int i = 0; i < COUNTED_RESOURCES; i++)
        if (capacity.of[i] > 0)
            largest = fmax(largest, (double)asked.of[i] / (double)capacity.of[i]);
    return largest;
}

static double score(const struct policy_context *context, int32_t node)
{
    const struct cheapest_state *state = context->state;
    const struct node_type *type = fleet_type_of(context->fleet, node);
    double steps = 0.0, tie = 0.0;
    if (type->has_price) {
        double price = (double)type->price_micro * largest_part(context, node);
        double part = state->price_micro_max > 0.0 ? price / state->price_micro_max : 0.0;
        steps = floor((2.0 - part) * 0x1p29);
    }
    if (context->values[VALUE_TIES].integer == TIES_BEST_FIT)
        tie = 0.5 * (1.0 - left_over(context, node, COUNTS_ALL));
    return (steps + tie) * 0x1p-30;
}

const struct policy policy_cheapest = {
    .api_version = POLICY_API_VERSION,
    .name = "cheapest",
    .summary = "the node whose price is lowest for the share of it that is taken",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .score = score,
    .start = start,
    .refresh = refresh,
    .stop = free,
};
