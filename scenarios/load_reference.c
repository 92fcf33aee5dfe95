/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* What objects are named by, and the messages when there is no such thing. */

/* Looking for near names costs time, and more names than this are no help. */
enum { HINTS_MAX = 1000 };

int32_t find_pool(const struct loader *loader, const char *cluster_id, const char *id)
{
    char text[2 * ID_BYTES_MAX + 2];
    snprintf(text, sizeof text, "%.256s/%.256s", cluster_id, id);
    return lookup_find_text(&loader->pools_by_place, text);
}

static bool is_shared_id(const struct loader *loader, int32_t pool)
{
    return loader->pool_notes[pool].next_same_id != NO_INDEX;
}

/* "c1/gpu or c2/gpu": the pools of one id. */
static void report_ambiguous(const struct loader *loader, const struct value *place, int32_t pool)
{
    enum { LISTED_MAX = 4 };
    const char *names[LISTED_MAX];
    char quoted[TEXT_QUOTE_SIZE];
    char list[WORDS_SIZE];
    size_t count = 0;
    for (int32_t i = pool; i != NO_INDEX && count < LISTED_MAX;
         i = loader->pool_notes[i].next_same_id)
        names[count++] = loader->scenario->pools[i].id;
    value_error(place,
                "%s is the id of nodepools of several clusters: give compute_cluster too, or "
                "one of %s",
                text_quote(loader->pool_notes[pool].given_id, quoted),
                words_join((struct words){names, count}, list));
}

void report_unknown_name(const struct value *place, const struct unknown_name *unknown)
{
    char quoted[TEXT_QUOTE_SIZE];
    char hint[WORDS_SIZE];
    text_quote(unknown->name, quoted);
    if (!value_is_listed(place))
        value_error(place, "is not known");
    else if (unknown->known.count == 0)
        value_error(place, "%s is not %s: there is none", quoted, unknown->among);
    else
        value_error(place, "%s is not %s: %s", quoted, unknown->among,
                    words_hint(unknown->name, unknown->known, hint));
}

static void report_unknown_pool(const struct loader *loader, const struct value *place,
                                const char *id)
{
    const struct scenario *scenario = loader->scenario;
    const char *names[HINTS_MAX];
    size_t count = 0;
    for (int32_t i = 0; i < scenario->pool_count && count < HINTS_MAX; i++)
        names[count++] = scenario->pools[i].id;
    report_unknown_name(place,
                        &(struct unknown_name){id, "a nodepool of the scenario", {names, count}});
}

int32_t find_pool_by_text(const struct loader *loader, const char *text)
{
    int32_t pool = lookup_find_text(&loader->pools_by_id, text);
    return pool >= 0 ? pool : lookup_find_text(&loader->pools_by_place, text);
}

static int32_t read_pool_text(struct loader *loader, const struct value *value)
{
    const char *text;
    if (!read_text(value, &text))
        return NO_INDEX;
    int32_t pool = find_pool_by_text(loader, text);
    if (pool < 0) {
        report_unknown_pool(loader, value, text);
        return NO_INDEX;
    }
    if (is_shared_id(loader, pool) && lookup_find_text(&loader->pools_by_place, text) < 0) {
        report_ambiguous(loader, value, pool);
        return NO_INDEX;
    }
    return pool;
}

/* The cluster id of a nodepool object, or NULL; problems are not reported here. */
static const char *peek_cluster_id(const struct value *nodepool)
{
    struct value cluster, id;
    if (!value_get(nodepool, "compute_cluster", &cluster) || !value_get(&cluster, "id", &id))
        return NULL;
    return value_text(&id);
}

/* A pool without a cluster is what is meant when no cluster has one of this id. */
static int32_t find_pool_by_object(const struct loader *loader, const char *cluster, const char *id)
{
    if (!cluster)
        return lookup_find_text(&loader->pools_by_id, id);
    int32_t pool = find_pool(loader, cluster, id);
    return pool >= 0 ? pool : find_pool(loader, "", id);
}

int32_t find_same_pool(struct loader *loader, const struct value *nodepool)
{
    struct value id;
    if (!value_get(nodepool, "id", &id) || !value_text(&id))
        return NO_INDEX;
    return find_pool_by_object(loader, peek_cluster_id(nodepool), value_text(&id));
}

static bool is_pasted(const struct value *nodepool)
{
    struct value place;
    return value_get(nodepool, "instance_types", &place) && value_is_array(&place);
}

/* The cluster beside a pool's id: an object whose id, if it has one, is text. That of a pasted pool
 * was looked at when the pool was added. */
static bool check_cluster_reference(const struct value *nodepool)
{
    struct value cluster, id;
    const char *text;
    if (!value_get(nodepool, "compute_cluster", &cluster) || cJSON_IsNull(cluster.item) ||
        is_pasted(nodepool))
        return true;
    if (!value_is_object(&cluster)) {
        value_wrong_type(&cluster, "an object such as {\"id\": \"cluster\"}");
        return false;
    }
    return !value_get(&cluster, "id", &id) || cJSON_IsNull(id.item) || read_text(&id, &text);
}

int32_t read_pool_parts(struct loader *loader, const struct value *object)
{
    struct value place;
    const char *id;
    if (!require_id(object, "id", &id) || !check_cluster_reference(object))
        return NO_INDEX;
    value_get(object, "id", &place);
    const char *cluster = peek_cluster_id(object);
    int32_t pool = find_pool_by_object(loader, cluster, id);
    if (pool < 0) {
        char text[2 * ID_BYTES_MAX + 2];
        snprintf(text, sizeof text, "%.256s%s%.256s", cluster ? cluster : "", cluster ? "/" : "",
                 id);
        report_unknown_pool(loader, &place, text);
        return NO_INDEX;
    }
    if (!cluster && is_shared_id(loader, pool)) {
        report_ambiguous(loader, &place, pool);
        return NO_INDEX;
    }
    return pool;
}

int32_t read_pool(struct loader *loader, const struct value *value)
{
    struct value object = *value;
    if (value_text(value))
        return read_pool_text(loader, value);
    if (!value_is_object(value)) {
        value_wrong_type(value, "the id of a nodepool, or {\"id\": ...}");
        return NO_INDEX;
    }
    /* What else a pasted pool holds was looked at when it was added (load_pasted_pools). */
    if (!is_pasted(value))
        object_open(&object, &nodepool_kind);
    return read_pool_parts(loader, &object);
}

int32_t read_runner_id(struct loader *loader, const struct value *value)
{
    const struct scenario *scenario = loader->scenario;
    const char *names[HINTS_MAX];
    const char *id;
    size_t count = 0;
    if (!read_text(value, &id))
        return NO_INDEX;
    int32_t runner = lookup_find_text(&loader->runners, id);
    if (runner >= 0)
        return runner;
    for (int32_t i = 0; i < scenario->runner_count && count < HINTS_MAX; i++)
        names[count++] = scenario->runners[i].id;
    report_unknown_name(value,
                        &(struct unknown_name){id, "a runner of the scenario", {names, count}});
    return NO_INDEX;
}

/* ---- pools that are pasted inside other objects ---- */

static void load_if_new(struct loader *loader, struct value *nodepool)
{
    if (value_is_object(nodepool) && is_pasted(nodepool) &&
        find_same_pool(loader, nodepool) == NO_INDEX)
        load_nodepool(loader, nodepool);
}

/* deployment_nodepools[].nodepool, or nodepools[] itself. */
static void load_from_array(struct loader *loader, const struct value *owner, const char *key)
{
    struct value array, element, nodepool;
    if (!value_get(owner, key, &array) || !value_is_array(&array))
        return;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        if (value_get(&element, "nodepool", &nodepool))
            load_if_new(loader, &nodepool);
        else
            load_if_new(loader, &element);
    }
}

void load_pasted_pools(struct loader *loader, struct value *element)
{
    struct value nodepool;
    load_from_array(loader, element, "nodepools");
    load_from_array(loader, element, "deployment_nodepools");
    if (value_get(element, "nodepool", &nodepool))
        load_if_new(loader, &nodepool);
}

void load_arrival_pools(struct loader *loader, struct value *element)
{
    struct value runner;
    if (value_get(element, "runner", &runner))
        load_pasted_pools(loader, &runner);
}
