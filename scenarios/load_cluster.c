/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* apiComputeCluster. */

static const char *const cluster_keys[] = {
    "id",          "description", "cloud_provider", "region",     "user_id", "created_at",
    "modified_at", "visibility",  "cluster_type",   "managed_by", "key",
};
static const struct object_kind cluster_kind = {.name = "apiComputeCluster",
                                                .is_api = true,
                                                .keys = cluster_keys,
                                                .key_count = ARRAY_LEN(cluster_keys)};

static const char *const provider_keys[] = {"id", "name", "special_handling"};
static const struct object_kind provider_kind = {.name = "apiCloudProvider",
                                                 .is_api = true,
                                                 .keys = provider_keys,
                                                 .key_count = ARRAY_LEN(provider_keys)};

const char *get_provider(const struct value *object)
{
    struct value provider;
    const char *id = "";
    if (object_get(object, "cloud_provider", &provider_kind, &provider))
        get_id(&provider, "id", &id);
    return reader_keep(object->reader, id);
}

static const char *get_type(const struct value *cluster)
{
    static const char *const names[] = {"shared", "dedicated", "local-dev"};
    struct value value;
    const char *text;
    char quoted[TEXT_QUOTE_SIZE];
    if (!value_get(cluster, "cluster_type", &value) || !read_text(&value, &text))
        return "";
    bool is_known = *text == '\0';
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        is_known = is_known || strcmp(text, names[i]) == 0;
    if (!is_known)
        value_warn(&value, "%s is not a known type of cluster: shared, dedicated or local-dev are",
                   text_quote(text, quoted));
    return reader_keep(cluster->reader, text);
}

/* A cluster whose id is new. */
static int32_t add_cluster(struct loader *loader, const struct value *value, const char *id)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    const char *ignored;
    if (array_reserve(&scenario->clusters, &scenario->cluster_capacity,
                      scenario->cluster_count + INT64_C(1), sizeof *scenario->clusters, &err)) {
        reader_no_memory(&loader->reader);
        return NO_INDEX;
    }
    struct cluster_def cluster = {.id = reader_keep(&loader->reader, id),
                                  .provider = get_provider(value),
                                  .region = get_carried_text(value, "region"),
                                  .type = get_type(value)};
    get_text(value, "user_id", &ignored);
    get_text(value, "managed_by", &ignored);
    if (lookup_put_text(&loader->clusters, cluster.id, scenario->cluster_count, &err)) {
        reader_no_memory(&loader->reader);
        return NO_INDEX;
    }
    scenario->clusters[scenario->cluster_count] = cluster;
    return scenario->cluster_count++;
}

void load_cluster(struct loader *loader, struct value *element)
{
    struct value place;
    char quoted[TEXT_QUOTE_SIZE];
    const char *id;
    if (!object_open(element, &cluster_kind) || !require_id(element, "id", &id))
        return;
    value_get(element, "id", &place);
    if (lookup_find_text(&loader->clusters, id) >= 0)
        value_error(&place, "%s is the id of an earlier cluster: give each its own",
                    text_quote(id, quoted));
    else
        add_cluster(loader, element, id);
}

static void report_dangling(const struct loader *loader, const struct value *place, const char *id)
{
    enum { HINTS_MAX = 1000 };
    const struct scenario *scenario = loader->scenario;
    const char *names[HINTS_MAX];
    size_t count = 0;
    for (int32_t i = 0; i < scenario->cluster_count && count < HINTS_MAX; i++)
        names[count++] = scenario->clusters[i].id;
    report_unknown_name(place, &(struct unknown_name){id, "in compute_clusters", {names, count}});
}

/* Where compute_clusters lists some, a cluster that is only named must be one of them; described in
 * full, or where none are listed, it is taken from here. */
int32_t get_cluster(struct loader *loader, const struct value *object)
{
    struct value value, place;
    const char *id;
    if (!object_get(object, "compute_cluster", &cluster_kind, &value) ||
        !require_id(&value, "id", &id))
        return NO_INDEX;
    int32_t found = lookup_find_text(&loader->clusters, id);
    if (found >= 0)
        return found;
    bool is_full = value_get(&value, "cloud_provider", &place) ||
                   value_get(&value, "region", &place) || value_get(&value, "cluster_type", &place);
    if (loader->has_clusters && !is_full) {
        value_get(&value, "id", &place);
        report_dangling(loader, &place, id);
        return NO_INDEX;
    }
    return add_cluster(loader, &value, id);
}
