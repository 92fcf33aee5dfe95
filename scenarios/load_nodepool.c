/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* apiNodepool. */

static const char *const pool_keys[] = {
    "id",
    "description",
    "created_at",
    "modified_at",
    "compute_cluster",
    "node_capacity_type",
    "instance_types",
    "min_instances",
    "max_instances",
    "enforced_min_instances",
    "enforced_max_instances",
    "warm_instances",
    "visibility",
    "metadata",
    "special_handling",
    "node_count",
    "status",
    "status_description",
    "simulation",
};
const struct object_kind nodepool_kind = {
    .name = "apiNodepool", .is_api = true, .keys = pool_keys, .key_count = ARRAY_LEN(pool_keys)};

static const struct int_range instance_range = {0, INT32_MAX};

/* ---- how many nodes ---- */

struct bounds { /* -1: not given */
    int64_t min, max, enforced_min, enforced_max, node_count;
};

static struct bounds get_bounds(const struct value *object)
{
    struct bounds bounds = {0, -1, 0, 0, -1};
    get_int(object, "min_instances", instance_range, &bounds.min);
    get_int(object, "max_instances", instance_range, &bounds.max);
    get_int(object, "enforced_min_instances", instance_range, &bounds.enforced_min);
    get_int(object, "enforced_max_instances", instance_range, &bounds.enforced_max);
    get_int(object, "node_count", instance_range, &bounds.node_count);
    struct value place;
    if (bounds.max > 0 && bounds.min > bounds.max) {
        value_get(object, "min_instances", &place);
        value_error(&place, "%" PRId64 " is above max_instances: give at most %" PRId64, bounds.min,
                    bounds.max);
    }
    return bounds;
}

/* What the plan enforces limits what the user wants. Without a maximum of the user's, what the plan
 * allows; -1: none at all. */
static int64_t effective_max(const struct bounds *bounds)
{
    if (bounds->max < 0)
        return bounds->enforced_max > 0 ? bounds->enforced_max : -1;
    if (bounds->enforced_max > 0 && bounds->enforced_max < bounds->max)
        return bounds->enforced_max;
    return bounds->max;
}

static void set_bounds(const struct value *object, const struct bounds *bounds,
                       struct pool_def *pool)
{
    struct value place;
    int64_t max = effective_max(bounds);
    int64_t min = bounds->enforced_min > 0 ? bounds->enforced_min : bounds->min;
    if (max < 0 && !value_get(object, "max_instances", &place))
        value_warn(&place, "is missing: taken as the number of nodes at the start (0 would mean "
                           "that the pool is disabled)");
    pool->max_instances = max < 0 ? NO_INDEX : (int32_t)max;
    pool->min_instances = (int32_t)(max >= 0 && min > max ? max : min);
    if (bounds->max == 0)
        pool->disabled_reason = "max_instances is 0";
}

/* ---- whether it takes demand ---- */

/* Returns the status, READY where none is given. */
enum pool_status { STATUS_UNKNOWN, STATUS_PENDING, STATUS_READY, STATUS_ERROR, STATUS_DELETED };

static enum pool_status get_status(struct loader *loader, const struct value *object,
                                   struct pool_def *pool)
{
    static const char *const names[] = {"NODEPOOL_STATUS_UNKNOWN", "NODEPOOL_STATUS_PENDING",
                                        "NODEPOOL_STATUS_READY", "NODEPOOL_STATUS_ERROR",
                                        "NODEPOOL_STATUS_DELETED"};
    int64_t status = STATUS_UNKNOWN;
    get_enum(object, "status", (struct words){names, ARRAY_LEN(names)}, &status);
    const char *description = get_carried_text(object, "status_description");
    if ((status == STATUS_ERROR || status == STATUS_DELETED) && !pool->disabled_reason) {
        char reason[512];
        snprintf(reason, sizeof reason, "status %s%s%.400s",
                 status == STATUS_ERROR ? "ERROR" : "DELETED", *description ? ": " : "",
                 description);
        pool->disabled_reason = reader_keep(&loader->reader, reason);
    }
    return status == STATUS_UNKNOWN ? STATUS_READY : (enum pool_status)status;
}

static void get_handling(struct loader *loader, const struct value *object, struct pool_def *pool)
{
    char reason[128];
    const char *undone = get_undone_handling(object);
    if (!undone || pool->disabled_reason)
        return;
    snprintf(reason, sizeof reason, "special handling %s is not done", undone);
    pool->disabled_reason = reader_keep(&loader->reader, reason);
}

/* ---- instance types ---- */

static bool fits_capacity(const struct loader *loader, const struct pool_def *pool,
                          const struct pool_note *note, int32_t type)
{
    const struct type_extra *extra = &loader->used.items[type].extra;
    return note->allows_any || (pool->allows_on_demand && extra->allows_on_demand) ||
           (pool->allows_spot && extra->allows_spot);
}

static bool has_type_id(const struct loader *loader, const int32_t *types, int32_t count,
                        int32_t type)
{
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(loader->used.items[types[i]].type.id, loader->used.items[type].type.id) == 0)
            return true;
    }
    return false;
}

/* Fills types[0..*count) with those that are usable. */
static void read_types(struct loader *loader, const struct value *array,
                       const struct pool_note *note, struct pool_def *pool, int32_t *types)
{
    struct value element, place;
    char quoted[TEXT_QUOTE_SIZE];
    const struct type_terms terms = {pool->cluster, note->overhead_cpu_milli,
                                     note->overhead_mem_bytes};
    for (struct cursor cursor = cursor_at(array); cursor_next(&cursor, &element);) {
        struct value inner;
        struct value *object = unwrap_element(&element, "instance_type", &inner);
        int32_t type = load_pool_type(loader, object, &terms);
        if (type == NO_INDEX)
            continue;
        value_get(object, "id", &place);
        text_quote(loader->used.items[type].type.id, quoted);
        if (has_type_id(loader, types, pool->type_count, type))
            value_error(&place, "%s is given twice: give each type once", quoted);
        else if (!fits_capacity(loader, pool, note, type))
            value_warn(&place,
                       "%s is not used here: it is not offered as %s, which is what "
                       "node_capacity_type asks for",
                       quoted, pool->allows_spot ? "SPOT_TYPE" : "ON_DEMAND_TYPE");
        else
            types[pool->type_count++] = type;
    }
}

static void get_types(struct loader *loader, const struct value *object,
                      const struct pool_note *note, struct pool_def *pool)
{
    struct value array;
    if (!value_require(object, "instance_types", "an array of at least one instance type", &array))
        return;
    if (!value_is_array(&array)) {
        value_wrong_type(&array, "an array of instance types");
        return;
    }
    int32_t length = array_length(&array);
    int32_t errors = loader->scenario->problems.error_count;
    int32_t *types = arena_array(&loader->scenario->arena, (size_t)length + 1, sizeof *types);
    if (!types) {
        reader_no_memory(&loader->reader);
        return;
    }
    pool->types = types;
    read_types(loader, &array, note, pool, types);
    if (pool->type_count == 0 && loader->scenario->problems.error_count == errors)
        value_error(&array, "%s: give at least one instance type",
                    length == 0 ? "is empty" : "holds no type that is usable");
}

static void get_capacity_kind(const struct value *object, struct pool_def *pool,
                              struct pool_note *note)
{
    struct capacity_types types = {.on_demand = true};
    note->allows_any = !get_capacity_types(object, "node_capacity_type", &types);
    pool->allows_on_demand = types.on_demand;
    pool->allows_spot = types.spot;
}

/* What spot costs here, as a part of the price on demand. */
static double get_spot_price_factor(const struct value *nodepool)
{
    struct value simulation, place;
    char text[NUMBER_TEXT_SIZE];
    double factor = 1;
    if (!value_get(nodepool, "simulation", &simulation) || !value_is_object(&simulation) ||
        !get_number(&simulation, "spot_price_factor", &factor))
        return 1;
    if (factor >= 0 && factor <= 1)
        return factor;
    value_get(&simulation, "spot_price_factor", &place);
    value_error(&place, "%s is out of range: give a number from 0 to 1",
                value_number_text(&place, text));
    return 1;
}

/* What of each node goes to what runs on all of them. What is wrong with `simulation` itself is
 * said where its nodes are read. */
static void get_overhead(const struct value *nodepool, struct pool_note *note)
{
    static const char *const keys[] = {"cpu", "memory"};
    static const struct object_kind kind = {
        .name = "node_overhead", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value simulation, overhead;
    if (!value_get(nodepool, "simulation", &simulation) || !value_is_object(&simulation) ||
        !object_get(&simulation, "node_overhead", &kind, &overhead))
        return;
    get_cpu(&overhead, "cpu", false, &note->overhead_cpu_milli);
    get_mem(&overhead, "memory", false, &note->overhead_mem_bytes);
}

/* In a pool that has spot nodes only, its types are those of spot nodes. */
static void make_types_spot(struct loader *loader, const struct pool_note *note,
                            struct pool_def *pool)
{
    if (note->allows_any || pool->allows_on_demand || !pool->allows_spot)
        return;
    int32_t *types =
        arena_array(&loader->scenario->arena, (size_t)pool->type_count + 1, sizeof *types);
    if (!types) {
        reader_no_memory(&loader->reader);
        return;
    }
    for (int32_t i = 0; i < pool->type_count; i++) {
        types[i] = spot_type_of(loader, pool->types[i], note->spot_price_factor);
        if (types[i] == NO_INDEX)
            return;
    }
    pool->types = types;
}

/* What new nodes may be. */
static void make_launch_types(struct loader *loader, const struct pool_note *note,
                              struct pool_def *pool)
{
    bool prefers_spot = !note->allows_any && pool->allows_on_demand && pool->allows_spot;
    int32_t *types =
        arena_array(&loader->scenario->arena, 2 * (size_t)pool->type_count + 1, sizeof *types);
    if (!types) {
        reader_no_memory(&loader->reader);
        return;
    }
    pool->launch_types = types;
    for (int32_t i = 0; prefers_spot && i < pool->type_count; i++) {
        if (!loader->used.items[pool->types[i]].extra.allows_spot)
            continue;
        types[pool->launch_type_count] =
            spot_type_of(loader, pool->types[i], note->spot_price_factor);
        pool->launch_type_count += types[pool->launch_type_count] != NO_INDEX;
    }
    pool->spot_launch_count = pool->launch_type_count;
    for (int32_t i = 0; i < pool->type_count; i++)
        if (!prefers_spot || loader->used.items[pool->types[i]].extra.allows_on_demand)
            types[pool->launch_type_count++] = pool->types[i];
}

/* ---- the pool ---- */

static const char *pool_place(struct loader *loader, const char *cluster, const char *id)
{
    char text[2 * ID_BYTES_MAX + 2];
    snprintf(text, sizeof text, "%.256s/%.256s", cluster, id);
    return reader_keep(&loader->reader, text);
}

static const char *cluster_id(const struct loader *loader, const struct pool_def *pool)
{
    return pool->cluster == NO_INDEX ? "" : loader->scenario->clusters[pool->cluster].id;
}

static int note_pool(struct loader *loader, const struct pool_def *pool, struct pool_note *note)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    int32_t number = scenario->pool_count;
    const char *place = pool_place(loader, cluster_id(loader, pool), pool->id);
    int32_t first = lookup_find_text(&loader->pools_by_id, pool->id);
    if (array_reserve(&scenario->pools, &scenario->pool_capacity, number + INT64_C(1),
                      sizeof *scenario->pools, &err) ||
        array_reserve(&loader->pool_notes, &loader->pool_note_capacity, number + INT64_C(1),
                      sizeof *loader->pool_notes, &err) ||
        lookup_put_text(&loader->pools_by_place, place, number, &err) ||
        (first < 0 && lookup_put_text(&loader->pools_by_id, pool->id, number, &err))) {
        reader_no_memory(&loader->reader);
        return -1;
    }
    note->given_id = pool->id;
    note->next_same_id = NO_INDEX;
    if (first >= 0) {
        note->next_same_id = loader->pool_notes[first].next_same_id;
        loader->pool_notes[first].next_same_id = number;
    }
    scenario->pools[number] = *pool;
    loader->pool_notes[number] = *note;
    scenario->pool_count++;
    return 0;
}

static void warn_unused(const struct value *object, const struct pool_def *pool)
{
    struct value place;
    if (pool->warm_instances > 0 && !pool->scaling && value_get(object, "warm_instances", &place))
        value_warn_once(&place, "has no effect: without simulation.scaling the number "
                                "of nodes changes by events only");
}

/* What has no effect must be of the right type all the same. */
static void check_ignored(const struct value *object)
{
    struct value metadata;
    const char *text;
    get_text(object, "description", &text);
    if (value_get(object, "metadata", &metadata) && !value_is_object(&metadata))
        value_wrong_type(&metadata, "an object");
    get_timestamp(object, "created_at", NULL);
    get_timestamp(object, "modified_at", NULL);
}

/* What is wrong with `simulation` itself is said where its nodes are read. */
static void get_pool_scaling(struct loader *loader, const struct value *object,
                             struct pool_def *pool)
{
    struct value simulation, place;
    if (!value_get(object, "simulation", &simulation) || !value_is_object(&simulation))
        return;
    pool->scaling = get_scaling(loader, &simulation);
    if (pool->scaling && pool->max_instances < 0 && value_get(&simulation, "scaling", &place))
        value_error(&place, "the pool has no max_instances: give the most nodes it may have");
}

void load_nodepool(struct loader *loader, struct value *element)
{
    struct value place;
    char quoted[TEXT_QUOTE_SIZE];
    const char *id;
    loader->has_seen_pools = true;
    if (!object_open(element, &nodepool_kind) || !require_id(element, "id", &id))
        return;
    struct pool_def pool = {.id = reader_keep(&loader->reader, id)};
    struct pool_note note = {0};
    pool.cluster = get_cluster(loader, element);
    if (find_pool(loader, cluster_id(loader, &pool), id) != NO_INDEX) {
        value_get(element, "id", &place);
        value_error(&place, "%s is the id of an earlier nodepool%s: give each its own",
                    text_quote(id, quoted), pool.cluster == NO_INDEX ? "" : " of this cluster");
        return;
    }
    get_capacity_kind(element, &pool, &note);
    get_overhead(element, &note);
    get_types(loader, element, &note, &pool);
    note.spot_price_factor = get_spot_price_factor(element);
    make_types_spot(loader, &note, &pool);
    struct bounds bounds = get_bounds(element);
    set_bounds(element, &bounds, &pool);
    enum pool_status status = get_status(loader, element, &pool);
    get_handling(loader, element, &pool);
    get_int32(element, "warm_instances", instance_range, &pool.warm_instances);
    check_ignored(element);
    get_pool_scaling(loader, element, &pool);
    if (pool.scaling)
        make_launch_types(loader, &note, &pool);
    warn_unused(element, &pool);
    if (note_pool(loader, &pool, &note))
        return;
    struct pool_facts facts = {.node_count = bounds.node_count,
                               .max_instances = pool.max_instances,
                               .is_pending = status == STATUS_PENDING,
                               .is_scaling = pool.scaling != NULL};
    load_pool_nodes(loader, element, &facts);
}

void name_pools(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        struct pool_def *pool = &scenario->pools[i];
        int32_t first = lookup_find_text(&loader->pools_by_id, loader->pool_notes[i].given_id);
        bool is_shared = first != i || loader->pool_notes[i].next_same_id != NO_INDEX;
        if (is_shared && pool->cluster != NO_INDEX)
            pool->id = pool_place(loader, cluster_id(loader, pool), loader->pool_notes[i].given_id);
        if (lookup_find_text(&loader->pools_by_name, pool->id) < 0 &&
            lookup_put_text(&loader->pools_by_name, pool->id, i, &err))
            reader_no_memory(&loader->reader);
    }
}
