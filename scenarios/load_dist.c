/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"

/* Random durations: {"distribution": "lognormal", "median": "30s", "sigma": 0.5, "max": "5m"}. */

struct parameter {
    const char *key;
    bool is_duration;   /* else a plain number */
    bool must_be_above; /* 0 is not allowed */
};

struct dist_form {
    struct parameter a, b; /* b.key NULL: one parameter */
    struct object_kind kind;
};

static const char *const constant_keys[] = {"distribution", "value", "min", "max"};
static const char *const uniform_keys[] = {"distribution", "low", "high", "min", "max"};
static const char *const exponential_keys[] = {"distribution", "mean", "min", "max"};
static const char *const normal_keys[] = {"distribution", "mean", "sd", "min", "max"};
static const char *const lognormal_keys[] = {"distribution", "median", "sigma", "min", "max"};
static const char *const weibull_keys[] = {"distribution", "scale", "shape", "min", "max"};
static const char *const gamma_keys[] = {"distribution", "mean", "shape", "min", "max"};

static const struct dist_form forms[] = {
    [DIST_CONSTANT] = {.a = {"value", true, false},
                       .kind = {"a constant", false, constant_keys, ARRAY_LEN(constant_keys)}},
    [DIST_UNIFORM] = {.a = {"low", true, false},
                      .b = {"high", true, false},
                      .kind = {"a uniform distribution", false, uniform_keys,
                               ARRAY_LEN(uniform_keys)}},
    [DIST_EXPONENTIAL] = {.a = {"mean", true, true},
                          .kind = {"an exponential distribution", false, exponential_keys,
                                   ARRAY_LEN(exponential_keys)}},
    [DIST_NORMAL] = {.a = {"mean", true, false},
                     .b = {"sd", true, false},
                     .kind = {"a normal distribution", false, normal_keys, ARRAY_LEN(normal_keys)}},
    [DIST_LOGNORMAL] = {.a = {"median", true, true},
                        .b = {"sigma", false, false},
                        .kind = {"a lognormal distribution", false, lognormal_keys,
                                 ARRAY_LEN(lognormal_keys)}},
    [DIST_WEIBULL] = {.a = {"scale", true, true},
                      .b = {"shape", false, true},
                      .kind = {"a Weibull distribution", false, weibull_keys,
                               ARRAY_LEN(weibull_keys)}},
    [DIST_GAMMA] = {.a = {"mean", true, true},
                    .b = {"shape", false, true},
                    .kind = {"a gamma distribution", false, gamma_keys, ARRAY_LEN(gamma_keys)}},
};
_Static_assert(ARRAY_LEN(forms) == DIST_KIND_COUNT, "every kind has a form");

/* Sigmas and shapes beyond this are mistakes, and would overflow what is drawn. */
static const double number_max = 1000;

static bool get_plain_parameter(const struct value *object, const struct parameter *parameter,
                                double *out)
{
    struct value place;
    double number;
    char text[NUMBER_TEXT_SIZE];
    if (!value_require(object, parameter->key, "a number", &place) ||
        !get_number(object, parameter->key, &number))
        return false;
    if (number < 0 || number > number_max || (parameter->must_be_above && number == 0)) {
        value_error(&place, "%s is out of range: give a number %s 0 and at most 1000",
                    value_number_text(&place, text), parameter->must_be_above ? "above" : "from");
        return false;
    }
    *out = number;
    return true;
}

static bool get_parameter(const struct value *object, const struct parameter *parameter,
                          double *out)
{
    struct value place;
    int64_t us;
    if (!parameter->is_duration)
        return get_plain_parameter(object, parameter, out);
    if (!value_require(object, parameter->key, "a duration such as \"90s\"", &place) ||
        !read_duration(&place, &us))
        return false;
    if (us == 0 && parameter->must_be_above) {
        value_error(&place, "is 0: give a longer duration");
        return false;
    }
    *out = (double)us;
    return true;
}

static bool get_bounds(const struct value *object, struct dist *dist)
{
    struct value place;
    char low[UNITS_TEXT_SIZE];
    char high[UNITS_TEXT_SIZE];
    dist->max_us = TIME_US_MAX;
    get_duration(object, "min", &dist->min_us);
    get_duration(object, "max", &dist->max_us);
    if (dist->min_us <= dist->max_us)
        return true;
    value_get(object, "min", &place);
    value_error(&place, "%s is above max: give at most %s", print_duration(dist->min_us, low),
                print_duration(dist->max_us, high));
    return false;
}

static bool get_kind(const struct value *value, int64_t *kind)
{
    struct value place;
    const char *names[DIST_KIND_COUNT];
    char list[WORDS_SIZE];
    for (int i = 0; i < DIST_KIND_COUNT; i++)
        names[i] = dist_name((enum dist_kind)i);
    struct words words = {names, DIST_KIND_COUNT};
    if (!value_get(value, "distribution", &place)) {
        value_error(&place, "is missing: give %s", words_join(words, list));
        return false;
    }
    return read_choice(&place, words, kind);
}

static bool read_dist_object(struct value *value, struct dist *out)
{
    int64_t kind;
    struct dist dist = {0};
    if (!get_kind(value, &kind))
        return false;
    const struct dist_form *form = &forms[kind];
    object_open(value, &form->kind);
    dist.kind = (enum dist_kind)kind;
    bool is_right = get_parameter(value, &form->a, &dist.a);
    if (form->b.key && !get_parameter(value, &form->b, &dist.b))
        is_right = false;
    if (!get_bounds(value, &dist) || !is_right)
        return false;
    if (dist.kind == DIST_UNIFORM && dist.a > dist.b) {
        struct value place;
        value_get(value, "low", &place);
        value_error(&place, "is above high: give at most high");
        return false;
    }
    *out = dist;
    return true;
}

bool read_dist(const struct value *value, struct dist *out)
{
    int64_t us;
    if (value_is_object(value)) {
        struct value object = *value;
        return read_dist_object(&object, out);
    }
    if (!value_text(value) && !cJSON_IsNumber(value->item)) {
        value_wrong_type(value, "a duration such as \"90s\", or an object with a distribution");
        return false;
    }
    if (!read_duration(value, &us))
        return false;
    *out = dist_constant(us);
    return true;
}

/* Equal distributions are kept once; the key holds all fields, side by side without padding. */
int32_t keep_dist(struct loader *loader, const struct dist *dist)
{
    struct scenario *scenario = loader->scenario;
    struct err err;
    int64_t words[5] = {dist->kind, 0, 0, dist->min_us, dist->max_us};
    memcpy(&words[1], &dist->a, sizeof dist->a);
    memcpy(&words[2], &dist->b, sizeof dist->b);
    int32_t number = lookup_find(&loader->dists, words, sizeof words);
    if (number >= 0)
        return number;
    int64_t *key = arena_array(&scenario->arena, ARRAY_LEN(words), sizeof words[0]);
    if (!key || array_reserve(&scenario->dists, &scenario->dist_capacity,
                              scenario->dist_count + INT64_C(1), sizeof *scenario->dists, &err)) {
        reader_no_memory(&loader->reader);
        return NO_INDEX;
    }
    memcpy(key, words, sizeof words);
    number = scenario->dist_count;
    if (lookup_put(&loader->dists, key, sizeof words, number, &err)) {
        reader_no_memory(&loader->reader);
        return NO_INDEX;
    }
    scenario->dists[scenario->dist_count++] = *dist;
    return number;
}

bool get_dist(struct loader *loader, const struct value *object, const char *key, int32_t *index)
{
    struct value value;
    struct dist dist;
    if (!value_get(object, key, &value) || !read_dist(&value, &dist))
        return false;
    *index = keep_dist(loader, &dist);
    return true;
}

static bool is_plain_constant(const struct dist *dist)
{
    return dist->kind == DIST_CONSTANT && dist->min_us == 0 && dist->max_us == TIME_US_MAX;
}

/* Two constants make one; a constant beside a random one becomes the second draw. */
static struct startup_terms sum_of(struct loader *loader, const struct dist *pull,
                                   const struct dist *load)
{
    struct startup_terms terms = {.image_pull = NO_INDEX, .load = *load};
    if (is_plain_constant(pull) && is_plain_constant(load) && pull->a + load->a <= TIME_US_MAX) {
        struct dist sum = dist_constant((int64_t)pull->a + (int64_t)load->a);
        terms.startup = keep_dist(loader, &sum);
    } else if (is_plain_constant(pull) && pull->a == 0) {
        terms.startup = keep_dist(loader, load);
    } else {
        terms.startup = keep_dist(loader, load);
        terms.image_pull = keep_dist(loader, pull);
    }
    return terms;
}

bool get_startup(struct loader *loader, const struct value *object, struct startup_terms *out)
{
    static const char *const keys[] = {"image_pull", "load"};
    static const struct object_kind kind = {
        .name = "startup", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value value, part;
    struct dist pull = dist_constant(0);
    struct dist load = dist_constant(0);
    if (!value_get(object, "startup", &value))
        return false;
    bool is_dist = !value_is_object(&value) || value_get(&value, "distribution", &part);
    if (is_dist) {
        if (!read_dist(&value, &load))
            return false;
    } else {
        object_open(&value, &kind);
        if (value_get(&value, "image_pull", &part))
            read_dist(&part, &pull);
        if (value_get(&value, "load", &part))
            read_dist(&part, &load);
    }
    *out = sum_of(loader, &pull, &load);
    return true;
}
