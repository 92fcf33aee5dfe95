/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/idle_events.h"

#include <assert.h>

#include "base/array.h"
#include "base/text.h"

/* As in scenario files. */
static const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[] = {
        [EVENT_SCALE] = "scale",
        [EVENT_DEPART] = "depart",
        [EVENT_CLEAR_HANDLING] = "clear_special_handling",
        [EVENT_ADD_NODES] = "add_nodes",
        [EVENT_CORDON_NODE] = "cordon_node",
        [EVENT_DRAIN_NODE] = "drain_node",
        [EVENT_UNCORDON_NODE] = "uncordon_node",
        [EVENT_REMOVE_NODE] = "remove_node",
        [EVENT_FAIL_NODE] = "fail_node",
        [EVENT_REPAIR_NODE] = "repair_node",
        [EVENT_SET_POOL] = "set_nodepool",
        [EVENT_DEPLOY] = "deploy",
        [EVENT_SET_STATUS] = "set_status",
        [EVENT_UPGRADE] = "upgrade",
    };
    _Static_assert(ARRAY_LEN(names) == EVENT_KIND_COUNT, "every kind has a name");
    assert((size_t)kind < ARRAY_LEN(names));
    return names[kind];
}

/* What the event is about: its runner, node or pool, with the word for it; NULL when it has none.
 */
static const char *event_subject(const struct sim *sim, const struct event_def *event,
                                 const char **word)
{
    const struct scenario *scenario = sim->scenario;
    if (event->runner != NO_INDEX) {
        *word = "runner";
        return scenario->runners[event->runner].id;
    }
    if (event->node_name != NULL) {
        *word = "node";
        return event->node_name;
    }
    *word = "pool";
    return event->pool == NO_INDEX ? NULL : scenario->pools[event->pool].id;
}

void idle_event_print(const struct sim *sim, int32_t number, struct sentence *out)
{
    char time[PHRASE_SIZE];
    char quoted[TEXT_QUOTE_SIZE];
    const char *word = NULL;
    const struct event_def *event = &sim->scenario->events[sim->idle_events[number]];
    const char *subject = event_subject(sim, event, &word);
    sentence_add(out, "%s at %s", event_kind_name(event->kind), phrase_instant(event->at_us, time));
    if (subject != NULL)
        sentence_add(out, " (%s %s)", word, text_quote(subject, quoted));
}

enum { IDLE_EVENTS_MAX = 20 };

void idle_events_json(const struct sim *sim, struct json_writer *w)
{
    json_array(w, "idle_events");
    for (int32_t i = 0; i < sim->idle_event_count && i < IDLE_EVENTS_MAX; i++) {
        struct sentence sentence = {0};
        idle_event_print(sim, i, &sentence);
        json_string(w, NULL, sentence.text);
    }
    json_close_array(w);
    json_int(w, "idle_event_count", sim->idle_event_count);
}
