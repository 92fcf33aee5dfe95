/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* apiComputeInfo: what an instance has, or what one replica asks for. */

static const char *const compute_keys[] = {
    "cpu_limit",        "cpu_memory",         "cpu_requests",     "cpu_memory_requests",
    "num_accelerators", "accelerator_memory", "accelerator_type", "accelerator_topology",
};
static const struct object_kind compute_kind = {.name = "apiComputeInfo",
                                                .is_api = true,
                                                .keys = compute_keys,
                                                .key_count = ARRAY_LEN(compute_keys)};

/* "2x2" or "2x2x1". */
static bool is_topology(const char *text)
{
    int numbers = 0;
    for (;; text++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 6)
            return false;
        numbers++;
        text += digits;
        if (*text == '\0')
            return numbers >= 2 && numbers <= 3;
        if (*text != 'x')
            return false;
    }
}

static void get_topologies(const struct value *info, struct text_list *out)
{
    struct value array, element;
    char quoted[TEXT_QUOTE_SIZE];
    if (!get_text_list(info, "accelerator_topology", out) ||
        !array_get(info, "accelerator_topology", &array))
        return;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        const char *text = value_text(&element);
        if (text && !is_topology(text))
            value_error(&element, "%s is not a topology: give one such as 2x2 or 2x2x1",
                        text_quote(text, quoted));
    }
}

/* What has no meaning without accelerators. */
static void check_without_devices(const struct value *info, const struct compute_info *found)
{
    struct value place;
    if (found->types.count > 0) {
        value_get(info, "accelerator_type", &place);
        value_error(&place, "is given without accelerators: give num_accelerators of 1 or more");
    }
    if (found->topologies.count > 0) {
        value_get(info, "accelerator_topology", &place);
        value_error(&place, "is given without accelerators: give num_accelerators of 1 or more");
    }
    if (found->device_mem_bytes > 0 && value_get(info, "accelerator_memory", &place))
        value_warn(&place, "is given without accelerators: it has no effect");
}

static void get_devices(const struct value *info, struct compute_info *found)
{
    found->has_devices = get_int32(info, "num_accelerators",
                                   (struct int_range){0, SHAPE_DEVICES_MAX}, &found->device_count);
    bool is_wrong = false;
    struct value place;
    if (!found->has_devices && value_get(info, "num_accelerators", &place))
        is_wrong = true; /* reported: nothing follows from it */
    get_mem(info, "accelerator_memory", false, &found->device_mem_bytes);
    get_text_list(info, "accelerator_type", &found->types);
    get_topologies(info, &found->topologies);
    if (found->device_count > 0)
        return;
    if (!is_wrong)
        check_without_devices(info, found);
    found->device_mem_bytes = 0;
    found->types = (struct text_list){0};
    found->topologies = (struct text_list){0};
}

bool get_capacity(const struct value *object, const char *key, struct compute_info *out)
{
    struct value info;
    struct compute_info found = {0};
    if (!object_get(object, key, &compute_kind, &info))
        return false;
    found.has_cpu = get_cpu(&info, "cpu_limit", true, &found.cpu_milli);
    found.has_mem = get_mem(&info, "cpu_memory", true, &found.mem_bytes);
    get_devices(&info, &found);
    *out = found;
    return true;
}

static void get_cpu_request(const struct value *info, struct compute_info *found)
{
    int64_t limit = 0;
    struct value place;
    char request_text[UNITS_TEXT_SIZE];
    char limit_text[UNITS_TEXT_SIZE];
    bool has_limit = get_cpu(info, "cpu_limit", false, &limit);
    bool has_request = get_cpu(info, "cpu_requests", false, &found->cpu_milli);
    if (has_limit && has_request && found->cpu_milli > limit) {
        value_get(info, "cpu_requests", &place);
        value_error(&place, "%s is above cpu_limit: give at most %s",
                    print_cpu(found->cpu_milli, request_text), print_cpu(limit, limit_text));
    }
    if (!has_request)
        found->cpu_milli = limit;
    found->has_cpu = has_limit || has_request;
}

static void get_mem_request(const struct value *info, struct compute_info *found)
{
    int64_t limit = 0;
    struct value place;
    char request_text[UNITS_TEXT_SIZE];
    char limit_text[UNITS_TEXT_SIZE];
    bool has_limit = get_mem(info, "cpu_memory", false, &limit);
    bool has_request = get_mem(info, "cpu_memory_requests", false, &found->mem_bytes);
    if (has_limit && has_request && found->mem_bytes > limit) {
        value_get(info, "cpu_memory_requests", &place);
        value_error(&place, "%s is above cpu_memory: give at most %s",
                    print_mem(found->mem_bytes, request_text), print_mem(limit, limit_text));
    }
    if (!has_request)
        found->mem_bytes = limit;
    found->has_mem = has_limit || has_request;
}

bool get_request(const struct value *object, const char *key, struct compute_info *out)
{
    struct value info;
    struct compute_info found = {0};
    if (!object_get(object, key, &compute_kind, &info))
        return false;
    get_cpu_request(&info, &found);
    get_mem_request(&info, &found);
    get_devices(&info, &found);
    *out = found;
    return true;
}
