/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_CSV_READER_H
#define STOWAGE_BASE_CSV_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* CSV (RFC 4180: quotes, doubled quotes, line ends LF or CRLF, a UTF-8 byte order mark skipped)
 * read row by row in bounded memory. The first row holds the column names. A field holds at most
 * CSV_FIELD_MAX bytes, a row at most CSV_COLUMNS_MAX fields. Refused: line breaks inside
 * quotes, quotes inside an unquoted field, text that is not UTF-8, NUL bytes. */

enum { CSV_COLUMNS_MAX = 256, CSV_FIELD_MAX = 65536 };

struct csv_reader {
    const char *file; /* for messages, borrowed */
    FILE *in;         /* borrowed */
    char *line;       /* the present row, fields terminated in place */
    size_t line_capacity;
    int64_t line_number; /* 1 is the header */
    int32_t column_count;
    char **names;        /* [column_count], owned */
    char **fields;       /* [column_count], into line, valid until the next row */
    int32_t *columns_at; /* [column_count] 1-based character position of each field in its line */
};

/* Reads the header. Repeated or empty column names are errors. On -1 the reader is zeroed. */
int csv_reader_init(struct csv_reader *reader, FILE *in, const char *file, struct err *err);

/* 1: a row was read; 0: the end; -1: err "file:line:column: ...". Empty lines are skipped. A row
 * with another number of fields than the header is an error. After -1 the next call goes on with
 * the next line. */
int csv_reader_next(struct csv_reader *reader, struct err *err);

/* The position of a named column, or -1. */
int32_t csv_reader_find(const struct csv_reader *reader, const char *name);

/* Puts "file:line:column: " of a field of the present row before the text that err holds; always
 * returns -1. */
int csv_reader_fail(const struct csv_reader *reader, int32_t column, struct err *err);

void csv_reader_release(struct csv_reader *reader);

#endif
