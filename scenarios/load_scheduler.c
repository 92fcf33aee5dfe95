/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* `defaults` and `scheduler`. */

void load_defaults(struct loader *loader, const struct value *root)
{
    static const char *const keys[] = {"startup", "grace_period"};
    static const struct object_kind kind = {
        .name = "defaults", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value defaults;
    struct dist none = dist_constant(0);
    loader->default_startup =
        (struct startup_terms){.startup = keep_dist(loader, &none), .image_pull = NO_INDEX};
    loader->default_grace_us = GRACE_DEFAULT_US;
    if (!object_get(root, "defaults", &kind, &defaults))
        return;
    get_startup(loader, &defaults, &loader->default_startup);
    get_duration(&defaults, "grace_period", &loader->default_grace_us);
}

static void read_policy_name(const struct value *value, struct scheduler_config *config)
{
    enum { LISTED_MAX = 64 };
    const char *names[LISTED_MAX];
    char quoted[TEXT_QUOTE_SIZE];
    char hint[WORDS_SIZE];
    const char *name;
    size_t count;
    if (!read_text(value, &name))
        return;
    const struct policy *policy = policy_find(name);
    if (policy) {
        config->policy = policy;
        return;
    }
    const struct policy *const *policies = policy_list(&count);
    if (count > LISTED_MAX)
        count = LISTED_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = policies[i]->name;
    value_error(value, "%s is not a policy: %s", text_quote(name, quoted),
                words_hint(name, (struct words){names, count}, hint));
}

static void get_policy(const struct value *scheduler, struct scheduler_config *config)
{
    static const char *const keys[] = {"name"};
    static const struct object_kind kind = {
        .name = "policy", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value value, name;
    if (!value_get(scheduler, "policy", &value))
        return;
    if (!value_is_object(&value))
        read_policy_name(&value, config);
    else if (object_open(&value, &kind) &&
             value_require(&value, "name", "the name of a policy", &name))
        read_policy_name(&name, config);
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

void load_scheduler(struct loader *loader, const struct value *root)
{
    static const char *const keys[] = {"policy", "order", "preemption"};
    static const struct object_kind kind = {
        .name = "scheduler", .keys = keys, .key_count = ARRAY_LEN(keys)};
    static const char *const orders[] = {"floor-first", "priority-first"};
    struct scheduler_config *config = &loader->scenario->scheduler;
    struct value scheduler;
    int64_t order = ORDER_FLOOR_FIRST;
    *config = (struct scheduler_config){.policy = policy_find("best-fit"),
                                        .order = ORDER_FLOOR_FIRST,
                                        .preemption_enabled = true,
                                        .grace_us = loader->default_grace_us};
    if (!object_get(root, "scheduler", &kind, &scheduler))
        return;
    get_policy(&scheduler, config);
    get_choice(&scheduler, "order", (struct words){orders, ARRAY_LEN(orders)}, &order);
    config->order = (enum demand_order)order;
    get_preemption(&scheduler, config);
}
