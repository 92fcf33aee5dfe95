/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_TABLE_H
#define STOWAGE_BASE_TABLE_H

#include <stdint.h>
#include <stdio.h>

/* CSV tables out. The columns of a table are data, so that the header line, the manual and the
 * tests that compare the two come from one place. "No value" is an empty field, never -1 or 0.
 * Errors of the FILE are found by the caller with ferror. */

struct column {
    const char *name;    /* unit at the end where there is one: wait_s_p99 */
    const char *unit;    /* "s", "milli-CPU", "bytes", "%", "USD", "count", "text", ... */
    const char *meaning; /* one sentence */
};

struct table {
    FILE *out;
    const struct column *columns;
    int32_t column_count;
    int32_t next; /* the column that the next value goes to */
};

/* Writes the header line. `columns` is borrowed. */
void table_init(struct table *table, FILE *out, const struct column *columns, int32_t column_count);

/* One value each, in column order; asserts that the row is not overfull. */
void table_text(struct table *table, const char *text); /* NULL: no value; quoted where needed */
void table_int(struct table *table, int64_t value);
void table_decimal(struct table *table, double value, int digits); /* NaN, inf: no value */
void table_seconds(struct table *table, int64_t us);               /* seconds with 6 decimals */
void table_empty(struct table *table);

/* Ends the row; asserts that every column got a value. */
void table_end_row(struct table *table);

#endif
