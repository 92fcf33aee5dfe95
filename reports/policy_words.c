/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/policy_words.h"

#include <inttypes.h>

enum { NUMBER_DIGITS = 6 };

/* ---- text ---- */

static void add_separator(struct sentence *out, size_t start, const char *separator)
{
    if (out->length > start)
        sentence_add(out, "%s", separator);
}

static void print_set(const struct policy_parameter *parameter, int64_t mask, struct sentence *out)
{
    size_t start = out->length;
    for (int32_t i = 0; i < parameter->name_count; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        add_separator(out, start, "+");
        sentence_add(out, "%s", parameter->names[i]);
    }
}

static void print_parts(const struct policy_value *value, struct sentence *out)
{
    char number[PHRASE_SIZE];
    for (int32_t i = 0; i < value->part_count; i++)
        sentence_add(out, "%s%s %s", i == 0 ? "" : " + ", value->parts[i].policy->name,
                     phrase_number(value->parts[i].weight, NUMBER_DIGITS, number));
}

static void print_value(const struct policy_parameter *parameter, const struct policy_value *value,
                        struct sentence *out)
{
    char number[PHRASE_SIZE];
    sentence_add(out, "%s ", parameter->name);
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        sentence_add(out, "%" PRId64, value->integer);
        break;
    case PARAMETER_NUMBER:
        sentence_add(out, "%s", phrase_number(value->number, NUMBER_DIGITS, number));
        break;
    case PARAMETER_CHOICE:
        sentence_add(out, "%s", parameter->names[value->integer]);
        break;
    case PARAMETER_SET:
        print_set(parameter, value->integer, out);
        break;
    case PARAMETER_POLICIES:
        print_parts(value, out);
        break;
    }
}

static bool is_default(const struct policy_parameter *parameter, const struct policy_value *value)
{
    switch (parameter->kind) {
    case PARAMETER_NUMBER:
        return value->number >= parameter->initial.number &&
               value->number <= parameter->initial.number;
    case PARAMETER_POLICIES:
        return false;
    default:
        return value->integer == parameter->initial.integer;
    }
}

void policy_print(const struct policy_instance *instance, struct sentence *out)
{
    const struct policy *policy = instance->policy;
    bool is_open = false;
    sentence_add(out, "%s", policy->name);
    for (int32_t i = 0; i < policy->parameter_count; i++) {
        if (is_default(&policy->parameters[i], &instance->values[i]))
            continue;
        sentence_add(out, is_open ? ", " : " (");
        print_value(&policy->parameters[i], &instance->values[i], out);
        is_open = true;
    }
    if (is_open)
        sentence_add(out, ")");
}

/* ---- JSON ---- */

static void json_set(struct json_writer *w, const struct policy_parameter *parameter, int64_t mask)
{
    json_array(w, parameter->name);
    for (int32_t i = 0; i < parameter->name_count; i++)
        if (mask >> i & 1)
            json_string(w, NULL, parameter->names[i]);
    json_close_array(w);
}

/* What a part of a policy is set to, as one text: "resources cpu+memory, steps 0". */
static void print_part(const struct policy_part *part, struct sentence *out)
{
    struct policy_value defaults[POLICY_PARAMETERS_MAX];
    policy_defaults(part->policy, defaults);
    const struct policy_value *values = part->values != NULL ? part->values : defaults;
    for (int32_t i = 0; i < part->policy->parameter_count; i++) {
        add_separator(out, 0, ", ");
        print_value(&part->policy->parameters[i], &values[i], out);
    }
}

static void json_parts(struct json_writer *w, const char *key, const struct policy_value *value)
{
    json_array(w, key);
    for (int32_t i = 0; i < value->part_count; i++) {
        struct sentence parameters = {0};
        print_part(&value->parts[i], &parameters);
        json_object(w, NULL);
        json_string(w, "policy", value->parts[i].policy->name);
        json_decimal(w, "weight", value->parts[i].weight, NUMBER_DIGITS);
        json_string(w, "parameters", parameters.text);
        json_close_object(w);
    }
    json_close_array(w);
}

static void json_value(struct json_writer *w, const struct policy_parameter *parameter,
                       const struct policy_value *value)
{
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        json_int(w, parameter->name, value->integer);
        break;
    case PARAMETER_NUMBER:
        json_decimal(w, parameter->name, value->number, NUMBER_DIGITS);
        break;
    case PARAMETER_CHOICE:
        json_string(w, parameter->name, parameter->names[value->integer]);
        break;
    case PARAMETER_SET:
        json_set(w, parameter, value->integer);
        break;
    case PARAMETER_POLICIES:
        json_parts(w, parameter->name, value);
        break;
    }
}

void policy_json(const struct policy_instance *instance, struct json_writer *w)
{
    json_object(w, "policy_parameters");
    for (int32_t i = 0; i < instance->policy->parameter_count; i++)
        json_value(w, &instance->policy->parameters[i], &instance->values[i]);
    json_close_object(w);
}
