/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include "base/array.h"
#include "base/text.h"

/* Generated runners. */

static const char *const arrival_keys[] = {"name", "runner", "interarrival",
                                           "from", "until",  "count"};
static const struct object_kind arrival_kind = {
    .name = "arrivals", .keys = arrival_keys, .key_count = ARRAY_LEN(arrival_keys)};

/* A name that is new; "" after an error. */
static const char *get_name(struct loader *loader, const struct value *object)
{
    struct value place;
    struct err err;
    char quoted[TEXT_QUOTE_SIZE];
    const char *name;
    if (!require_id(object, "name", &name))
        return "";
    value_get(object, "name", &place);
    if (lookup_find_text(&loader->arrivals, name) >= 0) {
        value_error(&place, "%s is the name of earlier arrivals: give each their own",
                    text_quote(name, quoted));
        return "";
    }
    const char *kept = reader_keep(&loader->reader, name);
    if (lookup_put_text(&loader->arrivals, kept, loader->scenario->arrival_count, &err))
        reader_no_memory(&loader->reader);
    return kept;
}

static void get_span(const struct loader *loader, const struct value *object,
                     struct arrival_def *arrival)
{
    struct value place;
    arrival->until_us = loader->scenario->horizon_us;
    arrival->count_max = TIME_NEVER;
    get_instant(object, "from", &arrival->from_us);
    get_instant(object, "until", &arrival->until_us);
    get_int(object, "count", (struct int_range){0, INT64_MAX}, &arrival->count_max);
    if (value_get(object, "until", &place) && arrival->until_us < arrival->from_us)
        value_error(&place, "is before from: give a later instant");
}

/* Arrivals must take time, or there is no end of them. */
static void check_expected(const struct value *place, const struct arrival_def *arrival)
{
    const struct dist *dist = &arrival->interarrival;
    double mean_us = dist_mean_us(dist);
    double span_us = (double)(arrival->until_us - arrival->from_us);
    if (mean_us < (double)dist->min_us)
        mean_us = (double)dist->min_us;
    if (mean_us > (double)dist->max_us)
        mean_us = (double)dist->max_us;
    if (arrival->count_max <= ARRIVALS_MAX)
        return;
    if (mean_us <= 0)
        value_error(place,
                    "is 0, and there is no count: give a longer time, or a count of at most "
                    "%d",
                    ARRIVALS_MAX);
    else if (span_us / mean_us > ARRIVALS_MAX)
        value_error(place, "makes about %.0f runners: give a longer time, or a count of at most %d",
                    span_us / mean_us, ARRIVALS_MAX);
}

void load_arrival(struct loader *loader, struct value *element)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    struct value place;
    if (!object_open(element, &arrival_kind))
        return;
    struct arrival_def arrival = {.name = get_name(loader, element)};
    get_span(loader, element, &arrival);
    if (value_require(element, "interarrival", "a random duration", &place) &&
        read_dist(&place, &arrival.interarrival))
        check_expected(&place, &arrival);
    if (!value_require(element, "runner", "a runner without an id", &place) ||
        !read_template(loader, &place, arrival.name, &arrival.template))
        return;
    if (array_reserve(&scenario->arrivals, &scenario->arrival_capacity,
                      scenario->arrival_count + INT64_C(1), sizeof *scenario->arrivals, &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    scenario->arrivals[scenario->arrival_count++] = arrival;
}
