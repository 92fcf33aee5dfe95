/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/run_worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/units.h"
#include "plan/run_crew.h"

/* ---- the task as text ---- */

static void print_texts(const char *key, const struct run_texts *texts, struct json_writer *w)
{
    json_array(w, key);
    for (int32_t i = 0; i < texts->count; i++)
        json_string(w, NULL, texts->items[i]);
    json_close_array(w);
}

void run_task_print(const struct run_task *task, FILE *out)
{
    struct json_writer w;
    char seed[UNITS_TEXT_SIZE];
    snprintf(seed, sizeof seed, "%" PRIu64, task->seed);
    json_writer_init(&w, out, true);
    json_object(&w, NULL);
    json_string(&w, "scenario", task->scenario_path);
    json_string(&w, "scenario_digest", task->scenario_digest);
    json_string(&w, "seed", seed);
    print_texts("edits", &task->edits, &w);
    print_texts("targets", &task->targets, &w);
    print_texts("survive", &task->survives, &w);
    json_close_object(&w);
}

static const char *keep(struct run_worker *worker, const cJSON *tree, const char *key)
{
    const char *text = cJSON_GetStringValue(json_get(tree, key));
    return text != NULL ? arena_strdup(&worker->arena, text) : NULL;
}

static int keep_texts(struct run_worker *worker, const cJSON *tree, const char *key,
                      struct run_texts *texts, struct err *err)
{
    const cJSON *array = json_get(tree, key);
    const char **items = arena_array(&worker->arena, RUN_TASK_TEXTS_MAX, sizeof *items);
    *texts = (struct run_texts){items, 0};
    if (items == NULL)
        return err_no_memory(err);
    for (const cJSON *item = array != NULL ? array->child : NULL;
         item != NULL && texts->count < RUN_TASK_TEXTS_MAX; item = item->next) {
        const char *text = cJSON_GetStringValue(item);
        items[texts->count] = arena_strdup(&worker->arena, text != NULL ? text : "");
        if (items[texts->count++] == NULL)
            return err_no_memory(err);
    }
    return 0;
}

static int read_task(struct run_worker *worker, const cJSON *tree, struct run_task *task,
                     struct err *err)
{
    int64_t seed;
    task->scenario_path = keep(worker, tree, "scenario");
    task->scenario_digest = keep(worker, tree, "scenario_digest");
    const char *text = keep(worker, tree, "seed");
    if (task->scenario_path == NULL || task->scenario_digest == NULL || text == NULL ||
        parse_int64(text, &seed, err) != 0)
        return err_set(err, ERR_INPUT, "what rank 0 told is damaged");
    task->seed = (uint64_t)seed;
    return keep_texts(worker, tree, "edits", &task->edits, err) ||
                   keep_texts(worker, tree, "targets", &task->targets, err) ||
                   keep_texts(worker, tree, "survive", &task->survives, err)
               ? -1
               : 0;
}

/* ---- the question ---- */

static int load(struct run_worker *worker, const struct run_task *task, struct err *err)
{
    const struct edit_list edits = {task->edits.items, task->edits.count};
    if (scenario_load_edited(&worker->scenario, task->scenario_path, &edits, err) != 0)
        return -1;
    if (strcmp(worker->scenario.digest, task->scenario_digest) != 0)
        return err_set(err, ERR_INPUT, "%s: a rank reads other files than rank 0",
                       task->scenario_path);
    if (plan_axes_make(&worker->axes, &worker->scenario, err) != 0)
        return -1;
    for (int32_t i = 0; i < task->targets.count; i++)
        if (target_set_parse(&worker->targets, task->targets.items[i], err) != 0)
            return -1;
    for (int32_t i = 0; i < task->survives.count; i++)
        if (survive_parse(&worker->survives[i], task->survives.items[i], err) != 0)
            return -1;
    worker->question = (struct plan_question){
        .scenario = &worker->scenario,
        .axes = &worker->axes,
        .targets = &worker->targets,
        .survives = {worker->survives, task->survives.count},
        .seed = task->seed,
    };
    return 0;
}

int run_worker_init(struct run_worker *worker, const char *bytes, size_t size, struct err *err)
{
    const struct json_text text = {.file = "the task of rank 0", .bytes = bytes, .size = size};
    struct run_task task = {.seed = 0};
    *worker = (struct run_worker){.has_altered = false};
    cJSON *tree = json_parse(text, err);
    if (tree == NULL)
        return -1;
    int result = read_task(worker, tree, &task, err);
    cJSON_Delete(tree);
    if (result == 0)
        result = load(worker, &task, err);
    if (result != 0)
        run_worker_release(worker);
    return result;
}

void run_worker_release(struct run_worker *worker)
{
    if (worker->has_altered)
        altered_question_release(&worker->altered);
    plan_axes_release(&worker->axes);
    scenario_release(&worker->scenario);
    arena_release(&worker->arena);
    *worker = (struct run_worker){.has_altered = false};
}

/* ---- a run ---- */

static int turn_to(struct run_worker *worker, const struct alteration *alteration, struct err *err)
{
    if (worker->has_altered && alteration_equals(&worker->alteration, alteration))
        return 0;
    if (worker->has_altered)
        altered_question_release(&worker->altered);
    worker->alteration = *alteration;
    worker->has_altered =
        altered_question_make(&worker->altered, &worker->question, alteration, err) == 0;
    return worker->has_altered ? 0 : -1;
}

static int run(struct run_worker *worker, const struct run_order *order, const int32_t *counts,
               struct run_result *result, struct err *err)
{
    struct tester tester;
    struct losses losses;
    struct plan_variant variant;
    if (turn_to(worker, &order->alteration, err) != 0)
        return -1;
    const struct plan_question *question = &worker->altered.question;
    const struct losses_of of = {question->scenario, question->axes, counts};
    if (losses_make(&losses, &of, &question->survives, err) != 0)
        return -1;
    const struct plan_point point = {counts, losses.items[order->loss]};
    int outcome = plan_variant_make(&variant, question->scenario, question->axes, &point, err);
    if (outcome == 0) {
        tester_init(&tester, question);
        outcome = tester_simulate(&tester, &variant.scenario, order->trial, result, err);
        plan_variant_release(&variant);
    }
    losses_release(&losses);
    return outcome;
}

static void run_piece(void *context, const struct crew_piece *piece, void *bytes)
{
    struct run_worker *worker = context;
    struct run_answer *answer = bytes;
    struct err err = {.kind = ERR_NONE};
    struct run_order order;
    int32_t *counts = NULL;
    int32_t capacity = 0;
    memcpy(&order, piece->order, sizeof order);
    int result =
        array_reserve(&counts, &capacity, worker->axes.count + INT64_C(1), sizeof *counts, &err);
    if (result == 0) {
        memcpy(counts, (const char *)piece->order + sizeof order,
               sizeof *counts * (size_t)worker->axes.count);
        result = run(worker, &order, counts, &answer->result, &err);
    }
    answer->is_done = result == 0;
    memcpy(answer->text, err.text, sizeof answer->text);
    free(counts);
}

struct crew_work run_crew_work(int32_t axis_count)
{
    return (struct crew_work){.result_size = sizeof(struct run_answer),
                              .order_size = run_order_size(axis_count)};
}

struct crew_work run_worker_work(struct run_worker *worker)
{
    struct crew_work work = run_crew_work(worker->axes.count);
    work.run = run_piece;
    work.context = worker;
    return work;
}
