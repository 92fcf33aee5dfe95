/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* How the replicas of a runner live and where they may go: `simulation`, and the shape. */

#define SETTINGS_KEYS                                                                              \
    "arrival", "departure", "startup", "replica_duration", "grace_period", "max_wait",             \
        "nodepools", "share_milli", "device_sharing", "packing", "max_per_node", "architecture",   \
        "may_preempt", "may_move", "num_threads", "traffic", "crashes"

static const char *const runner_keys[] = {SETTINGS_KEYS};
static const struct object_kind runner_kind = {
    .name = "simulation", .keys = runner_keys, .key_count = ARRAY_LEN(runner_keys)};
static const char *const deployment_keys[] = {SETTINGS_KEYS, "num_replicas", "compute_info",
                                              "autoscaler"};
static const struct object_kind deployment_kind = {
    .name = "simulation", .keys = deployment_keys, .key_count = ARRAY_LEN(deployment_keys)};

/* ---- settings ---- */

static void get_times(struct loader *loader, const struct value *object,
                      struct replica_settings *out)
{
    struct value place;
    get_instant(object, "arrival", &out->arrival_us);
    get_instant(object, "departure", &out->departure_us);
    get_duration(object, "max_wait", &out->max_wait_us);
    get_duration(object, "grace_period", &out->grace_us);
    get_startup(loader, object, &out->startup);
    get_dist(loader, object, "replica_duration", &out->duration);
    if (out->arrival_us >= 0 && out->departure_us < out->arrival_us) {
        value_get(object, "departure", &place);
        value_error(&place, "is before arrival: give a later instant");
    }
}

static void get_sharing(const struct value *object, struct replica_settings *out)
{
    static const char *const names[] = {"whole", "milli", "memory"};
    struct value place;
    int64_t sharing = SHARING_WHOLE;
    bool has_share =
        get_int32(object, "share_milli", (struct int_range){1, SHARE_WHOLE}, &out->share_milli);
    bool has_sharing =
        get_choice(object, "device_sharing", (struct words){names, ARRAY_LEN(names)}, &sharing);
    if (!has_sharing && has_share && out->share_milli < SHARE_WHOLE)
        sharing = SHARING_MILLI;
    if (has_sharing && has_share && sharing != SHARING_MILLI && out->share_milli < SHARE_WHOLE) {
        value_get(object, "share_milli", &place);
        value_error(&place, "is given with device_sharing \"%s\": leave out one of the two",
                    names[sharing]);
    }
    out->sharing = (enum device_sharing)sharing;
}

static void get_placing(const struct value *object, struct replica_settings *out)
{
    static const char *const packings[] = {"shared", "isolated"};
    int64_t packing = out->packing;
    const char *text;
    get_sharing(object, out);
    get_choice(object, "packing", (struct words){packings, ARRAY_LEN(packings)}, &packing);
    out->packing = (enum packing)packing;
    get_int32(object, "max_per_node", (struct int_range){1, INT32_MAX}, &out->max_per_node);
    if (get_id(object, "architecture", &text))
        out->arch = reader_keep(object->reader, text);
}

void load_replica_settings(struct loader *loader, const struct value *owner, bool is_deployment,
                           struct replica_settings *out)
{
    struct value simulation;
    const struct object_kind *kind = is_deployment ? &deployment_kind : &runner_kind;
    *out = (struct replica_settings){.arrival_us = -1,
                                     .departure_us = TIME_NEVER,
                                     .max_wait_us = TIME_NEVER,
                                     .grace_us = loader->scenario->scheduler.grace_us,
                                     .startup = loader->default_startup,
                                     .duration = NO_INDEX,
                                     .num_replicas = -1,
                                     .may_preempt = true,
                                     .may_move = true};
    if (!object_get(owner, "simulation", kind, &simulation))
        return;
    get_times(loader, &simulation, out);
    get_placing(&simulation, out);
    get_bool(&simulation, "may_preempt", &out->may_preempt);
    get_bool(&simulation, "may_move", &out->may_move);
    get_int32(&simulation, "num_threads", (struct int_range){1, INT32_MAX}, &out->num_threads);
    out->crash = get_crashes(loader, &simulation, &out->startup);
    out->traffic = get_traffic(loader, &simulation);
    if (!is_deployment)
        return;
    get_int32(&simulation, "num_replicas", (struct int_range){0, RUNNER_REPLICAS_MAX},
              &out->num_replicas);
    out->has_compute_info = get_request(&simulation, "compute_info", &out->compute_info);
}

/* ---- eligible pools ---- */

static bool has_pool(const int32_t *pools, int32_t count, int32_t pool)
{
    for (int32_t i = 0; i < count; i++) {
        if (pools[i] == pool)
            return true;
    }
    return false;
}

void get_further_pools(struct loader *loader, const struct value *owner, int32_t *pool_count)
{
    struct value simulation, array, element;
    struct err err;
    if (!value_get(owner, "simulation", &simulation) ||
        !array_get(&simulation, "nodepools", &array))
        return;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        int32_t pool = read_pool(loader, &element);
        if (pool == NO_INDEX || has_pool(loader->pools_scratch, *pool_count, pool))
            continue;
        if (array_reserve(&loader->pools_scratch, &loader->pools_scratch_capacity,
                          *pool_count + INT64_C(1), sizeof *loader->pools_scratch, &err)) {
            reader_no_memory(&loader->reader);
            return;
        }
        loader->pools_scratch[(*pool_count)++] = pool;
    }
}

static int compare_pools(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left;
    int32_t b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* ---- shapes ---- */

/* What a share needs; false after an error. */
static bool check_sharing(const struct shape_request *request)
{
    const struct compute_info *info = request->compute_info;
    const struct replica_settings *settings = request->settings;
    struct value simulation, place;
    value_get(request->place, "simulation", &simulation);
    if (settings->sharing == SHARING_WHOLE)
        return true;
    if (!value_get(&simulation, "device_sharing", &place))
        value_get(&simulation, "share_milli", &place);
    if (info->device_count == 0) {
        value_error(&place, "is given without accelerators: give num_accelerators of 1 or more");
        return false;
    }
    if (settings->sharing == SHARING_MEMORY && info->device_mem_bytes == 0) {
        value_error(&place, "needs a memory to share by: give accelerator_memory");
        return false;
    }
    return true;
}

int32_t keep_shape(struct loader *loader, const struct shape_request *request)
{
    const struct compute_info *info = request->compute_info;
    const struct replica_settings *settings = request->settings;
    struct err err;
    int32_t number;
    if (!check_sharing(request) || request->pool_count == 0)
        return NO_INDEX;
    qsort(loader->pools_scratch, (size_t)request->pool_count, sizeof *loader->pools_scratch,
          compare_pools);
    int32_t share = SHARE_WHOLE;
    if (settings->sharing == SHARING_MILLI && settings->share_milli > 0)
        share = settings->share_milli;
    struct shape shape = {.cpu_milli = info->cpu_milli,
                          .mem_bytes = info->mem_bytes,
                          .device_mem_bytes = info->device_mem_bytes,
                          .device_count = info->device_count,
                          .share_milli = share,
                          .sharing = settings->sharing,
                          .packing = settings->packing,
                          .max_per_node = settings->max_per_node,
                          .arch = settings->arch,
                          .type_patterns = info->types.items,
                          .type_pattern_count = info->types.count,
                          .topologies = info->topologies.items,
                          .topology_count = info->topologies.count,
                          .pools = loader->pools_scratch,
                          .pool_count = request->pool_count};
    if (shape_table_intern(&loader->scenario->shapes, &shape, &number, &err)) {
        reader_no_memory(&loader->reader);
        return NO_INDEX;
    }
    return number;
}
