/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/placing.h"

#include <assert.h>
#include <math.h>

static int32_t clip_cpu(int64_t cpu_milli)
{
    return cpu_milli > INT32_MAX ? INT32_MAX : (int32_t)cpu_milli;
}

static void look(const struct policy_context *context, int32_t node, const struct room *room,
                 struct placing *before)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    for (int32_t i = 0; i < room->device_count; i++)
        before->share_milli[i] = room->share_milli[i];
    before->room = (struct fragment_room){
        .group = context->fleet->nodes[node].group,
        .device_count = room->device_count,
        .cpu_milli = type->is_unbounded ? INT32_MAX : clip_cpu(room->cpu_milli),
        .share_milli = before->share_milli};
}

static void place(const struct policy_context *context, int32_t node, const struct placing *before,
                  uint64_t devices, struct placing *after)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    int32_t taken_milli =
        context->shape->device_count > 0 ? shape_share_on(context->shape, type) : 0;
    after->room = before->room;
    after->room.share_milli = after->share_milli;
    if (!type->is_unbounded)
        after->room.cpu_milli -= clip_cpu(context->shape->cpu_milli);
    for (int32_t i = 0; i < before->room.device_count; i++)
        after->share_milli[i] =
            before->share_milli[i] - ((devices >> i & 1) != 0 ? taken_milli : 0);
}

static double grade(const struct policy_context *context, const struct placing_rule *rule,
                    int32_t node, const struct placing *before, uint64_t devices)
{
    struct placing after;
    place(context, node, before, devices, &after);
    after.worth = rule->worth(context, &after.room);
    return rule->grade(context, before, &after);
}

/* Of devices with equally much free only the first is tried. */
static bool is_tried(const struct placing *before, int32_t device)
{
    for (int32_t i = 0; i < device; i++)
        if (before->share_milli[i] == before->share_milli[device])
            return true;
    return false;
}

static struct placing_choice choose_one_device(const struct policy_context *context,
                                               const struct placing_rule *rule, int32_t node,
                                               const struct room *room,
                                               const struct placing *before)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    int32_t share_milli = shape_share_on(context->shape, type);
    int64_t mem_bytes = shape_device_mem_on(context->shape, type);
    struct placing_choice best = {.grade = -INFINITY};
    for (int32_t i = 0; i < room->device_count; i++) {
        if (room->share_milli[i] < share_milli || room->device_mem_bytes[i] < mem_bytes ||
            (context->shape->sharing == SHARING_MILLI && is_tried(before, i)))
            continue;
        uint64_t device = UINT64_C(1) << i;
        double its_grade = grade(context, rule, node, before, device);
        if (its_grade > best.grade)
            best = (struct placing_choice){its_grade, device};
    }
    assert(best.devices != 0);
    return best;
}

struct placing_choice placing_choose(const struct policy_context *context,
                                     const struct placing_rule *rule, int32_t node,
                                     const struct room *room)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    struct placing before;
    uint64_t devices = 0;
    look(context, node, room, &before);
    before.worth = rule->worth(context, &before.room);
    if (context->shape->device_count == 1 && shape_share_on(context->shape, type) < SHARE_WHOLE)
        return choose_one_device(context, rule, node, room, &before);
    if (context->shape->device_count > 0)
        devices = room_choose_devices(room, type, context->shape);
    return (struct placing_choice){grade(context, rule, node, &before, devices), devices};
}
