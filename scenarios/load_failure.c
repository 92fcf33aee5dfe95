/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* Failures that come by themselves, and those of a trace. */

static const char *const domain_names[] = {
    [FAILURE_OF_NODE] = "node",
    [FAILURE_OF_RACK] = "rack",
    [FAILURE_OF_ZONE] = "zone",
};
_Static_assert(ARRAY_LEN(domain_names) == FAILURE_DOMAIN_COUNT, "every domain has a name");

const char *failure_domain_name(enum failure_domain domain)
{
    return domain_names[domain];
}

/* ---- failures ---- */

static const struct int_range rack_range = {1, SCENARIO_NODES_MAX};

static void get_place(struct loader *loader, const struct value *element,
                      struct failure_def *failure)
{
    struct value pool, type;
    const char *zone;
    bool has_pool = value_get(element, "nodepool", &pool);
    if (has_pool)
        failure->pool = read_pool(loader, &pool);
    if (value_get(element, "instance_type", &type)) {
        if (!has_pool)
            value_error(&type, "is given without nodepool: give the nodepool too");
        else if (failure->pool != NO_INDEX)
            failure->type = find_pool_type(loader, &type, failure->pool);
    }
    if (get_id(element, "zone", &zone))
        failure->zone = reader_keep(&loader->reader, zone);
}

static void get_domain(const struct value *element, struct failure_def *failure)
{
    struct value place;
    int64_t domain = FAILURE_OF_NODE;
    get_choice(element, "domain", (struct words){domain_names, ARRAY_LEN(domain_names)}, &domain);
    failure->domain = (enum failure_domain)domain;
    if (failure->domain == FAILURE_OF_RACK)
        value_require(element, "nodes_per_rack", "how many nodes one rack holds", &place);
    else if (value_get(element, "nodes_per_rack", &place))
        value_error(&place, "is given for a domain that is no rack: leave it out, or give "
                            "\"domain\": \"rack\"");
    get_int32(element, "nodes_per_rack", rack_range, &failure->nodes_per_rack);
}

static void get_kind_of_nodes(const struct value *element, struct failure_def *failure)
{
    int64_t capacity;
    failure->of_spot = failure->of_on_demand = true;
    if (!get_choice(element, "capacity_type", capacity_words, &capacity))
        return;
    failure->of_spot = capacity == CAPACITY_SPOT;
    failure->of_on_demand = capacity == CAPACITY_ON_DEMAND;
}

/* Without a lower limit a run might never end. */
static void get_times(struct loader *loader, const struct value *element,
                      struct failure_def *failure)
{
    struct value place;
    bool has_between =
        value_require(element, "between", "the time from a repair to the next failure", &place) &&
        get_dist(loader, element, "between", &failure->between);
    if (has_between && failure->between != NO_INDEX) {
        const struct dist *between = &loader->scenario->dists[failure->between];
        if (dist_mean_us(between) < (double)US_PER_S || between->max_us < US_PER_S)
            value_error(&place, "is below a second on average: give a longer time");
    }
    failure->is_reclaim = value_get(element, "notice", &place);
    get_duration(element, "notice", &failure->notice_us);
    if (failure->is_reclaim || value_require(element, "repair", "how long a failure lasts", &place))
        get_dist(loader, element, "repair", &failure->repair);
}

/* Is it the zone that is asked for? NULL asks for any. */
static bool is_zone(const char *asked, const char *zone)
{
    return zone && (!asked || strcmp(zone, asked) == 0);
}

static bool launches_in_zone(const struct scaling_def *scaling, const char *asked)
{
    for (int32_t i = 0; scaling && i < scaling->zone_count; i++)
        if (is_zone(asked, scaling->zones[i]))
            return true;
    return false;
}

/* Of the nodes at the start, of those that events add and of those that pools ask for. */
static bool has_zone(const struct scenario *scenario, const char *asked)
{
    for (int32_t i = 0; i < scenario->node_count; i++)
        if (is_zone(asked, scenario->nodes[i].zone))
            return true;
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].kind == EVENT_ADD_NODES && is_zone(asked, scenario->events[i].zone))
            return true;
    for (int32_t i = 0; i < scenario->pool_count; i++)
        if (launches_in_zone(scenario->pools[i].scaling, asked))
            return true;
    return false;
}

static void check_zone(const struct loader *loader, const struct value *element,
                       const struct failure_def *failure)
{
    struct value place;
    char quoted[TEXT_QUOTE_SIZE];
    bool by_zone = failure->zone || failure->domain == FAILURE_OF_ZONE;
    if (!by_zone || has_zone(loader->scenario, failure->zone))
        return;
    value_get(element, failure->zone ? "zone" : "domain", &place);
    if (failure->zone)
        value_warn(&place, "%s is the zone of no node: nothing fails",
                   text_quote(failure->zone, quoted));
    else
        value_warn(&place, "no node has a zone: nothing fails");
}

void load_failure(struct loader *loader, struct value *element)
{
    static const char *const keys[] = {"nodepool", "instance_type", "capacity_type",
                                       "zone",     "domain",        "nodes_per_rack",
                                       "between",  "repair",        "notice"};
    static const struct object_kind kind = {
        .name = "failures", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct scenario *scenario = loader->scenario;
    struct failure_def failure = {
        .pool = NO_INDEX, .type = NO_INDEX, .between = NO_INDEX, .repair = NO_INDEX};
    struct err err;
    if (!object_open(element, &kind))
        return;
    get_place(loader, element, &failure);
    get_domain(element, &failure);
    get_kind_of_nodes(element, &failure);
    get_times(loader, element, &failure);
    check_zone(loader, element, &failure);
    if (array_reserve(&scenario->failures, &scenario->failure_capacity,
                      scenario->failure_count + INT64_C(1), sizeof *scenario->failures, &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    scenario->failures[scenario->failure_count++] = failure;
}

/* ---- failures_file ---- */

void load_failure_entry(struct loader *loader, struct value *entry)
{
    static const char *const keys[] = {"node", "down_at", "down_for"};
    static const struct object_kind kind = {
        .name = "a failure", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value node, place;
    const char *name;
    int64_t down_us;
    struct event_def event = event_def_empty(EVENT_FAIL_NODE);
    event.extends_repair = true;
    if (!object_open(entry, &kind) || !value_require(entry, "node", "the name of a node", &node) ||
        !value_require(entry, "down_at", "an instant", &place) || !read_id(&node, &name) ||
        !read_instant(&place, &event.at_us))
        return;
    check_node_name(loader, &node, name);
    event.node_name = reader_keep(&loader->reader, name);
    if (get_duration(entry, "down_for", &down_us)) {
        struct dist lasts = dist_constant(down_us);
        event.repair_after = keep_dist(loader, &lasts);
    }
    if (event.at_us < loader->scenario->horizon_us)
        add_event(loader, &event);
}
