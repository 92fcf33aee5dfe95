/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"

/* What happens at given instants: {"at": instant, KIND: {...}}. */

static const struct int_range replica_range = {0, RUNNER_REPLICAS_MAX};
static const struct int_range node_range = {1, SCENARIO_NODES_MAX};

/* ---- parts ---- */

static int32_t get_pool(struct loader *loader, const struct value *object)
{
    struct value place;
    if (!value_require(object, "nodepool", "the id of a nodepool", &place))
        return NO_INDEX;
    return read_pool(loader, &place);
}

static int32_t get_runner(struct loader *loader, const struct value *object)
{
    struct value place;
    if (!value_require(object, "runner", "the id of a runner", &place))
        return NO_INDEX;
    return read_runner_id(loader, &place);
}

static const char *get_name(const struct value *object, const char *key)
{
    const char *text;
    return get_id(object, key, &text) ? reader_keep(object->reader, text) : NULL;
}

/* A node by name, or some of a pool. Whether the name exists is seen at the end (validate.c), when
 * all events are known that add nodes. */
static void get_selection(struct loader *loader, const struct value *object,
                          struct event_def *event)
{
    struct value node, pool, place;
    bool has_node = value_get(object, "node", &node);
    bool has_pool = value_get(object, "nodepool", &pool);
    if (has_node == has_pool) {
        value_error(object, "selects %s: give either node or nodepool",
                    has_node ? "by node and by nodepool" : "no node");
        return;
    }
    if (has_pool) {
        event->pool = read_pool(loader, &pool);
        event->zone = get_name(object, "zone");
        get_int32(object, "count", node_range, &event->count);
        return;
    }
    event->node_name = get_name(object, "node");
    if (value_get(object, "count", &place) || value_get(object, "zone", &place))
        value_error(&place, "is given with node: leave it out, or give nodepool");
    if (event->node_name)
        check_node_name(loader, &node, event->node_name);
}

static void get_grace(struct loader *loader, const struct value *object, struct event_def *event)
{
    get_selection(loader, object, event);
    get_duration(object, "grace_period", &event->grace_us);
}

/* ---- kinds ---- */

static void read_scale(struct loader *loader, const struct value *object, struct event_def *event)
{
    struct value place;
    event->runner = get_runner(loader, object);
    get_int32(object, "num_replicas", replica_range, &event->num_replicas);
    get_int32(object, "min_replicas", replica_range, &event->min_replicas);
    if (!value_get(object, "num_replicas", &place) && !value_get(object, "min_replicas", &place))
        value_error(object, "changes nothing: give num_replicas, min_replicas or both");
}

static void read_runner_event(struct loader *loader, const struct value *object,
                              struct event_def *event)
{
    event->runner = get_runner(loader, object);
}

static void read_add(struct loader *loader, const struct value *object, struct event_def *event)
{
    struct value place;
    event->pool = get_pool(loader, object);
    event->zone = get_name(object, "zone");
    get_int32(object, "count", node_range, &event->count);
    if (event->pool == NO_INDEX)
        return;
    event->type = value_get(object, "instance_type", &place)
                      ? find_pool_type(loader, &place, event->pool)
                      : only_pool_type(loader, &place, event->pool);
    event->type = get_capacity_type(loader, object, event->pool, event->type);
}

static void read_fail(struct loader *loader, const struct value *object, struct event_def *event)
{
    get_selection(loader, object, event);
    get_dist(loader, object, "repair_after", &event->repair_after);
}

static void read_set_pool(struct loader *loader, const struct value *object,
                          struct event_def *event)
{
    struct value place;
    event->pool = get_pool(loader, object);
    if (value_require(object, "schedulable", "true or false", &place))
        get_bool(object, "schedulable", &event->is_schedulable);
}

/* Whether gracefully, is the runner's unless it is said here. */
static void read_deploy(struct loader *loader, const struct value *object, struct event_def *event)
{
    event->runner = get_runner(loader, object);
    /* The id of a runner with errors is known, but there may be no runner behind it. */
    if (event->runner != NO_INDEX && event->runner < loader->scenario->runner_count)
        event->is_graceful = loader->scenario->runners[event->runner].is_graceful;
    get_bool(object, "graceful", &event->is_graceful);
}

static void read_set_status(struct loader *loader, const struct value *object,
                            struct event_def *event)
{
    static const char *const names[] = {"ENABLED", "DISABLED"};
    struct value place;
    int64_t status = 0;
    event->runner = get_runner(loader, object);
    if (value_require(object, "status", "ENABLED or DISABLED", &place))
        get_enum(object, "status", (struct words){names, ARRAY_LEN(names)}, &status);
    event->is_enabled = status == 0;
}

static const char *const deploy_keys[] = {"runner", "graceful"};
static const char *const status_keys[] = {"runner", "status"};
static const int64_t upgrade_default_us = 300 * US_PER_S;
static const int64_t floor_wait_default_us = INT64_C(3600) * US_PER_S;

static void read_upgrade(struct loader *loader, const struct value *object, struct event_def *event)
{
    struct dist lasts = dist_constant(upgrade_default_us);
    event->pool = get_pool(loader, object);
    event->zone = get_name(object, "zone");
    event->floor_wait_us = floor_wait_default_us;
    event->repair_after = keep_dist(loader, &lasts);
    get_int32(object, "parallelism", node_range, &event->count);
    get_duration(object, "grace_period", &event->grace_us);
    get_dist(loader, object, "duration", &event->repair_after);
    get_duration(object, "floor_wait", &event->floor_wait_us);
}

static const char *const scale_keys[] = {"runner", "num_replicas", "min_replicas"};
static const char *const runner_keys[] = {"runner"};
static const char *const add_keys[] = {"nodepool", "instance_type", "capacity_type", "count",
                                       "zone"};
static const char *const selection_keys[] = {"node", "nodepool", "count", "zone"};
static const char *const drain_keys[] = {"node", "nodepool", "count", "zone", "grace_period"};
static const char *const fail_keys[] = {"node", "nodepool", "count", "zone", "repair_after"};
static const char *const upgrade_keys[] = {"nodepool",     "zone",     "parallelism",
                                           "grace_period", "duration", "floor_wait"};
static const char *const pool_keys[] = {"nodepool", "schedulable"};

struct kind_form {
    struct object_kind kind; /* its name is the key */
    void (*read)(struct loader *loader, const struct value *object, struct event_def *event);
};

static const struct kind_form forms[] = {
    [EVENT_SCALE] = {{"scale", false, scale_keys, ARRAY_LEN(scale_keys)}, read_scale},
    [EVENT_DEPART] = {{"depart", false, runner_keys, ARRAY_LEN(runner_keys)}, read_runner_event},
    [EVENT_CLEAR_HANDLING] = {{"clear_special_handling", false, runner_keys,
                               ARRAY_LEN(runner_keys)},
                              read_runner_event},
    [EVENT_ADD_NODES] = {{"add_nodes", false, add_keys, ARRAY_LEN(add_keys)}, read_add},
    [EVENT_CORDON_NODE] = {{"cordon_node", false, selection_keys, ARRAY_LEN(selection_keys)},
                           get_selection},
    [EVENT_DRAIN_NODE] = {{"drain_node", false, drain_keys, ARRAY_LEN(drain_keys)}, get_grace},
    [EVENT_UNCORDON_NODE] = {{"uncordon_node", false, selection_keys, ARRAY_LEN(selection_keys)},
                             get_selection},
    [EVENT_REMOVE_NODE] = {{"remove_node", false, drain_keys, ARRAY_LEN(drain_keys)}, get_grace},
    [EVENT_FAIL_NODE] = {{"fail_node", false, fail_keys, ARRAY_LEN(fail_keys)}, read_fail},
    [EVENT_REPAIR_NODE] = {{"repair_node", false, selection_keys, ARRAY_LEN(selection_keys)},
                           get_selection},
    [EVENT_SET_POOL] = {{"set_nodepool", false, pool_keys, ARRAY_LEN(pool_keys)}, read_set_pool},
    [EVENT_DEPLOY] = {{"deploy", false, deploy_keys, ARRAY_LEN(deploy_keys)}, read_deploy},
    [EVENT_SET_STATUS] = {{"set_status", false, status_keys, ARRAY_LEN(status_keys)},
                          read_set_status},
    [EVENT_UPGRADE] = {{"upgrade", false, upgrade_keys, ARRAY_LEN(upgrade_keys)}, read_upgrade},
};
_Static_assert(ARRAY_LEN(forms) == EVENT_KIND_COUNT, "every kind has a form");

/* ---- nodes that events add ---- */

/* Without a word on what is wrong: load_event says it. */
void count_added_nodes(struct loader *loader, struct value *element)
{
    struct value add, pool, count;
    int64_t added = 1;
    int32_t number = NO_INDEX;
    struct err ignored;
    if (!value_get(element, "add_nodes", &add) || !value_get(&add, "nodepool", &pool))
        return;
    if (value_text(&pool))
        number = find_pool_by_text(loader, value_text(&pool));
    else
        number = find_same_pool(loader, &pool);
    if (value_get(&add, "count", &count) && !json_exact_int(count.item, &added) &&
        (!value_text(&count) || parse_int64(value_text(&count), &added, &ignored)))
        return;
    if (number < 0 || added < 1 || added > SCENARIO_NODES_MAX)
        return;
    loader->pool_notes[number].added_count += added;
    loader->added_total += added;
}

/* ---- the event ---- */

static struct words kind_words(const char *names[EVENT_KIND_COUNT + 1])
{
    names[0] = "at";
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        names[i + 1] = forms[i].kind.name;
    return (struct words){names + 1, ARRAY_LEN(forms)};
}

/* The form of the only kind that is given, or NULL after an error. */
static const struct kind_form *find_form(struct value *element)
{
    const char *names[EVENT_KIND_COUNT + 1];
    char list[WORDS_SIZE];
    struct words words = kind_words(names);
    struct object_kind kind = {.name = "an event", .keys = names, .key_count = words.count + 1};
    const struct kind_form *form = NULL;
    struct value place;
    int count = 0;
    int32_t errors = element->reader->problems->error_count;
    if (!object_open(element, &kind))
        return NULL;
    element->kind = NULL; /* it stands on this stack */
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (value_get(element, forms[i].kind.name, &place)) {
            form = &forms[i];
            count++;
        }
    }
    if (count > 1)
        value_error(element, "holds %d kinds of event: give each its own event", count);
    else if (count == 0 && element->reader->problems->error_count == errors)
        value_error(element, "has no kind: give one of %s", words_join(words, list));
    return count == 1 ? form : NULL;
}

void add_event(struct loader *loader, const struct event_def *event)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    if (array_reserve(&scenario->events, &scenario->event_capacity,
                      scenario->event_count + INT64_C(1), sizeof *scenario->events, &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    scenario->events[scenario->event_count++] = *event;
}

void load_event(struct loader *loader, struct value *element)
{
    struct value place, object;
    char at[UNITS_TEXT_SIZE];
    int64_t at_us = 0;
    const struct kind_form *form = find_form(element);
    if (!value_is_object(element))
        return;
    if (value_require(element, "at", "an instant", &place) && read_instant(&place, &at_us) &&
        at_us >= loader->scenario->horizon_us)
        value_warn(&place, "%s is not before the horizon: it never happens",
                   print_duration(at_us, at));
    if (!form || !object_get(element, form->kind.name, &form->kind, &object))
        return;
    struct event_def event = event_def_empty((enum event_kind)(form - forms));
    event.at_us = at_us;
    form->read(loader, &object, &event);
    add_event(loader, &event);
}
