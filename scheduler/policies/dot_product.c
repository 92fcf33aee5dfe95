/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/policies.h"

/* Dot product: what is free on the node before placement and what is asked, each divided by the
 * largest capacity of the fleet, as two vectors; a demand goes where it is least aligned with what
 * is free. Score: 1 - mean(free * asked), cut down to multiples of 1 / steps.
 *
 * Requests are small against the largest node, so nearly all scores are within a few hundredths of
 * 1, and with a hundred steps the order of the nodes decides much.
 *
 * Source: Tetris (SIGCOMM 2014) in the form of "Beware of Fragmentation" (USENIX ATC 2023), with
 * CPU and the node's whole device share as the two dimensions ("merge") and norm "max". */

enum { VALUE_RESOURCES, VALUE_STEPS };

static const struct policy_parameter parameters[] = {
    [VALUE_RESOURCES] = {.name = "resources",
                         .meaning = "the dimensions of the vectors",
                         .kind = PARAMETER_SET,
                         .initial = {.integer = COUNTS_CPU | COUNTS_DEVICES},
                         .names = counted_names,
                         .name_count = COUNTED_RESOURCES},
    [VALUE_STEPS] = {.name = "steps",
                     .meaning = "scores are cut down to so many steps; 0: not at all",
                     .kind = PARAMETER_INTEGER,
                     .initial = {.integer = 100},
                     .low = 0,
                     .high = 1e6},
};

static double score(const struct policy_context *context, int32_t node)
{
    const struct amounts free = amounts_free(context, node);
    const struct amounts asked = amounts_asked(context, node);
    const struct amounts largest = amounts_largest(context->fleet);
    int64_t counted = context->values[VALUE_RESOURCES].integer;
    double sum = 0.0;
    int dimensions = 0;
    for (int i = 0; i < COUNTED_RESOURCES; i++) {
        if ((counted >> i & 1) == 0 || largest.of[i] == 0)
            continue;
        sum += (double)free.of[i] / (double)largest.of[i] *
               ((double)asked.of[i] / (double)largest.of[i]);
        dimensions++;
    }
    double aligned = dimensions > 0 ? sum / (double)dimensions : 0.0;
    return in_steps(1.0 - aligned, context->values[VALUE_STEPS].integer);
}

const struct policy policy_dot_product = {
    .api_version = POLICY_API_VERSION,
    .name = "dot-product",
    .summary = "the node whose free room is least aligned with what is asked",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .score = score,
};
