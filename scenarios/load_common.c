/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include "base/array.h"

/* ---- special_handling ---- */

static const char *const reasons[] = {"REASON_NOT_SET", "CONTACT_SALES", "INTERNAL_ONLY"};
static const char *const handling_keys[] = {"id", "reason", "done"};
static const struct object_kind handling_kind = {.name = "apiSpecialHandling",
                                                 .is_api = true,
                                                 .keys = handling_keys,
                                                 .key_count = ARRAY_LEN(handling_keys)};

const char *get_undone_handling(const struct value *object)
{
    struct value array, element;
    const char *undone = NULL;
    if (!array_get(object, "special_handling", &array))
        return NULL;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        int64_t reason = 0;
        bool is_done = false;
        const char *id;
        if (!object_open(&element, &handling_kind))
            continue;
        get_text(&element, "id", &id);
        get_enum(&element, "reason", (struct words){reasons, ARRAY_LEN(reasons)}, &reason);
        get_bool(&element, "done", &is_done);
        if (!is_done && !undone)
            undone = reasons[reason];
    }
    return undone;
}

/* ---- metadata ---- */

const char *get_metadata(const struct value *object)
{
    struct value value;
    if (!value_get(object, "metadata", &value))
        return NULL;
    if (!value_is_object(&value)) {
        value_wrong_type(&value, "an object");
        return NULL;
    }
    char *text = cJSON_PrintUnformatted(value.item);
    if (!text) {
        reader_no_memory(object->reader);
        return NULL;
    }
    const char *kept = reader_keep(object->reader, text);
    cJSON_free(text);
    return kept;
}

/* ---- capacity types ---- */

bool get_capacity_types(const struct value *object, const char *key, struct capacity_types *out)
{
    static const char *const names[] = {"UKNOWN_CAPACITY_TYPE", "ON_DEMAND_TYPE", "SPOT_TYPE"};
    static const char *const keys[] = {"capacity_types"};
    static const struct object_kind kind = {
        .name = "apiNodeCapacityType", .is_api = true, .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value types, array, element;
    struct capacity_types found = {0};
    if (!object_get(object, key, &kind, &types) || !array_get(&types, "capacity_types", &array))
        return false;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        int64_t number;
        if (!read_enum(&element, (struct words){names, ARRAY_LEN(names)}, &number))
            continue;
        found.on_demand = found.on_demand || number == 1;
        found.spot = found.spot || number == 2;
    }
    if (!found.on_demand && !found.spot)
        return false;
    *out = found;
    return true;
}
