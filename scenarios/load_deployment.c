/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* apiDeployment: one runner for each of its nodepools. */

static const char *const deployment_keys[] = {
    "id",
    "user_id",
    "autoscale_config",
    "nodepools",
    "scheduling_choice",
    "visibility",
    "metadata",
    "description",
    "worker",
    "desired_worker",
    "created_at",
    "modified_at",
    "deploy_latest_version",
    "special_handling",
    "email_reminder_after",
    "graceful_deploy",
    "deployment_nodepools",
    "deployment_metrics",
    "status",
    "simulation",
};
static const struct object_kind deployment_kind = {.name = "apiDeployment",
                                                   .is_api = true,
                                                   .keys = deployment_keys,
                                                   .key_count = ARRAY_LEN(deployment_keys)};

/* ---- what all its runners share ---- */

static void warn_no_effect(const struct value *object)
{
    bool is_on = false;
    struct value place;
    const char *text;
    if (get_bool(object, "deploy_latest_version", &is_on) && is_on &&
        value_get(object, "deploy_latest_version", &place))
        value_warn_once(&place, "has no effect: versions change by deploy events only");
    if (get_text(object, "email_reminder_after", &text) &&
        value_get(object, "email_reminder_after", &place))
        value_warn_once(&place, "has no effect: no mail is sent");
}

/* The choice is between the pools and types of new nodes. */
static const char *why_choice_is_idle(const struct scenario *scenario, int64_t choice)
{
    enum { PERFORMANCE = 4, NETWORK = 5 };
    bool scales = false;
    for (int32_t i = 0; i < scenario->pool_count; i++)
        scales |= scenario->pools[i].scaling != NULL;
    if (!scales)
        return "each nodepool has its own replicas, and the policy chooses the nodes";
    if (choice == PERFORMANCE && scenario->scheduler.performance_count == 0)
        return "scheduler.performance_order is not given";
    if (choice == NETWORK && scenario->scheduler.network_count == 0)
        return "scheduler.network_order is not given";
    return NULL;
}

static int32_t get_scheduling_choice(const struct loader *loader, const struct value *object)
{
    static const char *const names[] = {
        "UNKNOWN_SCHEDULING_CHOICE",
        "FAIL",
        "RANDOM",
        "PRICE",
        "PERFORMANCE",
        "NETWORK",
        "UTILIZATION",
        "PREFER_SPOT",
        "PREFER_ONDEMAND",
    };
    struct value place;
    int64_t choice = 0;
    get_enum(object, "scheduling_choice", (struct words){names, ARRAY_LEN(names)}, &choice);
    const char *reason = why_choice_is_idle(loader->scenario, choice);
    if (choice != 0 && reason && value_get(object, "scheduling_choice", &place))
        value_warn_once(&place, "has no effect: %s", reason);
    return (int32_t)choice;
}

static bool is_disabled(const struct value *object)
{
    static const char *const names[] = {"ENABLED", "DISABLED"};
    int64_t status = 0;
    get_enum(object, "status", (struct words){names, ARRAY_LEN(names)}, &status);
    return status == 1;
}

static void get_deployment_worker(struct loader *loader, const struct value *object,
                                  struct worker *out)
{
    struct value place;
    const char *key = "worker";
    if (!value_get(object, key, &place) && value_get(object, "desired_worker", &place))
        key = "desired_worker";
    get_worker(loader, object, key, out);
}

static const struct runner_extra *get_extra(struct loader *loader, const struct value *object,
                                            int64_t *created_unix_us)
{
    struct runner_extra extra = {.description = get_carried_text(object, "description"),
                                 .created_at = get_timestamp(object, "created_at", created_unix_us),
                                 .modified_at = get_timestamp(object, "modified_at", NULL),
                                 .metadata = get_metadata(object)};
    const char *ignored;
    get_text(object, "user_id", &ignored);
    const void *kept = intern_bytes(&loader->reader.texts, &extra, sizeof extra);
    if (!kept)
        reader_no_memory(&loader->reader);
    return kept;
}

struct draft { /* a deployment while its runners are made */
    struct deployment_def deployment;
    struct runner_def runner; /* but for id, pool, shape and priority */
    struct compute_info compute_info;
    struct replica_settings settings;
    struct autoscale autoscale;
    bool has_compute_info;
};

/* The replicas of one of its runners, within its own bounds. */
static void set_counts(const struct draft *draft, const struct autoscale *scale,
                       struct runner_def *runner)
{
    int64_t wish = draft->settings.num_replicas;
    if (wish < 0)
        wish = autoscale_low(scale);
    runner->enabled_replicas = (int32_t)wish;
    if (draft->deployment.is_disabled)
        wish = 0;
    runner->num_replicas = (int32_t)wish;
    runner->min_replicas = scale->min;
    runner->floor = scale->min < runner->num_replicas ? scale->min : runner->num_replicas;
}

static void warn_of_counts(const struct value *object, const struct draft *draft)
{
    struct value simulation, place;
    int32_t wish = draft->settings.num_replicas;
    value_get(object, "simulation", &simulation);
    value_get(&simulation, "num_replicas", &place);
    if (wish > draft->autoscale.max)
        value_warn(&place, "%" PRId32 " is above max_replicas, %" PRId32, wish,
                   draft->autoscale.max);
    if (wish < 0 && autoscale_low(&draft->autoscale) == 0 && !draft->deployment.is_disabled &&
        !draft->settings.traffic)
        value_warn(&place, "is not given, and min_replicas is 0: no replica is started");
}

static void set_request(const struct value *object, const struct worker *worker,
                        struct draft *draft)
{
    struct value simulation, place;
    draft->has_compute_info = draft->settings.has_compute_info || worker->has_compute_info;
    draft->compute_info =
        draft->settings.has_compute_info ? draft->settings.compute_info : worker->compute_info;
    value_get(object, "simulation", &simulation);
    if (!draft->has_compute_info && !value_get(&simulation, "compute_info", &place))
        value_error(&place, "is missing, and so is inference_compute_info of the model_version: "
                            "give what one replica asks for");
}

static void read_draft(struct loader *loader, const struct value *object, struct draft *draft)
{
    struct worker worker;
    struct autoscale scale = get_autoscale(object);
    int64_t created_unix_us = INT64_MIN;
    *draft =
        (struct draft){.deployment = {.scheduling_choice = get_scheduling_choice(loader, object),
                                      .is_disabled = is_disabled(object)},
                       .autoscale = scale};
    struct runner_def *runner = &draft->runner;
    warn_no_effect(object);
    get_deployment_worker(loader, object, &worker);
    load_replica_settings(loader, object, true, &draft->settings);
    struct value simulation, place;
    bool has_packing =
        value_get(object, "simulation", &simulation) && value_get(&simulation, "packing", &place);
    if (draft->autoscale.is_isolated && !has_packing)
        draft->settings.packing = PACKING_ISOLATED;
    set_request(object, &worker, draft);
    warn_of_counts(object, draft);
    runner->extra = get_extra(loader, object, &created_unix_us);
    runner->worker = worker.identity;
    runner->blocked_by = get_undone_handling(object);
    runner->num_threads = worker.num_threads;
    get_bool(object, "graceful_deploy", &runner->is_graceful);
    set_runner_settings(loader, object, &draft->settings, created_unix_us, runner);
}

/* ---- its nodepools ---- */

static const char *const target_keys[] = {"id", "compute_cluster", "priority", "nodepool"};
static const struct object_kind target_kind = {.name = "apiDeploymentNodepool",
                                               .is_api = true,
                                               .keys = target_keys,
                                               .key_count = ARRAY_LEN(target_keys)};

struct target {
    int32_t pool;
    int8_t priority;
    struct autoscale_part part;
};

/* {id, compute_cluster, priority}, perhaps with the whole pool under nodepool. */
static struct target read_deployment_nodepool(struct loader *loader, struct value *element)
{
    struct target target = {.pool = NO_INDEX};
    struct value nodepool, place;
    int64_t priority = 0;
    if (!object_open(element, &target_kind))
        return target;
    get_int(element, "priority", (struct int_range){0, 9}, &priority);
    target.priority = (int8_t)priority;
    if (!value_get(element, "id", &place) && value_get(element, "nodepool", &nodepool))
        target.pool = read_pool(loader, &nodepool);
    else
        target.pool = read_pool_parts(loader, element);
    return target;
}

static void add_target_runner(struct loader *loader, const struct value *object,
                              const struct draft *draft, struct target target)
{
    struct scenario *scenario = loader->scenario;
    char id[4 * ID_BYTES_MAX];
    struct err err;
    struct runner_def runner = draft->runner;
    int32_t pool_count = 1;
    if (array_reserve(&loader->pools_scratch, &loader->pools_scratch_capacity, 1,
                      sizeof *loader->pools_scratch, &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    loader->pools_scratch[0] = target.pool;
    get_further_pools(loader, object, &pool_count);
    struct shape_request request = {.place = object,
                                    .compute_info = &draft->compute_info,
                                    .settings = &draft->settings,
                                    .pool_count = pool_count};
    snprintf(id, sizeof id, "%s-%s", draft->deployment.id, scenario->pools[target.pool].id);
    runner.id = id;
    runner.pool = target.pool;
    runner.priority = target.priority;
    runner.deployment = scenario->deployment_count;
    struct autoscale own = autoscale_of_part(&draft->autoscale, target.part);
    set_counts(draft, &own, &runner);
    if (runner.traffic)
        runner.traffic =
            keep_autoscale(loader, &own, runner.traffic, draft->deployment.is_disabled);
    runner.shape = keep_shape(loader, &request);
    if (runner.shape != NO_INDEX)
        add_runner(loader, object, &runner);
    else
        reserve_runner_id(loader, object, id);
}

static bool is_earlier_target(const struct loader *loader, const struct draft *draft, int32_t pool)
{
    const struct scenario *scenario = loader->scenario;
    for (int32_t i = draft->deployment.first_runner; i < scenario->runner_count; i++) {
        if (scenario->runners[i].pool == pool)
            return true;
    }
    return false;
}

static void add_runners(struct loader *loader, const struct value *object,
                        const struct draft *draft, const struct value *targets, bool is_plain)
{
    struct value element;
    char quoted[TEXT_QUOTE_SIZE];
    for (struct cursor cursor = cursor_at(targets); cursor_next(&cursor, &element);) {
        struct target target = {.pool = NO_INDEX};
        struct value inner;
        if (is_plain)
            target.pool = read_pool(loader, unwrap_element(&element, "nodepool", &inner));
        else
            target = read_deployment_nodepool(loader, &element);
        target.part = (struct autoscale_part){element.index, array_length(targets)};
        if (target.pool == NO_INDEX || !draft->has_compute_info)
            continue;
        if (is_earlier_target(loader, draft, target.pool))
            value_error(&element, "%s is given twice: give each nodepool once",
                        text_quote(loader->scenario->pools[target.pool].id, quoted));
        else
            add_target_runner(loader, object, draft, target);
    }
}

/* The list of nodepools under one of its two names; false after an error. */
static bool get_targets(const struct value *object, struct value *targets, bool *is_plain)
{
    struct value plain, detailed;
    bool has_plain = array_get(object, "nodepools", &plain) && array_length(&plain) > 0;
    bool has_detailed =
        array_get(object, "deployment_nodepools", &detailed) && array_length(&detailed) > 0;
    if (has_plain && has_detailed) {
        value_error(&detailed, "is given beside nodepools: give one of the two");
        return false;
    }
    if (!has_plain && !has_detailed) {
        value_error(&detailed, "is missing or empty: give at least one nodepool");
        return false;
    }
    *targets = has_plain ? plain : detailed;
    *is_plain = has_plain;
    return true;
}

/* ---- the whole ---- */

static bool is_earlier_id(struct loader *loader, const struct value *object, const char *id)
{
    struct err err;
    struct value place;
    char quoted[TEXT_QUOTE_SIZE];
    if (lookup_find_text(&loader->deployments, id) < 0) {
        if (lookup_put_text(&loader->deployments, reader_keep(&loader->reader, id), 0, &err))
            reader_no_memory(&loader->reader);
        return false;
    }
    value_get(object, "id", &place);
    value_error(&place, "%s is the id of an earlier deployment: give each its own",
                text_quote(id, quoted));
    return true;
}

void load_deployment(struct loader *loader, struct value *element)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    struct draft draft;
    struct value targets;
    const char *id;
    bool is_plain;
    if (!object_open(element, &deployment_kind) || !require_id(element, "id", &id) ||
        is_earlier_id(loader, element, id))
        return;
    read_draft(loader, element, &draft);
    draft.deployment.id = reader_keep(&loader->reader, id);
    draft.deployment.first_runner = scenario->runner_count;
    if (!get_targets(element, &targets, &is_plain))
        return;
    check_autoscale_total(element, &draft.autoscale, array_length(&targets));
    if (draft.settings.traffic)
        draft.settings.traffic->divisor = array_length(&targets);
    add_runners(loader, element, &draft, &targets, is_plain);
    draft.deployment.runner_count = scenario->runner_count - draft.deployment.first_runner;
    if (array_reserve(&scenario->deployments, &scenario->deployment_capacity,
                      scenario->deployment_count + INT64_C(1), sizeof *scenario->deployments,
                      &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    scenario->deployments[scenario->deployment_count++] = draft.deployment;
}
