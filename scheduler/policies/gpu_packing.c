/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/policies.h"

/* Packing: first devices that are in use already, then free devices of nodes in use, idle nodes
 * last. Out of 100:
 *   50..100  where the demand fits on devices in use: 100 less, for each device it would take, a
 *            tenth of its free percentage, whole numbers throughout;
 *   33..50   where it needs free devices of a node in use: 50 less one for each of them;
 *   up to 33 on a node whose devices are all free: 33 less one for each device.
 * The devices it would take are the fullest that fit. Demands without devices find all nodes alike.
 *
 * Example: free shares of 1000, 400, 250 and 1000 milli. A demand of 300 milli would take the
 * second: 400 milli are 40 percent, a tenth is 4, the score is 96. One of a whole device needs one
 * free device: 49.
 *
 * Source: the packing of AntMan (OSDI 2020) in the form of "Beware of Fragmentation" (USENIX ATC
 * 2023). */

enum { IDLE_NODE = 33, FREE_DEVICE = 50, USED_DEVICE = 100 };

/* What the fullest devices that fit have free. */
struct picked {
    int64_t free_tenths; /* sum over them */
    int32_t free_count;  /* how many of them nobody uses */
};

static struct picked pick(const struct policy_context *context, int32_t node)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    struct picked picked = {0, 0};
    struct room room;
    fleet_room(context->fleet, node, &room);
    uint64_t devices = room_choose_devices(&room, type, context->shape);
    for (int32_t i = 0; i < room.device_count; i++) {
        if ((devices >> i & 1) == 0)
            continue;
        int32_t free_percent = room.share_milli[i] * 100 / SHARE_WHOLE;
        picked.free_tenths += free_percent / 10;
        picked.free_count += room.share_milli[i] == SHARE_WHOLE ? 1 : 0;
    }
    return picked;
}

static int32_t count_unused(const struct policy_context *context, int32_t node, int32_t devices)
{
    const int16_t *shares = fleet_shares(context->fleet, node);
    int32_t unused = 0;
    for (int32_t i = 0; i < devices; i++)
        unused += shares[i] == SHARE_WHOLE ? 1 : 0;
    return unused;
}

static int64_t at_least(int64_t value, int64_t least)
{
    return value > least ? value : least;
}

static double score(const struct policy_context *context, int32_t node)
{
    if (context->shape->device_count == 0)
        return 0.0;
    int32_t device_count = fleet_type_of(context->fleet, node)->device_count;
    int32_t unused = count_unused(context, node, device_count);
    if (unused == device_count)
        return (double)at_least(IDLE_NODE - unused, 0);
    struct picked picked = pick(context, node);
    if (picked.free_count > 0)
        return (double)at_least(FREE_DEVICE - picked.free_count, IDLE_NODE);
    return (double)at_least(USED_DEVICE - picked.free_tenths, FREE_DEVICE);
}

static void score_range(const struct policy_value *values, double *low, double *high)
{
    (void)values;
    *low = 0.0;
    *high = USED_DEVICE;
}

const struct policy policy_gpu_packing = {
    .api_version = POLICY_API_VERSION,
    .name = "gpu-packing",
    .summary = "devices in use first, then nodes in use, idle nodes last",
    .score = score,
    .score_range = score_range,
};
