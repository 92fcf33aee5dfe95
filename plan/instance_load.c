/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/instance_load.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/text.h"
#include "plan/devices.h"
#include "plan/instance_pairs.h"
#include "scenarios/fields.h"
#include "scenarios/lookup.h"
#include "scenarios/value.h"

static const size_t file_bytes_max = (size_t)256 << 20;

/* Numbers are stored as doubles first: how many decimals a resource needs is known when all of its
 * amounts have been seen. */
struct loader {
    struct instance *instance;
    struct reader reader;
    struct lookup items, types; /* index by name; PAIRS_LEFT_OUT: of demand 0 */
    int32_t *decimals;          /* [resource] behind the point, the most that any amount has */
    int32_t rounded_count;      /* numbers with more decimals than there may be */
    double *item_amounts;       /* [item][resource] */
    int32_t *item_places;       /* [item] where it stands in the file: some are left out */
    double *type_amounts;       /* [type][resource] */
};

#define LEAST_AMOUNT 1e-9 /* that INSTANCE_DECIMALS can tell from 0 */

static const char *const instance_keys[] = {"name",  "desc",  "description",    "resources",
                                            "items", "types", "device_resource"};
static const struct object_kind instance_kind = {.name = "an instance",
                                                 .is_api = true,
                                                 .keys = instance_keys,
                                                 .key_count = ARRAY_LEN(instance_keys)};
static const char *const item_keys[] = {"id",           "demand", "req",
                                        "max_per_node", "types",  "anti_affinity"};
static const struct object_kind item_kind = {
    .name = "an item", .is_api = true, .keys = item_keys, .key_count = ARRAY_LEN(item_keys)};
static const char *const type_keys[] = {"type", "alloc", "usd_hr", "max_nodes"};
static const struct object_kind type_kind = {
    .name = "a type", .is_api = true, .keys = type_keys, .key_count = ARRAY_LEN(type_keys)};

/* ---- numbers ---- */

/* Behind the point; a number that is written with an exponent is large, or counts as exact. */
static int32_t decimals_of(double number)
{
    char text[NUMBER_TEXT_SIZE];
    const char *point = strchr(number_text(number, text), '.');
    if (strchr(text, 'e') != NULL)
        return INSTANCE_DECIMALS;
    return point != NULL ? (int32_t)strlen(point + 1) : 0;
}

/* The first one is named, the others are counted: a program that prints what it has added up has
 * many like 0.30000000000000004. */
static void note_rounding(struct loader *loader, const struct value *value)
{
    char text[NUMBER_TEXT_SIZE];
    if (decimals_of(value->item->valuedouble) > INSTANCE_DECIMALS && loader->rounded_count++ == 0)
        value_warn(value, "%s is rounded to %d decimals",
                   number_text(value->item->valuedouble, text), INSTANCE_DECIMALS);
}

static void note_other_roundings(const struct loader *loader, const struct value *top)
{
    int32_t others = loader->rounded_count - 1;
    if (others > 0)
        value_warn(top, "%" PRId32 " more number%s rounded to %d decimals", others,
                   others == 1 ? " is" : "s are", INSTANCE_DECIMALS);
}

static bool read_amount(struct loader *loader, const struct value *value, double most, double *out)
{
    char text[NUMBER_TEXT_SIZE], limit[NUMBER_TEXT_SIZE];
    if (!cJSON_IsNumber(value->item)) {
        value_wrong_type(value, "a number");
        return false;
    }
    double number = value->item->valuedouble;
    if (!(number >= 0 && number <= most)) {
        value_error(value, "%s is out of range: give 0 to %s", value_number_text(value, text),
                    number_text(most, limit));
        return false;
    }
    if (number > 0 && number < LEAST_AMOUNT) {
        value_error(value, "%s would be read as 0: give 0, or at least %s; or a smaller unit",
                    number_text(number, text), number_text(LEAST_AMOUNT, limit));
        return false;
    }
    note_rounding(loader, value);
    *out = number;
    return true;
}

/* The array of amounts under `key`, one per resource. */
static void read_amounts(struct loader *loader, const struct value *object, const char *key,
                         double *amounts)
{
    struct value array, element;
    int32_t count = loader->instance->resource_count;
    if (!value_require(object, key, "an amount of each resource", &array))
        return;
    if (!value_is_array(&array)) {
        value_wrong_type(&array, "an array with an amount of each resource");
        return;
    }
    if (array_length(&array) != count) {
        value_error(&array, "has %" PRId32 " amounts: give %" PRId32 ", one per resource",
                    array_length(&array), count);
        return;
    }
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        double *amount = &amounts[element.index];
        if (!read_amount(loader, &element, (double)INSTANCE_QUANTITY_MAX, amount))
            continue;
        int32_t given = decimals_of(*amount);
        int32_t decimals = given < INSTANCE_DECIMALS ? given : INSTANCE_DECIMALS;
        if (decimals > loader->decimals[element.index])
            loader->decimals[element.index] = decimals;
    }
}

/* A name: text, or a whole number as text. */
static const char *require_name(const struct value *object, const char *key)
{
    struct value value;
    int64_t number;
    const char *text;
    if (!value_require(object, key, "a name", &value))
        return NULL;
    if (json_exact_int(value.item, &number)) {
        char buffer[NUMBER_TEXT_SIZE];
        snprintf(buffer, sizeof buffer, "%" PRId64, number);
        return reader_keep(value.reader, buffer);
    }
    return read_id(&value, &text) ? reader_keep(value.reader, text) : NULL;
}

/* Puts a name into a lookup; the error when it is there already. */
static void put_name(struct lookup *lookup, const struct value *place, const char *name,
                     int32_t index)
{
    char quoted[TEXT_QUOTE_SIZE];
    struct err err;
    if (lookup_find_text(lookup, name) >= 0)
        value_error(place, "%s occurs twice: give each name once", text_quote(name, quoted));
    else if (lookup_put_text(lookup, name, index, &err))
        reader_no_memory(place->reader);
}

/* ---- types ---- */

static void load_type(struct loader *loader, struct value *value, double *amounts)
{
    struct instance *instance = loader->instance;
    struct value price;
    struct instance_type *type = &instance->types[instance->type_count];
    *type = (struct instance_type){.name = "", .price_nano = -1, .node_max = INSTANCE_NO_LIMIT};
    if (!object_open(value, &type_kind))
        return;
    const char *name = require_name(value, "type");
    if (name) {
        type->name = name;
        put_name(&loader->types, value, name, instance->type_count);
    }
    read_amounts(loader, value, "alloc", amounts);
    if (value_get(value, "usd_hr", &price)) {
        double dollars = 0.0;
        read_amount(loader, &price, (double)(INSTANCE_PRICE_NANO_MAX / 1000000000), &dollars);
        type->price_nano = llround(dollars * 1e9);
        instance->has_prices = true;
    }
    get_int(value, "max_nodes", (struct int_range){0, INT32_MAX}, &type->node_max);
    instance->type_count++;
}

static void load_types(struct loader *loader, const struct value *array)
{
    struct value element;
    for (struct cursor cursor = cursor_at(array); cursor_next(&cursor, &element);)
        load_type(loader, &element,
                  &loader->type_amounts[(int64_t)loader->instance->type_count *
                                        loader->instance->resource_count]);
}

static void complete_prices(struct loader *loader, const struct value *array)
{
    struct instance *instance = loader->instance;
    int32_t without = 0;
    for (int32_t t = 0; t < instance->type_count; t++) {
        struct instance_type *type = &instance->types[t];
        if (type->price_nano >= 0)
            continue;
        without++;
        if (instance->has_prices)
            type->node_max = 0;
        type->price_nano = instance->has_prices ? 0 : 1000000000;
    }
    if (instance->has_prices && without > 0)
        value_warn(array, "%" PRId32 " of %" PRId32 " types have no price: they are not used",
                   without, instance->type_count);
}

/* ---- items ---- */

static bool *new_may_use(struct loader *loader)
{
    bool *may_use = arena_array(&loader->instance->arena, (size_t)loader->instance->type_count + 1,
                                sizeof *may_use);
    if (!may_use)
        reader_no_memory(&loader->reader);
    return may_use;
}

static void load_item_types(struct loader *loader, const struct value *value,
                            struct instance_item *item)
{
    const struct instance *instance = loader->instance;
    struct value array, element;
    if (!array_get(value, "types", &array))
        return;
    bool *may_use = new_may_use(loader);
    if (!may_use)
        return;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        const char *pattern;
        char quoted[TEXT_QUOTE_SIZE];
        bool is_used = false;
        if (!read_id(&element, &pattern))
            continue;
        for (int32_t t = 0; t < instance->type_count; t++) {
            if (text_matches_glob(pattern, instance->types[t].name))
                is_used = may_use[t] = true;
        }
        if (!is_used)
            value_error(&element,
                        "%s is no type of the instance: give names of types, * for any "
                        "text",
                        text_quote(pattern, quoted));
    }
    item->may_use = may_use;
}

static void load_item(struct loader *loader, struct value *value, double *amounts)
{
    struct instance *instance = loader->instance;
    struct value limit;
    int64_t number = -1;
    struct instance_item *item = &instance->items[instance->item_count];
    *item = (struct instance_item){.id = "", .max_per_node = INSTANCE_NO_LIMIT};
    if (!object_open(value, &item_kind))
        return;
    const char *id = require_name(value, "id");
    if (value_require(value, "demand", "how many there are", &limit))
        read_int(&limit, (struct int_range){0, INSTANCE_DEMAND_MAX}, &item->demand);
    read_amounts(loader, value, "req", amounts);
    if (get_int(value, "max_per_node", (struct int_range){-1, INSTANCE_DEMAND_MAX}, &number)) {
        value_get(value, "max_per_node", &limit);
        if (number == 0)
            value_error(&limit, "0: no node could hold it: give 1 or more, or null for no limit");
        if (number > 0)
            item->max_per_node = number;
    }
    load_item_types(loader, value, item);
    if (id) {
        item->id = id;
        put_name(&loader->items, value, id,
                 item->demand > 0 ? instance->item_count : PAIRS_LEFT_OUT);
    }
    if (item->demand > 0)
        loader->item_places[instance->item_count++] = value->index;
}

static void load_items(struct loader *loader, const struct value *array)
{
    struct value element;
    for (struct cursor cursor = cursor_at(array); cursor_next(&cursor, &element);) {
        double *amounts = &loader->item_amounts[(int64_t)loader->instance->item_count *
                                                loader->instance->resource_count];
        load_item(loader, &element, amounts);
    }
}

/* ---- resources ---- */

/* The name of a resource, which none of those before has. */
static const char *read_resource(struct loader *loader, const struct value *element,
                                 const char *const *before)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *name = "";
    if (!read_id(element, &name))
        return "";
    for (int32_t r = 0; r < element->index; r++)
        if (strcmp(before[r], name) == 0)
            value_error(element, "%s occurs twice: give each name once", text_quote(name, quoted));
    return reader_keep(&loader->reader, name);
}

static bool load_resources(struct loader *loader, const struct value *top)
{
    struct instance *instance = loader->instance;
    struct value array, element;
    if (!value_require(top, "resources", "the names of the resources", &array))
        return false;
    if (!value_is_array(&array)) {
        value_wrong_type(&array, "an array of names");
        return false;
    }
    int32_t count = array_length(&array);
    if (count < 1 || count > INSTANCE_RESOURCES_MAX) {
        value_error(&array, "has %" PRId32 " names: give 1 to %d", count, INSTANCE_RESOURCES_MAX);
        return false;
    }
    const char **names = arena_array(&instance->arena, (size_t)count, sizeof *names);
    loader->decimals = arena_array(&instance->arena, (size_t)count, sizeof *loader->decimals);
    if (!names || !loader->decimals) {
        reader_no_memory(&loader->reader);
        return false;
    }
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
        names[element.index] = read_resource(loader, &element, names);
    instance->resources = names;
    instance->resource_count = count;
    return true;
}

static void load_device_resource(struct loader *loader, const struct value *top)
{
    struct instance *instance = loader->instance;
    struct value value;
    char quoted[TEXT_QUOTE_SIZE];
    const char *name;
    instance->device_resource = -1;
    if (!value_get(top, "device_resource", &value) || !read_id(&value, &name))
        return;
    for (int32_t r = 0; r < instance->resource_count; r++) {
        if (strcmp(instance->resources[r], name) == 0)
            instance->device_resource = r;
    }
    if (instance->device_resource < 0)
        value_error(&value, "%s is none of the resources: give one of them",
                    text_quote(name, quoted));
}

/* ---- integers ---- */

static double scale_of(const struct loader *loader, int32_t resource)
{
    double scale = 1;
    for (int32_t i = 0; i < loader->decimals[resource]; i++)
        scale *= 10;
    return scale;
}

/* The amounts as integers in the arena; the error where one is too large for its decimals. */
static const int64_t *make_integers(struct loader *loader, const struct value *array,
                                    const double *amounts, int32_t count)
{
    int64_t resources = loader->instance->resource_count;
    size_t total = (size_t)(count * resources);
    int64_t *integers = arena_array(&loader->instance->arena, total + 1, sizeof *integers);
    if (!integers) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    for (int32_t r = 0; r < resources; r++) {
        double scale = scale_of(loader, r);
        for (int32_t i = 0; i < count; i++) {
            char text[NUMBER_TEXT_SIZE], quoted[TEXT_QUOTE_SIZE];
            double scaled = amounts[i * resources + r] * scale;
            if (scaled > (double)INSTANCE_QUANTITY_MAX) {
                value_error(array,
                            "%s of %s is too much for numbers with %" PRId32
                            " decimals: give the resource in a larger unit or rounded",
                            number_text(amounts[i * resources + r], text),
                            text_quote(loader->instance->resources[r], quoted),
                            loader->decimals[r]);
                return NULL;
            }
            integers[i * resources + r] = llround(scaled);
        }
    }
    return integers;
}

/* The element of an array at an index that it has. */
static struct value element_at(const struct value *array, int32_t index)
{
    struct value element = *array;
    struct cursor cursor = cursor_at(array);
    while (cursor_next(&cursor, &element) && element.index < index)
        continue;
    return element;
}

/* An error with the amount of devices under `key` of the element at an index: items[3].req[1]. */
static void refuse_devices(const struct loader *loader, const struct value *array, int32_t index,
                           const char *key, const char *wrong)
{
    struct value element, amounts, amount;
    char text[NUMBER_TEXT_SIZE];
    if (!value_is_listed(array)) { /* it only counts */
        value_error(array, "%s", wrong);
        return;
    }
    element = element_at(array, index);
    value_get(&element, key, &amounts);
    amount = element_at(&amounts, loader->instance->device_resource);
    value_error(&amount, "%s %s", number_text(amount.item->valuedouble, text), wrong);
}

static void check_devices(struct loader *loader, const struct value *items,
                          const struct value *types)
{
    static const char part[] = "is more than one device and a part of one: give a whole number, or "
                               "a share below 1";
    char whole[64];
    struct instance *instance = loader->instance;
    int32_t d = instance->device_resource;
    if (d < 0)
        return;
    snprintf(whole, sizeof whole, "devices: give a whole number from 0 to %d", DEVICES_MAX);
    instance->device_units = llround(scale_of(loader, d));
    for (int32_t i = 0; i < instance->item_count; i++) {
        int64_t units = instance->items[i].req[d];
        if (units > instance->device_units && units % instance->device_units != 0)
            refuse_devices(loader, items, loader->item_places[i], "req", part);
    }
    for (int32_t t = 0; t < instance->type_count; t++) {
        int64_t units = instance->types[t].alloc[d];
        if (units % instance->device_units != 0 || units / instance->device_units > DEVICES_MAX)
            refuse_devices(loader, types, t, "alloc", whole);
    }
}

static void finish_quantities(struct loader *loader, const struct value *items,
                              const struct value *types)
{
    struct instance *instance = loader->instance;
    int64_t resources = instance->resource_count;
    double *unit = arena_array(&instance->arena, (size_t)resources, sizeof *unit);
    const int64_t *req = make_integers(loader, items, loader->item_amounts, instance->item_count);
    const int64_t *alloc = make_integers(loader, types, loader->type_amounts, instance->type_count);
    if (!unit || !req || !alloc) {
        if (!unit)
            reader_no_memory(&loader->reader);
        return;
    }
    for (int32_t r = 0; r < resources; r++)
        unit[r] = 1 / scale_of(loader, r);
    instance->unit = unit;
    for (int32_t i = 0; i < instance->item_count; i++)
        instance->items[i].req = &req[i * resources];
    for (int32_t t = 0; t < instance->type_count; t++)
        instance->types[t].alloc = &alloc[t * resources];
    check_devices(loader, items, types);
}

/* ---- the whole ---- */

/* A required array with 1 to `most` elements. */
static bool require_list(const struct value *top, const char *key, int32_t most,
                         struct value *array)
{
    if (!value_require(top, key, "an array", array))
        return false;
    if (!value_is_array(array)) {
        value_wrong_type(array, "an array");
        return false;
    }
    int32_t length = array_length(array);
    if (length < 1 || length > most) {
        value_error(array, "has %" PRId32 " elements: give 1 to %" PRId32, length, most);
        return false;
    }
    return true;
}

static bool make_room(struct loader *loader, int32_t items, int32_t types)
{
    struct instance *instance = loader->instance;
    size_t resources = (size_t)instance->resource_count;
    instance->items = arena_array(&instance->arena, (size_t)items + 1, sizeof *instance->items);
    instance->types = arena_array(&instance->arena, (size_t)types + 1, sizeof *instance->types);
    loader->item_amounts = calloc(((size_t)items + 1) * resources, sizeof(double));
    loader->item_places = calloc((size_t)items + 1, sizeof *loader->item_places);
    loader->type_amounts = calloc(((size_t)types + 1) * resources, sizeof(double));
    if (instance->items && instance->types && loader->item_amounts && loader->item_places &&
        loader->type_amounts)
        return true;
    reader_no_memory(&loader->reader);
    return false;
}

static void check_demand(const struct loader *loader, const struct value *items)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < loader->instance->item_count; i++)
        sum += loader->instance->items[i].demand;
    if (sum > INSTANCE_DEMAND_MAX)
        value_error(items, "ask for %" PRId64 " places: at most %" PRId64 " can be planned", sum,
                    INSTANCE_DEMAND_MAX);
    if (sum == 0)
        value_error(items, "there is no demand: give items with a demand of 1 or more");
}

static void load_top(struct loader *loader, struct value *top)
{
    struct value items, types;
    const char *name;
    if (!object_open(top, &instance_kind))
        return;
    loader->instance->name = "";
    if (get_text(top, "name", &name))
        loader->instance->name = reader_keep(&loader->reader, name);
    if (!load_resources(loader, top))
        return;
    load_device_resource(loader, top);
    bool has_types = require_list(top, "types", INSTANCE_TYPES_MAX, &types);
    bool has_items = require_list(top, "items", INSTANCE_ITEMS_MAX, &items);
    if (!has_types || !has_items || !make_room(loader, array_length(&items), array_length(&types)))
        return;
    load_types(loader, &types);
    complete_prices(loader, &types);
    load_items(loader, &items);
    note_other_roundings(loader, top);
    if (loader->reader.problems->error_count > 0)
        return;
    check_demand(loader, &items);
    instance_pairs_load(loader->instance, &loader->items, &items);
    finish_quantities(loader, &items, &types);
}

static int load_file(struct loader *loader, const char *path, struct problems *problems,
                     struct err *err)
{
    char *bytes;
    size_t size;
    struct err why;
    if (json_read_file(path, file_bytes_max, &bytes, &size, &why)) {
        if (why.kind == ERR_SYSTEM) {
            *err = why;
            return -1;
        }
        problems_add_err(problems, SEVERITY_ERROR, &why);
        return problems_result(problems, err);
    }
    struct json_text text = {.file = path, .bytes = bytes, .size = size};
    cJSON *tree = json_parse(text, &why);
    free(bytes);
    if (tree) {
        struct value top = value_of_tree(&loader->reader, path, tree, 0);
        load_top(loader, &top);
        cJSON_Delete(tree);
    } else if (why.kind == ERR_SYSTEM) {
        *err = why;
        return -1;
    } else {
        problems_add_err(problems, SEVERITY_ERROR, &why);
    }
    return problems_result(problems, err);
}

int instance_load(struct instance *instance, const char *path, struct problems *problems,
                  struct err *err)
{
    *instance = (struct instance){.device_resource = -1};
    struct loader loader = {.instance = instance};
    reader_init(&loader.reader, problems, &instance->arena);
    int result = load_file(&loader, path, problems, err);
    lookup_release(&loader.items);
    lookup_release(&loader.types);
    free(loader.item_amounts);
    free(loader.item_places);
    free(loader.type_amounts);
    reader_release(&loader.reader);
    if (result != 0)
        instance_release(instance);
    return result;
}
