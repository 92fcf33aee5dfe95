/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <math.h>

#include "base/array.h"

/* apiAutoscaleConfig and `simulation.autoscaler`: between how many replicas a deployment moves, and
 * how. */

static const struct int_range uint32_range = {0, UINT32_MAX};
static const struct int_range replica_range = {0, RUNNER_REPLICAS_MAX};

/* Without traffic the times have no effect, but they must be right: as the API does, an absent
 * scale_to_zero_delay_seconds is checked as 0. */
static void get_delays(const struct value *config, bool has_traffic, struct autoscale *scale)
{
    static const char *const keys[] = {
        [AUTOSCALE_HISTORY] = "traffic_history_seconds",
        [AUTOSCALE_UP] = "scale_up_delay_seconds",
        [AUTOSCALE_DOWN] = "scale_down_delay_seconds",
        [AUTOSCALE_TO_ZERO] = "scale_to_zero_delay_seconds",
    };
    int64_t *seconds = scale->delays_s;
    struct value place;
    bool is_right = true;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (!value_get(config, keys[i], &place))
            continue;
        if (!read_int(&place, uint32_range, &seconds[i]))
            is_right = false;
        else if (seconds[i] > 0 && !has_traffic)
            value_warn_once(&place, "has no effect: the number of replicas changes by events only");
    }
    if (!is_right || seconds[AUTOSCALE_TO_ZERO] >= seconds[AUTOSCALE_DOWN])
        return;
    bool is_given = value_get(config, keys[AUTOSCALE_TO_ZERO], &place);
    if (is_given)
        value_error(&place, "is below scale_down_delay_seconds: give %" PRId64 " or more",
                    seconds[AUTOSCALE_DOWN]);
    else
        value_error(&place,
                    "is missing, which counts as %" PRId64
                    ", below scale_down_delay_seconds: give %" PRId64 " or more",
                    seconds[AUTOSCALE_TO_ZERO], seconds[AUTOSCALE_DOWN]);
}

static void check_replica_bounds(const struct value *config, const struct autoscale *scale,
                                 bool has_max)
{
    struct value place;
    if (scale->min <= scale->max)
        return;
    value_get(config, "min_replicas", &place);
    value_error(&place, "%" PRId32 " is above max_replicas%s: give at most %" PRId32, scale->min,
                has_max ? "" : " (5 where it is not given)", scale->max);
}

/* What counts for a field that is not given. */
enum profile { PROFILE_AS_GIVEN = 0, PROFILE_DOCUMENTED, PROFILE_CLI };

static struct autoscale profile_of(enum profile profile)
{
    static const struct autoscale profiles[] = {
        [PROFILE_AS_GIVEN] = {.max = 5},
        [PROFILE_DOCUMENTED] = {.max = 5,
                                .delays_s = {[AUTOSCALE_HISTORY] = 300,
                                             [AUTOSCALE_UP] = 300,
                                             [AUTOSCALE_DOWN] = 300,
                                             [AUTOSCALE_TO_ZERO] = 1800}},
        [PROFILE_CLI] = {.min = 1,
                         .max = 5,
                         .delays_s = {[AUTOSCALE_HISTORY] = 600,
                                      [AUTOSCALE_UP] = 300,
                                      [AUTOSCALE_DOWN] = 300,
                                      [AUTOSCALE_TO_ZERO] = 3600}},
    };
    return profiles[profile];
}

/* `simulation.autoscaler`: what the API's makers leave open. `defaults` is what counts for fields
 * that are not given, in all. */
static void get_options(const struct value *simulation, bool has_config, struct autoscale *scale)
{
    static const char *const keys[] = {"defaults", "bounds", "scale_up", "scale_down",
                                       "burst_factor"};
    static const struct object_kind kind = {
        .name = "an autoscaler", .keys = keys, .key_count = ARRAY_LEN(keys)};
    static const char *const profiles[] = {"as-given", "documented", "cli"};
    static const char *const bounds[] = {"each", "total"};
    static const char *const ups[] = {"between", "hold"};
    static const char *const downs[] = {"at-once", "one-step"};
    int64_t profile = has_config ? PROFILE_AS_GIVEN : PROFILE_DOCUMENTED;
    int64_t bound = 0;
    int64_t up = 0;
    int64_t down = 0;
    double factor = 0;
    struct value object, place;
    if (object_get(simulation, "autoscaler", &kind, &object)) {
        get_choice(&object, "defaults", (struct words){profiles, ARRAY_LEN(profiles)}, &profile);
        get_choice(&object, "bounds", (struct words){bounds, ARRAY_LEN(bounds)}, &bound);
        get_choice(&object, "scale_up", (struct words){ups, ARRAY_LEN(ups)}, &up);
        get_choice(&object, "scale_down", (struct words){downs, ARRAY_LEN(downs)}, &down);
    }
    *scale = profile_of((enum profile)profile);
    scale->is_total = bound == 1;
    scale->holds_up = up == 1;
    scale->steps_down = down == 1;
    scale->burst_permille = INT64_MAX;
    if (!get_number(&object, "burst_factor", &factor) ||
        !value_get(&object, "burst_factor", &place))
        return;
    if (factor >= 0 && factor <= 1e6)
        scale->burst_permille = llround(factor * 1000);
    else
        value_error(&place, "is out of range: give 0 to 1000000");
}

/* Without a configuration the documented defaults count. */
struct autoscale get_autoscale(const struct value *object)
{
    static const char *const keys[] = {
        "min_replicas",           "max_replicas",    "traffic_history_seconds",
        "scale_up_delay_seconds", "disable_packing", "scale_down_delay_seconds",
        "soft_min_replicas",      "enable_packing",  "scale_to_zero_delay_seconds"};
    static const struct object_kind kind = {
        .name = "apiAutoscaleConfig", .is_api = true, .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct autoscale scale;
    struct value config, simulation, place;
    bool packs;
    bool has_config = object_get(object, "autoscale_config", &kind, &config);
    value_get(object, "simulation", &simulation);
    get_options(&simulation, has_config, &scale);
    if (!has_config)
        return scale;
    get_int32(&config, "min_replicas", replica_range, &scale.min);
    get_int32(&config, "soft_min_replicas", replica_range, &scale.soft_min);
    bool has_max = get_int32(&config, "max_replicas", replica_range, &scale.max);
    check_replica_bounds(&config, &scale, has_max);
    bool has_traffic = value_get(&simulation, "traffic", &place);
    get_delays(&config, has_traffic, &scale);
    if (get_bool(&config, "enable_packing", &packs)) {
        value_get(&config, "enable_packing", &place);
        value_warn_once(&place, "is an old key: taken as the opposite of "
                                "disable_packing");
        scale.is_isolated = !packs;
    }
    get_bool(&config, "disable_packing", &scale.is_isolated);
    return scale;
}

/* ---- what its runners get of it ---- */

int32_t autoscale_low(const struct autoscale *scale)
{
    int64_t low = (int64_t)scale->min + scale->soft_min;
    return (int32_t)(low < scale->max ? low : scale->max);
}

static int32_t part_of(int32_t total, struct autoscale_part part)
{
    return total / part.count + (part.index < total % part.count);
}

struct autoscale autoscale_of_part(const struct autoscale *scale, struct autoscale_part part)
{
    struct autoscale own = *scale;
    if (!scale->is_total)
        return own;
    own.min = part_of(scale->min, part);
    own.soft_min = part_of(autoscale_low(scale), part) - own.min;
    own.max = part_of(scale->max, part);
    return own;
}

void check_autoscale_total(const struct value *object, const struct autoscale *scale,
                           int32_t part_count)
{
    struct value simulation, autoscaler, place;
    if (!scale->is_total || scale->max >= part_count)
        return;
    value_get(object, "simulation", &simulation);
    value_get(&simulation, "autoscaler", &autoscaler);
    value_get(&autoscaler, "bounds", &place);
    value_error(&place,
                "leaves nodepools without a replica: max_replicas is %" PRId32 ": give %" PRId32
                " or more, one for each nodepool",
                scale->max, part_count);
}

const struct traffic_def *keep_autoscale(struct loader *loader, const struct autoscale *scale,
                                         const struct traffic_def *traffic, bool is_disabled)
{
    struct traffic_def *own = arena_alloc(&loader->scenario->arena, sizeof *own);
    if (!own) {
        reader_no_memory(&loader->reader);
        return traffic;
    }
    *own = *traffic;
    own->is_rejected = is_disabled;
    own->autoscale = (struct autoscale_def){
        .is_on = true,
        .low = autoscale_low(scale),
        .high = scale->max,
        .history_us = scale->delays_s[AUTOSCALE_HISTORY] * US_PER_S,
        .up_delay_us = scale->delays_s[AUTOSCALE_UP] * US_PER_S,
        .down_delay_us = scale->delays_s[AUTOSCALE_DOWN] * US_PER_S,
        .to_zero_delay_us = scale->delays_s[AUTOSCALE_TO_ZERO] * US_PER_S,
        .utilization_permille = traffic->autoscale.utilization_permille,
        .burst_permille = scale->burst_permille,
        .holds_up = scale->holds_up,
        .steps_down = scale->steps_down,
    };
    return own;
}
