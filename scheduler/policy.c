/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policy.h"

#include <assert.h>
#include <string.h>

void policy_defaults(const struct policy *policy, struct policy_value *values)
{
    assert(policy->parameter_count <= POLICY_PARAMETERS_MAX);
    for (int32_t i = 0; i < policy->parameter_count; i++)
        values[i] = policy->parameters[i].initial;
}

static bool depends_on_demand(const struct policy *policy, const struct policy_value *values)
{
    if (policy->depends_on_demand)
        return true;
    for (int32_t i = 0; values != NULL && i < policy->parameter_count; i++)
        for (int32_t k = 0; k < values[i].part_count; k++)
            if (depends_on_demand(values[i].parts[k].policy, values[i].parts[k].values))
                return true;
    return false;
}

int policy_instance_start(struct policy_instance *instance, const struct policy *policy,
                          const struct policy_value *values, const struct policy_setting *setting,
                          struct err *err)
{
    struct policy_setting own = *setting;
    assert(policy->api_version == POLICY_API_VERSION);
    *instance = (struct policy_instance){.policy = policy};
    if (values == NULL)
        policy_defaults(policy, instance->values);
    else if (policy->parameter_count > 0)
        memcpy(instance->values, values, (size_t)policy->parameter_count * sizeof *values);
    instance->depends_on_demand = depends_on_demand(policy, instance->values);
    own.values = instance->values;
    if (policy->start != NULL && policy->start(&own, &instance->state, err)) {
        *instance = (struct policy_instance){0};
        return -1;
    }
    return 0;
}

int policy_instance_refresh(struct policy_instance *instance, const struct fleet *fleet,
                            struct err *err)
{
    if (instance->policy->refresh == NULL)
        return 0;
    return instance->policy->refresh(instance->state, fleet, err);
}

void policy_instance_stop(struct policy_instance *instance)
{
    if (instance->policy != NULL && instance->policy->stop != NULL)
        instance->policy->stop(instance->state);
    *instance = (struct policy_instance){0};
}
