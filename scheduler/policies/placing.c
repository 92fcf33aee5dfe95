/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/placing.h"

#include <assert.h>
#include <math.h>

static int32_t clip_cpu(int64_t cpu_milli)
{
    return cpu_milli > INT32_MAX ? INT32_MAX : (int32_t)cpu_milli;
}

/* The shares of the devices are those of `room`, or, NULL, of the fleet. */
static void look(const struct policy_context *context, int32_t node, const struct room *room,
                 struct placing *placing)
{
    const struct node *at = &context->fleet->nodes[node];
    const struct node_type *type = fleet_type_of(context->fleet, node);
    const int16_t *shares = fleet_shares(context->fleet, node);
    for (int32_t i = 0; i < type->device_count; i++)
        placing->share_milli[i] = room != NULL ? room->share_milli[i] : shares[i];
    int64_t cpu_milli = room != NULL ? room->cpu_milli : at->cpu_free_milli;
    placing->before = (struct fragment_room){.group = at->group,
                                             .device_count = type->device_count,
                                             .cpu_milli = INT32_MAX,
                                             .share_milli = placing->share_milli};
    placing->cpu_after_milli = INT32_MAX;
    if (!type->is_unbounded) {
        placing->before.cpu_milli = clip_cpu(cpu_milli);
        placing->cpu_after_milli = placing->before.cpu_milli - clip_cpu(context->shape->cpu_milli);
    }
    placing->taken_milli = shape_share_on(context->shape, type);
}

void placing_end(const struct placing *placing, uint64_t devices, struct placing_end *end)
{
    end->room = placing->before;
    end->room.cpu_milli = placing->cpu_after_milli;
    end->room.share_milli = end->share_milli;
    for (int32_t i = 0; i < placing->before.device_count; i++)
        end->share_milli[i] = placing->share_milli[i];
    for (; devices != 0; devices &= devices - 1)
        end->share_milli[__builtin_ctzll(devices)] -= placing->taken_milli;
}

/* Of devices with equally much free only the first is tried. */
static bool is_tried(const struct placing *placing, int32_t device)
{
    for (int32_t i = 0; i < device; i++)
        if (placing->share_milli[i] == placing->share_milli[device])
            return true;
    return false;
}

static int64_t mem_free_bytes(const struct policy_context *context, int32_t node,
                              const struct room *room, int32_t device)
{
    const struct fleet *fleet = context->fleet;
    if (room != NULL)
        return room->device_mem_bytes[device];
    return fleet_device_mem(fleet, fleet->nodes[node].first_device + device).free_bytes;
}

static struct placing_choice choose_one_device(const struct policy_context *context,
                                               const struct placing_rule *rule, int32_t node,
                                               const struct room *room,
                                               const struct placing *placing)
{
    bool is_by_mem = context->shape->sharing == SHARING_MEMORY;
    struct placing_choice best = {.grade = -INFINITY};
    for (int32_t i = 0; i < placing->before.device_count; i++) {
        if (placing->share_milli[i] < placing->taken_milli ||
            (is_by_mem ? mem_free_bytes(context, node, room, i) < context->shape->device_mem_bytes
                       : is_tried(placing, i)))
            continue;
        uint64_t device = UINT64_C(1) << i;
        double its_grade = rule->grade(context, placing, device);
        if (its_grade > best.grade)
            best = (struct placing_choice){its_grade, device};
    }
    assert(best.devices != 0);
    return best;
}

/* The first of the devices that nobody uses. */
static uint64_t choose_whole(const struct policy_context *context, const struct placing *placing)
{
    int32_t left = context->shape->device_count;
    uint64_t chosen = 0;
    for (int32_t i = 0; left > 0; i++) {
        assert(i < placing->before.device_count);
        if (placing->share_milli[i] < SHARE_WHOLE)
            continue;
        chosen |= UINT64_C(1) << i;
        left--;
    }
    return chosen;
}

/* By the default rule. */
static uint64_t choose_several(const struct policy_context *context, int32_t node,
                               const struct room *room)
{
    struct room of_fleet;
    if (room == NULL) {
        fleet_room(context->fleet, node, &of_fleet);
        room = &of_fleet;
    }
    return room_choose_devices(room, fleet_type_of(context->fleet, node), context->shape);
}

struct placing_choice placing_choose(const struct policy_context *context,
                                     const struct placing_rule *rule, int32_t node,
                                     const struct room *room)
{
    const struct shape *shape = context->shape;
    struct placing placing;
    uint64_t devices = 0;
    look(context, node, room, &placing);
    rule->begin(context, &placing);
    if (shape->device_count == 1 && placing.taken_milli < SHARE_WHOLE)
        return choose_one_device(context, rule, node, room, &placing);
    if (shape->device_count > 0)
        devices = shape->sharing == SHARING_WHOLE ? choose_whole(context, &placing)
                                                  : choose_several(context, node, room);
    return (struct placing_choice){rule->grade(context, &placing, devices), devices};
}
