/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/run_store.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "bench/kept_file.h"

enum {
    POINT_VERSION = 1,
    NAME_SIZE = 40,
    KEY_SIZE = 128,
    TRIALS_MAX = 1000000,
    LOSSES_MAX = 100000
};

/* ---- in memory ---- */

int run_store_init(struct run_store *store, const struct run_store_of *of, struct err *err)
{
    *store = (struct run_store){
        .folder = of->folder, .axis_count = of->axis_count, .target_count = of->target_count};
    snprintf(store->base_digest, sizeof store->base_digest, "%s", of->base_digest);
    return of->folder != NULL ? kept_folder_make(of->folder, "points", err) : 0;
}

static void release_point(struct kept_point *point)
{
    free(point->counts);
    free(point->runs);
    free(point->places);
}

void run_store_release(struct run_store *store)
{
    for (int32_t i = 0; i < store->point_count; i++)
        release_point(&store->points[i]);
    free(store->points);
    *store = (struct run_store){.folder = NULL};
}

/* Where the run stands among the places. */
static int64_t place_of(const struct kept_point *point, int32_t trial, int32_t loss)
{
    return (int64_t)trial * point->loss_count + loss;
}

static struct kept_run *find_run(const struct kept_point *point, int32_t trial, int32_t loss)
{
    int64_t place = place_of(point, trial, loss);
    if (place >= point->place_count || point->places[place] == 0)
        return NULL;
    return &point->runs[point->places[place] - 1];
}

static int add_run(struct kept_point *point, const struct kept_run *run, struct err *err)
{
    int64_t place = place_of(point, run->trial, run->loss);
    if (array_reserve(&point->runs, &point->run_capacity, point->run_count + INT64_C(1),
                      sizeof *point->runs, err) ||
        array_reserve(&point->places, &point->place_capacity, place + 1, sizeof *point->places,
                      err))
        return -1;
    while (point->place_count <= place)
        point->places[point->place_count++] = 0;
    point->runs[point->run_count++] = *run;
    point->places[place] = point->run_count;
    return 0;
}

const struct run_result *run_store_find(struct run_store *store, int32_t point, int32_t trial,
                                        int32_t loss, bool *is_new)
{
    struct kept_run *run = find_run(&store->points[point], trial, loss);
    *is_new = run == NULL || !run->is_asked;
    if (run == NULL)
        return NULL;
    store->reused_count += !run->is_asked;
    run->is_asked = true;
    return &run->result;
}

int run_store_add(struct run_store *store, int32_t point, const struct kept_run *run,
                  struct err *err)
{
    assert(find_run(&store->points[point], run->trial, run->loss) == NULL);
    return add_run(&store->points[point], run, err);
}

/* ---- names ---- */

/* What was altered, for names of files; none of it is for people. */
static const char *print_key(const struct alteration *alteration, char out[KEY_SIZE])
{
    snprintf(out, KEY_SIZE, "%d %" PRId32 " %" PRId32 " %" PRId64 " %" PRId64,
             (int)alteration->kind, alteration->percent, alteration->runner, alteration->cpu_milli,
             alteration->mem_bytes);
    return out;
}

static void name_point(const struct run_store *store, const struct kept_point *point,
                       char out[NAME_SIZE])
{
    struct sha256 sha;
    char key[KEY_SIZE], hex[DIGEST_HEX_SIZE];
    sha256_init(&sha);
    print_key(&point->alteration, key);
    sha256_add(&sha, key, strlen(key) + 1);
    for (int32_t i = 0; i < store->axis_count; i++) {
        snprintf(key, sizeof key, "%" PRId32, point->counts[i]);
        sha256_add(&sha, key, strlen(key) + 1);
    }
    sha256_hex(&sha, hex);
    snprintf(out, NAME_SIZE, "points/%.16s.json", hex);
}

/* ---- writing ---- */

struct printing {
    const struct run_store *store;
    const struct kept_point *point;
};

static void print_number(struct json_writer *w, const char *key, double value)
{
    char number[DECIMAL_TEXT_SIZE];
    const char *text = decimal_print_shortest(value, number);
    json_raw(w, key, text != NULL ? text : "null");
}

static void print_run(const struct run_store *store, const struct kept_run *run,
                      struct json_writer *w)
{
    json_object(w, NULL);
    json_int(w, "trial", run->trial);
    json_int(w, "loss", run->loss);
    json_int(w, "missed", run->result.missed);
    print_number(w, "cost", run->result.cost);
    json_array(w, "values");
    for (int32_t i = 0; i < store->target_count; i++)
        print_number(w, NULL, run->result.values[i]);
    json_close_array(w);
    json_close_object(w);
}

static void print_point(const void *context, FILE *out)
{
    const struct printing *printing = context;
    const struct kept_point *point = printing->point;
    char key[KEY_SIZE];
    struct json_writer w;
    json_writer_init(&w, out, true);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "kind", "plan point");
    json_int(&w, "schema_version", POINT_VERSION);
    json_string(&w, "base_digest", printing->store->base_digest);
    json_string(&w, "altered", print_key(&point->alteration, key));
    json_array(&w, "counts");
    for (int32_t i = 0; i < printing->store->axis_count; i++)
        json_int(&w, NULL, point->counts[i]);
    json_close_array(&w);
    json_array(&w, "runs");
    for (int32_t i = 0; i < point->place_count; i++)
        if (point->places[i] > 0)
            print_run(printing->store, &point->runs[point->places[i] - 1], &w);
    json_close_array(&w);
    json_close_object(&w);
}

int run_store_save(struct run_store *store, int32_t number, struct err *err)
{
    struct kept_point *point = &store->points[number];
    const struct printing printing = {store, point};
    char name[NAME_SIZE];
    if (store->folder == NULL || point->saved_count == point->run_count)
        return 0;
    name_point(store, point, name);
    if (kept_file_write(store->folder, name, print_point, &printing, err) != 0)
        return -1;
    point->saved_count = point->run_count;
    return 0;
}

/* ---- reading ---- */

static bool is_text(const cJSON *item, const char *expected)
{
    const char *text = cJSON_GetStringValue(item);
    return text != NULL && strcmp(text, expected) == 0;
}

static bool read_int(const cJSON *item, int64_t most, int64_t *out)
{
    return json_exact_int(item, out) && *out >= 0 && *out <= most;
}

static bool read_number(const cJSON *item, double *out)
{
    *out = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    return cJSON_IsNumber(item) || cJSON_IsNull(item);
}

static bool is_of_point(const struct run_store *store, const struct kept_point *point,
                        const cJSON *tree)
{
    char key[KEY_SIZE];
    const cJSON *counts = json_get(tree, "counts");
    if (!is_text(json_get(tree, "kind"), "plan point") ||
        !is_text(json_get(tree, "altered"), print_key(&point->alteration, key)) ||
        !cJSON_IsArray(counts) || cJSON_GetArraySize(counts) != store->axis_count)
        return false;
    int32_t axis = 0;
    for (const cJSON *item = counts->child; item; item = item->next) {
        int64_t count;
        if (!read_int(item, INT32_MAX, &count) || count != point->counts[axis++])
            return false;
    }
    return true;
}

static bool read_run(const struct run_store *store, const struct kept_point *point,
                     const cJSON *item, struct kept_run *run)
{
    int64_t trial, loss, missed;
    const cJSON *values = json_get(item, "values");
    *run = (struct kept_run){.trial = -1};
    if (!read_int(json_get(item, "trial"), TRIALS_MAX, &trial) ||
        !read_int(json_get(item, "loss"), point->loss_count - 1, &loss) ||
        !read_int(json_get(item, "missed"), UINT32_MAX, &missed) ||
        !read_number(json_get(item, "cost"), &run->result.cost) || !cJSON_IsArray(values) ||
        cJSON_GetArraySize(values) != store->target_count)
        return false;
    run->trial = (int32_t)trial;
    run->loss = (int32_t)loss;
    run->result.missed = (uint32_t)missed;
    double *value = run->result.values;
    for (const cJSON *number = values->child; number; number = number->next)
        if (!read_number(number, value++))
            return false;
    return find_run(point, run->trial, run->loss) == NULL;
}

/* As kept_file_read. */
static int read_tree(const struct run_store *store, struct kept_point *point, const cJSON *tree,
                     struct err *err)
{
    const cJSON *runs = json_get(tree, "runs");
    if (!is_of_point(store, point, tree) || !cJSON_IsArray(runs))
        return KEPT_DAMAGED;
    if (!is_text(json_get(tree, "base_digest"), store->base_digest))
        return KEPT_OTHER;
    for (const cJSON *item = runs->child; item; item = item->next) {
        struct kept_run run;
        if (!read_run(store, point, item, &run))
            return KEPT_DAMAGED;
        if (add_run(point, &run, err) != 0)
            return -1;
    }
    return KEPT_READ;
}

static int read_point(struct run_store *store, struct kept_point *point, struct err *err)
{
    char name[NAME_SIZE];
    cJSON *tree;
    if (store->folder == NULL)
        return 0;
    name_point(store, point, name);
    int found = kept_file_read(store->folder, name, &tree, err);
    if (found == KEPT_READ)
        found = read_tree(store, point, tree, err);
    cJSON_Delete(tree);
    if (found == KEPT_DAMAGED) {
        point->run_count = point->place_count = 0;
        store->damaged_count++;
    }
    point->saved_count = point->run_count;
    store->read_count += point->run_count;
    return found < 0 ? -1 : 0;
}

/* ---- opening ---- */

static bool is_point(const struct run_store *store, const struct kept_point *point,
                     const struct run_store_key *key)
{
    return point->loss_count == key->loss_count &&
           memcmp(point->counts, key->counts, sizeof *key->counts * (size_t)store->axis_count) ==
               0 &&
           alteration_equals(&point->alteration, key->alteration);
}

int32_t run_store_open(struct run_store *store, const struct run_store_key *key, struct err *err)
{
    int32_t capacity = 0;
    assert(key->loss_count >= 1 && key->loss_count <= LOSSES_MAX);
    for (int32_t i = 0; i < store->point_count; i++)
        if (is_point(store, &store->points[i], key))
            return i;
    if (array_reserve(&store->points, &store->point_capacity, store->point_count + INT64_C(1),
                      sizeof *store->points, err))
        return -1;
    struct kept_point point = {.alteration = *key->alteration, .loss_count = key->loss_count};
    if (array_reserve(&point.counts, &capacity, store->axis_count, sizeof *point.counts, err))
        return -1;
    memcpy(point.counts, key->counts, sizeof *key->counts * (size_t)store->axis_count);
    if (read_point(store, &point, err) != 0) {
        release_point(&point);
        return -1;
    }
    store->points[store->point_count] = point;
    return store->point_count++;
}
