/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/stranding.h"

#include <stdlib.h>

static bool shape_asks(const struct shape *shape, enum asked asked)
{
    switch (asked) {
    case ASKED_CPU:
        return shape->cpu_milli > 0;
    case ASKED_MEMORY:
        return shape->mem_bytes > 0;
    default:
        return shape->device_count > 0;
    }
}

/* Marks the shapes of demand that waits in the queue or for its victims to go. */
static bool *mark_waiting_shapes(const struct sim *sim)
{
    bool *is_waiting = calloc((size_t)sim->scenario->shapes.count + 1, sizeof *is_waiting);
    for (int32_t i = 0; is_waiting != NULL && i < sim->sched.runner_count; i++) {
        const struct runner *runner = &sim->sched.runners[i];
        if (runner->pending > 0)
            is_waiting[runner->shape] = true;
    }
    return is_waiting;
}

struct list_question {
    int32_t group;
    enum asked asked;
    const bool *is_waiting; /* NULL: all shapes */
};

static int32_t fill_list(const struct sim *sim, const struct list_question *question,
                         int32_t *shapes)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct shape_table *table = &sim->scenario->shapes;
    int32_t count = 0;
    for (int32_t i = 0; i < table->count; i++)
        if ((question->is_waiting == NULL || question->is_waiting[i]) &&
            shape_asks(&table->items[i], question->asked) &&
            fleet_group_misfits(fleet, &table->items[i], question->group) == 0)
            shapes[count++] = i;
    return count;
}

static void fill_lists(struct stranding *stranding, const struct sim *sim, const bool *is_waiting)
{
    int32_t *next = stranding->storage;
    for (int32_t group = 0; group < sim->sched.fleet.group_count; group++) {
        for (int asked = 0; asked < ASKED_COUNT; asked++) {
            struct list_question question = {group, (enum asked)asked, is_waiting};
            int32_t count = fill_list(sim, &question, next);
            if (count == 0) {
                question.is_waiting = NULL;
                count = fill_list(sim, &question, next);
            }
            stranding->lists[group * ASKED_COUNT + asked] = (struct candidate_list){next, count};
            next += count;
        }
    }
}

static void mark_asked(struct stranding *stranding, const struct shape_table *table)
{
    for (int asked = 0; asked < ASKED_COUNT; asked++)
        for (int32_t i = 0; i < table->count && !stranding->is_asked[asked]; i++)
            stranding->is_asked[asked] = shape_asks(&table->items[i], (enum asked)asked);
}

int stranding_init(struct stranding *stranding, const struct sim *sim, struct err *err)
{
    size_t list_count = (size_t)sim->sched.fleet.group_count * ASKED_COUNT;
    size_t shape_count = (size_t)sim->scenario->shapes.count;
    bool *is_waiting = mark_waiting_shapes(sim);
    *stranding = (struct stranding){
        .lists = calloc(list_count + 1, sizeof *stranding->lists),
        .storage = calloc(list_count * shape_count + 1, sizeof *stranding->storage),
    };
    mark_asked(stranding, &sim->scenario->shapes);
    bool has_memory = is_waiting != NULL && stranding->lists != NULL && stranding->storage != NULL;
    if (has_memory)
        fill_lists(stranding, sim, is_waiting);
    else
        stranding_release(stranding);
    free(is_waiting);
    return has_memory ? 0 : err_no_memory(err);
}

void stranding_release(struct stranding *stranding)
{
    free(stranding->lists);
    free(stranding->storage);
    *stranding = (struct stranding){0};
}

bool stranding_fits(struct stranding *stranding, const struct sim *sim, int32_t node,
                    enum asked asked)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct candidate_list *list =
        &stranding->lists[fleet->nodes[node].group * ASKED_COUNT + (int)asked];
    struct room room;
    fleet_room(fleet, node, &room);
    for (int32_t i = 0; i < list->count; i++) {
        int32_t shape = list->shapes[i];
        if (room_misfits(&room, fleet_type_of(fleet, node), &sim->scenario->shapes.items[shape]))
            continue;
        list->shapes[i] = list->shapes[0];
        list->shapes[0] = shape;
        return true;
    }
    return false;
}
