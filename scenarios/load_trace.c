/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/csv_reader.h"
#include "base/text.h"

/* `traffic.trace`: a CSV whose rows say how many requests came from their time on, up to the time
 * of the next row; rows of one time add up. What is before `from` is left out, and `from` becomes
 * the start of the run. The last row lasts as long as the one before it. */

struct trace {
    struct csv_reader csv;
    const char *time_name, *count_name; /* columns; count NULL: each row is one request */
    int32_t time_column, count_column;
    int64_t unit_us, from_us;
    double scale;
    struct trace_row *rows; /* owned */
    int32_t row_count, row_capacity;
};

struct trace_row {
    int64_t time_us; /* of the trace, from_us taken off */
    double requests;
};

static bool read_terms(struct value *object, struct trace *trace, const char **file)
{
    static const char *const keys[] = {"file", "time_column", "time_unit", "requests_column",
                                       "from", "scale"};
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
    return is_right;
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

static int read_row(struct trace *trace, struct err *err)
{
    double time, requests = 1;
    if (number_of(trace, trace->time_column, &time, err) ||
        (trace->count_name && number_of(trace, trace->count_column, &requests, err)))
        return -1;
    double time_us = time * (double)trace->unit_us;
    if (time_us > (double)TIME_US_MAX) {
        err_set(err, ERR_INPUT, "is too late: give at most 36600 d");
        return csv_reader_fail(&trace->csv, trace->time_column, err);
    }
    return add_row(trace, llround(time_us) - trace->from_us, requests * trace->scale, err);
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

static bool read_open_trace(struct loader *loader, const struct value *object, struct trace *trace,
                            struct traffic_def *def)
{
    struct value place;
    value_get(object, "file", &place);
    if (!find_column(trace, &place, trace->time_name, &trace->time_column) ||
        (trace->count_name &&
         !find_column(trace, &place, trace->count_name, &trace->count_column)) ||
        !read_rows(loader, trace))
        return false;
    if (trace->row_count == 0) {
        value_error(&place, "has no rows: give at least one");
        return false;
    }
    return make_pieces(loader, &place, trace, def);
}

bool read_traffic_trace(struct loader *loader, struct value *object, struct traffic_def *def)
{
    struct trace trace;
    struct value place;
    struct err err;
    const char *name;
    if (!read_terms(object, &trace, &name))
        return false;
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
    fclose(in);
    return is_right;
}
