/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include "base/array.h"

/* simulation.crashes of a runner: how often its replicas crash, and how they come back. */

static const struct crash_def crash_default = {
    .between = NO_INDEX,
    .first_us = 10 * US_PER_S,
    .most_us = 300 * US_PER_S,
    .reset_us = 600 * US_PER_S,
};

static void get_back_off(const struct value *object, struct crash_def *crash)
{
    static const char *const keys[] = {"first", "max", "reset"};
    static const struct object_kind kind = {
        .name = "back_off", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value back_off, place;
    if (!object_get(object, "back_off", &kind, &back_off))
        return;
    get_duration(&back_off, "first", &crash->first_us);
    get_duration(&back_off, "max", &crash->most_us);
    get_duration(&back_off, "reset", &crash->reset_us);
    if (crash->most_us >= crash->first_us)
        return;
    if (!value_get(&back_off, "max", &place))
        value_get(&back_off, "first", &place);
    value_error(&place, "makes max shorter than first: give a longer max");
}

/* One that crashes at once each time, without a wait, would never let the time go on. */
static void check_times(const struct loader *loader, const struct value *object,
                        const struct crash_def *crash)
{
    struct value place;
    if (crash->between == NO_INDEX && crash->at_start_permillion == 0) {
        value_error(object, "says of no crash: give between, at_start or both");
        return;
    }
    bool is_short = crash->first_us < US_PER_S;
    if (is_short && crash->at_start_permillion > 0) {
        if (value_get(object, "back_off", &place))
            value_error(&place, "waits for less than a second, and replicas may crash at their "
                                "start: give a first of 1s or more");
        return;
    }
    if (crash->between == NO_INDEX || !is_short || !value_get(object, "between", &place))
        return;
    const struct dist *between = &loader->scenario->dists[crash->between];
    if (dist_mean_us(between) < (double)US_PER_S || between->max_us < US_PER_S)
        value_error(&place, "is below a second on average, as is the back-off: give a longer time");
}

static void get_at_start(const struct value *object, struct crash_def *crash)
{
    struct value place;
    double probability = 0;
    if (!get_number(object, "at_start", &probability))
        return;
    bool is_right = probability >= 0 && probability <= 1;
    if (!is_right && value_get(object, "at_start", &place))
        value_error(&place, "is no probability: give 0 to 1");
    crash->at_start_permillion = is_right ? (int32_t)(probability * 1e6 + 0.5) : 1;
}

const struct crash_def *get_crashes(struct loader *loader, const struct value *simulation,
                                    const struct startup_terms *startup)
{
    static const char *const keys[] = {"between", "at_start", "back_off", "restart"};
    static const struct object_kind kind = {
        .name = "crashes", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value object;
    if (!object_get(simulation, "crashes", &kind, &object))
        return NULL;
    struct crash_def *crash = arena_array(&loader->scenario->arena, 1, sizeof *crash);
    if (!crash) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    *crash = crash_default;
    crash->restart = keep_dist(loader, &startup->load);
    get_dist(loader, &object, "between", &crash->between);
    get_at_start(&object, crash);
    get_back_off(&object, crash);
    get_dist(loader, &object, "restart", &crash->restart);
    check_times(loader, &object, crash);
    return crash;
}
