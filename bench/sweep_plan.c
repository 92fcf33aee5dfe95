/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_plan.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json.h"
#include "base/json_writer.h"

enum { PLAN_VERSION = 1 };

/* ---- the digest ---- */

static void add_text(struct sha256 *sha, const char *text)
{
    sha256_add(sha, text, strlen(text) + 1);
}

void sweep_plan_seal(struct sweep_plan *plan)
{
    char text[METRIC_NAME_SIZE];
    struct sha256 sha;
    sha256_init(&sha);
    add_text(&sha, plan->version);
    add_text(&sha, plan->files_digest);
    for (int32_t i = 0; i < plan->fixed.count; i++)
        add_text(&sha, plan->fixed.items[i]);
    for (int32_t i = 0; i < plan->metrics.count; i++)
        add_text(&sha, metric_name(&plan->metrics.items[i], text));
    snprintf(text, sizeof text, "%" PRId64, plan->warm_up_us);
    add_text(&sha, text);
    sha256_hex(&sha, plan->base_digest);
}

/* ---- writing ---- */

static void print_cells(const struct vary *vary, struct json_writer *w)
{
    json_array(w, "paths");
    for (int32_t i = 0; i < vary->path_count; i++)
        json_string(w, NULL, vary->paths[i]);
    json_close_array(w);
    json_array(w, "cells");
    for (int32_t cell = 0; cell < vary->cell_count; cell++) {
        json_array(w, NULL);
        for (int32_t i = 0; i < vary->path_count; i++)
            json_string(w, NULL, vary_value(vary, cell, i));
        json_close_array(w);
    }
    json_close_array(w);
}

void sweep_plan_print(const struct sweep_plan *plan, FILE *out)
{
    char number[DECIMAL_TEXT_SIZE], name[METRIC_NAME_SIZE];
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "kind", "sweep plan");
    json_int(&w, "schema_version", PLAN_VERSION);
    json_string(&w, "version", plan->version);
    if (plan->shard.count > 1) {
        snprintf(name, sizeof name, "%" PRId32 "/%" PRId32, plan->shard.index + 1,
                 plan->shard.count);
        json_string(&w, "shard", name);
    }
    json_string(&w, "scenario", plan->scenario);
    json_string(&w, "name", plan->name);
    json_string(&w, "files_digest", plan->files_digest);
    json_string(&w, "base_digest", plan->base_digest);
    json_int(&w, "replications", plan->replications);
    json_int(&w, "warm_up_us", plan->warm_up_us);
    json_raw(&w, "confidence", decimal_print_shortest(plan->confidence, number));
    json_array(&w, "metrics");
    for (int32_t i = 0; i < plan->metrics.count; i++)
        json_string(&w, NULL, metric_name(&plan->metrics.items[i], name));
    json_close_array(&w);
    json_array(&w, "set");
    for (int32_t i = 0; i < plan->fixed.count; i++)
        json_string(&w, NULL, plan->fixed.items[i]);
    json_close_array(&w);
    print_cells(&plan->vary, &w);
    json_close_object(&w);
}

/* ---- reading ---- */

/* A text kept in the arena; "" where there is none. */
static const char *keep(struct arena *arena, const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);
    return arena_strdup(arena, text != NULL ? text : "");
}

static bool read_digest(const cJSON *item, char out[DIGEST_HEX_SIZE])
{
    const char *text = cJSON_GetStringValue(item);
    if (text == NULL || strlen(text) != DIGEST_HEX_SIZE - 1)
        return false;
    memcpy(out, text, DIGEST_HEX_SIZE);
    return true;
}

static bool read_numbers(struct sweep_plan *plan, const cJSON *tree)
{
    int64_t replications;
    const cJSON *confidence = json_get(tree, "confidence");
    if (!json_exact_int(json_get(tree, "replications"), &replications) || replications < 1 ||
        replications > SWEEP_REPLICATIONS_MAX || !cJSON_IsNumber(confidence) ||
        !json_exact_int(json_get(tree, "warm_up_us"), &plan->warm_up_us))
        return false;
    plan->replications = (int32_t)replications;
    plan->confidence = confidence->valuedouble;
    return plan->confidence > 0 && plan->confidence < 1;
}

static int read_metrics(struct sweep_plan *plan, const cJSON *array, struct err *err)
{
    for (const cJSON *item = array != NULL ? array->child : NULL; item; item = item->next) {
        const char *name = cJSON_GetStringValue(item);
        if (name == NULL)
            return err_set(err, ERR_INPUT, "metrics: is no list of names");
        if (metric_set_parse(&plan->metrics, name, err) != 0)
            return -1;
    }
    return plan->metrics.count > 0 ? 0 : err_set(err, ERR_INPUT, "metrics: are missing");
}

static int read_fixed(struct sweep_plan *plan, const cJSON *array, struct err *err)
{
    int32_t count = 0;
    for (const cJSON *item = array != NULL ? array->child : NULL; item; item = item->next)
        count++;
    const char **items = arena_array(&plan->arena, (size_t)count + 1, sizeof *items);
    if (items == NULL)
        return err_no_memory(err);
    count = 0;
    for (const cJSON *item = array != NULL ? array->child : NULL; item; item = item->next) {
        items[count] = keep(&plan->arena, item);
        if (items[count++] == NULL)
            return err_no_memory(err);
    }
    plan->fixed = (struct edit_list){.items = items, .count = count};
    return 0;
}

static int read_paths(struct vary *vary, const cJSON *array, struct err *err)
{
    for (const cJSON *item = array != NULL ? array->child : NULL; item; item = item->next) {
        if (vary->path_count == VARY_PATHS_MAX)
            return err_set(err, ERR_INPUT, "paths: are too many");
        vary->paths[vary->path_count] = keep(&vary->arena, item);
        if (vary->paths[vary->path_count++] == NULL)
            return err_no_memory(err);
    }
    return vary->path_count > 0 ? 0 : err_set(err, ERR_INPUT, "paths: are missing");
}

static int read_cells(struct vary *vary, const cJSON *array, struct err *err)
{
    int32_t cell = 0;
    int count = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    if (count < 1 || count > VARY_CELLS_MAX)
        return err_set(err, ERR_INPUT, "cells: give 1 to %d", VARY_CELLS_MAX);
    vary->values =
        arena_array(&vary->arena, (size_t)count * (size_t)vary->path_count, sizeof *vary->values);
    if (vary->values == NULL)
        return err_no_memory(err);
    vary->cell_count = count;
    for (const cJSON *row = array->child; row; row = row->next, cell++) {
        if (!cJSON_IsArray(row) || cJSON_GetArraySize(row) != vary->path_count)
            return err_set(err, ERR_INPUT, "cells[%" PRId32 "]: has not a value for each path",
                           cell);
        const char **values = &vary->values[cell * vary->path_count];
        for (const cJSON *item = row->child; item; item = item->next, values++) {
            if (cJSON_IsString(item) && (*values = keep(&vary->arena, item)) == NULL)
                return err_no_memory(err);
        }
    }
    return 0;
}

/* "2/3"; the whole where it is not given. */
static void read_shard(struct sweep_plan *plan, const cJSON *item)
{
    int index, count;
    const char *text = cJSON_GetStringValue(item);
    plan->shard = (struct sweep_shard){0, 1};
    if (text != NULL && sscanf(text, "%d/%d", &index, &count) == 2 && index >= 1 && index <= count)
        plan->shard = (struct sweep_shard){index - 1, count};
}

static int read_tree(struct sweep_plan *plan, const cJSON *tree, struct err *err)
{
    const char *kind = cJSON_GetStringValue(json_get(tree, "kind"));
    if (kind == NULL || strcmp(kind, "sweep plan") != 0)
        return err_set(err, ERR_INPUT, "is no plan of a sweep");
    read_shard(plan, json_get(tree, "shard"));
    plan->version = keep(&plan->arena, json_get(tree, "version"));
    plan->scenario = keep(&plan->arena, json_get(tree, "scenario"));
    plan->name = keep(&plan->arena, json_get(tree, "name"));
    if (plan->version == NULL || plan->scenario == NULL || plan->name == NULL)
        return err_no_memory(err);
    if (!read_digest(json_get(tree, "files_digest"), plan->files_digest) ||
        !read_digest(json_get(tree, "base_digest"), plan->base_digest) || !read_numbers(plan, tree))
        return err_set(err, ERR_INPUT, "is damaged");
    if (read_metrics(plan, json_get(tree, "metrics"), err) != 0 ||
        read_fixed(plan, json_get(tree, "set"), err) != 0 ||
        read_paths(&plan->vary, json_get(tree, "paths"), err) != 0)
        return -1;
    return read_cells(&plan->vary, json_get(tree, "cells"), err);
}

int sweep_plan_read(struct sweep_plan *plan, const char *place, const char *bytes, size_t size,
                    struct err *err)
{
    const struct json_text text = {.file = place, .bytes = bytes, .size = size};
    *plan = (struct sweep_plan){.replications = 0};
    cJSON *tree = json_parse(text, err);
    if (tree == NULL)
        return -1;
    int result = read_tree(plan, tree, err);
    cJSON_Delete(tree);
    if (result == 0)
        return 0;
    sweep_plan_release(plan);
    return err_prefix(err, "%s", place);
}

/* ---- comparing ---- */

static bool same_edits(const struct edit_list *a, const struct edit_list *b)
{
    if (a->count != b->count)
        return false;
    for (int32_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

static bool same_metrics(const struct metric_set *a, const struct metric_set *b)
{
    if (a->count != b->count)
        return false;
    for (int32_t i = 0; i < a->count; i++)
        if (a->items[i].metric != b->items[i].metric ||
            a->items[i].priority != b->items[i].priority)
            return false;
    return true;
}

static bool same_cells(const struct vary *a, const struct vary *b)
{
    if (a->path_count != b->path_count || a->cell_count != b->cell_count)
        return false;
    for (int32_t i = 0; i < a->path_count; i++)
        if (strcmp(a->paths[i], b->paths[i]) != 0)
            return false;
    for (int32_t i = 0; i < a->path_count * a->cell_count; i++) {
        const char *first = a->values[i], *second = b->values[i];
        if ((first == NULL) != (second == NULL) || (first != NULL && strcmp(first, second) != 0))
            return false;
    }
    return true;
}

bool sweep_plan_equal(const struct sweep_plan *a, const struct sweep_plan *b,
                      const char **difference)
{
    const struct {
        const char *what;
        bool is_same;
    } parts[] = {
        {"the version of stowage", strcmp(a->version, b->version) == 0},
        {"the files of the scenario", strcmp(a->files_digest, b->files_digest) == 0},
        {"what --set changes", same_edits(&a->fixed, &b->fixed)},
        {"the metrics", same_metrics(&a->metrics, &b->metrics)},
        {"the warm-up", a->warm_up_us == b->warm_up_us},
        {"the cells", same_cells(&a->vary, &b->vary)},
        {"the number of replications", a->replications == b->replications},
        {"the confidence", fabs(a->confidence - b->confidence) < 1e-12},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!parts[i].is_same) {
            *difference = parts[i].what;
            return false;
        }
    }
    return true;
}

/* ---- cells ---- */

int sweep_plan_edits(const struct sweep_plan *plan, int32_t cell, struct arena *arena,
                     struct edit_list *list, struct err *err)
{
    struct edit_list own;
    if (vary_edits(&plan->vary, cell, arena, &own, err) != 0)
        return -1;
    const char **items =
        arena_array(arena, (size_t)own.count + (size_t)plan->fixed.count + 1, sizeof *items);
    if (items == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < plan->fixed.count; i++)
        items[i] = plan->fixed.items[i];
    for (int32_t i = 0; i < own.count; i++)
        items[plan->fixed.count + i] = own.items[i];
    *list = (struct edit_list){.items = items, .count = plan->fixed.count + own.count};
    return 0;
}

void sweep_plan_release(struct sweep_plan *plan)
{
    vary_release(&plan->vary);
    arena_release(&plan->arena);
    *plan = (struct sweep_plan){.replications = 0};
}
