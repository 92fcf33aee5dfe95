/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/csv_reader.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/utf8.h"

/* A row is one line, for line breaks inside quotes are refused. The line is read whole, then cut
 * into fields in place: a field without its quotes is never longer than with them. */

/* The longest line that can be a row: every field of full length and all of quotes, which double.
 */
static const size_t line_max = (size_t)CSV_COLUMNS_MAX * (2 * (size_t)CSV_FIELD_MAX + 3);

/* Where the present line is being cut. */
struct cutter {
    char *at;       /* next byte to look at */
    char *end;      /* behind the last byte of the line */
    int32_t column; /* 1-based character position of `at` */
    int32_t count;  /* fields found */
};

static int fail(const struct csv_reader *reader, int32_t column, struct err *err, const char *what)
{
    return err_set(err, ERR_INPUT, "%s:%" PRId64 ":%" PRId32 ": %s", reader->file,
                   reader->line_number, column, what);
}

/* ---- lines ---- */

static int grow_line(struct csv_reader *reader, struct err *err)
{
    size_t capacity = reader->line_capacity == 0 ? 256 : reader->line_capacity * 2;
    char *grown = realloc(reader->line, capacity);
    if (grown == NULL)
        return err_no_memory(err);
    reader->line = grown;
    reader->line_capacity = capacity;
    return 0;
}

/* Reads up to the line feed, which is not kept, nor is a carriage return before it. 1, 0 at the end
 * of the file, -1. */
static int read_line(struct csv_reader *reader, size_t *length, struct err *err)
{
    size_t used = 0;
    int c;
    reader->line_number++;
    while ((c = getc_unlocked(reader->in)) != EOF && c != '\n') {
        if (used + 1 >= reader->line_capacity && grow_line(reader, err) != 0)
            return -1;
        reader->line[used++] = (char)c;
        if (used > line_max)
            return err_set(err, ERR_LIMIT, "%s:%" PRId64 ":1: a line of more than %zu bytes",
                           reader->file, reader->line_number, line_max);
    }
    if (ferror(reader->in))
        return folder_errno(err, errno, reader->file);
    if (c == EOF && used == 0)
        return 0;
    if (used > 0 && reader->line[used - 1] == '\r')
        used--;
    *length = used;
    return 1;
}

/* As read_line, but skips empty lines, and a byte order mark at the start of the file. */
static int read_row_line(struct csv_reader *reader, size_t *length, struct err *err)
{
    int result;
    do {
        result = read_line(reader, length, err);
        if (result == 1 && reader->line_number == 1 && *length >= 3 &&
            memcmp(reader->line, "\xef\xbb\xbf", 3) == 0) {
            *length -= 3;
            memmove(reader->line, reader->line + 3, *length);
        }
    } while (result == 1 && *length == 0);
    return result;
}

/* ---- fields ---- */

/* Copies the character at the cutter to *to and steps over it. */
static int take_character(const struct csv_reader *reader, struct cutter *cutter, char **to,
                          struct err *err)
{
    uint32_t code_point = 0;
    size_t length = utf8_decode(cutter->at, (size_t)(cutter->end - cutter->at), &code_point);
    if (length == 0)
        return fail(reader, cutter->column, err, "a byte that is not UTF-8");
    if (code_point == '\0')
        return fail(reader, cutter->column, err, "a NUL byte: this is not a text file");
    if (code_point == '\r')
        return fail(reader, cutter->column, err,
                    "a carriage return inside the line: lines end with LF or CRLF");
    memmove(*to, cutter->at, length);
    *to += length;
    cutter->at += length;
    cutter->column++;
    return 0;
}

/* From the first byte to the comma or the end. */
static int cut_plain_field(const struct csv_reader *reader, struct cutter *cutter, char **to,
                           struct err *err)
{
    while (cutter->at < cutter->end && *cutter->at != ',') {
        if (*cutter->at == '"')
            return fail(
                reader, cutter->column, err,
                "a quote inside a field: put the whole field in quotes and double this one");
        if (take_character(reader, cutter, to, err) != 0)
            return -1;
    }
    return 0;
}

/* From the opening quote to behind the closing one. */
static int cut_quoted_field(const struct csv_reader *reader, struct cutter *cutter, char **to,
                            struct err *err)
{
    int32_t opened_at = cutter->column;
    cutter->at++;
    cutter->column++;
    for (;;) {
        if (cutter->at == cutter->end)
            return fail(
                reader, opened_at, err,
                "the quoted field does not end on its line: the closing quote is missing, or the "
                "field holds a line break, which is not allowed");
        bool is_quote = *cutter->at == '"';
        bool is_doubled = is_quote && cutter->end - cutter->at >= 2 && cutter->at[1] == '"';
        if (is_quote) {
            cutter->at++;
            cutter->column++;
        }
        if (is_quote && !is_doubled)
            break;
        if (take_character(reader, cutter, to, err) != 0)
            return -1;
    }
    if (cutter->at < cutter->end && *cutter->at != ',')
        return fail(reader, cutter->column, err,
                    "text behind the closing quote: a comma or the end of the line is expected");
    return 0;
}

/* Cuts one field, which the caller terminates when the byte behind it is no longer needed. */
static int cut_field(const struct csv_reader *reader, struct cutter *cutter, char **field_end,
                     struct err *err)
{
    int32_t start_column = cutter->column;
    char *start = cutter->at;
    bool is_quoted = cutter->at < cutter->end && *cutter->at == '"';
    *field_end = start;
    int result = is_quoted ? cut_quoted_field(reader, cutter, field_end, err)
                           : cut_plain_field(reader, cutter, field_end, err);
    if (result != 0)
        return -1;
    if (*field_end - start > CSV_FIELD_MAX)
        return err_set(err, ERR_LIMIT, "%s:%" PRId64 ":%" PRId32 ": a field of more than %d bytes",
                       reader->file, reader->line_number, start_column, CSV_FIELD_MAX);
    return 0;
}

/* Cuts the line into at most `count_max` fields; all beyond are counted only. */
static int cut_line(struct csv_reader *reader, size_t length, int32_t count_max, int32_t *count,
                    struct err *err)
{
    struct cutter cutter = {.at = reader->line, .end = reader->line + length, .column = 1};
    for (;;) {
        char *start = cutter.at;
        char *field_end = start;
        int32_t start_column = cutter.column;
        if (cut_field(reader, &cutter, &field_end, err) != 0)
            return -1;
        if (cutter.count < count_max) {
            reader->fields[cutter.count] = start;
            reader->columns_at[cutter.count] = start_column;
        }
        cutter.count++;
        bool is_last = cutter.at == cutter.end;
        cutter.at++; /* the comma */
        cutter.column++;
        *field_end = '\0';
        if (is_last)
            break;
    }
    *count = cutter.count;
    return 0;
}

/* ---- the header ---- */

static int32_t count_fields_at_most(const char *line, size_t length)
{
    int32_t commas = 0;
    for (size_t i = 0; i < length && commas < CSV_COLUMNS_MAX; i++)
        commas += line[i] == ',';
    return commas + 1;
}

static int check_names(const struct csv_reader *reader, struct err *err)
{
    for (int32_t i = 0; i < reader->column_count; i++) {
        if (reader->names[i][0] == '\0')
            return fail(reader, reader->columns_at[i], err, "a column without a name");
        if (csv_reader_find(reader, reader->names[i]) != i)
            return fail(reader, reader->columns_at[i], err, "a column name for the second time");
    }
    return 0;
}

/* Takes the fields of the present row as names. */
static int keep_names(struct csv_reader *reader, struct err *err)
{
    for (int32_t i = 0; i < reader->column_count; i++) {
        reader->names[i] = strdup(reader->fields[i]);
        if (reader->names[i] == NULL)
            return err_no_memory(err);
    }
    return 0;
}

static int read_header(struct csv_reader *reader, struct err *err)
{
    size_t length = 0;
    int result = read_row_line(reader, &length, err);
    if (result < 0)
        return -1;
    if (result == 0) {
        reader->line_number = 1;
        return fail(reader, 1, err, "the file is empty: a line of column names is expected");
    }
    int32_t room = count_fields_at_most(reader->line, length);
    reader->names = calloc((size_t)room, sizeof *reader->names);
    reader->fields = calloc((size_t)room, sizeof *reader->fields);
    reader->columns_at = calloc((size_t)room, sizeof *reader->columns_at);
    if (reader->names == NULL || reader->fields == NULL || reader->columns_at == NULL)
        return err_no_memory(err);
    int32_t count = 0;
    if (cut_line(reader, length, room, &count, err) != 0)
        return -1;
    if (count > CSV_COLUMNS_MAX)
        return err_set(err, ERR_LIMIT, "%s:%" PRId64 ":1: more than %d columns", reader->file,
                       reader->line_number, CSV_COLUMNS_MAX);
    reader->column_count = count;
    if (keep_names(reader, err) != 0)
        return -1;
    return check_names(reader, err);
}

/* ---- the calls ---- */

int csv_reader_init(struct csv_reader *reader, FILE *in, const char *file, struct err *err)
{
    *reader = (struct csv_reader){.file = file, .in = in};
    if (read_header(reader, err) != 0) {
        csv_reader_release(reader);
        return -1;
    }
    return 0;
}

int csv_reader_next(struct csv_reader *reader, struct err *err)
{
    size_t length = 0;
    int32_t count = 0;
    int result = read_row_line(reader, &length, err);
    if (result != 1)
        return result;
    if (cut_line(reader, length, reader->column_count, &count, err) != 0)
        return -1;
    if (count != reader->column_count)
        return err_set(err, ERR_INPUT,
                       "%s:%" PRId64 ":1: number of fields: %" PRId32
                       ", but the header names %" PRId32,
                       reader->file, reader->line_number, count, reader->column_count);
    return 1;
}

int32_t csv_reader_find(const struct csv_reader *reader, const char *name)
{
    for (int32_t i = 0; i < reader->column_count; i++) {
        if (strcmp(reader->names[i], name) == 0)
            return i;
    }
    return -1;
}

int csv_reader_fail(const struct csv_reader *reader, int32_t column, struct err *err)
{
    assert(column >= 0 && column < reader->column_count);
    return err_prefix(err, "%s:%" PRId64 ":%" PRId32, reader->file, reader->line_number,
                      reader->columns_at[column]);
}

void csv_reader_release(struct csv_reader *reader)
{
    for (int32_t i = 0; i < reader->column_count; i++)
        free(reader->names[i]);
    free(reader->names);
    free(reader->fields);
    free(reader->columns_at);
    free(reader->line);
    *reader = (struct csv_reader){0};
}
