/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* apiRunner: from an array, from a line or row of runners_file, or as the template of arrivals. */

static const char *const runner_keys[] = {
    "id",           "description", "created_at",       "modified_at",    "metadata",
    "labels",       "worker",      "nodepool",         "compute_info",   "num_replicas",
    "min_replicas", "priority",    "special_handling", "runner_metrics", "simulation",
};
static const struct object_kind runner_kind = {
    .name = "apiRunner", .is_api = true, .keys = runner_keys, .key_count = ARRAY_LEN(runner_keys)};

static const struct int_range replica_range = {0, RUNNER_REPLICAS_MAX};

/* ---- what is carried into the reports ---- */

static const struct runner_metrics *get_metrics(struct loader *loader, const struct value *object)
{
    static const char *const keys[] = {"pods_total", "pods_running", "total_pods_running_time_s",
                                       "pods_preempted_total"};
    static const struct object_kind kind = {
        .name = "apiRunnerMetrics", .is_api = true, .keys = keys, .key_count = ARRAY_LEN(keys)};
    static const struct int_range range = {0, INT64_MAX};
    struct value value;
    struct runner_metrics metrics = {0};
    if (!object_get(object, "runner_metrics", &kind, &value))
        return NULL;
    get_int(&value, "pods_total", range, &metrics.pods_total);
    get_int(&value, "pods_running", range, &metrics.pods_running);
    get_int(&value, "total_pods_running_time_s", range, &metrics.total_pods_running_time_s);
    get_int(&value, "pods_preempted_total", range, &metrics.pods_preempted_total);
    const void *kept = intern_bytes(&loader->reader.texts, &metrics, sizeof metrics);
    if (!kept)
        reader_no_memory(&loader->reader);
    return kept;
}

/* The labels as the JSON text of an array; NULL when there are none. */
static const char *get_labels(const struct value *object)
{
    struct value array, element;
    const char *kept = NULL;
    if (!array_get(object, "labels", &array) || array_length(&array) == 0)
        return NULL;
    cJSON *copy = cJSON_CreateArray();
    bool is_whole = copy != NULL;
    for (struct cursor cursor = cursor_at(&array); is_whole && cursor_next(&cursor, &element);) {
        const char *text;
        if (!read_text(&element, &text))
            continue;
        cJSON *item = cJSON_CreateString(text);
        is_whole = item && cJSON_AddItemToArray(copy, item);
        if (!is_whole)
            cJSON_Delete(item);
    }
    char *text = is_whole ? cJSON_PrintUnformatted(copy) : NULL;
    if (text)
        kept = reader_keep(object->reader, text);
    else
        reader_no_memory(object->reader);
    cJSON_free(text);
    cJSON_Delete(copy);
    return kept;
}

/* All of it is interned, so runners with equal extras share one. */
static const struct runner_extra *get_extra(struct loader *loader, const struct value *object,
                                            int64_t *created_unix_us)
{
    struct reader *reader = &loader->reader;
    struct runner_extra extra = {.description = get_carried_text(object, "description"),
                                 .created_at = get_timestamp(object, "created_at", created_unix_us),
                                 .modified_at = get_timestamp(object, "modified_at", NULL),
                                 .labels = get_labels(object),
                                 .metadata = get_metadata(object),
                                 .observed = get_metrics(loader, object)};
    if (extra.description[0] == '\0' && extra.created_at[0] == '\0' &&
        extra.modified_at[0] == '\0' && !extra.labels && !extra.metadata && !extra.observed)
        return NULL;
    const void *kept = intern_bytes(&reader->texts, &extra, sizeof extra);
    if (!kept)
        reader_no_memory(reader);
    return kept;
}

/* ---- pools ---- */

/* Sets the runner's pool and all eligible pools in pools_scratch; returns their number, 0 after an
 * error. */
static int32_t get_pools(struct loader *loader, const struct value *object,
                         struct runner_def *runner)
{
    struct value place;
    struct err err;
    runner->pool = NO_INDEX;
    const char *give = object->row ? "the id of one" : "one such as {\"id\": \"pool\"}";
    if (!value_require(object, "nodepool", give, &place))
        return 0;
    runner->pool = read_pool(loader, &place);
    if (runner->pool == NO_INDEX)
        return 0;
    if (array_reserve(&loader->pools_scratch, &loader->pools_scratch_capacity, 1,
                      sizeof *loader->pools_scratch, &err)) {
        reader_no_memory(&loader->reader);
        return 0;
    }
    int32_t count = 1;
    loader->pools_scratch[0] = runner->pool;
    get_further_pools(loader, object, &count);
    return count;
}

/* ---- numbers ---- */

static void get_counts(const struct value *object, struct runner_def *runner)
{
    struct value place;
    runner->num_replicas = object->row ? 1 : 0; /* the API leaves out what is 0 */
    bool is_known = get_int32(object, "num_replicas", replica_range, &runner->num_replicas) ||
                    !value_get(object, "num_replicas", &place);
    get_int32(object, "min_replicas", replica_range, &runner->min_replicas);
    runner->floor = runner->min_replicas;
    if (is_known && runner->min_replicas > runner->num_replicas) {
        runner->floor = runner->num_replicas;
        value_get(object, "min_replicas", &place);
        value_warn(&place, "%" PRId32 " is above num_replicas: the floor in force is %" PRId32,
                   runner->min_replicas, runner->floor);
    }
    int64_t priority = 0;
    get_int(object, "priority", (struct int_range){0, 9}, &priority);
    runner->priority = (int8_t)priority;
}

/* created_at counts as the arrival where the scenario has a date. */
static int64_t arrival_of(const struct loader *loader, const struct replica_settings *settings,
                          int64_t created_unix_us)
{
    const struct scenario *scenario = loader->scenario;
    if (settings->arrival_us >= 0)
        return settings->arrival_us;
    if (!scenario->has_start || created_unix_us <= scenario->start_unix_us)
        return 0;
    return created_unix_us - scenario->start_unix_us;
}

void set_runner_settings(const struct loader *loader, const struct value *object,
                         const struct replica_settings *settings, int64_t created_unix_us,
                         struct runner_def *runner)
{
    struct value place;
    runner->arrival_us = arrival_of(loader, settings, created_unix_us);
    runner->departure_us = settings->departure_us;
    runner->max_wait_us = settings->max_wait_us;
    runner->grace_us = settings->grace_us;
    runner->startup = settings->startup.startup;
    runner->image_pull = settings->startup.image_pull;
    runner->duration = settings->duration;
    runner->may_preempt = settings->may_preempt;
    runner->must_stay = !settings->may_move;
    runner->traffic = settings->traffic;
    runner->crash = settings->crash;
    if (settings->num_threads > 0)
        runner->num_threads = settings->num_threads;
    else if (runner->num_threads == 0)
        runner->num_threads = THREADS_DEFAULT;
    if (settings->arrival_us < 0 && runner->departure_us < runner->arrival_us) {
        value_get(object, "created_at", &place);
        value_error(&place, "is after the departure: give an earlier instant");
    }
}

/* ---- the whole ---- */

/* What one replica asks for; false after an error. */
static bool get_runner_request(const struct value *object, const struct worker *worker,
                               struct compute_info *out)
{
    struct value place;
    if (value_get(object, "compute_info", &place))
        return get_request(object, "compute_info", out);
    if (object->row) { /* no column for it: replicas that ask for nothing */
        *out = (struct compute_info){0};
        return true;
    }
    if (worker->has_compute_info) {
        *out = worker->compute_info;
        return true;
    }
    value_error(&place, "is missing: give what one replica asks for");
    return false;
}

/* Everything but the id. False after an error that leaves no runner to go on with. */
static bool read_runner(struct loader *loader, struct value *object, struct runner_def *runner)
{
    struct worker worker;
    struct compute_info info;
    struct replica_settings settings;
    int64_t created_unix_us = INT64_MIN;
    runner->deployment = NO_INDEX;
    runner->extra = get_extra(loader, object, &created_unix_us);
    get_worker(loader, object, "worker", &worker);
    runner->worker = worker.identity;
    runner->blocked_by = get_undone_handling(object);
    get_counts(object, runner);
    load_replica_settings(loader, object, false, &settings);
    runner->num_threads = worker.num_threads;
    set_runner_settings(loader, object, &settings, created_unix_us, runner);
    int32_t pool_count = get_pools(loader, object, runner);
    if (!get_runner_request(object, &worker, &info) || pool_count == 0)
        return false;
    struct shape_request request = {
        .place = object, .compute_info = &info, .settings = &settings, .pool_count = pool_count};
    runner->shape = keep_shape(loader, &request);
    return runner->shape != NO_INDEX;
}

void load_runner(struct loader *loader, struct value *element)
{
    struct value inner;
    const char *id = NULL;
    struct value *object = unwrap_element(element, "runner", &inner);
    struct runner_def runner = {0};
    if (!object_open(object, &runner_kind))
        return;
    bool has_id = require_id(object, "id", &id);
    bool is_whole = read_runner(loader, object, &runner);
    runner.id = id;
    if (has_id && is_whole)
        add_runner(loader, object, &runner);
    else if (has_id)
        reserve_runner_id(loader, object, id);
}

bool read_template(struct loader *loader, struct value *value, const char *name,
                   struct runner_def *out)
{
    struct value place;
    if (!object_open(value, &runner_kind))
        return false;
    if (value_get(value, "id", &place))
        value_error(&place, "is made from the name of the arrival: leave it out");
    *out = (struct runner_def){.id = name};
    return read_runner(loader, value, out);
}

/* ---- adding ---- */

static const char *keep_new_id(struct loader *loader, const struct value *place, const char *id,
                               int32_t number)
{
    struct err err;
    char quoted[TEXT_QUOTE_SIZE];
    if (lookup_find_text(&loader->runners, id) >= 0) {
        value_error(place, "%s is the id of an earlier runner: give each its own",
                    text_quote(id, quoted));
        return NULL;
    }
    const char *kept = arena_strdup(&loader->scenario->arena, id);
    if (!kept || lookup_put_text(&loader->runners, kept, number, &err)) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    return kept;
}

/* It stands for the next runner; as there are errors, nothing comes of it. */
void reserve_runner_id(struct loader *loader, const struct value *object, const char *id)
{
    struct value place;
    value_get(object, "id", &place);
    keep_new_id(loader, &place, id, loader->scenario->runner_count);
}

/* One runner for a worker in a pool, as the platform has it. */
static void check_worker(struct loader *loader, const struct value *object,
                         const struct runner_def *runner)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    struct value place;
    char first[TEXT_QUOTE_SIZE];
    char worker[TEXT_QUOTE_SIZE];
    if (runner->worker[0] == '\0')
        return;
    /* Texts are interned, so the address is the worker. */
    uintptr_t key[2] = {(uintptr_t)runner->worker, (uintptr_t)runner->pool};
    int32_t earlier = lookup_find(&loader->workers, key, sizeof key);
    if (earlier >= 0) {
        if (!value_get(object, "worker", &place))
            place = *object;
        value_error(&place,
                    "%s has the runner %s in the same nodepool already: give one runner "
                    "for each worker and nodepool",
                    text_quote(runner->worker, worker),
                    text_quote(scenario->runners[earlier].id, first));
        return;
    }
    const void *kept = intern_bytes(&loader->reader.texts, key, sizeof key);
    if (!kept || lookup_put(&loader->workers, kept, sizeof key, scenario->runner_count, &err))
        reader_no_memory(&loader->reader);
}

void add_runner(struct loader *loader, const struct value *object, const struct runner_def *runner)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    struct value place;
    int64_t needed = scenario->runner_count + INT64_C(1);
    if (array_reserve(&scenario->runners, &scenario->runner_capacity, needed,
                      sizeof *scenario->runners, &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    value_get(object, "id", &place);
    const char *id = keep_new_id(loader, &place, runner->id, scenario->runner_count);
    if (!id)
        return;
    check_worker(loader, object, runner);
    loader->wish_total += runner->num_replicas;
    scenario->runners[scenario->runner_count] = *runner;
    scenario->runners[scenario->runner_count].id = id;
    if (runner->deployment == NO_INDEX)
        scenario->runners[scenario->runner_count].enabled_replicas = runner->num_replicas;
    scenario->runner_count++;
}
