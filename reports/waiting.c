/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/waiting.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/order.h"

const char *waiting_class_name(enum waiting_kind kind)
{
    switch (kind) {
    case WAITING_CORE:
        return "core";
    case WAITING_EXTRA:
        return "extra";
    default:
        return NULL;
    }
}

/* ---- rows ---- */

/* The longest waiting nominated and blocked replica of each runner; NO_INDEX where it has none. */
struct oldest {
    int32_t nominated, blocked;
};

static bool is_older(const struct sim *sim, int32_t replica, int32_t than)
{
    const struct replica *replicas = sim->sched.replicas;
    if (than == NO_INDEX || replicas[replica].asked_at != replicas[than].asked_at)
        return than == NO_INDEX || replicas[replica].asked_at < replicas[than].asked_at;
    return replicas[replica].ordinal < replicas[than].ordinal;
}

static struct oldest *find_oldest(const struct sim *sim)
{
    struct oldest *oldest = calloc((size_t)sim->sched.runner_count + 1, sizeof *oldest);
    for (int32_t i = 0; oldest != NULL && i < sim->sched.runner_count; i++)
        oldest[i] = (struct oldest){NO_INDEX, NO_INDEX};
    for (int32_t i = 0; oldest != NULL && i < sim->sched.replica_count; i++) {
        const struct replica *replica = &sim->sched.replicas[i];
        if (replica->state == REPLICA_NOMINATED &&
            is_older(sim, i, oldest[replica->runner].nominated))
            oldest[replica->runner].nominated = i;
        if (replica->state == REPLICA_BLOCKED && is_older(sim, i, oldest[replica->runner].blocked))
            oldest[replica->runner].blocked = i;
    }
    return oldest;
}

/* The up to four rows of one runner, in the order of kinds; a count of 0 is no row. */
static void make_rows(const struct sim *sim, int32_t runner, const struct oldest *oldest,
                      struct waiting rows[WAITING_KIND_COUNT])
{
    const struct runner *at = &sim->sched.runners[runner];
    int32_t core = runner_core_demand(at);
    const struct waiting made[WAITING_KIND_COUNT] = {
        [WAITING_CORE] = {.count = core, .replica = at->first_pending},
        [WAITING_EXTRA] = {.count = at->pending - core, .replica = at->first_extra},
        [WAITING_NOMINATED] = {.count = at->nominated, .replica = oldest->nominated},
        [WAITING_BLOCKED] = {.count = at->blocked, .replica = oldest->blocked},
    };
    for (int kind = 0; kind < WAITING_KIND_COUNT; kind++) {
        rows[kind] = made[kind];
        rows[kind].runner = runner;
        rows[kind].kind = (enum waiting_kind)kind;
        rows[kind].reason = NO_INDEX;
        if (rows[kind].count == 0)
            continue;
        assert(rows[kind].replica != NO_INDEX);
        rows[kind].longest_us = sim->now_us - sim->sched.replicas[rows[kind].replica].asked_at;
    }
}

static int32_t gather_rows(const struct sim *sim, const struct oldest *oldest, struct waiting *rows)
{
    int32_t count = 0;
    for (int32_t runner = 0; runner < sim->sched.runner_count; runner++) {
        struct waiting mine[WAITING_KIND_COUNT];
        make_rows(sim, runner, &oldest[runner], mine);
        for (int kind = 0; kind < WAITING_KIND_COUNT; kind++) {
            if (mine[kind].count == 0)
                continue;
            if (rows != NULL)
                rows[count] = mine[kind];
            count++;
        }
    }
    return count;
}

/* ---- reasons ---- */

struct reason_key {
    int32_t shape, priority, kind,
        runner; /* runner: NO_INDEX where the answer does not depend on it */
    bool may_preempt;
    int32_t row; /* makes the order total */
};

static struct reason_key key_of(const struct sim *sim, const struct waiting *rows, int32_t row)
{
    const struct waiting *at = &rows[row];
    const struct runner *runner = &sim->sched.runners[at->runner];
    bool is_own = shape_depends_on_runner(&sim->scenario->shapes.items[runner->shape]) &&
                  runner->live + runner->terminating + runner->nominated > 0;
    bool is_blocked = at->kind == WAITING_BLOCKED; /* each for its own special handling */
    return (struct reason_key){.shape = runner->shape,
                               .priority = runner->priority,
                               .kind = (int32_t)at->kind,
                               .runner = is_own || is_blocked ? at->runner : NO_INDEX,
                               .may_preempt = runner->may_preempt,
                               .row = row};
}

static int compare_key_values(const struct reason_key *a, const struct reason_key *b)
{
    int order = order_int(a->shape, b->shape);
    if (order == 0)
        order = order_int(a->priority, b->priority);
    if (order == 0)
        order = order_int(a->kind, b->kind);
    if (order == 0)
        order = order_int(a->runner, b->runner);
    return order != 0 ? order : order_int(a->may_preempt, b->may_preempt);
}

static int compare_keys(const void *left, const void *right)
{
    const struct reason_key *a = left;
    const struct reason_key *b = right;
    int order = compare_key_values(a, b);
    return order != 0 ? order : order_int(a->row, b->row);
}

static int compare_reasons(const void *left, const void *right)
{
    const struct waiting_reason *a = left;
    const struct waiting_reason *b = right;
    if (a->core_count != b->core_count)
        return a->core_count < b->core_count ? 1 : -1;
    if (a->replica_count != b->replica_count)
        return a->replica_count < b->replica_count ? 1 : -1;
    return order_int(a->first, b->first);
}

static void add_row(struct waiting_reason *reason, const struct waiting *row)
{
    reason->replica_count += row->count;
    reason->runner_count++;
    reason->core_count += row->kind == WAITING_CORE ? row->count : 0;
    if (row->longest_us > reason->longest_us)
        reason->longest_us = row->longest_us;
}

static void explain_rows(const struct sim *sim, struct waiting_list *list, struct reason_key *keys,
                         int32_t key_count)
{
    qsort(keys, (size_t)key_count, sizeof *keys, compare_keys);
    for (int32_t i = 0; i < key_count; i++) {
        struct waiting *row = &list->rows[keys[i].row];
        if (i == 0 || compare_key_values(&keys[i - 1], &keys[i]) != 0) {
            struct waiting_reason *reason = &list->reasons[list->reason_count++];
            reason->first = keys[i].row;
            explain_demand(&sim->sched, row->replica, sim->now_us, &reason->explanation);
        }
        row->reason = list->reason_count - 1;
        add_row(&list->reasons[row->reason], row);
    }
}

/* Most core demand first; `rank` has room for one number each. */
static void sort_reasons(struct waiting_list *list, int32_t *rank)
{
    for (int32_t i = 0; i < list->count; i++)
        if (list->rows[i].reason != NO_INDEX)
            rank[i] = list->reasons[list->rows[i].reason].first;
    qsort(list->reasons, (size_t)list->reason_count, sizeof *list->reasons, compare_reasons);
    for (int32_t r = 0; r < list->reason_count; r++)
        list->rows[list->reasons[r].first].reason = r;
    for (int32_t i = 0; i < list->count; i++)
        if (list->rows[i].reason != NO_INDEX)
            list->rows[i].reason = list->rows[rank[i]].reason;
}

static int fill_list(const struct sim *sim, const struct oldest *oldest, struct waiting_list *list)
{
    size_t count = (size_t)gather_rows(sim, oldest, NULL);
    struct reason_key *keys = calloc(count + 1, sizeof *keys);
    int32_t *rank = calloc(count + 1, sizeof *rank);
    list->rows = calloc(count + 1, sizeof *list->rows);
    list->reasons = calloc(count + 1, sizeof *list->reasons);
    bool has_memory = keys != NULL && rank != NULL && list->rows != NULL && list->reasons != NULL;
    if (has_memory) {
        int32_t key_count = 0;
        list->count = gather_rows(sim, oldest, list->rows);
        for (int32_t i = 0; i < list->count; i++) {
            list->replica_count[list->rows[i].kind] += list->rows[i].count;
            if (list->rows[i].kind != WAITING_NOMINATED)
                keys[key_count++] = key_of(sim, list->rows, i);
        }
        explain_rows(sim, list, keys, key_count);
        sort_reasons(list, rank);
    }
    free(keys);
    free(rank);
    return has_memory ? 0 : -1;
}

int waiting_list_make(const struct sim *sim, struct waiting_list *list, struct err *err)
{
    *list = (struct waiting_list){0};
    struct oldest *oldest = find_oldest(sim);
    int result = oldest == NULL ? -1 : fill_list(sim, oldest, list);
    free(oldest);
    if (result == 0)
        return 0;
    waiting_list_release(list);
    return err_no_memory(err);
}

void waiting_list_release(struct waiting_list *list)
{
    free(list->rows);
    free(list->reasons);
    *list = (struct waiting_list){0};
}

/* ---- words ---- */

const char *waiting_answer(const struct waiting_list *list, const struct waiting *row)
{
    static const char *const answers[] = {
        [FIT_BLOCKED] = "blocked", [FIT_NOW] = "now",     [FIT_NOT_NOW] = "not-now",
        [FIT_NO_NODE] = "no-node", [FIT_NEVER] = "never",
    };
    if (row->reason == NO_INDEX)
        return "nominated";
    enum fit_answer answer = list->reasons[row->reason].explanation.answer;
    assert((size_t)answer < ARRAY_LEN(answers));
    return answers[answer];
}

/* What explain_print needs to name nodes. */
struct name_context {
    const struct sim *sim;
    char *buffer; /* of NODE_NAME_SIZE */
};

static const char *name_node(const void *context, int32_t node)
{
    const struct name_context *names = context;
    return sim_node_name(names->sim, node, names->buffer);
}

/* What closed a pool from the start; a pool that an event closed has no reason. */
static const char *name_closed_reason(const void *context, int32_t pool)
{
    const struct name_context *names = context;
    return names->sim->scenario->pools[pool].disabled_reason;
}

const char *waiting_reason_print(const struct sim *sim, const struct waiting_list *list,
                                 const struct waiting *row, char out[REASON_TEXT_SIZE])
{
    char name[NODE_NAME_SIZE];
    const struct replica *replica = &sim->sched.replicas[row->replica];
    const char *blocked_by = sim->runners[row->runner].def->blocked_by;
    if (row->kind == WAITING_NOMINATED) {
        snprintf(out, REASON_TEXT_SIZE, "its place on %s is kept until %d replica%s gone",
                 sim_node_name(sim, replica->node, name), replica->victims_left,
                 replica->victims_left == 1 ? " is" : "s are");
        return out;
    }
    if (row->kind == WAITING_BLOCKED && blocked_by != NULL) {
        snprintf(out, REASON_TEXT_SIZE, "special handling is not done: %s", blocked_by);
        return out;
    }
    const struct name_context context = {sim, name};
    const struct explain_names names = {&context, name_node, name_closed_reason};
    explain_print(&sim->sched.fleet, &list->reasons[row->reason].explanation, &names, out,
                  REASON_TEXT_SIZE);
    return out;
}
