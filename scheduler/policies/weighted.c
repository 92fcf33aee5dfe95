/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "scheduler/policies/policies.h"

/* Weighted: several policies at once. Score: the sum of weight * (score - low) / (high - low) over
 * the parts, with the range [low, high] that each part states for its scores; a part without a
 * score of its own (first-fit) adds nothing. The devices are those of the first part that has a
 * rule for them.
 *
 * Source: the way in which kube-scheduler sums its plugins. Scaling is by what a policy can score,
 * not by what it scored on the nodes at hand as there, so that a node's score does not hang on
 * which others are feasible. */

enum { VALUE_PARTS };

static const struct policy_parameter parameters[] = {
    [VALUE_PARTS] = {.name = "policies",
                     .meaning = "the parts, each with its weight",
                     .kind = PARAMETER_POLICIES},
};

struct weighted_part {
    struct policy_instance instance;
    double weight, low, high;
};

struct weighted_state {
    struct weighted_part *parts;
    int32_t part_count;
};

static void stop(void *opaque)
{
    struct weighted_state *state = opaque;
    for (int32_t i = 0; i < state->part_count; i++)
        policy_instance_stop(&state->parts[i].instance);
    free(state->parts);
    free(state);
}

static int start_part(struct weighted_part *part, const struct policy_part *asked,
                      const struct policy_setting *setting, struct err *err)
{
    const struct policy *policy = asked->policy;
    if (policy_instance_start(&part->instance, policy, asked->values, setting, err))
        return -1;
    part->weight = asked->weight;
    part->low = 0.0;
    part->high = 1.0;
    if (policy->score_range != NULL)
        policy->score_range(part->instance.values, &part->low, &part->high);
    return 0;
}

static int start(const struct policy_setting *setting, void **opaque, struct err *err)
{
    const struct policy_value *asked = &setting->values[VALUE_PARTS];
    struct weighted_state *state = calloc(1, sizeof *state);
    int32_t capacity = 0;
    if (state == NULL)
        return err_no_memory(err);
    if (array_reserve(&state->parts, &capacity, asked->part_count, sizeof *state->parts, err)) {
        free(state);
        return -1;
    }
    for (; state->part_count < asked->part_count; state->part_count++)
        if (start_part(&state->parts[state->part_count], &asked->parts[state->part_count], setting,
                       err)) {
            stop(state);
            return -1;
        }
    *opaque = state;
    return 0;
}

static int refresh(void *opaque, const struct fleet *fleet, struct err *err)
{
    struct weighted_state *state = opaque;
    for (int32_t i = 0; i < state->part_count; i++)
        if (policy_instance_refresh(&state->parts[i].instance, fleet, err))
            return -1;
    return 0;
}

/* What the part itself is told. */
static struct policy_context part_context(const struct policy_context *context,
                                          const struct weighted_part *part)
{
    struct policy_context own = *context;
    own.values = part->instance.values;
    own.state = part->instance.state;
    return own;
}

static double score(const struct policy_context *context, int32_t node)
{
    const struct weighted_state *state = context->state;
    double sum = 0.0;
    for (int32_t i = 0; i < state->part_count; i++) {
        const struct weighted_part *part = &state->parts[i];
        if (part->instance.policy->score == NULL)
            continue;
        const struct policy_context own = part_context(context, part);
        double scaled =
            (part->instance.policy->score(&own, node) - part->low) / (part->high - part->low);
        sum += part->weight * scaled;
    }
    return sum;
}

static uint64_t choose_devices(const struct policy_context *context, int32_t node,
                               const struct room *room)
{
    const struct weighted_state *state = context->state;
    for (int32_t i = 0; i < state->part_count; i++) {
        const struct weighted_part *part = &state->parts[i];
        if (part->instance.policy->choose_devices == NULL)
            continue;
        const struct policy_context own = part_context(context, part);
        return part->instance.policy->choose_devices(&own, node, room);
    }
    return room_choose_devices(room, fleet_type_of(context->fleet, node), context->shape);
}

static void score_range(const struct policy_value *values, double *low, double *high)
{
    *low = *high = 0.0;
    for (int32_t i = 0; i < values[VALUE_PARTS].part_count; i++)
        *high += values[VALUE_PARTS].parts[i].weight;
}

const struct policy policy_weighted = {
    .api_version = POLICY_API_VERSION,
    .name = "weighted",
    .summary = "several policies, the weighted sum of their scores",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .score = score,
    .choose_devices = choose_devices,
    .score_range = score_range,
    .start = start,
    .refresh = refresh,
    .stop = stop,
};
