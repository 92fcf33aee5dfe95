/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <math.h>

#include "base/array.h"

/* `simulation.traffic`: the requests that a runner is to serve. Exactly one of rate, steps, daily
 * and trace says how many; noise and burst change that. */

static const int64_t hour_us = INT64_C(3600) * US_PER_S;
static const int64_t day_us = INT64_C(86400) * US_PER_S;
enum { HOURS = 24, DAYS = 7 };
static const double noise_max = 10;
static const double factor_max = 1000000;

/* ---- numbers ---- */

struct number_range {
    double low, high;
};

static bool read_number(const struct value *value, struct number_range range, double *out)
{
    char text[NUMBER_TEXT_SIZE];
    char low[NUMBER_TEXT_SIZE];
    char high[NUMBER_TEXT_SIZE];
    if (!cJSON_IsNumber(value->item)) {
        value_wrong_type(value, "a number");
        return false;
    }
    double number = value->item->valuedouble;
    if (!(number >= range.low && number <= range.high)) {
        value_error(value, "%s is out of range: give %s to %s", value_number_text(value, text),
                    number_text(range.low, low), number_text(range.high, high));
        return false;
    }
    *out = number;
    return true;
}

static bool get_number_in(const struct value *object, const char *key, struct number_range range,
                          double *out)
{
    struct value value;
    return value_get(object, key, &value) && read_number(&value, range, out);
}

static const struct number_range rate_range = {0, (double)TRAFFIC_RATE_MAX_MICRO / MICRO};

static bool read_rate(const struct value *value, int64_t *rate_micro)
{
    double rate;
    return read_number(value, rate_range, &rate) && rate_from_number(value, rate, rate_micro);
}

bool rate_from_number(const struct value *place, double number, int64_t *rate_micro)
{
    char text[NUMBER_TEXT_SIZE];
    if (!(number >= 0 && number <= rate_range.high)) {
        value_error(place, "makes a rate of %s requests per second: at most 1000000 are allowed",
                    number_text(number, text));
        return false;
    }
    *rate_micro = llround(number * MICRO);
    return true;
}

/* An array of so many numbers. */
static bool get_numbers(const struct value *object, const char *key, int32_t count, double *out)
{
    struct value array, element;
    bool is_right = true;
    if (!array_get(object, key, &array))
        return false;
    if (array_length(&array) != count) {
        value_error(&array, "has %" PRId32 " elements: give %" PRId32, array_length(&array), count);
        return false;
    }
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
        is_right = read_number(&element, rate_range, &out[element.index]) && is_right;
    return is_right;
}

/* ---- how many requests ---- */

static struct traffic_piece *new_pieces(struct loader *loader, struct traffic_def *def,
                                        int32_t count)
{
    struct traffic_piece *pieces =
        arena_array(&loader->scenario->arena, (size_t)count, sizeof *pieces);
    if (!pieces)
        reader_no_memory(&loader->reader);
    def->pieces = pieces;
    def->piece_count = count;
    return pieces;
}

static bool get_constant(struct loader *loader, const struct value *object, const char *key,
                         struct traffic_def *def)
{
    struct value value;
    int64_t rate_micro;
    if (!value_get(object, key, &value) || !read_rate(&value, &rate_micro))
        return false;
    struct traffic_piece *pieces = new_pieces(loader, def, 1);
    if (!pieces)
        return false;
    pieces[0] = (struct traffic_piece){0, rate_micro};
    return true;
}

/* One {"at", "rate"}, behind the piece before it. */
static bool read_step(struct value *element, const struct traffic_piece *before,
                      struct traffic_piece *out)
{
    static const char *const keys[] = {"at", "rate"};
    static const struct object_kind kind = {
        .name = "a traffic step", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value at, rate;
    if (!object_open(element, &kind))
        return false;
    bool is_right = value_require(element, "at", "an instant such as \"3h\"", &at) &&
                    read_instant(&at, &out->from_us);
    if (!value_require(element, "rate", "requests per second", &rate) ||
        !read_rate(&rate, &out->rate_micro) || !is_right)
        return false;
    if (before && out->from_us <= before->from_us) {
        value_error(&at, "is not after the step before it: give them in order of time");
        return false;
    }
    return true;
}

/* Before the first step there are no requests. */
static bool get_steps(struct loader *loader, const struct value *object, const char *key,
                      struct traffic_def *def)
{
    struct value array, element;
    bool is_right = true;
    if (!array_get(object, key, &array))
        return false;
    int32_t count = array_length(&array);
    if (count == 0) {
        value_error(&array, "is empty: give at least one step");
        return false;
    }
    struct traffic_piece *pieces = new_pieces(loader, def, count + 1);
    if (!pieces)
        return false;
    struct traffic_piece *before = NULL;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        struct traffic_piece *piece = &pieces[1 + element.index];
        bool is_step = read_step(&element, before, piece);
        before = is_step ? piece : NULL;
        is_right = is_step && is_right;
    }
    if (is_right && pieces[1].from_us == 0) {
        def->pieces++;
        def->piece_count--;
    }
    return is_right;
}

/* A week of hours from Monday 00:00 UTC; without a date the run begins there. */
static bool get_daily(struct loader *loader, const struct value *object, const char *key,
                      struct traffic_def *def)
{
    double rates[HOURS];
    double factors[DAYS] = {1, 1, 1, 1, 1, 1, 1};
    struct value place;
    bool has_weekly = value_get(object, "weekly", &place);
    bool is_right = get_numbers(object, key, HOURS, rates);
    if (has_weekly && !get_numbers(object, "weekly", DAYS, factors))
        is_right = false;
    struct traffic_piece *pieces = is_right ? new_pieces(loader, def, DAYS * HOURS) : NULL;
    if (!pieces)
        return false;
    for (int i = 0; i < DAYS * HOURS; i++) {
        pieces[i].from_us = i * hour_us;
        value_get(object, has_weekly ? "weekly" : key, &place);
        if (!rate_from_number(&place, rates[i % HOURS] * factors[i / HOURS], &pieces[i].rate_micro))
            return false;
    }
    def->period_us = DAYS * day_us;
    if (loader->scenario->has_start) { /* day 0 of Unix time was a Thursday */
        int64_t since_monday_us = (loader->scenario->start_unix_us + 3 * day_us) % def->period_us;
        def->phase_us = since_monday_us + (since_monday_us < 0 ? def->period_us : 0);
    }
    return true;
}

static bool get_trace(struct loader *loader, const struct value *object, const char *key,
                      struct traffic_def *def)
{
    struct value trace;
    return value_get(object, key, &trace) && read_traffic_trace(loader, &trace, def);
}

static bool get_source(struct loader *loader, const struct value *object, struct traffic_def *def)
{
    typedef bool source_reader(struct loader * loader, const struct value *object, const char *key,
                               struct traffic_def *def);
    static const struct {
        const char *key;
        source_reader *read;
    } sources[] = {
        {"rate", get_constant}, {"steps", get_steps}, {"daily", get_daily}, {"trace", get_trace}};
    struct value place;
    const char *first = NULL;
    bool is_right = false;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        if (!value_get(object, sources[i].key, &place))
            continue;
        if (first) {
            value_error(&place, "is given beside %s: give one of the two", first);
            return false;
        }
        first = sources[i].key;
        is_right = sources[i].read(loader, object, first, def);
    }
    if (!first)
        value_error(object, "says no number of requests: give rate, steps, daily or trace");
    if (value_get(object, "weekly", &place) && !value_get(object, "daily", &place))
        value_error(&place, "is missing beside weekly: give 24 rates, by hour of the day");
    return is_right;
}

/* ---- what changes it ---- */

static bool get_mean(const struct value *object, const char *key, int64_t *us)
{
    struct value place;
    if (!value_require(object, key, "a mean duration such as \"10m\"", &place) ||
        !read_duration(&place, us))
        return false;
    if (*us == 0)
        value_error(&place, "is 0: give a longer duration");
    return *us > 0;
}

static void get_burst(const struct value *object, struct traffic_def *def)
{
    static const char *const keys[] = {"factor", "length", "gap"};
    static const struct object_kind kind = {
        .name = "a traffic burst", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value burst, place;
    double factor = 1;
    if (!object_get(object, "burst", &kind, &burst))
        return;
    bool has_factor = value_require(&burst, "factor", "a number of times the rate", &place) &&
                      read_number(&place, (struct number_range){0, factor_max}, &factor);
    bool has_length = get_mean(&burst, "length", &def->burst_length_us);
    if (get_mean(&burst, "gap", &def->burst_gap_us) && has_length && has_factor)
        def->burst_factor = factor;
}

/* ---- how it is served ---- */

static bool get_service(const struct value *object, struct traffic_def *def)
{
    struct value trace, place;
    if (value_get(object, "trace", &trace) && value_get(&trace, "service", &place)) {
        if (value_get(object, "service_time", &place))
            value_error(&place, "is given beside trace.service: give one of the two");
        return true;
    }
    if (!value_require(object, "service_time", "how long a request takes, such as \"2s\"",
                       &place) ||
        !read_dist(&place, &def->service))
        return false;
    struct dist_moments moments = dist_moments(&def->service);
    def->service_mean_us = llround(moments.mean_us);
    def->service_cv2 = moments.cv2;
    if (def->service_mean_us < 1)
        value_error(&place, "is 0 in the mean: give a longer duration");
    return def->service_mean_us >= 1;
}

static void get_slo(const struct value *object, struct traffic_def *def)
{
    static const char *const keys[] = {"wait", "response", "share"};
    static const struct object_kind kind = {
        .name = "a traffic slo", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value slo, place;
    double share = 0.95;
    if (!object_get(object, "slo", &kind, &slo))
        return;
    bool has_wait = get_duration(&slo, "wait", &def->slo.limit_us);
    bool has_response = get_duration(&slo, "response", &def->slo.limit_us);
    get_number_in(&slo, "share", (struct number_range){0.001, 1}, &share);
    def->slo.share_permille = (int32_t)lround(share * 1000);
    def->slo.kind = has_wait ? SLO_WAIT : SLO_RESPONSE;
    if (value_get(&slo, "wait", &place) == value_get(&slo, "response", &place))
        value_error(&slo, "needs one limit: give wait or response");
    else if (!has_wait && !has_response)
        def->slo.kind = SLO_NONE;
}

/* The requests of a trace come when they came. */
static void warn_of_rows(const struct value *object, const struct traffic_def *def)
{
    static const char *const keys[] = {"noise", "burst", "arrivals"};
    struct value place;
    if (!def->rows || def->fidelity != FIDELITY_REQUESTS)
        return;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (value_get(object, keys[i], &place))
            value_warn(&place, "has no effect: each row of the trace is a request");
}

static void get_fidelity(const struct value *object, struct traffic_def *def)
{
    static const char *const fidelities[] = {"fluid", "requests"};
    static const char *const fates[] = {"retry", "drop"};
    struct value place;
    int64_t fidelity = FIDELITY_FLUID;
    int64_t fate = 0;
    get_choice(object, "fidelity", (struct words){fidelities, ARRAY_LEN(fidelities)}, &fidelity);
    get_choice(object, "interrupted", (struct words){fates, ARRAY_LEN(fates)}, &fate);
    def->fidelity = fidelity == 1 ? FIDELITY_REQUESTS : FIDELITY_FLUID;
    def->drops_interrupted = fate == 1;
    if (def->fidelity == FIDELITY_FLUID && value_get(object, "interrupted", &place))
        value_warn(&place, "has no effect: a fluid has no single requests; "
                           "give fidelity requests");
}

struct traffic_def *get_traffic(struct loader *loader, const struct value *simulation)
{
    static const char *const keys[] = {
        "rate",        "steps",    "daily",        "weekly", "trace",       "noise",
        "burst",       "arrivals", "service_time", "slo",    "queue_limit", "target_utilization",
        "interrupted", "fidelity"};
    static const struct object_kind kind = {
        .name = "traffic", .keys = keys, .key_count = ARRAY_LEN(keys)};
    static const char *const spacings[] = {"poisson", "regular"};
    struct value object;
    double utilization = 0.7;
    int64_t spacing = 0;
    if (!object_get(simulation, "traffic", &kind, &object))
        return NULL;
    struct traffic_def *def = arena_alloc(&loader->scenario->arena, sizeof *def);
    if (!def) {
        reader_no_memory(&loader->reader);
        return NULL;
    }
    *def = (struct traffic_def){
        .divisor = 1, .period_us = INT64_MAX, .burst_factor = 1, .queue_limit = INT64_MAX};
    bool is_right = get_source(loader, &object, def);
    is_right = get_service(&object, def) && is_right;
    get_number_in(&object, "noise", (struct number_range){0, noise_max}, &def->noise_sigma);
    get_burst(&object, def);
    get_choice(&object, "arrivals", (struct words){spacings, ARRAY_LEN(spacings)}, &spacing);
    def->is_regular = spacing == 1;
    get_fidelity(&object, def);
    warn_of_rows(&object, def);
    get_int(&object, "queue_limit", (struct int_range){0, INT64_C(1000000000000)},
            &def->queue_limit);
    get_slo(&object, def);
    get_number_in(&object, "target_utilization", (struct number_range){0.001, 1}, &utilization);
    def->autoscale.utilization_permille = (int32_t)lround(utilization * 1000);
    return is_right ? def : NULL;
}

void load_traffic_step(struct loader *loader, const struct value *root)
{
    struct value value;
    int64_t step_us = 60 * US_PER_S;
    loader->scenario->traffic_step_us = step_us;
    if (!value_get(root, "traffic_step", &value) || !read_duration(&value, &step_us))
        return;
    if (step_us < US_PER_S || step_us > day_us)
        value_error(&value, "is out of range: give 1s to 1d");
    else
        loader->scenario->traffic_step_us = step_us;
}
