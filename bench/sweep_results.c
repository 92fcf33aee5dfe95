/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_results.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/units.h"

enum { CELL_VERSION = 1, NAME_SIZE = 40 };

/* ---- in memory ---- */

int sweep_results_init(struct sweep_results *results, const struct sweep_plan *plan,
                       struct err *err)
{
    *results = (struct sweep_results){.plan = plan};
    results->cells = calloc((size_t)plan->vary.cell_count, sizeof *results->cells);
    return results->cells != NULL ? 0 : err_no_memory(err);
}

void sweep_results_release(struct sweep_results *results)
{
    for (int32_t i = 0; results->cells != NULL && i < results->plan->vary.cell_count; i++)
        sweep_cell_clear(results, i);
    free(results->cells);
    arena_release(&results->arena);
    *results = (struct sweep_results){.plan = NULL};
}

bool sweep_cell_is_over(const struct sweep_results *results, int32_t cell)
{
    const struct sweep_cell *it = &results->cells[cell];
    return it->failure != NULL || it->done == results->plan->replications;
}

double *sweep_values(const struct sweep_results *results, int32_t cell, int32_t replication)
{
    return &results->cells[cell].values[replication * results->plan->metrics.count];
}

int sweep_cell_prepare(struct sweep_results *results, int32_t cell, struct err *err)
{
    struct sweep_cell *it = &results->cells[cell];
    size_t count = (size_t)results->plan->replications;
    if (it->values != NULL)
        return 0;
    it->values = calloc(count * (size_t)results->plan->metrics.count, sizeof *it->values);
    it->has = calloc(count, sizeof *it->has);
    if (it->values != NULL && it->has != NULL)
        return 0;
    sweep_cell_clear(results, cell);
    return err_no_memory(err);
}

void sweep_cell_clear(struct sweep_results *results, int32_t cell)
{
    free(results->cells[cell].values);
    free(results->cells[cell].has);
    results->cells[cell] = (struct sweep_cell){.done = 0};
}

/* ---- names of files ---- */

static int name_cell(const struct sweep_plan *plan, int32_t cell, char out[NAME_SIZE],
                     struct err *err)
{
    struct arena arena = {NULL, 0};
    struct edit_list edits;
    struct sha256 sha;
    char hex[DIGEST_HEX_SIZE];
    int result = sweep_plan_edits(plan, cell, &arena, &edits, err);
    sha256_init(&sha);
    for (int32_t i = 0; result == 0 && i < edits.count; i++)
        sha256_add(&sha, edits.items[i], strlen(edits.items[i]) + 1);
    sha256_hex(&sha, hex);
    snprintf(out, NAME_SIZE, "cells/%.16s.json", hex);
    arena_release(&arena);
    return result;
}

int cell_store_prepare(const char *folder, struct err *err)
{
    return kept_folder_make(folder, "cells", err);
}

/* ---- writing ---- */

static void print_replications(const struct sweep_results *results, int32_t cell,
                               struct json_writer *w)
{
    char number[DECIMAL_TEXT_SIZE];
    json_array(w, "replications");
    for (int32_t r = 0; r < results->plan->replications && results->cells[cell].done > 0; r++) {
        if (!results->cells[cell].has[r])
            continue;
        const double *values = sweep_values(results, cell, r);
        json_object(w, NULL);
        json_int(w, "index", r);
        json_array(w, "values");
        for (int32_t i = 0; i < results->plan->metrics.count; i++) {
            const char *text = decimal_print_shortest(values[i], number);
            json_raw(w, NULL, text != NULL ? text : "null");
        }
        json_close_array(w);
        json_close_object(w);
    }
    json_close_array(w);
}

struct kept_cell {
    const struct sweep_results *results;
    int32_t cell;
};

static void print_cell(const void *context, FILE *out)
{
    const struct sweep_results *results = ((const struct kept_cell *)context)->results;
    int32_t cell = ((const struct kept_cell *)context)->cell;
    const struct sweep_cell *it = &results->cells[cell];
    const struct vary *vary = &results->plan->vary;
    char seed[UNITS_TEXT_SIZE];
    struct json_writer w;
    snprintf(seed, sizeof seed, "%" PRIu64, it->seed);
    json_writer_init(&w, out, true);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "kind", "sweep cell");
    json_int(&w, "schema_version", CELL_VERSION);
    json_string(&w, "base_digest", results->plan->base_digest);
    json_array(&w, "values");
    for (int32_t i = 0; i < vary->path_count; i++)
        json_string(&w, NULL, vary_value(vary, cell, i));
    json_close_array(&w);
    json_string(&w, "files_digest", it->files_digest);
    json_string(&w, "scenario_digest", it->digest);
    json_string(&w, "seed", seed);
    json_string(&w, "failure", it->failure);
    print_replications(results, cell, &w);
    json_close_object(&w);
}

int cell_store_write(const struct sweep_results *results, int32_t cell, const char *folder,
                     struct err *err)
{
    const struct kept_cell kept = {results, cell};
    char name[NAME_SIZE];
    if (name_cell(results->plan, cell, name, err) != 0)
        return -1;
    return kept_file_write(folder, name, print_cell, &kept, err);
}

/* ---- reading ---- */

static bool is_text(const cJSON *item, const char *expected)
{
    const char *text = cJSON_GetStringValue(item);
    return text == NULL || expected == NULL ? text == expected : strcmp(text, expected) == 0;
}

static bool is_of_cell(const struct vary *vary, int32_t cell, const cJSON *values)
{
    if (!cJSON_IsArray(values) || cJSON_GetArraySize(values) != vary->path_count)
        return false;
    int32_t path = 0;
    for (const cJSON *item = values->child; item; item = item->next)
        if (!is_text(item, vary_value(vary, cell, path++)))
            return false;
    return true;
}

static bool read_values(const cJSON *array, double *values, int32_t count)
{
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) != count)
        return false;
    for (const cJSON *item = array->child; item; item = item->next) {
        if (!cJSON_IsNumber(item) && !cJSON_IsNull(item))
            return false;
        *values++ = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    }
    return true;
}

/* Replications beyond those of the plan are left aside. */
static bool read_replications(struct sweep_results *results, int32_t cell, const cJSON *array)
{
    struct sweep_cell *it = &results->cells[cell];
    if (!cJSON_IsArray(array))
        return false;
    for (const cJSON *item = array->child; item; item = item->next) {
        int64_t index;
        if (!json_exact_int(json_get(item, "index"), &index) || index < 0)
            return false;
        if (index >= results->plan->replications)
            continue;
        if (it->has[index] ||
            !read_values(json_get(item, "values"), sweep_values(results, cell, (int32_t)index),
                         results->plan->metrics.count))
            return false;
        it->has[index] = true;
        it->done++;
    }
    return true;
}

static bool read_digest(const cJSON *item, char out[DIGEST_HEX_SIZE])
{
    const char *text = cJSON_GetStringValue(item);
    if (text == NULL || (text[0] != '\0' && strlen(text) != DIGEST_HEX_SIZE - 1))
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

/* As kept_file_read. */
static int read_tree(struct sweep_results *results, int32_t cell, const cJSON *tree,
                     struct err *err)
{
    struct sweep_cell *it = &results->cells[cell];
    struct err ignored;
    int64_t seed;
    const char *text = cJSON_GetStringValue(json_get(tree, "seed"));
    if (!is_text(json_get(tree, "kind"), "sweep cell") ||
        !is_of_cell(&results->plan->vary, cell, json_get(tree, "values")) || text == NULL ||
        parse_int64(text, &seed, &ignored) != 0)
        return KEPT_DAMAGED;
    if (!is_text(json_get(tree, "base_digest"), results->plan->base_digest))
        return KEPT_OTHER;
    if (sweep_cell_prepare(results, cell, err) != 0)
        return -1;
    it->seed = (uint64_t)seed;
    if (!read_digest(json_get(tree, "files_digest"), it->files_digest) ||
        !read_digest(json_get(tree, "scenario_digest"), it->digest) ||
        !read_replications(results, cell, json_get(tree, "replications")))
        return KEPT_DAMAGED;
    const char *failure = cJSON_GetStringValue(json_get(tree, "failure"));
    if (failure != NULL && (it->failure = arena_strdup(&results->arena, failure)) == NULL)
        return err_no_memory(err);
    return KEPT_READ;
}

int cell_store_read(struct sweep_results *results, int32_t cell, const char *folder,
                    bool with_failures, struct err *err)
{
    char name[NAME_SIZE];
    cJSON *tree;
    if (name_cell(results->plan, cell, name, err) != 0)
        return -1;
    int found = kept_file_read(folder, name, &tree, err);
    if (found == KEPT_READ)
        found = read_tree(results, cell, tree, err);
    cJSON_Delete(tree);
    bool is_kept = found == KEPT_READ && (with_failures || results->cells[cell].failure == NULL);
    if (!is_kept)
        sweep_cell_clear(results, cell);
    return found;
}
