/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/csv_reader.h"
#include "base/order.h"
#include "base/text.h"

/* `traffic.trace`: a CSV whose rows say how many requests came from their time on, up to the time
 * of the next row; rows of one time add up. What is before `from` is left out, and `from` becomes
 * the start of the run. The last row lasts as long as the one before it.
 *
 * Where each row is one request, it is kept as such, too, and may say how long its service takes:
 * the sum of some of its columns, each times a duration. */

struct service_term {
    const char *name; /* column */
    int32_t column;
    int64_t unit_us;
};
enum { SERVICE_TERMS_MAX = 8 };

struct trace {
    struct csv_reader csv;
    const char *time_name, *count_name; /* columns; count NULL: each row is one request */
    int32_t time_column, count_column;
    int64_t unit_us, from_us, horizon_us;
    double scale;
    bool has_epoch; /* times are dates */
    int64_t epoch_us;
    struct service_term terms[SERVICE_TERMS_MAX];
    int32_t term_count; /* 0: the rows do not say how long service takes */
    int64_t overhead_us;
    struct trace_row *rows; /* owned */
    int32_t row_count, row_capacity;
    struct traffic_row *requests; /* of the run; owned */
    int32_t request_count, request_capacity;
};

struct trace_row {
    int64_t time_us; /* of the trace, from_us taken off */
    double requests;
};

/* One {"column", "per_unit"}. */
static bool read_term(struct value *element, struct service_term *term)
{
    static const char *const keys[] = {"column", "per_unit"};
    static const struct object_kind kind = {
        .name = "a service term", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value place;
    if (!object_open(element, &kind))
        return false;
    bool has_column = value_require(element, "column", "the name of a column", &place) &&
                      read_id(&place, &term->name);
    return value_require(element, "per_unit", "a duration such as \"20ms\"", &place) &&
           read_duration(&place, &term->unit_us) && has_column;
}

static bool get_service_terms(const struct value *object, struct trace *trace)
{
    struct value array, element, place;
    bool is_right = true;
    bool has_overhead = get_duration(object, "service_overhead", &trace->overhead_us);
    if (!array_get(object, "service", &array)) {
        if (has_overhead && value_get(object, "service_overhead", &place))
            value_error(&place, "is given without service: give service_time of the traffic, or "
                                "the columns that say it");
        return !has_overhead;
    }
    trace->term_count = array_length(&array);
    if (trace->term_count == 0 || trace->term_count > SERVICE_TERMS_MAX) {
        value_error(&array, "has %" PRId32 " elements: give 1 to %d", trace->term_count,
                    SERVICE_TERMS_MAX);
        return false;
    }
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);)
        is_right = read_term(&element, &trace->terms[element.index]) && is_right;
    if (trace->count_name) {
        value_error(&array, "is given beside requests_column: give it where each row is a request");
        is_right = false;
    }
    return is_right;
}

static bool read_terms(struct value *object, struct trace *trace, const char **file)
{
    static const char *const keys[] = {"file",    "time_column",     "time_unit",
                                       "from",    "requests_column", "scale",
                                       "service", "service_overhead"};
    static const struct object_kind kind = {
        .name = "a traffic trace", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value place;
    if (!object_open(object, &kind))
        return false;
    *trace = (struct trace){.time_name = "time", .unit_us = US_PER_S, .scale = 1};
    bool is_right =
        value_require(object, "file", "the path of a CSV", &place) && read_text(&place, file);
    get_id(object, "time_column", &trace->time_name);
    get_id(object, "requests_column", &trace->count_name);
    get_duration(object, "from", &trace->from_us);
    if (get_duration(object, "time_unit", &trace->unit_us) && trace->unit_us == 0 &&
        value_get(object, "time_unit", &place)) {
        value_error(&place, "is 0: give a longer duration");
        is_right = false;
    }
    if (get_number(object, "scale", &trace->scale) && !(trace->scale >= 0 && trace->scale <= 1e6) &&
        value_get(object, "scale", &place)) {
        value_error(&place, "is out of range: give 0 to 1000000");
        is_right = false;
    }
    return get_service_terms(object, trace) && is_right;
}

static bool find_column(const struct trace *trace, const struct value *place, const char *name,
                        int32_t *column)
{
    char quoted[TEXT_QUOTE_SIZE];
    *column = csv_reader_find(&trace->csv, name);
    if (*column < 0)
        value_error(place, "%s has no column %s: say which one it is", trace->csv.file,
                    text_quote(name, quoted));
    return *column >= 0;
}

/* A field as a number from 0 on. */
static int number_of(const struct trace *trace, int32_t column, double *number, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *field = trace->csv.fields[column];
    char *end;
    *number = strtod(field, &end);
    if (end != field && *end == '\0' && *number >= 0 && *number <= 1e15)
        return 0;
    err_set(err, ERR_INPUT, "%s is no number: give one of 0 or more", text_quote(field, quoted));
    return csv_reader_fail(&trace->csv, column, err);
}

static int add_row(struct trace *trace, int64_t time_us, double requests, struct err *err)
{
    struct trace_row *last = trace->row_count > 0 ? &trace->rows[trace->row_count - 1] : NULL;
    if (last && time_us == last->time_us) {
        last->requests += requests;
        return 0;
    }
    if (last && time_us < last->time_us) {
        err_set(err, ERR_INPUT, "is before the row above: give them in order of time");
        return csv_reader_fail(&trace->csv, trace->time_column, err);
    }
    if (array_reserve(&trace->rows, &trace->row_capacity, trace->row_count + INT64_C(1),
                      sizeof *trace->rows, err))
        return -1;
    trace->rows[trace->row_count++] = (struct trace_row){time_us, requests};
    return 0;
}

/* RFC 3339, or as logs write it: a blank for the T, and no zone where it is UTC. */
static bool date_of(const char *field, int64_t *unix_us)
{
    enum { DATE_LENGTH = 10, TEXT_MAX = 64 };
    char text[TEXT_MAX + 2];
    struct err err;
    size_t length = strlen(field);
    if (length <= DATE_LENGTH || length > TEXT_MAX)
        return false;
    memcpy(text, field, length + 1);
    text[DATE_LENGTH] = 'T';
    if (!strpbrk(text + DATE_LENGTH, "Zz+-"))
        memcpy(text + length, "Z", 2);
    return parse_instant_us(text, unix_us, &err) == 0;
}

/* The time of a row, from the start of the trace: a number of units, or a date, from the first one.
 */
static int time_of(struct trace *trace, int64_t *out_us, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *field = trace->csv.fields[trace->time_column];
    int64_t unix_us;
    if (date_of(field, &unix_us)) {
        if (!trace->has_epoch)
            trace->epoch_us = unix_us;
        trace->has_epoch = true;
        *out_us = unix_us - trace->epoch_us;
        return 0;
    }
    char *end;
    double time = strtod(field, &end);
    if (end == field || *end != '\0' || !(time >= 0)) {
        err_set(err, ERR_INPUT,
                "%s is neither a number nor a date: give one of 0 or more, or one such as "
                "2026-01-05T00:00:00Z",
                text_quote(field, quoted));
        return csv_reader_fail(&trace->csv, trace->time_column, err);
    }
    double time_us = time * (double)trace->unit_us;
    if (time_us > (double)TIME_US_MAX) {
        err_set(err, ERR_INPUT, "is too late: give at most 36600 d");
        return csv_reader_fail(&trace->csv, trace->time_column, err);
    }
    *out_us = llround(time_us);
    return 0;
}

static int service_of(const struct trace *trace, int64_t *out_us, struct err *err)
{
    double us = (double)trace->overhead_us;
    for (int32_t i = 0; i < trace->term_count; i++) {
        double value;
        if (number_of(trace, trace->terms[i].column, &value, err))
            return -1;
        us += value * (double)trace->terms[i].unit_us;
    }
    *out_us = us < (double)TIME_US_MAX ? llround(us) : TIME_US_MAX;
    return 0;
}

/* A request of the run, where it comes within it. */
static int add_request(struct trace *trace, int64_t at_us, struct err *err)
{
    struct traffic_row row = {.at_us = at_us, .service_us = -1};
    if (trace->term_count > 0 && service_of(trace, &row.service_us, err))
        return -1;
    if (at_us < 0 || at_us >= trace->horizon_us)
        return 0;
    if (array_reserve(&trace->requests, &trace->request_capacity, trace->request_count + INT64_C(1),
                      sizeof *trace->requests, err))
        return -1;
    trace->requests[trace->request_count++] = row;
    return 0;
}

static int read_row(struct trace *trace, struct err *err)
{
    int64_t time_us = 0;
    double requests = 1;
    if (time_of(trace, &time_us, err) ||
        (trace->count_name && number_of(trace, trace->count_column, &requests, err)) ||
        add_row(trace, time_us - trace->from_us, requests * trace->scale, err))
        return -1;
    return trace->count_name ? 0 : add_request(trace, time_us - trace->from_us, err);
}

static bool read_rows(struct loader *loader, struct trace *trace)
{
    struct err err;
    for (int got; (got = csv_reader_next(&trace->csv, &err)) != 0;) {
        if (got < 0 || read_row(trace, &err)) {
            report_file_error(loader, &err);
            return false;
        }
    }
    return true;
}

/* Those that end after the start of the run. */
static bool make_pieces(struct loader *loader, const struct value *place, const struct trace *trace,
                        struct traffic_def *def)
{
    int32_t count = trace->row_count;
    struct traffic_piece *pieces =
        arena_array(&loader->scenario->arena, (size_t)count + 2, sizeof *pieces);
    if (!pieces) {
        reader_no_memory(&loader->reader);
        return false;
    }
    def->pieces = pieces;
    def->piece_count = 1; /* no requests before the first row */
    int64_t width_us = trace->unit_us;
    for (int32_t i = 0; i < count; i++) {
        const struct trace_row *row = &trace->rows[i];
        if (i + 1 < count)
            width_us = row[1].time_us - row->time_us;
        int64_t end_us = row->time_us + width_us;
        if (end_us <= 0)
            continue;
        if (row->time_us <= 0)
            def->piece_count = 0;
        struct traffic_piece *piece = &pieces[def->piece_count++];
        piece->from_us = row->time_us > 0 ? row->time_us : 0;
        double rate = row->requests / ((double)width_us / (double)US_PER_S);
        if (!rate_from_number(place, rate, &piece->rate_micro))
            return false;
        pieces[def->piece_count] = (struct traffic_piece){.from_us = end_us};
    }
    def->piece_count++;
    return true;
}

/* Mean and variance of the services, and the services in order of length. */
static bool keep_services(struct loader *loader, const struct value *place,
                          const struct trace *trace, struct traffic_def *def)
{
    size_t count = (size_t)trace->request_count;
    int64_t *sorted = arena_array(&loader->scenario->arena, count + 1, sizeof *sorted);
    if (!sorted) {
        reader_no_memory(&loader->reader);
        return false;
    }
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        double us = (double)trace->requests[i].service_us;
        sorted[i] = trace->requests[i].service_us;
        sum += us;
        squares += us * us;
    }
    if (sum < (double)count || count == 0) {
        value_error(place, count == 0 ? "has no request within the run: give another from, or a "
                                        "longer horizon"
                                      : "makes services of 0 in the mean: give longer durations");
        return false;
    }
    qsort(sorted, count, sizeof *sorted, order_int64s);
    double mean = sum / (double)count;
    double variance = squares / (double)count - mean * mean;
    def->services_us = sorted;
    def->service_mean_us = llround(mean);
    def->service_cv2 = variance > 0 ? variance / mean / mean : 0;
    return true;
}

/* Where each row is a request. */
static bool keep_requests(struct loader *loader, const struct value *place,
                          const struct trace *trace, struct traffic_def *def)
{
    size_t count = (size_t)trace->request_count;
    struct traffic_row *rows = arena_array(&loader->scenario->arena, count + 1, sizeof *rows);
    if (!rows) {
        reader_no_memory(&loader->reader);
        return false;
    }
    if (count > 0)
        memcpy(rows, trace->requests, count * sizeof *rows);
    def->rows = rows;
    def->row_count = trace->request_count;
    def->row_scale = trace->scale;
    return trace->term_count == 0 || keep_services(loader, place, trace, def);
}

static bool find_columns(const struct value *object, struct trace *trace)
{
    struct value place;
    value_get(object, "file", &place);
    bool is_right = find_column(trace, &place, trace->time_name, &trace->time_column);
    if (trace->count_name)
        is_right = find_column(trace, &place, trace->count_name, &trace->count_column) && is_right;
    for (int32_t i = 0; i < trace->term_count; i++)
        is_right =
            find_column(trace, &place, trace->terms[i].name, &trace->terms[i].column) && is_right;
    return is_right;
}

static bool read_open_trace(struct loader *loader, const struct value *object, struct trace *trace,
                            struct traffic_def *def)
{
    struct value place;
    value_get(object, "file", &place);
    if (!find_columns(object, trace) || !read_rows(loader, trace))
        return false;
    if (trace->row_count == 0) {
        value_error(&place, "has no rows: give at least one");
        return false;
    }
    return make_pieces(loader, &place, trace, def) &&
           (trace->count_name || keep_requests(loader, &place, trace, def));
}

bool read_traffic_trace(struct loader *loader, struct value *object, struct traffic_def *def)
{
    struct trace trace;
    struct value place;
    struct err err;
    const char *name;
    if (!read_terms(object, &trace, &name))
        return false;
    trace.horizon_us = loader->scenario->horizon_us;
    value_get(object, "file", &place);
    const char *path = path_beside(loader, object->file, name);
    FILE *in = open_stream(loader, &place, path);
    if (!in)
        return false;
    bool is_right = csv_reader_init(&trace.csv, in, path, &err) == 0;
    if (is_right) {
        is_right = read_open_trace(loader, object, &trace, def);
        csv_reader_release(&trace.csv);
    } else {
        report_file_error(loader, &err);
    }
    free(trace.rows);
    free(trace.requests);
    fclose(in);
    return is_right;
}
