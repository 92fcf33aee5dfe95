/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* Nodes at the start: simulation.nodes of a pool, its default, and nodes_file. */

static const struct int_range count_range = {0, SCENARIO_NODES_MAX};

/* ---- types of a pool ---- */

/* As the pool lists it. */
static const char *offered_id(const struct loader *loader, int32_t type)
{
    const struct known_type *known = &loader->used.items[type];
    return known->extra.offered_as ? known->extra.offered_as : known->type.id;
}

static void report_no_such_type(struct loader *loader, const struct value *place, const char *id,
                                const struct pool_def *pool)
{
    enum { HINTS_MAX = 100 };
    const char *names[HINTS_MAX];
    size_t count = 0;
    for (int32_t i = 0; i < pool->type_count && count < HINTS_MAX; i++)
        names[count++] = offered_id(loader, pool->types[i]);
    report_unknown_name(place,
                        &(struct unknown_name){id, "an instance type of the pool", {names, count}});
}

int32_t find_pool_type(struct loader *loader, const struct value *reference, int32_t pool_number)
{
    const struct pool_def *pool = &loader->scenario->pools[pool_number];
    const char *id;
    if (!read_id(reference, &id))
        return NO_INDEX;
    for (int32_t i = 0; i < pool->type_count; i++) {
        if (strcmp(offered_id(loader, pool->types[i]), id) == 0)
            return pool->types[i];
    }
    if (pool->type_count > 0)
        report_no_such_type(loader, reference, id, pool);
    return NO_INDEX;
}

int32_t only_pool_type(struct loader *loader, const struct value *missing, int32_t pool_number)
{
    const struct pool_def *pool = &loader->scenario->pools[pool_number];
    if (pool->type_count == 1)
        return pool->types[0];
    if (pool->type_count > 1) /* a pool without any has its error already */
        value_error(missing,
                    "the pool has %" PRId32 " instance types: say which: give "
                    "instance_type for each count of nodes",
                    pool->type_count);
    return NO_INDEX;
}

/* ---- capacity types ---- */

static const char *const capacity_names[] = {
    [CAPACITY_ON_DEMAND] = "on-demand",
    [CAPACITY_SPOT] = "spot",
};
const struct words capacity_words = {capacity_names, ARRAY_LEN(capacity_names)};

int32_t get_capacity_type(struct loader *loader, const struct value *object, int32_t pool_number,
                          int32_t type)
{
    const struct pool_def *pool = &loader->scenario->pools[pool_number];
    const struct pool_note *note = &loader->pool_notes[pool_number];
    struct value place;
    int64_t wanted;
    if (type == NO_INDEX || !value_get(object, "capacity_type", &place) ||
        !read_choice(&place, capacity_words, &wanted))
        return type;
    const struct type_extra *extra = &loader->used.items[type].extra;
    bool is_spot = extra->offered_as != NULL;
    if (is_spot == (wanted == CAPACITY_SPOT))
        return type;
    if (!is_spot && extra->allows_spot && (note->allows_any || pool->allows_spot))
        return spot_type_of(loader, type, note->spot_price_factor);
    value_error(&place, "this type is not offered so in this pool: give %s",
                capacity_names[is_spot ? CAPACITY_SPOT : CAPACITY_ON_DEMAND]);
    return NO_INDEX;
}

/* ---- adding nodes ---- */

struct node_batch {
    int32_t pool, type;
    int64_t count;
    const char *zone;
};

/* False, with an error at `place`, when there is no room. */
static bool reserve_nodes(struct loader *loader, const struct value *place,
                          const struct node_batch *batch)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    int64_t needed = scenario->node_count + batch->count;
    if (needed > SCENARIO_NODES_MAX) {
        value_error(place, "%" PRId64 " nodes in all: give at most %d", needed, SCENARIO_NODES_MAX);
        return false;
    }
    if (batch->count > 0 && array_reserve(&scenario->nodes, &scenario->node_capacity, needed,
                                          sizeof *scenario->nodes, &err)) {
        reader_no_memory(&loader->reader);
        return false;
    }
    return true;
}

/* Room was reserved. */
static void add_node(struct loader *loader, const struct node_batch *batch, const char *name)
{
    struct scenario *scenario = loader->scenario;
    struct pool_note *note = &loader->pool_notes[batch->pool];
    scenario->nodes[scenario->node_count++] = (struct node_def){.name = name,
                                                                .zone = batch->zone,
                                                                .pool = batch->pool,
                                                                .type = batch->type,
                                                                .ordinal = note->node_count++};
}

static void add_nodes(struct loader *loader, const struct value *place,
                      const struct node_batch *batch)
{
    if (batch->type == NO_INDEX || !reserve_nodes(loader, place, batch))
        return;
    for (int64_t i = 0; i < batch->count; i++)
        add_node(loader, batch, NULL);
}

/* Names are unique among all nodes that have one. NULL after an error. */
static const char *keep_node_name(struct loader *loader, const struct value *place, int32_t pool,
                                  const char *name)
{
    struct err err;
    char quoted[TEXT_QUOTE_SIZE];
    if (lookup_find_text(&loader->nodes, name) >= 0) {
        value_error(place, "%s is the name of an earlier node: give each its own",
                    text_quote(name, quoted));
        return NULL;
    }
    const char *kept = arena_strdup(&loader->scenario->arena, name);
    int32_t ordinal[2] = {pool, loader->pool_notes[pool].node_count};
    const void *key = intern_bytes(&loader->reader.texts, ordinal, sizeof ordinal);
    int32_t number = loader->scenario->node_count;
    if (!kept || !key || lookup_put_text(&loader->nodes, kept, number, &err) ||
        lookup_put(&loader->named_nodes, key, sizeof ordinal, number, &err)) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    return kept;
}

static void add_named_node(struct loader *loader, const struct value *place,
                           const struct node_batch *batch, const char *name)
{
    struct node_batch one = *batch;
    one.count = 1;
    if (batch->type == NO_INDEX || !reserve_nodes(loader, place, &one))
        return;
    const char *kept = keep_node_name(loader, place, batch->pool, name);
    if (kept)
        add_node(loader, &one, kept);
}

/* ---- simulation.nodes ---- */

static const char *const entry_keys[] = {"instance_type", "capacity_type", "count", "zone",
                                         "names"};
static const struct object_kind entry_kind = {
    .name = "simulation.nodes", .keys = entry_keys, .key_count = ARRAY_LEN(entry_keys)};

static int32_t get_entry_type(struct loader *loader, const struct value *entry, int32_t pool)
{
    struct value place;
    int32_t type = value_get(entry, "instance_type", &place) ? find_pool_type(loader, &place, pool)
                                                             : only_pool_type(loader, &place, pool);
    return get_capacity_type(loader, entry, pool, type);
}

static const char *get_zone(const struct value *entry)
{
    const char *zone;
    return get_id(entry, "zone", &zone) ? reader_keep(entry->reader, zone) : NULL;
}

static void load_named(struct loader *loader, const struct value *names,
                       const struct node_batch *batch, bool has_count)
{
    struct value element;
    int32_t length = array_length(names);
    if (has_count && batch->count != length) {
        value_error(names, "has %" PRId32 " names for a count of %" PRId64 ": give one for each",
                    length, batch->count);
        return;
    }
    for (struct cursor cursor = cursor_at(names); cursor_next(&cursor, &element);) {
        const char *name;
        if (read_id(&element, &name))
            add_named_node(loader, &element, batch, name);
    }
}

static void load_entry(struct loader *loader, struct value *entry, int32_t pool)
{
    struct value names;
    if (!object_open(entry, &entry_kind))
        return;
    struct node_batch batch = {.pool = pool, .count = 1};
    batch.type = get_entry_type(loader, entry, pool);
    batch.zone = get_zone(entry);
    bool has_count = get_int(entry, "count", count_range, &batch.count);
    if (array_get(entry, "names", &names))
        load_named(loader, &names, &batch, has_count);
    else
        add_nodes(loader, entry, &batch);
}

static void load_given_nodes(struct loader *loader, const struct value *nodes, int32_t pool)
{
    struct value element;
    if (!value_is_array(nodes)) {
        struct node_batch batch = {.pool = pool};
        if (!cJSON_IsNumber(nodes->item) && !value_text(nodes)) {
            value_wrong_type(nodes, "a number of nodes, or an array such as [{\"instance_type\": "
                                    "\"g5.xlarge\", \"count\": 3}]");
            return;
        }
        if (!read_int(nodes, count_range, &batch.count) || batch.count == 0)
            return;
        batch.type = only_pool_type(loader, nodes, pool);
        add_nodes(loader, nodes, &batch);
        return;
    }
    for (struct cursor cursor = cursor_at(nodes); cursor_next(&cursor, &element);)
        load_entry(loader, &element, pool);
}

/* ---- where simulation.nodes is not given ---- */

static void load_default_nodes(struct loader *loader, const struct value *place,
                               const struct pool_facts *facts, int32_t pool)
{
    struct node_batch batch = {.pool = pool, .count = facts->node_count};
    if (loader->has_nodes_file)
        return;
    if (facts->is_pending) {
        value_warn(place, "is not given, and the pool is pending: it starts without nodes");
        return;
    }
    if (batch.count < 0 && facts->is_scaling) {
        const struct pool_def *scaled = &loader->scenario->pools[pool];
        batch.count = scaled->min_instances;
        batch.type = scaled->type_count > 0 ? scaled->types[0] : NO_INDEX;
        add_nodes(loader, place, &batch);
        return;
    }
    if (batch.count < 0) {
        batch.count = facts->max_instances < 0 ? 0 : facts->max_instances;
        value_warn(place, "is not given: the pool starts with %s%" PRId64 " nodes",
                   facts->max_instances < 0 ? "" : "its max_instances of ", batch.count);
    }
    if (batch.count == 0)
        return;
    batch.type = only_pool_type(loader, place, pool);
    add_nodes(loader, place, &batch);
}

static void check_bounds(const struct value *place, const struct pool_def *pool, int32_t count)
{
    bool is_disabled = pool->disabled_reason != NULL;
    if (!is_disabled && pool->max_instances >= 0 && count > pool->max_instances)
        value_warn(place, "%" PRId32 " nodes are more than max_instances, %" PRId32, count,
                   pool->max_instances);
    if (!is_disabled && !pool->scaling && count < pool->min_instances)
        value_warn(place, "%" PRId32 " nodes are fewer than min_instances, %" PRId32, count,
                   pool->min_instances);
}

void load_pool_nodes(struct loader *loader, const struct value *nodepool,
                     const struct pool_facts *facts)
{
    static const char *const keys[] = {"nodes", "spot_price_factor", "node_overhead", "scaling"};
    static const struct object_kind kind = {
        .name = "simulation", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value simulation, nodes;
    int32_t number = loader->scenario->pool_count - 1;
    bool has_simulation = value_get(nodepool, "simulation", &simulation);
    bool is_right = has_simulation && object_open(&simulation, &kind);
    bool is_given = value_get(&simulation, "nodes", &nodes);
    if (is_given)
        load_given_nodes(loader, &nodes, number);
    else if (!has_simulation || is_right)
        load_default_nodes(loader, &nodes, facts, number);
    if (!loader->has_nodes_file && (is_given || facts->node_count >= 0))
        check_bounds(&nodes, &loader->scenario->pools[number],
                     loader->pool_notes[number].node_count);
}

/* ---- nodes_file ---- */

static const char *const file_keys[] = {"nodepool", "instance_type", "capacity_type",
                                        "name",     "zone",          "count"};
static const struct object_kind file_kind = {
    .name = "a node", .keys = file_keys, .key_count = ARRAY_LEN(file_keys)};

void load_node_entry(struct loader *loader, struct value *entry)
{
    struct value place, count_place;
    const char *name;
    if (!object_open(entry, &file_kind) ||
        !value_require(entry, "nodepool", "the id of a nodepool", &place))
        return;
    struct node_batch batch = {.pool = read_pool(loader, &place), .count = 1};
    batch.zone = get_zone(entry);
    get_int(entry, "count", count_range, &batch.count);
    if (batch.pool == NO_INDEX)
        return;
    batch.type = get_entry_type(loader, entry, batch.pool);
    if (!value_get(entry, "name", &place)) {
        add_nodes(loader, entry, &batch);
        return;
    }
    if (!read_id(&place, &name))
        return;
    value_get(entry, "count", &count_place);
    if (batch.count != 1)
        value_error(&count_place, "%" PRId64 " nodes cannot share one name: give 1", batch.count);
    else
        add_named_node(loader, &place, &batch, name);
}
