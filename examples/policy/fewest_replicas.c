/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policy.h"

/* A policy of one's own, as a shared object:
 *
 *   cmake -S examples/policy -B /tmp/my-policy && cmake --build /tmp/my-policy
 *   stowage policies /tmp/my-policy/fewest_replicas.so
 *   stowage run scenarios/quickstart.json --policy /tmp/my-policy/fewest_replicas.so:enough=3
 *
 * It spreads by number: the node with the fewest replicas wins, whatever their size, and the lowest
 * index on ties. From `enough` replicas on all nodes count alike.
 *
 * A score is a function of the node, the shape and the parameters alone; see policy.h. */

enum { VALUE_ENOUGH };

static const struct policy_parameter parameters[] = {
    [VALUE_ENOUGH] = {.name = "enough",
                      .meaning = "nodes with so many replicas count as equally full",
                      .kind = PARAMETER_INTEGER,
                      .initial = {.integer = 1000},
                      .low = 1,
                      .high = 1000000},
};

static double score(const struct policy_context *context, int32_t node)
{
    int64_t replicas = context->fleet->nodes[node].occupant_count;
    int64_t enough = context->values[VALUE_ENOUGH].integer;
    return -(double)(replicas < enough ? replicas : enough);
}

/* For `weighted`. */
static void score_range(const struct policy_value *values, double *low, double *high)
{
    *low = -(double)values[VALUE_ENOUGH].integer;
    *high = 0.0;
}

/* The one symbol that the program asks for. */
extern const struct policy stowage_policy;

const struct policy stowage_policy = {
    .api_version = POLICY_API_VERSION,
    .name = "fewest-replicas",
    .summary = "the node with the fewest replicas",
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .score = score,
    .score_range = score_range,
};
