/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/json.h"

/* spot_capacity: how many spot nodes are to be had over time. The steps stand in the scenario, or
 * in a file of the form in which SkyPilot's traces are published:
 *
 *     {"metadata": {"gap_seconds": 300}, "data": [0, 3, 3, 16]}
 *
 * The k-th number holds from k times the gap on, the last one to the end. Equal neighbours become
 * one step. */

static const int64_t notice_default_us = 120 * US_PER_S;
static const size_t trace_bytes_max = (size_t)64 << 20;
static const struct int_range node_range = {0, SCENARIO_NODES_MAX};

/* Steps as they are found; `from` is taken off, and what is before it is in the first one. */
struct steps {
    struct spot_step *items; /* owned */
    int32_t count, capacity;
    int64_t from_us;
};

static void add_step(struct loader *loader, struct steps *steps, struct spot_step step)
{
    struct err err;
    step.at_us = step.at_us > steps->from_us ? step.at_us - steps->from_us : 0;
    if (steps->count > 0 && steps->items[steps->count - 1].at_us == step.at_us)
        steps->count--;
    if (steps->count > 0 && steps->items[steps->count - 1].node_count == step.node_count)
        return;
    if (array_reserve(&steps->items, &steps->capacity, steps->count + INT64_C(1),
                      sizeof *steps->items, &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    steps->items[steps->count++] = step;
}

/* ---- steps of the scenario ---- */

static void read_step(struct loader *loader, struct value *entry, struct steps *steps)
{
    static const char *const keys[] = {"at", "nodes"};
    static const struct object_kind kind = {
        .name = "a step", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value at, nodes;
    struct spot_step step;
    int64_t count;
    if (!object_open(entry, &kind))
        return;
    bool has_at = value_require(entry, "at", "an instant", &at) && read_instant(&at, &step.at_us);
    if (!value_require(entry, "nodes", "how many are to be had", &nodes) ||
        !read_int(&nodes, node_range, &count) || !has_at)
        return;
    step.node_count = (int32_t)count;
    if (steps->count > 0 && step.at_us <= steps->items[steps->count - 1].at_us)
        value_error(&at, "is not after the step before: give them in order of time");
    else
        add_step(loader, steps, step);
}

/* ---- steps of a file ---- */

static void read_data(struct loader *loader, const struct value *root, int64_t gap_us,
                      struct steps *steps)
{
    struct value array, element;
    int64_t count;
    if (!array_get(root, "data", &array)) {
        if (!value_get(root, "data", &array))
            value_error(&array, "is missing: give the numbers of nodes");
        return;
    }
    if (array_length(&array) > TIME_US_MAX / gap_us) {
        value_error(&array, "lasts for more than 36600 d: give fewer numbers");
        return;
    }
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
        if (read_int(&element, node_range, &count))
            add_step(
                loader, steps,
                (struct spot_step){.at_us = element.index * gap_us, .node_count = (int32_t)count});
}

static void read_trace(struct loader *loader, struct value *root, struct steps *steps)
{
    static const char *const keys[] = {"metadata", "data"};
    static const struct object_kind kind = {
        .name = "a spot trace", .is_api = true, .keys = keys, .key_count = ARRAY_LEN(keys)};
    static const char *const metadata_keys[] = {"gap_seconds"};
    static const struct object_kind metadata_kind = {.name = "metadata of a spot trace",
                                                     .is_api = true,
                                                     .keys = metadata_keys,
                                                     .key_count = ARRAY_LEN(metadata_keys)};
    struct value metadata, gap;
    int64_t gap_s;
    if (!object_open(root, &kind))
        return;
    if (!value_require(root, "metadata", "an object with gap_seconds", &metadata) ||
        !object_open(&metadata, &metadata_kind) ||
        !value_require(&metadata, "gap_seconds", "the time between two numbers", &gap) ||
        !read_int(&gap, (struct int_range){1, 366 * 86400}, &gap_s))
        return;
    read_data(loader, root, gap_s * US_PER_S, steps);
}

static void read_trace_file(struct loader *loader, const struct value *place, const char *name,
                            struct steps *steps)
{
    struct err err;
    char *bytes;
    size_t size;
    const char *path = path_beside(loader, place->file, name);
    FILE *in = open_stream(loader, place, path);
    if (!in)
        return;
    fclose(in);
    if (json_read_file(path, trace_bytes_max, &bytes, &size, &err)) {
        report_file_error(loader, &err);
        return;
    }
    struct json_text text = {.file = path, .bytes = bytes, .size = size};
    cJSON *tree = json_parse(text, &err);
    free(bytes);
    if (!tree) {
        report_file_error(loader, &err);
        return;
    }
    struct value root = value_of_tree(&loader->reader, path, tree, 0);
    read_trace(loader, &root, steps);
    cJSON_Delete(tree);
}

/* ---- the whole ---- */

static void get_steps(struct loader *loader, const struct value *element, struct steps *steps)
{
    struct value file, array, step, from;
    const char *name;
    bool has_file = value_get(element, "file", &file);
    bool has_steps = value_get(element, "steps", &array);
    if (has_file == has_steps) {
        value_error(element, "has %s: give either file or steps",
                    has_file ? "both file and steps" : "neither file nor steps");
        return;
    }
    get_duration(element, "from", &steps->from_us);
    if (has_file) {
        if (read_text(&file, &name))
            read_trace_file(loader, &file, name, steps);
        return;
    }
    if (value_get(element, "from", &from))
        value_error(&from, "is given with steps: leave it out, or give file");
    if (!array_get(element, "steps", &array))
        return;
    steps->from_us = 0;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &step);)
        read_step(loader, &step, steps);
    if (array_length(&array) == 0)
        value_error(&array, "is empty: give at least one step");
}

static void keep_steps(struct loader *loader, const struct steps *steps, struct spot_capacity *out)
{
    struct spot_step *kept =
        arena_array(&loader->scenario->arena, (size_t)steps->count + 1, sizeof *kept);
    if (!kept) {
        reader_no_memory(&loader->reader);
        return;
    }
    for (int32_t i = 0; i < steps->count; i++)
        kept[i] = steps->items[i];
    out->steps = kept;
    out->step_count = steps->count;
}

void load_spot_capacity(struct loader *loader, struct value *element)
{
    static const char *const keys[] = {"nodepool", "zone", "file", "from", "steps", "notice"};
    static const struct object_kind kind = {
        .name = "spot_capacity", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct scenario *scenario = loader->scenario;
    struct spot_capacity entry = {.pool = NO_INDEX, .notice_us = notice_default_us};
    struct steps steps = {0};
    struct value pool;
    const char *zone;
    struct err err;
    if (!object_open(element, &kind))
        return;
    if (value_require(element, "nodepool", "the id of a nodepool", &pool))
        entry.pool = read_pool(loader, &pool);
    if (entry.pool != NO_INDEX && !scenario->pools[entry.pool].allows_spot &&
        !loader->pool_notes[entry.pool].allows_any)
        value_error(&pool, "has no spot nodes: give a nodepool whose node_capacity_type allows "
                           "SPOT_TYPE");
    if (get_id(element, "zone", &zone))
        entry.zone = reader_keep(&loader->reader, zone);
    get_duration(element, "notice", &entry.notice_us);
    get_steps(loader, element, &steps);
    keep_steps(loader, &steps, &entry);
    free(steps.items);
    if (array_reserve(&scenario->spot_capacities, &scenario->spot_capacity_capacity,
                      scenario->spot_capacity_count + INT64_C(1), sizeof *scenario->spot_capacities,
                      &err))
        reader_no_memory(&loader->reader);
    else
        scenario->spot_capacities[scenario->spot_capacity_count++] = entry;
}
