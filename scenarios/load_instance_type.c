/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/text.h"

/* apiInstanceType: in full, or only named, in the scenario, in a pool and in the catalogue. */

static const char *const type_keys[] = {
    "id",           "description",      "compute_info",           "price",
    "region",       "cloud_provider",   "allowed_capacity_types", "feature_flag_group",
    "architecture", "special_handling", "available_compute_info",
};
static const struct object_kind type_kind = {.name = "apiInstanceType",
                                             .is_api = true,
                                             .keys = type_keys,
                                             .key_count = ARRAY_LEN(type_keys)};

/* ---- the fields of one type ---- */

static int64_t at_least_0(int64_t value)
{
    return value > 0 ? value : 0;
}

/* available_compute_info is what workloads get; what it leaves open comes from compute_info. */
static bool get_net_capacity(const struct value *object, struct node_type *type)
{
    struct compute_info info = {0};
    struct compute_info net = {0};
    bool has_info = get_capacity(object, "compute_info", &info);
    bool has_net = get_capacity(object, "available_compute_info", &net);
    if (!has_info && !has_net)
        return false;
    const struct compute_info *devices = net.has_devices ? &net : &info;
    type->cpu_milli = at_least_0(net.has_cpu ? net.cpu_milli : info.cpu_milli);
    type->mem_bytes = at_least_0(net.has_mem ? net.mem_bytes : info.mem_bytes);
    type->device_count = devices->device_count;
    type->device_mem_bytes = devices->device_mem_bytes;
    type->has_device_mem = devices->device_mem_bytes > 0;
    type->device_types = devices->types.items;
    type->device_type_count = devices->types.count;
    type->topologies = devices->topologies.items;
    type->topology_count = devices->topologies.count;
    return true;
}

static void get_price(const struct value *object, struct node_type *type)
{
    struct value value;
    struct err err;
    char number[NUMBER_TEXT_SIZE];
    if (!value_get(object, "price", &value))
        return;
    const char *text = value_text(&value);
    if (cJSON_IsNumber(value.item))
        text = value_number_text(&value, number);
    if (!text)
        value_wrong_type(&value, "text such as \"42.000000\", millicents per second");
    else if (*text == '\0')
        type->has_price = false;
    else if (parse_price_micro(text, &type->price_micro, &err))
        value_fail(&value, &err);
    else
        type->has_price = true;
}

static void get_architecture(const struct value *object, struct node_type *type)
{
    const char *text;
    if (get_text(object, "architecture", &text) && *text != '\0')
        type->arch = reader_keep(object->reader, text);
}

/* What is given, on top of what *known holds already. */
static void get_type_facts(const struct value *object, struct known_type *known)
{
    struct value place;
    struct capacity_types allowed;
    const char *reason;
    get_net_capacity(object, &known->type);
    get_price(object, &known->type);
    get_architecture(object, &known->type);
    if (value_get(object, "description", &place))
        known->extra.description = get_carried_text(object, "description");
    if (value_get(object, "cloud_provider", &place))
        known->extra.provider = get_provider(object);
    if (value_get(object, "region", &place))
        known->extra.region = get_carried_text(object, "region");
    if (get_capacity_types(object, "allowed_capacity_types", &allowed)) {
        known->extra.allows_on_demand = allowed.on_demand;
        known->extra.allows_spot = allowed.spot;
    }
    reason = get_undone_handling(object);
    if (reason && value_get(object, "special_handling", &place))
        value_warn(&place, "%s is not done: the type is taken as usable all the same", reason);
}

static struct known_type new_type(struct loader *loader, const char *id)
{
    struct known_type known = {.next_same_id = NO_INDEX};
    const char *none = reader_keep(&loader->reader, "");
    known.type.id = reader_keep(&loader->reader, id);
    known.extra = (struct type_extra){.description = none,
                                      .provider = none,
                                      .region = none,
                                      .allows_on_demand = true,
                                      .allows_spot = true};
    return known;
}

static bool is_described(const struct value *object)
{
    struct value place;
    return value_get(object, "compute_info", &place) ||
           value_get(object, "available_compute_info", &place);
}

/* ---- the catalogue ---- */

static void add_catalogue_type(struct loader *loader, struct value *element)
{
    struct err err;
    const char *id;
    int32_t number;
    if (!object_open(element, &type_kind) || !require_id(element, "id", &id))
        return;
    struct known_type known = new_type(loader, id);
    known.extra.is_from_catalogue = true;
    get_type_facts(element, &known);
    if (type_registry_add(&loader->catalogue, &known, &number, &err))
        reader_no_memory(&loader->reader);
}

/* Read when it is first needed. */
static void open_catalogue(struct loader *loader)
{
    struct err err;
    struct value array, element;
    if (loader->catalogue.count > 0)
        return;
    struct json_text text = {.file = "the shipped catalogue",
                             .bytes = (const char *)catalogue_json,
                             .size = catalogue_json_size};
    cJSON *tree = json_parse(text, &err);
    if (!tree) {
        loader_fail(loader, &err);
        return;
    }
    struct value root = value_of_tree(&loader->reader, text.file, tree, 0);
    if (array_get(&root, "instance_types", &array)) {
        for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
            add_catalogue_type(loader, &element);
    }
    cJSON_Delete(tree);
}

/* ---- finding a type by its id ---- */

struct type_query {
    const char *id, *provider, *region; /* "" any */
    bool is_explicit; /* provider or region stand beside the id, not only at the pool's cluster */
};

static bool may_match(const char *asked, const char *given)
{
    return asked[0] == '\0' || given[0] == '\0' || strcmp(asked, given) == 0;
}

static int match_score(const struct type_query *query, const struct type_extra *extra)
{
    int score = 0;
    if (query->provider[0] != '\0' && strcmp(query->provider, extra->provider) == 0)
        score += 2;
    if (query->region[0] != '\0' && strcmp(query->region, extra->region) == 0)
        score += 1;
    return score;
}

struct type_match {
    int32_t number;   /* the best; NO_INDEX when none fits the query */
    int32_t count;    /* of those as good as the best */
    int32_t id_count; /* of all types of this id */
};

static struct type_match match_type(const struct type_registry *registry,
                                    const struct type_query *query)
{
    struct type_match match = {.number = NO_INDEX};
    int best = -1;
    for (int32_t i = type_registry_find(registry, query->id); i >= 0;
         i = registry->items[i].next_same_id) {
        const struct type_extra *extra = &registry->items[i].extra;
        match.id_count++;
        if (!may_match(query->provider, extra->provider) ||
            !may_match(query->region, extra->region))
            continue;
        int score = match_score(query, extra);
        if (score > best) {
            best = score;
            match.number = i;
            match.count = 0;
        }
        if (score == best)
            match.count++;
    }
    return match;
}

enum { PLACE_SIZE = 80 };

/* "aws us-east-1", or the one of the two that is given. */
static const char *place_name(const char *provider, const char *region, char out[PLACE_SIZE])
{
    bool has_both = provider[0] != '\0' && region[0] != '\0';
    bool has_none = provider[0] == '\0' && region[0] == '\0';
    snprintf(out, PLACE_SIZE, "%.36s%s%.36s", has_none ? "no place in particular" : provider,
             has_both ? " " : "", region);
    return out;
}

/* "aws us-east-1 or gcp us-central1": where the types of an id are. */
static const char *places_of(const struct type_registry *registry, const char *id,
                             char out[WORDS_SIZE])
{
    enum { PLACES_MAX = 10 };
    char places[PLACES_MAX][PLACE_SIZE];
    const char *names[PLACES_MAX];
    size_t count = 0;
    for (int32_t i = type_registry_find(registry, id); i >= 0 && count < PLACES_MAX;
         i = registry->items[i].next_same_id) {
        const struct type_extra *extra = &registry->items[i].extra;
        names[count] = place_name(extra->provider, extra->region, places[count]);
        count++;
    }
    return words_join((struct words){names, count}, out);
}

/* The type that the query means, or NULL after an error at `place`; when the registry does not know
 * the id at all, *is_unknown and no error. */
static const struct known_type *find_type(const struct type_registry *registry,
                                          const struct type_query *query, const struct value *place,
                                          bool *is_unknown)
{
    char quoted[TEXT_QUOTE_SIZE];
    char places[WORDS_SIZE];
    struct type_match match = match_type(registry, query);
    *is_unknown = match.id_count == 0;
    if (match.count == 1)
        return &registry->items[match.number];
    if (match.id_count == 0)
        return NULL;
    text_quote(query->id, quoted);
    places_of(registry, query->id, places);
    if (match.count > 1) {
        value_error(place,
                    "%s is the id of several types: give cloud_provider and region, one of "
                    "%s",
                    quoted, places);
        return NULL;
    }
    char asked[PLACE_SIZE];
    place_name(query->provider, query->region, asked);
    if (match.id_count > 1 || query->is_explicit) {
        value_error(place, "%s is not known in %s: it is in %s", quoted, asked, places);
        return NULL;
    }
    value_warn_once(place, "%s is known in %s, and taken to be the same in %s", quoted, places,
                    asked);
    return &registry->items[type_registry_find(registry, query->id)];
}

static void report_unknown_type(struct loader *loader, const struct value *place, const char *id)
{
    enum { HINTS_MAX = 500 };
    const struct type_registry *const registries[] = {&loader->declared, &loader->catalogue};
    const char *names[HINTS_MAX];
    char quoted[TEXT_QUOTE_SIZE];
    char second[TEXT_QUOTE_SIZE];
    size_t count = 0;
    if (!value_is_listed(place)) {
        value_error(place, "is not known");
        return;
    }
    for (size_t r = 0; r < ARRAY_LEN(registries); r++) {
        for (int32_t i = 0; i < registries[r]->count && count < HINTS_MAX; i++)
            names[count++] = registries[r]->items[i].type.id;
    }
    const char *nearest = words_nearest(id, (struct words){names, count});
    text_quote(id, quoted);
    if (nearest)
        value_error(place, "%s is not a known instance type: did you mean %s?", quoted,
                    text_quote(nearest, second));
    else
        value_error(place,
                    "%s is not a known instance type: give its compute_info, or an id of "
                    "instance_types or of the catalogue",
                    quoted);
}

/* The type that is only named, from the scenario's own (not for these themselves) or from the
 * catalogue. */
static const struct known_type *resolve_type(struct loader *loader, const struct type_query *query,
                                             const struct value *place, bool is_declaration)
{
    bool is_unknown = true;
    const struct known_type *known = NULL;
    if (!is_declaration)
        known = find_type(&loader->declared, query, place, &is_unknown);
    if (!is_unknown)
        return known;
    open_catalogue(loader);
    known = find_type(&loader->catalogue, query, place, &is_unknown);
    if (is_unknown)
        report_unknown_type(loader, place, query->id);
    return known;
}

/* ---- types of the scenario ---- */

static bool is_declared(const struct loader *loader, const struct known_type *known)
{
    const struct type_registry *registry = &loader->declared;
    for (int32_t i = type_registry_find(registry, known->type.id); i >= 0;
         i = registry->items[i].next_same_id) {
        const struct type_extra *extra = &registry->items[i].extra;
        if (strcmp(extra->provider, known->extra.provider) == 0 &&
            strcmp(extra->region, known->extra.region) == 0)
            return true;
    }
    return false;
}

/* The type that stands in an object: described in full, or named and perhaps changed in part. False
 * after an error. */
static bool read_type(struct loader *loader, struct value *object,
                      const struct cluster_def *cluster, struct known_type *out)
{
    struct value place;
    const char *id;
    if (!object_open(object, &type_kind) || !require_id(object, "id", &id))
        return false;
    *out = new_type(loader, id);
    value_get(object, "id", &place);
    if (!is_described(object)) {
        struct type_query query = {.id = id,
                                   .provider = get_provider(object),
                                   .region = get_carried_text(object, "region")};
        query.is_explicit = query.provider[0] != '\0' || query.region[0] != '\0';
        if (cluster && query.provider[0] == '\0')
            query.provider = cluster->provider;
        if (cluster && query.region[0] == '\0')
            query.region = cluster->region;
        const struct known_type *known = resolve_type(loader, &query, &place, !cluster);
        if (!known)
            return false;
        *out = *known;
    }
    get_type_facts(object, out);
    return true;
}

void load_instance_type(struct loader *loader, struct value *element)
{
    struct known_type known;
    struct value place;
    struct err err;
    char quoted[TEXT_QUOTE_SIZE];
    int32_t number;
    if (!read_type(loader, element, NULL, &known))
        return;
    value_get(element, "id", &place);
    if (is_declared(loader, &known))
        value_error(&place, "%s is given twice for the same provider and region: give it once",
                    text_quote(known.type.id, quoted));
    else if (type_registry_add(&loader->declared, &known, &number, &err))
        reader_no_memory(&loader->reader);
}

/* ---- types in use ---- */

static bool is_same_type(const struct known_type *a, const struct known_type *b)
{
    const struct node_type *x = &a->type;
    const struct node_type *y = &b->type;
    /* Texts and lists are interned: equal ones have equal addresses. */
    return x->id == y->id && x->cpu_milli == y->cpu_milli && x->mem_bytes == y->mem_bytes &&
           x->device_mem_bytes == y->device_mem_bytes && x->device_count == y->device_count &&
           x->has_device_mem == y->has_device_mem && x->has_price == y->has_price &&
           x->is_unbounded == y->is_unbounded && x->price_micro == y->price_micro &&
           x->device_types == y->device_types && x->device_type_count == y->device_type_count &&
           x->topologies == y->topologies && x->topology_count == y->topology_count &&
           x->arch == y->arch && a->extra.provider == b->extra.provider &&
           a->extra.region == b->extra.region && a->extra.description == b->extra.description &&
           a->extra.is_from_catalogue == b->extra.is_from_catalogue &&
           a->extra.allows_on_demand == b->extra.allows_on_demand &&
           a->extra.allows_spot == b->extra.allows_spot;
}

static int32_t use_type(struct loader *loader, const struct known_type *known)
{
    struct type_registry *used = &loader->used;
    struct err err;
    int32_t number;
    for (int32_t i = type_registry_find(used, known->type.id); i >= 0;
         i = used->items[i].next_same_id) {
        if (is_same_type(&used->items[i], known))
            return i;
    }
    if (type_registry_add(used, known, &number, &err)) {
        reader_no_memory(&loader->reader);
        return NO_INDEX;
    }
    return number;
}

/* What runs on every node has its part of it. False after an error. */
static bool take_overhead(const struct value *element, const struct type_terms *terms,
                          struct node_type *type)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (type->is_unbounded)
        return true;
    if (terms->overhead_cpu_milli > type->cpu_milli ||
        terms->overhead_mem_bytes > type->mem_bytes) {
        value_error(element, "%s has less than the node_overhead of the pool: give a smaller one",
                    text_quote(type->id, quoted));
        return false;
    }
    type->cpu_milli -= terms->overhead_cpu_milli;
    type->mem_bytes -= terms->overhead_mem_bytes;
    return true;
}

int32_t load_pool_type(struct loader *loader, struct value *element, const struct type_terms *terms)
{
    static const struct cluster_def no_cluster = {.provider = "", .region = "", .type = ""};
    struct known_type known;
    const struct cluster_def *def =
        terms->cluster == NO_INDEX ? &no_cluster : &loader->scenario->clusters[terms->cluster];
    if (!read_type(loader, element, def, &known))
        return NO_INDEX;
    known.type.is_unbounded = strcmp(def->type, "local-dev") == 0;
    if (!take_overhead(element, terms, &known.type))
        return NO_INDEX;
    return use_type(loader, &known);
}

int32_t spot_type_of(struct loader *loader, int32_t type, double price_factor)
{
    char id[ID_BYTES_MAX + 8];
    struct known_type spot = loader->used.items[type];
    snprintf(id, sizeof id, "%.256s (spot)", spot.type.id);
    spot.extra.offered_as = spot.type.id;
    spot.type.id = reader_keep(&loader->reader, id);
    spot.type.price_micro = (int64_t)round((double)spot.type.price_micro * price_factor);
    return spot.type.id ? use_type(loader, &spot) : NO_INDEX;
}
