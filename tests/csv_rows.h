/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_CSV_ROWS_H
#define STOWAGE_TESTS_CSV_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/int128.h"

/* A whole table in memory, for tests of reports. What is wrong with it fails the test. */
struct csv_rows {
    char **names; /* [column_count] */
    char **cells; /* [row_count * column_count] */
    int32_t column_count, row_count, row_capacity;
};

/* Reads from the start of the file. `what` is for messages. */
struct csv_rows csv_rows_read(FILE *in, const char *what);
void csv_rows_release(struct csv_rows *rows);

/* The cell of a named column; an unknown name fails the test. */
const char *csv_rows_text(const struct csv_rows *rows, int32_t row, const char *name);
bool csv_rows_is(const struct csv_rows *rows, int32_t row, const char *name, const char *text);
/* A number with at most six decimals in millionths; an empty cell is 0. */
int128 csv_rows_micro(const struct csv_rows *rows, int32_t row, const char *name);
/* The same, rounded down to whole ones. */
int64_t csv_rows_int(const struct csv_rows *rows, int32_t row, const char *name);
/* Sum over all rows, or over those whose `key` is `value` (key NULL: all), in millionths. */
int128 csv_rows_sum(const struct csv_rows *rows, const char *name, const char *key,
                    const char *value);

#endif
