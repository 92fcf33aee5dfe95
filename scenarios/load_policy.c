/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "scheduler/policy_text.h"

/* A policy: its name, or an object with its name and its parameters, which are read by the tables
 * that the policies themselves have. */

static const struct policy *read_policy_name(const struct value *value)
{
    char quoted[TEXT_QUOTE_SIZE];
    char hint[WORDS_SIZE];
    const char *name;
    if (!read_text(value, &name))
        return NULL;
    const struct policy *policy = policy_find(name);
    if (policy)
        return policy;
    if (strchr(name, '/')) {
        value_error(value,
                    "%s looks like a file: policies in shared objects are given on the command "
                    "line, --policy FILE",
                    text_quote(name, quoted));
        return NULL;
    }
    value_error(value, "%s is not a policy: %s", text_quote(name, quoted),
                policy_name_hint(name, hint));
    return NULL;
}

/* ---- parameters ---- */

static struct words names_of(const struct policy_parameter *parameter)
{
    return (struct words){parameter->names, (size_t)parameter->name_count};
}

static void get_number_parameter(const struct value *object,
                                 const struct policy_parameter *parameter, double *out)
{
    struct value place;
    double number;
    if (!get_number(object, parameter->name, &number))
        return;
    if (number >= parameter->low && number <= parameter->high) {
        *out = number;
        return;
    }
    value_get(object, parameter->name, &place);
    value_error(&place, "is %g: give %g to %g", number, parameter->low, parameter->high);
}

static void get_set_parameter(const struct value *object, const struct policy_parameter *parameter,
                              int64_t *out)
{
    struct value array, element;
    int64_t set = 0, name;
    char joined[WORDS_SIZE];
    if (!array_get(object, parameter->name, &array))
        return;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
        if (read_choice(&element, names_of(parameter), &name))
            set |= INT64_C(1) << name;
    if (set != 0)
        *out = set;
    else if (array_length(&array) == 0)
        value_error(&array, "is empty: give at least one of %s",
                    words_join(names_of(parameter), joined));
}

static const struct policy_value *read_policy(struct loader *loader, struct value *value,
                                              bool is_part, const struct policy **policy);

static void get_parts(struct loader *loader, const struct value *object,
                      const struct policy_parameter *parameter, struct policy_value *out)
{
    struct value array, element;
    struct value place;
    if (!value_require(object, parameter->name, "an array of policies with weights", &place) ||
        !array_get(object, parameter->name, &array))
        return;
    int32_t count = array_length(&array);
    struct policy_part *parts = arena_array(&loader->scenario->arena, (size_t)count, sizeof *parts);
    if (!parts) {
        reader_no_memory(&loader->reader);
        return;
    }
    if (count == 0)
        value_error(&array, "is empty: give at least one policy");
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        struct policy_part *part = &parts[out->part_count];
        part->weight = 1.0;
        part->values = read_policy(loader, &element, true, &part->policy);
        if (value_is_object(&element) && get_number(&element, "weight", &part->weight) &&
            !(part->weight > 0.0 && part->weight <= 1e9)) {
            value_get(&element, "weight", &place);
            value_error(&place, "is %g: give a number above 0, at most 1e9", part->weight);
        }
        out->part_count += part->policy ? 1 : 0;
    }
    out->parts = parts;
}

static void get_parameter(struct loader *loader, const struct value *object,
                          const struct policy_parameter *parameter, struct policy_value *out)
{
    struct int_range range = {(int64_t)parameter->low, (int64_t)parameter->high};
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        get_int(object, parameter->name, range, &out->integer);
        break;
    case PARAMETER_NUMBER:
        get_number_parameter(object, parameter, &out->number);
        break;
    case PARAMETER_CHOICE:
        get_choice(object, parameter->name, names_of(parameter), &out->integer);
        break;
    case PARAMETER_SET:
        get_set_parameter(object, parameter, &out->integer);
        break;
    case PARAMETER_POLICIES:
        get_parts(loader, object, parameter, out);
        break;
    }
}

/* ---- the whole ---- */

/* A policy that is only named has no parameters that must be given. */
static void check_is_complete(const struct value *name, const struct policy *policy)
{
    for (int32_t i = 0; i < policy->parameter_count; i++)
        if (policy->parameters[i].kind == PARAMETER_POLICIES)
            value_error(name, "%s needs %s: give an object with \"name\" and \"%s\"", policy->name,
                        policy->parameters[i].name, policy->parameters[i].name);
}

/* The parameters of an object whose policy is known. */
static void get_parameters(struct loader *loader, struct value *object, bool is_part,
                           const struct policy *policy, struct policy_value *values)
{
    const char *keys[POLICY_PARAMETERS_MAX + 2] = {"name", "weight"};
    size_t count = is_part ? 2 : 1;
    for (int32_t i = 0; i < policy->parameter_count; i++)
        keys[count++] = policy->parameters[i].name;
    const struct object_kind kind = {.name = policy->name, .keys = keys, .key_count = count};
    object_open(object, &kind);
    for (int32_t i = 0; i < policy->parameter_count; i++)
        get_parameter(loader, object, &policy->parameters[i], &values[i]);
    object->kind = NULL; /* it stands on this stack */
}

/* Of a policy without a name no key is known but that. */
static void report_nameless(struct value *object, const struct value *name)
{
    static const char *const only[] = {"name"};
    static const struct object_kind kind = {"policy", false, only, ARRAY_LEN(only)};
    object_open(object, &kind);
    value_error(name, "is missing: give the name of a policy");
}

/* The values of its parameters; *policy is NULL after an error. */
static const struct policy_value *read_policy(struct loader *loader, struct value *value,
                                              bool is_part, const struct policy **policy)
{
    struct value name = *value;
    *policy = NULL;
    if (!value_is_object(value) && value_text(value) == NULL) {
        value_wrong_type(value, "the name of a policy, or an object with it");
        return NULL;
    }
    if (value_is_object(value) && !value_get(value, "name", &name)) {
        report_nameless(value, &name);
        return NULL;
    }
    *policy = read_policy_name(&name);
    if (!*policy)
        return NULL;
    struct policy_value *values =
        arena_array(&loader->scenario->arena, POLICY_PARAMETERS_MAX, sizeof *values);
    if (!values) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    policy_defaults(*policy, values);
    if (value_is_object(value))
        get_parameters(loader, value, is_part, *policy, values);
    else
        check_is_complete(value, *policy);
    return values;
}

void load_policy(struct loader *loader, const struct value *scheduler)
{
    struct scheduler_config *config = &loader->scenario->scheduler;
    struct value value;
    const struct policy *policy;
    if (!value_get(scheduler, "policy", &value))
        return;
    const struct policy_value *values = read_policy(loader, &value, false, &policy);
    if (!policy)
        return;
    config->policy = policy;
    config->policy_values = values;
}

static bool asks_for_shares(const struct shape_table *shapes)
{
    for (int32_t i = 0; i < shapes->count; i++) {
        const struct shape *shape = &shapes->items[i];
        if (shape->device_count > 0 && shape->sharing == SHARING_MILLI &&
            shape->share_milli < SHARE_WHOLE)
            return true;
    }
    return false;
}

void choose_policy(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    if (!scenario->scheduler.policy)
        scenario->scheduler.policy =
            policy_find(asks_for_shares(&scenario->shapes) ? "stowage" : "best-fit");
}
