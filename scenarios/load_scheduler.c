/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <string.h>

#include "base/array.h"

/* `defaults` and `scheduler`. */

void load_defaults(struct loader *loader, const struct value *root)
{
    static const char *const keys[] = {"startup", "grace_period"};
    static const struct object_kind kind = {
        .name = "defaults", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value defaults;
    struct dist none = dist_constant(0);
    loader->default_startup = (struct startup_terms){
        .startup = keep_dist(loader, &none), .image_pull = NO_INDEX, .load = none};
    loader->default_grace_us = GRACE_DEFAULT_US;
    if (!object_get(root, "defaults", &kind, &defaults))
        return;
    get_startup(loader, &defaults, &loader->default_startup);
    get_duration(&defaults, "grace_period", &loader->default_grace_us);
}

static void get_preemption(const struct value *scheduler, struct scheduler_config *config)
{
    static const char *const keys[] = {"enabled", "grace_period", "min_runtime"};
    static const struct object_kind kind = {
        .name = "preemption", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value preemption;
    if (!object_get(scheduler, "preemption", &kind, &preemption))
        return;
    get_bool(&preemption, "enabled", &config->preemption_enabled);
    get_duration(&preemption, "grace_period", &config->grace_us);
    get_duration(&preemption, "min_runtime", &config->min_runtime_us);
}

static const char *const rival_names[] = {
    [PREEMPT_FIRST] = "preempt-first",
    [SCALE_FIRST] = "scale-first",
    [CHEAPEST_WAIT] = "cheapest-wait",
};

const char *preempt_or_scale_name(enum preempt_or_scale rule)
{
    return rival_names[rule];
}

static void get_preempt_or_scale(const struct value *scheduler, struct scheduler_config *config)
{
    int64_t rule = PREEMPT_FIRST;
    get_choice(scheduler, "preempt_or_scale", (struct words){rival_names, ARRAY_LEN(rival_names)},
               &rule);
    config->preempt_or_scale = (enum preempt_or_scale)rule;
}

void load_scheduler(struct loader *loader, const struct value *root)
{
    static const char *const keys[] = {"policy",           "order",      "preemption",
                                       "preempt_or_scale", "popularity", "performance_order",
                                       "network_order"};
    static const struct object_kind kind = {
        .name = "scheduler", .keys = keys, .key_count = ARRAY_LEN(keys)};
    static const char *const orders[] = {"floor-first", "priority-first"};
    struct scheduler_config *config = &loader->scenario->scheduler;
    struct value scheduler;
    int64_t order = ORDER_FLOOR_FIRST;
    *config = (struct scheduler_config){.order = ORDER_FLOOR_FIRST,
                                        .preemption_enabled = true,
                                        .grace_us = loader->default_grace_us};
    if (!object_get(root, "scheduler", &kind, &scheduler))
        return;
    load_policy(loader, &scheduler);
    get_choice(&scheduler, "order", (struct words){orders, ARRAY_LEN(orders)}, &order);
    config->order = (enum demand_order)order;
    get_preemption(&scheduler, config);
    get_preempt_or_scale(&scheduler, config);
    struct text_list performance = {0};
    struct text_list network = {0};
    get_text_list(&scheduler, "performance_order", &performance);
    get_text_list(&scheduler, "network_order", &network);
    config->performance_order = performance.items;
    config->performance_count = performance.count;
    config->network_order = network.items;
    config->network_count = network.count;
}
