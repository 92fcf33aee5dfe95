/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* simulation.scaling of a nodepool. */

static const int64_t provision_delay_default_us = INT64_C(300) * 1000 * 1000;
static const int64_t idle_timeout_default_us = INT64_C(300) * 1000 * 1000;
static const int64_t retry_after_default_us = INT64_C(60) * 1000 * 1000;
/* A pool that has nothing is asked again later, never at once. */
static const int64_t retry_after_least_us = INT64_C(1000) * 1000;

static void get_probability(const struct value *object, const char *key, double *out)
{
    struct value place;
    char number[NUMBER_TEXT_SIZE];
    double probability = 0;
    if (!get_number(object, key, &probability))
        return;
    if (probability >= 0 && probability <= 1) {
        *out = probability;
        return;
    }
    value_get(object, key, &place);
    value_error(&place, "%s is no probability: give 0 to 1", value_number_text(&place, number));
}

/* ---- stock_outs ---- */

static void read_stock_out(struct value *entry, struct stock_out *out)
{
    static const char *const keys[] = {"from", "until", "capacity_type"};
    static const struct object_kind kind = {
        .name = "stock_outs", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value place;
    int64_t capacity;
    *out = (struct stock_out){.until_us = TIME_NEVER, .of_spot = true, .of_on_demand = true};
    if (!object_open(entry, &kind))
        return;
    if (get_choice(entry, "capacity_type", capacity_words, &capacity)) {
        out->of_spot = capacity == CAPACITY_SPOT;
        out->of_on_demand = capacity == CAPACITY_ON_DEMAND;
    }
    get_instant(entry, "from", &out->from_us);
    if (get_instant(entry, "until", &out->until_us) && out->until_us <= out->from_us &&
        value_get(entry, "until", &place))
        value_error(&place, "is not after from: give a later instant");
}

static void get_stock_outs(struct loader *loader, const struct value *object,
                           struct scaling_def *scaling)
{
    struct value array, element;
    if (!array_get(object, "stock_outs", &array))
        return;
    struct stock_out *items =
        arena_array(&loader->scenario->arena, (size_t)array_length(&array) + 1, sizeof *items);
    if (!items) {
        reader_no_memory(&loader->reader);
        return;
    }
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
        read_stock_out(&element, &items[scaling->stock_out_count++]);
    scaling->stock_outs = items;
}

/* ---- consolidation ---- */

enum { BUDGET_DEFAULT_PERCENT = 10 };

/* "10%"; false after an error. */
static bool read_percent(const struct value *place, const char *text, int32_t *percent)
{
    int32_t number = 0;
    size_t length = strspn(text, "0123456789");
    for (size_t i = 0; i < length && number <= 100; i++)
        number = number * 10 + (text[i] - '0');
    if (length == 0 || number > 100 || strcmp(text + length, "%") != 0) {
        char quoted[TEXT_QUOTE_SIZE];
        value_error(place, "%s is no part of the nodes: give a number of nodes, or 0%% to 100%%",
                    text_quote(text, quoted));
        return false;
    }
    *percent = number;
    return true;
}

static void get_budget(const struct value *object, struct scaling_def *scaling)
{
    struct value place;
    int64_t nodes;
    scaling->budget = BUDGET_DEFAULT_PERCENT;
    scaling->budget_is_percent = true;
    if (!value_get(object, "disruption_budget", &place))
        return;
    const char *text = value_text(&place);
    if (text && strchr(text, '%')) {
        read_percent(&place, text, &scaling->budget);
    } else if (read_int(&place, (struct int_range){0, INT32_MAX}, &nodes)) {
        scaling->budget = (int32_t)nodes;
        scaling->budget_is_percent = false;
    }
}

static void get_consolidation(const struct value *object, struct scaling_def *scaling)
{
    static const char *const rules[] = {"off", "empty", "underutilized"};
    static const char *const others[] = {"consolidate_after", "disruption_budget"};
    struct value place;
    int64_t rule = CONSOLIDATION_OFF;
    bool is_wrong =
        !get_choice(object, "consolidation", (struct words){rules, ARRAY_LEN(rules)}, &rule) &&
        value_get(object, "consolidation", &place);
    get_duration(object, "consolidate_after", &scaling->consolidate_after_us);
    get_budget(object, scaling);
    scaling->consolidation = (enum consolidation_rule)rule;
    for (size_t i = 0; i < ARRAY_LEN(others) && rule == CONSOLIDATION_OFF && !is_wrong; i++)
        if (value_get(object, others[i], &place))
            value_warn_once(&place, "has no effect: consolidation is off");
}

/* ---- the whole ---- */

static void get_times(struct loader *loader, const struct value *object,
                      struct scaling_def *scaling)
{
    struct value place;
    struct dist delay = dist_constant(provision_delay_default_us);
    struct dist none = dist_constant(0);
    scaling->provision_delay = keep_dist(loader, &delay);
    scaling->boot = keep_dist(loader, &none);
    get_dist(loader, object, "provision_delay", &scaling->provision_delay);
    get_dist(loader, object, "boot", &scaling->boot);
    get_duration(object, "idle_timeout", &scaling->idle_timeout_us);
    if (get_duration(object, "retry_after", &scaling->retry_after_us) &&
        scaling->retry_after_us < retry_after_least_us && value_get(object, "retry_after", &place))
        value_error(&place, "is below a second: give 1s or more");
}

const struct scaling_def *get_scaling(struct loader *loader, const struct value *simulation)
{
    static const char *const keys[] = {
        "provision_delay",  "boot",       "provision_failure", "stock_out",
        "spot_stock_out",   "stock_outs", "retry_after",       "idle_timeout",
        "expander",         "zones",      "consolidation",     "consolidate_after",
        "disruption_budget"};
    static const struct object_kind kind = {
        .name = "scaling", .keys = keys, .key_count = ARRAY_LEN(keys)};
    static const char *const expanders[] = {"cheapest", "least-waste", "most-replicas", "first"};
    struct value object;
    struct text_list zones;
    int64_t expander = EXPANDER_CHEAPEST;
    if (!object_get(simulation, "scaling", &kind, &object))
        return NULL;
    struct scaling_def *scaling = arena_array(&loader->scenario->arena, 1, sizeof *scaling);
    if (!scaling) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    *scaling = (struct scaling_def){.retry_after_us = retry_after_default_us,
                                    .idle_timeout_us = idle_timeout_default_us};
    get_times(loader, &object, scaling);
    get_probability(&object, "provision_failure", &scaling->provision_failure);
    get_probability(&object, "stock_out", &scaling->stock_out);
    scaling->spot_stock_out = scaling->stock_out;
    get_probability(&object, "spot_stock_out", &scaling->spot_stock_out);
    get_stock_outs(loader, &object, scaling);
    get_choice(&object, "expander", (struct words){expanders, ARRAY_LEN(expanders)}, &expander);
    scaling->expander = (enum expander)expander;
    get_consolidation(&object, scaling);
    if (get_text_list(&object, "zones", &zones)) {
        scaling->zones = zones.items;
        scaling->zone_count = zones.count;
    }
    return scaling;
}
