/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/csv_rows.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/csv_reader.h"

enum { MICRO_DIGITS = 6 };

static char *copy(const char *text)
{
    char *made = malloc(strlen(text) + 1);
    cr_assert_not_null(made);
    return strcpy(made, text);
}

struct csv_rows csv_rows_read(FILE *in, const char *what)
{
    struct err err = {0};
    struct csv_reader reader;
    struct csv_rows rows = {0};
    rewind(in);
    cr_assert_eq(csv_reader_init(&reader, in, what, &err), 0, "%s", err.text);
    size_t width = (size_t)reader.column_count;
    rows.column_count = reader.column_count;
    rows.names = calloc(width, sizeof *rows.names);
    cr_assert_not_null(rows.names);
    for (size_t i = 0; i < width; i++)
        rows.names[i] = copy(reader.names[i]);
    int status;
    while ((status = csv_reader_next(&reader, &err)) > 0) {
        cr_assert_eq(array_reserve(&rows.cells, &rows.row_capacity, rows.row_count + INT64_C(1),
                                   width * sizeof *rows.cells, &err),
                     0);
        for (size_t i = 0; i < width; i++)
            rows.cells[(size_t)rows.row_count * width + i] = copy(reader.fields[i]);
        rows.row_count++;
    }
    cr_assert_eq(status, 0, "%s", err.text);
    csv_reader_release(&reader);
    return rows;
}

void csv_rows_release(struct csv_rows *rows)
{
    for (int32_t i = 0; i < rows->column_count; i++)
        free(rows->names[i]);
    for (int64_t i = 0; i < (int64_t)rows->row_count * rows->column_count; i++)
        free(rows->cells[i]);
    free(rows->names);
    free(rows->cells);
    *rows = (struct csv_rows){0};
}

const char *csv_rows_text(const struct csv_rows *rows, int32_t row, const char *name)
{
    for (int32_t i = 0; i < rows->column_count; i++)
        if (strcmp(rows->names[i], name) == 0)
            return rows->cells[(int64_t)row * rows->column_count + i];
    cr_assert_fail("no column %s", name);
    return NULL;
}

bool csv_rows_is(const struct csv_rows *rows, int32_t row, const char *name, const char *text)
{
    return strcmp(csv_rows_text(rows, row, name), text) == 0;
}

int128 csv_rows_micro(const struct csv_rows *rows, int32_t row, const char *name)
{
    const char *text = csv_rows_text(rows, row, name);
    bool is_negative = *text == '-';
    int128 value = 0;
    int decimals = -1;
    for (const char *c = text + is_negative; *c != '\0'; c++) {
        if (*c == '.') {
            cr_assert_eq(decimals, -1, "%s", text);
            decimals = 0;
            continue;
        }
        cr_assert(*c >= '0' && *c <= '9', "%s is no number: %s", name, text);
        value = value * 10 + (*c - '0');
        decimals += decimals >= 0;
    }
    cr_assert_leq(decimals, MICRO_DIGITS);
    for (int i = decimals < 0 ? 0 : decimals; i < MICRO_DIGITS; i++)
        value *= 10;
    return is_negative ? -value : value;
}

int64_t csv_rows_int(const struct csv_rows *rows, int32_t row, const char *name)
{
    return (int64_t)(csv_rows_micro(rows, row, name) / 1000000);
}

int128 csv_rows_sum(const struct csv_rows *rows, const char *name, const char *key,
                    const char *value)
{
    int128 sum = 0;
    for (int32_t i = 0; i < rows->row_count; i++)
        if (key == NULL || csv_rows_is(rows, i, key, value))
            sum += csv_rows_micro(rows, i, name);
    return sum;
}
