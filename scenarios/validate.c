/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* What can only be seen when all is read. */

/* ---- generated names ---- */

/* Splits "<stem>-<k>" as generated names are written; false for other texts. */
static bool split_generated(const char *text, size_t *stem_length, int64_t *k)
{
    struct err ignored;
    const char *dash = strrchr(text, '-');
    if (!dash || dash == text)
        return false;
    const char *digits = dash + 1;
    size_t count = strlen(digits);
    if (count == 0 || count > 18 || strspn(digits, "0123456789") != count ||
        (digits[0] == '0' && count > 1))
        return false;
    *stem_length = (size_t)(dash - text);
    return parse_int64(digits, k, &ignored) == 0;
}

/* Is `name` that of a node that has no name of its own, at the start or from an event? */
static bool is_generated_node(struct loader *loader, const char *name)
{
    size_t length;
    int64_t k;
    if (!split_generated(name, &length, &k))
        return false;
    const char *stem = intern_text_part(&loader->reader.texts, name, length);
    if (!stem) {
        reader_no_memory(&loader->reader);
        return false;
    }
    int32_t pool = lookup_find_text(&loader->pools_by_name, stem);
    if (pool < 0)
        return false;
    const struct pool_note *note = &loader->pool_notes[pool];
    if (k >= note->node_count + note->added_count)
        return false;
    int32_t key[2] = {pool, (int32_t)k};
    return lookup_find(&loader->named_nodes, key, sizeof key) < 0;
}

void check_node_name(struct loader *loader, const struct value *place, const char *name)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (lookup_find_text(&loader->nodes, name) < 0 && !is_generated_node(loader, name))
        value_error(place,
                    "%s is not a node of the scenario: give <nodepool>-<number>, or a name "
                    "that a node was given",
                    text_quote(name, quoted));
}

static void check_node_names(struct loader *loader, const struct value *root)
{
    const struct scenario *scenario = loader->scenario;
    char quoted[TEXT_QUOTE_SIZE];
    if (loader->nodes.count == 0)
        return;
    for (int32_t i = 0; i < scenario->node_count; i++) {
        const char *name = scenario->nodes[i].name;
        if (name && is_generated_node(loader, name))
            value_error(root,
                        "the node name %s is also that of a node without a name: give "
                        "another one",
                        text_quote(name, quoted));
    }
}

/* Generated runners are <name>-<k>. */
static void check_runner_names(struct loader *loader, const struct value *root)
{
    const struct scenario *scenario = loader->scenario;
    char quoted[TEXT_QUOTE_SIZE];
    if (scenario->arrival_count == 0)
        return;
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        size_t length;
        int64_t k;
        const char *id = scenario->runners[i].id;
        if (split_generated(id, &length, &k) && lookup_find(&loader->arrivals, id, length) >= 0)
            value_error(root,
                        "the runner id %s is also that of a generated runner: rename the "
                        "runner or the arrivals",
                        text_quote(id, quoted));
    }
}

/* ---- sums ---- */

static void check_sums(struct loader *loader, const struct value *root)
{
    if (loader->wish_total > SCENARIO_REPLICAS_MAX)
        value_error(root, "the runners want %" PRId64 " replicas in all: give at most %d",
                    loader->wish_total, SCENARIO_REPLICAS_MAX);
    int64_t node_total = loader->scenario->node_count + loader->added_total;
    if (loader->added_total > 0 && node_total > SCENARIO_NODES_MAX)
        value_error(root, "there are %" PRId64 " nodes with those that events add: give at most %d",
                    node_total, SCENARIO_NODES_MAX);
}

/* ---- accelerator types ---- */

static bool matches_any_type(const struct loader *loader, const char *pattern)
{
    for (int32_t i = 0; i < loader->used.count; i++) {
        const struct node_type *type = &loader->used.items[i].type;
        for (int32_t j = 0; j < type->device_type_count; j++) {
            if (text_matches_glob(pattern, type->device_types[j]))
                return true;
        }
    }
    return false;
}

/* The names that instances have are not always those that people write ("a10"). */
static void check_patterns(const struct loader *loader, const struct value *root)
{
    const struct shape_table *shapes = &loader->scenario->shapes;
    char quoted[TEXT_QUOTE_SIZE];
    for (int32_t i = 0; i < shapes->count; i++) {
        for (int32_t j = 0; j < shapes->items[i].type_pattern_count; j++) {
            const char *pattern = shapes->items[i].type_patterns[j];
            if (!matches_any_type(loader, pattern))
                value_warn_once(root, "the accelerator_type %s matches no instance type in use",
                                text_quote(pattern, quoted));
        }
    }
}

/* ---- the scheduler's words on pools and types ---- */

static bool is_pool_name(const struct loader *loader, const char *name)
{
    return lookup_find_text(&loader->pools_by_name, name) >= 0;
}

static bool is_type_in_use(const struct loader *loader, const char *id)
{
    for (int32_t i = 0; i < loader->used.count; i++)
        if (strcmp(loader->used.items[i].type.id, id) == 0)
            return true;
    return false;
}

static void check_network_order(const struct loader *loader, const struct value *scheduler)
{
    enum { HINTS_MAX = 100 };
    const struct scenario *scenario = loader->scenario;
    const char *names[HINTS_MAX];
    struct value array, element;
    size_t count = 0;
    if (!value_get(scheduler, "network_order", &array) || !value_is_array(&array))
        return;
    for (int32_t i = 0; i < scenario->pool_count && count < HINTS_MAX; i++)
        names[count++] = scenario->pools[i].id;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        const char *name = value_text(&element);
        char quoted[TEXT_QUOTE_SIZE];
        char hint[WORDS_SIZE];
        if (name && !is_pool_name(loader, name))
            value_error(&element, "%s is no nodepool: %s", text_quote(name, quoted),
                        words_hint(name, (struct words){names, count}, hint));
    }
}

static void check_performance_order(const struct loader *loader, const struct value *scheduler)
{
    struct value array, element;
    if (!value_get(scheduler, "performance_order", &array) || !value_is_array(&array))
        return;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        const char *id = value_text(&element);
        char quoted[TEXT_QUOTE_SIZE];
        if (id && !is_type_in_use(loader, id))
            value_warn(&element, "has no effect: no nodepool has the instance type %s",
                       text_quote(id, quoted));
    }
}

static void check_scheduler(const struct loader *loader, const struct value *root)
{
    const struct scenario *scenario = loader->scenario;
    struct value scheduler, place;
    bool scales = false;
    if (scenario->pool_count == 0 || !value_get(root, "scheduler", &scheduler) ||
        !value_is_object(&scheduler))
        return;
    check_network_order(loader, &scheduler);
    check_performance_order(loader, &scheduler);
    for (int32_t i = 0; i < scenario->pool_count; i++)
        scales |= scenario->pools[i].scaling != NULL;
    if (!scales && value_get(&scheduler, "preempt_or_scale", &place))
        value_warn(&place, "has no effect: no nodepool has simulation.scaling");
    else if (!scenario->scheduler.preemption_enabled &&
             value_get(&scheduler, "preempt_or_scale", &place))
        value_warn(&place, "has no effect: preemption is not enabled");
}

/* ---- order ---- */

struct ordered_event {
    struct event_def event;
    int32_t position; /* in the files */
};

static int compare_events(const void *left, const void *right)
{
    const struct ordered_event *a = left;
    const struct ordered_event *b = right;
    if (a->event.at_us != b->event.at_us)
        return a->event.at_us < b->event.at_us ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

static void sort_events(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    if (scenario->event_count == 0)
        return;
    struct ordered_event *ordered = calloc((size_t)scenario->event_count, sizeof *ordered);
    if (!ordered) {
        reader_no_memory(&loader->reader);
        return;
    }
    for (int32_t i = 0; i < scenario->event_count; i++)
        ordered[i] = (struct ordered_event){scenario->events[i], i};
    qsort(ordered, (size_t)scenario->event_count, sizeof *ordered, compare_events);
    for (int32_t i = 0; i < scenario->event_count; i++)
        scenario->events[i] = ordered[i].event;
    free(ordered);
}

static void set_open_maxima(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        if (scenario->pools[i].max_instances == NO_INDEX)
            scenario->pools[i].max_instances = loader->pool_notes[i].node_count;
    }
}

void validate(struct loader *loader, const struct value *root)
{
    check_node_names(loader, root);
    check_runner_names(loader, root);
    check_sums(loader, root);
    check_patterns(loader, root);
    check_scheduler(loader, root);
    sort_events(loader);
    set_open_maxima(loader);
}
