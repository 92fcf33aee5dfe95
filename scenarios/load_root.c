/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* The order of loading: the main file and its includes as trees, then what others refer to before
 * what refers to it. All is released at the end but the scenario itself. */

/* ---- sections ---- */

struct value *unwrap_element(struct value *element, const char *wrapper, struct value *inner)
{
    struct value place;
    if (element->row || !value_get(element, wrapper, inner) || !value_is_object(inner))
        return element;
    /* A runner holds a nodepool too; a wrapper has no id beside what it holds. */
    return value_get(element, "id", &place) ? element : inner;
}

static void visit_array(struct loader *loader, const struct section *section,
                        const struct value *array)
{
    struct value element, inner;
    for (struct cursor cursor = cursor_at(array); cursor_next(&cursor, &element);)
        section->visit(loader, section->wrapper ? unwrap_element(&element, section->wrapper, &inner)
                                                : &element);
}

static void open_envelope(const struct section *section, struct value *value)
{
    const char *const keys[] = {section->key, "status", "action", "user_app_id"};
    struct object_kind kind = {
        .name = "an answer of the API", .is_api = true, .keys = keys, .key_count = ARRAY_LEN(keys)};
    object_open(value, &kind);
    value->kind = NULL; /* it stands on this stack */
}

/* An answer of the API that holds one object, as {"deployment": {...}, "status": {...}}. */
static void visit_single(struct loader *loader, const struct section *section,
                         const struct value *root)
{
    struct value value;
    if (!section->wrapper || !value_get(root, section->wrapper, &value))
        return;
    if (value_is_object(&value))
        section->visit(loader, &value);
    else if (!section->is_second)
        value_wrong_type(&value, "an object");
}

/* An array, or an answer of the API that holds it under its own name. */
static void visit_source(struct loader *loader, const struct section *section,
                         const struct value *root)
{
    struct value value, inner;
    if (!value_get(root, section->key, &value))
        return;
    bool is_envelope =
        section->wrapper && value_is_object(&value) && value_get(&value, section->key, &inner);
    const struct value *array = is_envelope ? &inner : &value;
    if (is_envelope && !section->is_second)
        open_envelope(section, &value);
    if (value_is_array(array))
        visit_array(loader, section, array);
    else if (!section->is_second)
        value_wrong_type(array, "an array");
}

static void visit_section(struct loader *loader, const struct section *section)
{
    for (int32_t i = 0; i < loader->source_count; i++) {
        const struct source *source = &loader->sources[i];
        if (!source->tree || loader->scenario->problems.out_of_memory)
            continue;
        struct value root = value_of_tree(&loader->reader, source->path, source->tree, 0);
        visit_source(loader, section, &root);
        if (i > 0) /* the main file is no answer */
            visit_single(loader, section, &root);
    }
}

/* ---- the scalars of the main file ---- */

static void load_start(struct loader *loader, const struct value *root)
{
    struct scenario *scenario = loader->scenario;
    struct value value;
    struct err err;
    const char *text;
    if (!value_get(root, "start", &value) || !read_text(&value, &text))
        return;
    /* An offset that is an instant would be an error twice over, so it counts as given. */
    scenario->has_start = true;
    if (parse_instant_us(text, &scenario->start_unix_us, &err)) {
        value_fail(&value, &err);
        loader->reader.start_is_wrong = true;
    }
    loader->reader.has_start = true;
    loader->reader.start_unix_us = scenario->start_unix_us;
}

static void load_horizon(struct loader *loader, const struct value *root)
{
    struct scenario *scenario = loader->scenario;
    struct value value;
    scenario->horizon_us = TIME_US_MAX; /* so that a wrong one makes no other errors */
    if (!value_require(root, "horizon", "how long to simulate, such as \"24h\"", &value))
        return;
    int64_t horizon_us;
    if (!read_duration(&value, &horizon_us))
        return;
    if (horizon_us == 0)
        value_error(&value, "is 0: give a longer duration");
    else
        scenario->horizon_us = horizon_us;
}

/* What stands between the last two slashes of path[0..length), or behind the last one. */
static const char *keep_last_part(struct loader *loader, const char *path, size_t length)
{
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    const char *kept = intern_text_part(&loader->reader.texts, path + start, length - start);
    if (!kept)
        reader_no_memory(&loader->reader);
    return kept ? kept : "";
}

/* The name of the file without its ending, or of the folder whose scenario.json it is. */
static const char *default_name(struct loader *loader)
{
    static const char *const endings[] = {"/scenario.json", ".json"};
    const char *path = loader->scenario->file;
    if (strcmp(path, "-") == 0)
        return "standard input";
    size_t length = strlen(path);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(path + length - ending, endings[i]) == 0)
            return keep_last_part(loader, path, length - ending);
    }
    return keep_last_part(loader, path, length);
}

static void load_scalars(struct loader *loader, const struct value *root)
{
    struct scenario *scenario = loader->scenario;
    const char *name;
    int64_t seed = 1;
    struct value value;
    scenario->name =
        get_id(root, "name", &name) ? reader_keep(&loader->reader, name) : default_name(loader);
    scenario->description = get_carried_text(root, "description");
    load_start(loader, root);
    load_horizon(loader, root);
    get_int(root, "seed", (struct int_range){0, INT64_MAX}, &seed);
    scenario->seed = (uint64_t)seed;
    loader->has_nodes_file = value_get(root, "nodes_file", &value);
    load_defaults(loader, root);
    load_scheduler(loader, root);
    load_traffic_step(loader, root);
    load_plan(loader, root);
}

/* ---- all of it ---- */

static void check_has_pools(struct loader *loader, const struct value *root)
{
    struct value place;
    if (loader->has_seen_pools)
        return;
    bool is_there = value_get(root, "nodepools", &place);
    if (!is_there || value_is_array(&place))
        value_error(&place, "%s: give at least one nodepool", is_there ? "is empty" : "is missing");
}

static void load_places(struct loader *loader, const struct value *root)
{
    static const struct section sections[] = {
        {"compute_clusters", "compute_cluster", load_cluster, false},
        {"instance_types", "instance_type", load_instance_type, false},
        {"nodepools", "nodepool", load_nodepool, false},
        {"deployments", "deployment", load_pasted_pools, true},
        {"runners", "runner", load_pasted_pools, true},
        {"arrivals", NULL, load_arrival_pools, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        visit_section(loader, &sections[i]);
        if (i == 0)
            loader->has_clusters = loader->scenario->cluster_count > 0;
    }
    check_has_pools(loader, root);
    name_pools(loader);
    load_nodes_file(loader, root);
}

static void load_demand(struct loader *loader, const struct value *root)
{
    static const struct section before[] = {
        {"deployments", "deployment", load_deployment, false},
        {"runners", "runner", load_runner, false},
    };
    static const struct section after[] = {
        {"arrivals", NULL, load_arrival, false},
        {"events", NULL, count_added_nodes, true},
        {"events", NULL, load_event, false},
        {"failures", NULL, load_failure, false},
        {"spot_capacity", NULL, load_spot_capacity, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(before); i++)
        visit_section(loader, &before[i]);
    load_runners_file(loader, root);
    for (size_t i = 0; i < ARRAY_LEN(after); i++)
        visit_section(loader, &after[i]);
    load_failures_file(loader, root);
    load_popularity(loader, root);
    choose_policy(loader);
}

static void load_all(struct loader *loader, const char *path, const struct edit_list *edits)
{
    load_sources(loader, path);
    if (loader->source_count == 0 || !loader->sources[0].tree)
        return;
    apply_edits(loader, edits);
    struct value root =
        value_of_tree(&loader->reader, loader->sources[0].path, loader->sources[0].tree, 0);
    load_scalars(loader, &root);
    load_places(loader, &root);
    load_demand(loader, &root);
    if (!loader->scenario->problems.out_of_memory)
        validate(loader, &root);
}

/* The types in use become those of the scenario. */
static int move_types(struct loader *loader, struct err *err)
{
    struct scenario *scenario = loader->scenario;
    int32_t extra_capacity = 0;
    int32_t count = loader->used.count;
    if (array_reserve(&scenario->types, &scenario->type_capacity, count + INT64_C(1),
                      sizeof *scenario->types, err) ||
        array_reserve(&scenario->type_extras, &extra_capacity, count + INT64_C(1),
                      sizeof *scenario->type_extras, err))
        return -1;
    for (int32_t i = 0; i < count; i++) {
        scenario->types[i] = loader->used.items[i].type;
        scenario->type_extras[i] = loader->used.items[i].extra;
    }
    scenario->type_count = count;
    return 0;
}

static void release_loader(struct loader *loader)
{
    struct lookup *const lookups[] = {
        &loader->clusters,       &loader->deployments,   &loader->runners,     &loader->arrivals,
        &loader->pools_by_id,    &loader->pools_by_name, &loader->workers,     &loader->dists,
        &loader->pools_by_place, &loader->nodes,         &loader->named_nodes,
    };
    for (int32_t i = 0; i < loader->source_count; i++)
        cJSON_Delete(loader->sources[i].tree);
    for (size_t i = 0; i < ARRAY_LEN(lookups); i++)
        lookup_release(lookups[i]);
    free(loader->sources);
    free(loader->pool_notes);
    free(loader->pools_scratch);
    type_registry_release(&loader->declared);
    type_registry_release(&loader->catalogue);
    type_registry_release(&loader->used);
    reader_release(&loader->reader);
}

static int finish(struct loader *loader, struct err *err)
{
    if (loader->failure.kind != ERR_NONE) {
        *err = loader->failure;
        return -1;
    }
    if (problems_result(&loader->scenario->problems, err))
        return -1;
    return move_types(loader, err);
}

static void take_digests(struct loader *loader, const struct edit_list *edits)
{
    struct sha256 files = loader->sha;
    sha256_hex(&files, loader->scenario->files_digest);
    for (int32_t i = 0; i < edits->count; i++)
        sha256_add(&loader->sha, edits->items[i], strlen(edits->items[i]) + 1);
    sha256_hex(&loader->sha, loader->scenario->digest);
}

int scenario_load(struct scenario *scenario, const char *path, struct err *err)
{
    const struct edit_list none = {.count = 0};
    return scenario_load_edited(scenario, path, &none, err);
}

int scenario_load_edited(struct scenario *scenario, const char *path, const struct edit_list *edits,
                         struct err *err)
{
    *scenario = (struct scenario){0};
    struct loader loader = {.scenario = scenario};
    reader_init(&loader.reader, &scenario->problems, &scenario->arena);
    sha256_init(&loader.sha);
    load_all(&loader, path, edits);
    take_digests(&loader, edits);
    int result = finish(&loader, err);
    release_loader(&loader);
    if (result != 0) {
        struct problems problems = scenario->problems;
        scenario->problems = (struct problems){0};
        scenario_release(scenario);
        scenario->problems = problems;
    }
    return result;
}
