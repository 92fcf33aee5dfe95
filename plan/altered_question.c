/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/altered_question.h"

#include <string.h>

#include "plan/growth.h"

/* A copy of count elements of a size, in the arena. */
static void *copy_of(struct arena *arena, const void *items, int32_t count, size_t size)
{
    void *copy = arena_alloc(arena, size * ((size_t)count + 1));
    if (copy != NULL && count > 0)
        memcpy(copy, items, size * (size_t)count);
    return copy;
}

/* ---- demand ---- */

static int alter_demand(struct altered_question *altered, int32_t percent, struct err *err)
{
    struct grown_scenario grown;
    if (grown_scenario_make(&grown, &altered->scenario, percent, err) != 0)
        return -1;
    altered->scenario = grown.scenario;
    altered->arena = grown.arena; /* taken over */
    return 0;
}

/* ---- overhead ---- */

/* Something is left, so that the type stays one. */
static int64_t less(int64_t amount, int64_t taken)
{
    return amount - taken > 1 ? amount - taken : 1;
}

static int alter_overhead(struct altered_question *altered, const struct alteration *alteration,
                          struct err *err)
{
    struct scenario *scenario = &altered->scenario;
    struct node_type *types =
        copy_of(&altered->arena, scenario->types, scenario->type_count, sizeof *scenario->types);
    if (types == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < scenario->type_count; i++) {
        types[i].cpu_milli = less(types[i].cpu_milli, alteration->cpu_milli);
        types[i].mem_bytes = less(types[i].mem_bytes, alteration->mem_bytes);
    }
    scenario->types = types;
    return 0;
}

/* ---- one more floor ---- */

static void add_one(int32_t *count)
{
    if (*count > 0 && *count < INT32_MAX)
        (*count)++;
}

static int alter_floor(struct altered_question *altered, int32_t runner, struct err *err)
{
    struct scenario *scenario = &altered->scenario;
    struct runner_def *runners = copy_of(&altered->arena, scenario->runners, scenario->runner_count,
                                         sizeof *scenario->runners);
    struct event_def *events =
        copy_of(&altered->arena, scenario->events, scenario->event_count, sizeof *scenario->events);
    if (runners == NULL || events == NULL)
        return err_no_memory(err);
    add_one(&runners[runner].num_replicas);
    add_one(&runners[runner].enabled_replicas);
    add_one(&runners[runner].min_replicas);
    add_one(&runners[runner].floor);
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (events[i].kind == EVENT_SCALE && events[i].runner == runner) {
            add_one(&events[i].num_replicas);
            add_one(&events[i].min_replicas);
        }
    scenario->runners = runners;
    scenario->events = events;
    return 0;
}

/* ---- prices ---- */

static int alter_price(struct altered_question *altered, const struct alteration *alteration,
                       struct err *err)
{
    struct plan_axes *axes = &altered->axes;
    axes->items = copy_of(&altered->arena, axes->items, axes->count, sizeof *axes->items);
    if (axes->items == NULL)
        return err_no_memory(err);
    int64_t *price = &axes->items[alteration->axis].price_micro;
    *price = altered_price(*price, alteration->percent);
    return 0;
}

/* ---- all of them ---- */

static int alter(struct altered_question *altered, const struct alteration *alteration,
                 struct err *err)
{
    switch (alteration->kind) {
    case ALTER_DEMAND:
        return alter_demand(altered, alteration->percent, err);
    case ALTER_OVERHEAD:
        return alter_overhead(altered, alteration, err);
    case ALTER_FLOOR:
        return alter_floor(altered, alteration->runner, err);
    case ALTER_PRICE:
        return alter_price(altered, alteration, err);
    case ALTER_NOTHING:
        break;
    }
    return 0;
}

int altered_question_make(struct altered_question *altered, const struct plan_question *question,
                          const struct alteration *alteration, struct err *err)
{
    *altered = (struct altered_question){
        .question = *question, .scenario = *question->scenario, .axes = *question->axes};
    altered->question.scenario = &altered->scenario;
    altered->question.axes = &altered->axes;
    if (alteration->kind != ALTER_PRICE) /* which changes no run */
        altered->question.alteration = *alteration;
    if (alter(altered, alteration, err) == 0)
        return 0;
    altered_question_release(altered);
    return -1;
}

void altered_question_release(struct altered_question *altered)
{
    arena_release(&altered->arena);
    *altered = (struct altered_question){0};
}
