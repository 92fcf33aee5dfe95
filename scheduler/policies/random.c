/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "base/rng.h"
#include "scheduler/policies/policies.h"

/* Random: every node on which the demand fits is equally likely. The score is a hash of (seed,
 * demand, node), read as a fraction in [0, 1): the largest of n independent uniform numbers is each
 * one with probability 1/n. Nothing is remembered between calls, so the choice for one demand does
 * not depend on how often others were asked, and a repeated question gets the same answer.
 *
 * Source: the random of "Beware of Fragmentation" (USENIX ATC 2023), drawn as in rendezvous hashing
 * (D. G. Thaler and C. V. Ravishankar, IEEE/ACM Transactions on Networking 6, 1998).
 *
 * With `devices=random` the device of a share is drawn in the same way among those that fit, as in
 * that study. Whole devices are all alike: the lowest indices are taken. */

enum { VALUE_DEVICES };
enum { DEVICES_FULLEST, DEVICES_RANDOM };

static const char *const device_rules[] = {"fullest", "random"};

static const struct policy_parameter parameters[] = {
    [VALUE_DEVICES] = {.name = "devices",
                       .meaning = "which device of the node a share is taken of",
                       .kind = PARAMETER_CHOICE,
                       .initial = {.integer = DEVICES_FULLEST},
                       .names = device_rules,
                       .name_count = ARRAY_LEN(device_rules)},
};

/* 53 bits of the word as a fraction in [0, 1). They fit a signed integer, which is faster to
 * convert. */
static double fraction_of(uint64_t word)
{
    return (double)(int64_t)(word >> 11) * 0x1p-53;
}

static double score(const struct policy_context *context, int32_t node)
{
    return fraction_of(rng_mix(context->seed, context->demand, (uint64_t)node));
}

static void score_many(const struct policy_context *context, const int32_t *nodes, int32_t count,
                       double *scores)
{
    enum { PART = 64 };
    uint64_t words[PART];
    for (int32_t first = 0; first < count; first += PART) {
        int32_t size = count - first < PART ? count - first : PART;
        rng_mix_many(context->seed, context->demand, &nodes[first], size, words);
        for (int32_t i = 0; i < size; i++)
            scores[first + i] = fraction_of(words[i]);
    }
}

/* A device that fits and is not chosen yet, each equally likely. (Words of another seed than the
 * nodes', so that the device does not hang on the node's index.) */
static int32_t any_device(const struct policy_context *context, const struct node_type *type,
                          const struct room *room, uint64_t chosen)
{
    int32_t share_milli = shape_share_on(context->shape, type);
    int64_t mem_bytes = shape_device_mem_on(context->shape, type);
    uint64_t best_word = 0;
    int32_t best = -1;
    for (int32_t i = 0; i < room->device_count; i++) {
        uint64_t word = rng_mix(~context->seed, context->demand, (uint64_t)i);
        bool fits = (chosen >> i & 1) == 0 && room->share_milli[i] >= share_milli &&
                    room->device_mem_bytes[i] >= mem_bytes;
        if (fits && (best < 0 || word > best_word)) {
            best = i;
            best_word = word;
        }
    }
    return best;
}

static uint64_t choose_devices(const struct policy_context *context, int32_t node,
                               const struct room *room)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    bool is_whole = shape_share_on(context->shape, type) == SHARE_WHOLE;
    uint64_t chosen = 0;
    if (context->values[VALUE_DEVICES].integer == DEVICES_FULLEST || is_whole)
        return room_choose_devices(room, type, context->shape);
    for (int32_t i = 0; i < context->shape->device_count; i++)
        chosen |= UINT64_C(1) << any_device(context, type, room, chosen);
    return chosen;
}

const struct policy policy_random = {
    .api_version = POLICY_API_VERSION,
    .name = "random",
    .summary = "any node on which the demand fits, each equally likely",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .depends_on_demand = true,
    .score = score,
    .score_many = score_many,
    .choose_devices = choose_devices,
};
