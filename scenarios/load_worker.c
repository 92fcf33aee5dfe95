/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"

/* apiWorker: which work a runner takes. Of a model many facts are pasted that say nothing about
 * scheduling; they are known, so that they are not warned of. */

static const char *const worker_keys[] = {"user", "model", "workflow"};
static const struct object_kind worker_kind = {
    .name = "apiWorker", .is_api = true, .keys = worker_keys, .key_count = ARRAY_LEN(worker_keys)};

static const char *const model_keys[] = {
    "id",
    "name",
    "created_at",
    "modified_at",
    "app_id",
    "user_id",
    "model_version",
    "model_type_id",
    "visibility",
    "description",
    "metadata",
    "notes",
    "toolkits",
    "use_cases",
    "languages",
    "languages_full",
    "check_consents",
    "workflow_recommended",
    "image",
    "presets",
    "is_starred",
    "star_count",
    "bookmark_origin",
    "display_name",
    "task",
    "input_info",
    "train_info",
    "output_info",
    "default_eval_info",
    "version_count",
    "source",
    "creator",
    "billing_type",
    "featured_order",
    "deploy_restriction",
    "open_router_info",
};
static const struct object_kind model_kind = {
    .name = "apiModel", .is_api = true, .keys = model_keys, .key_count = ARRAY_LEN(model_keys)};

static const char *const version_keys[] = {
    "id",
    "created_at",
    "modified_at",
    "completed_at",
    "status",
    "active_concept_count",
    "total_input_count",
    "metrics",
    "description",
    "visibility",
    "app_id",
    "user_id",
    "metadata",
    "output_info",
    "input_info",
    "train_info",
    "import_info",
    "train_log",
    "concept_mappings",
    "special_handling",
    "license",
    "license_type",
    "pretrained_model_config",
    "inference_params",
    "inference_compute_info",
    "num_threads",
    "method_signatures",
    "build_info",
    "default_eval_info",
};
static const struct object_kind version_kind = {.name = "apiModelVersion",
                                                .is_api = true,
                                                .keys = version_keys,
                                                .key_count = ARRAY_LEN(version_keys)};

static const char *const workflow_keys[] = {
    "id",
    "app_id",
    "user_id",
    "created_at",
    "modified_at",
    "nodes",
    "metadata",
    "visibility",
    "version",
    "is_starred",
    "star_count",
    "description",
    "bookmark_origin",
    "notes",
    "use_cases",
    "check_consents",
    "image",
};
static const struct object_kind workflow_kind = {.name = "apiWorkflow",
                                                 .is_api = true,
                                                 .keys = workflow_keys,
                                                 .key_count = ARRAY_LEN(workflow_keys)};

static const char *const workflow_version_keys[] = {
    "id",       "workflow_id", "created_at", "modified_at", "visibility", "nodes",
    "metadata", "description", "app_id",     "user_id",     "license",
};
static const struct object_kind workflow_version_kind = {.name = "apiWorkflowVersion",
                                                         .is_api = true,
                                                         .keys = workflow_version_keys,
                                                         .key_count =
                                                             ARRAY_LEN(workflow_version_keys)};

/* "model:user/app/id@version"; without user and app "model:id", without a version no "@". */
static const char *identity(const char *word, const struct value *object, const char *version)
{
    char text[4 * (ID_BYTES_MAX + 1) + 16];
    const char *id = "";
    const char *app = "";
    const char *user = "";
    require_id(object, "id", &id);
    if (get_text(object, "app_id", &app) && app[0] != '\0')
        get_id(object, "app_id", &app);
    if (get_text(object, "user_id", &user) && user[0] != '\0')
        get_id(object, "user_id", &user);
    if (id[0] == '\0')
        return "";
    bool has_owner = app[0] != '\0' || user[0] != '\0';
    snprintf(text, sizeof text, "%s:%.256s%s%.256s%s%.256s%s%.256s", word, user,
             has_owner ? "/" : "", app, has_owner ? "/" : "", id, version[0] != '\0' ? "@" : "",
             version);
    return reader_keep(object->reader, text);
}

static void read_model(struct value *model, struct worker *out)
{
    struct value version;
    const char *version_id = "";
    if (!object_open(model, &model_kind))
        return;
    if (object_get(model, "model_version", &version_kind, &version)) {
        get_id(&version, "id", &version_id);
        get_int32(&version, "num_threads", (struct int_range){0, INT32_MAX}, &out->num_threads);
        out->has_compute_info = get_request(&version, "inference_compute_info", &out->compute_info);
    }
    out->identity = identity("model", model, version_id);
}

static void read_workflow(struct value *workflow, struct worker *out)
{
    struct value version;
    const char *version_id = "";
    if (!object_open(workflow, &workflow_kind))
        return;
    if (object_get(workflow, "version", &workflow_version_kind, &version))
        get_id(&version, "id", &version_id);
    out->identity = identity("workflow", workflow, version_id);
}

static void read_user(const struct value *user, struct worker *out)
{
    if (!value_is_object(user))
        value_wrong_type(user, "an object");
    else
        out->identity = identity("user", user, "");
}

void get_worker(struct loader *loader, const struct value *object, const char *key,
                struct worker *out)
{
    struct value worker, user, model, workflow;
    const char *text;
    *out = (struct worker){.identity = ""};
    if (!value_get(object, key, &worker))
        return;
    if (worker.row) { /* a column that holds the identity itself */
        if (read_id(&worker, &text))
            out->identity = reader_keep(&loader->reader, text);
        return;
    }
    if (!object_open(&worker, &worker_kind))
        return;
    bool has_user = value_get(&worker, "user", &user);
    bool has_model = value_get(&worker, "model", &model);
    bool has_workflow = value_get(&worker, "workflow", &workflow);
    int count = (has_user ? 1 : 0) + (has_model ? 1 : 0) + (has_workflow ? 1 : 0);
    if (count != 1)
        value_error(&worker, "names %s: give exactly one of model, workflow or user",
                    count == 0 ? "no work" : "more than one work");
    else if (has_model)
        read_model(&model, out);
    else if (has_workflow)
        read_workflow(&workflow, out);
    else
        read_user(&user, out);
}
