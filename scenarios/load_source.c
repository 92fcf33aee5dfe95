/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/text.h"

/* More than any scenario that fits into memory as a tree; what is larger is streamed. */
static const size_t source_bytes_max = (size_t)512 << 20;

void loader_fail(struct loader *loader, const struct err *err)
{
    if (loader->failure.kind == ERR_NONE)
        loader->failure = *err;
}

void report_file_error(struct loader *loader, const struct err *err)
{
    if (err->kind == ERR_SYSTEM)
        loader_fail(loader, err);
    else
        problems_add_err(&loader->scenario->problems, SEVERITY_ERROR, err);
}

/* ---- paths ---- */

const char *path_beside(struct loader *loader, const char *of_file, const char *path)
{
    const char *slash = strrchr(of_file, '/');
    struct intern *texts = &loader->reader.texts;
    if (path[0] == '/' || !slash)
        return reader_keep(&loader->reader, path);
    const char *folder = intern_text_part(texts, of_file, (size_t)(slash - of_file));
    char *joined = folder ? folder_join(folder[0] == '\0' ? "" : folder, path) : NULL;
    if (!joined) {
        reader_no_memory(&loader->reader);
        return "";
    }
    const char *kept = reader_keep(&loader->reader, joined);
    free(joined);
    return kept;
}

/* A folder stands for its scenario.json. NULL after an error. */
static const char *scenario_file(struct loader *loader, const char *path)
{
    static const char name[] = "scenario.json";
    struct stat info;
    struct err err;
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return reader_keep(&loader->reader, path);
    char *joined = folder_join(path, name);
    if (!joined) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    const char *kept = reader_keep(&loader->reader, joined);
    free(joined);
    if (stat(kept, &info) != 0 && errno == ENOENT) {
        err_set(&err, ERR_INPUT,
                "%s: is a folder without a %s: give a scenario file, or a folder that holds one",
                path, name);
        report_file_error(loader, &err);
        return NULL;
    }
    return kept;
}

/* ---- trees ---- */

static struct source *add_source(struct loader *loader, const char *path)
{
    struct err err;
    struct stat info = {0};
    if (array_reserve(&loader->sources, &loader->source_capacity, loader->source_count + INT64_C(1),
                      sizeof *loader->sources, &err)) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    struct source *source = &loader->sources[loader->source_count];
    *source = (struct source){.path = path};
    if (strcmp(path, "-") != 0 && stat(path, &info) == 0) {
        source->device = (uint64_t)info.st_dev;
        source->inode = (uint64_t)info.st_ino;
    }
    loader->source_count++;
    return source;
}

/* Reads and parses the source's file; on failure its tree stays NULL. */
static void read_tree(struct loader *loader, struct source *source)
{
    struct err err;
    char *bytes;
    size_t size;
    if (json_read_file(source->path, source_bytes_max, &bytes, &size, &err)) {
        report_file_error(loader, &err);
        return;
    }
    sha256_add(&loader->sha, bytes, size);
    struct json_text text = {.file = source->path, .bytes = bytes, .size = size};
    source->tree = json_parse(text, &err);
    if (!source->tree)
        report_file_error(loader, &err);
    free(bytes);
}

/* The source that this file is, if it was read already. */
static const struct source *find_source(const struct loader *loader, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return NULL;
    for (int32_t i = 0; i < loader->source_count; i++) {
        const struct source *source = &loader->sources[i];
        if (source->inode == (uint64_t)info.st_ino && source->device == (uint64_t)info.st_dev)
            return source;
    }
    return NULL;
}

/* ---- what a file may hold at its top ---- */

static const char *const root_keys[] = {
    "stowage",          "name",          "description", "include",  "start",
    "horizon",          "seed",          "scheduler",   "defaults", "instance_types",
    "compute_clusters", "nodepools",     "deployments", "runners",  "arrivals",
    "events",           "runners_file",  "nodes_file",  "failures", "failures_file",
    "traffic_step",     "spot_capacity", "plan",
};
const struct object_kind root_kind = {
    .name = "a scenario", .keys = root_keys, .key_count = ARRAY_LEN(root_keys)};

/* Also an answer of the API as it is, with its status: a list, or one object. */
static const char *const include_keys[] = {
    "stowage",     "include",       "instance_types",  "compute_clusters", "nodepools",
    "deployments", "runners",       "arrivals",        "events",           "failures",
    "status",      "instance_type", "compute_cluster", "nodepool",         "deployment",
    "runner",      "spot_capacity",
};
static const struct object_kind include_kind = {
    .name = "an included file", .keys = include_keys, .key_count = ARRAY_LEN(include_keys)};

static void check_version(const struct value *root, bool is_main)
{
    struct value version;
    int64_t number;
    if (is_main ? value_require(root, "stowage", "1, the version of the format", &version)
                : value_get(root, "stowage", &version))
        read_int(&version, (struct int_range){1, 1}, &number);
}

static void load_source(struct loader *loader, const char *path);

static void include(struct loader *loader, const struct value *element)
{
    char quoted[TEXT_QUOTE_SIZE];
    struct stat info;
    const char *name;
    if (!read_text(element, &name))
        return;
    const char *path = path_beside(loader, element->file, name);
    const struct source *same = find_source(loader, path);
    text_quote(name, quoted);
    if (name[0] == '\0' || strcmp(name, "-") == 0)
        value_error(element, "%s is no file: give a path", quoted);
    else if (same && same->is_open)
        value_error(element, "%s includes itself: take this include out", quoted);
    else if (same)
        value_error(element, "%s is included twice: include it once", quoted);
    else if (loader->source_count > INCLUDES_MAX)
        value_error(element, "more than %d files are included: give fewer", INCLUDES_MAX);
    else if (stat(path, &info) != 0)
        value_error(element, "%s: %s: give a path relative to this file", quoted, strerror(errno));
    else if (S_ISDIR(info.st_mode))
        value_error(element, "%s is a folder: give a file", quoted);
    else
        load_source(loader, path);
}

/* Depth first: a file, then what it includes. Sources may move while others are added. */
static void load_source(struct loader *loader, const char *path)
{
    bool is_main = loader->source_count == 0;
    int32_t number = loader->source_count;
    struct value array, element;
    struct source *source = add_source(loader, path);
    if (!source)
        return;
    read_tree(loader, source);
    struct value root = value_of_tree(&loader->reader, path, source->tree, 0);
    if (!source->tree)
        return;
    if (!object_open(&root, is_main ? &root_kind : &include_kind)) {
        cJSON_Delete(source->tree);
        source->tree = NULL;
        return;
    }
    check_version(&root, is_main);
    source->is_open = true;
    if (array_get(&root, "include", &array)) {
        for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
            include(loader, &element);
    }
    loader->sources[number].is_open = false;
}

void load_sources(struct loader *loader, const char *path)
{
    const char *file = scenario_file(loader, path);
    if (!file)
        return;
    loader->scenario->file = file;
    load_source(loader, file);
}

/* ---- streams ---- */

static int digest_stream(struct loader *loader, FILE *in)
{
    unsigned char bytes[16384];
    size_t size;
    while ((size = fread(bytes, 1, sizeof bytes, in)) > 0)
        sha256_add(&loader->sha, bytes, size);
    return ferror(in) || fseek(in, 0, SEEK_SET) != 0 ? -1 : 0;
}

FILE *open_stream(struct loader *loader, const struct value *value, const char *path)
{
    struct err err;
    char quoted[TEXT_QUOTE_SIZE];
    struct stat info;
    FILE *in = fopen(path, "rb");
    int reason = errno;
    text_quote(path, quoted);
    if (!in && (reason == ENOENT || reason == ENOTDIR)) {
        value_error(value, "%s: %s: give a path relative to this file", quoted, strerror(reason));
        return NULL;
    }
    if (in && fstat(fileno(in), &info) == 0 && !S_ISREG(info.st_mode)) {
        value_error(value, "%s is not a regular file: give one", quoted);
        fclose(in);
        return NULL;
    }
    if (in && digest_stream(loader, in) == 0)
        return in;
    if (in) {
        reason = errno;
        fclose(in);
    }
    err_errno(&err, reason, path);
    loader_fail(loader, &err);
    return NULL;
}
