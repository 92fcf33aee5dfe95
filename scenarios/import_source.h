/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_IMPORT_SOURCE_H
#define STOWAGE_SCENARIOS_IMPORT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/csv_reader.h"
#include "base/err.h"

/* A CSV input of an import: read as often as the importer needs (most read twice, to know totals
 * before the first line is written), its fields taken with messages that name file, line and
 * column. */

struct import_source {
    FILE *in;
    const char *file; /* for messages, borrowed; "-" is standard input */
    struct csv_reader reader;
};

/* Opens `path` and reads the header. Standard input and pipes are first copied to a temporary file,
 * since they cannot be read twice. On -1 the source is zeroed. */
int import_source_open(struct import_source *source, const char *path, struct err *err);

/* Back to the first row. */
int import_source_rewind(struct import_source *source, struct err *err);

void import_source_release(struct import_source *source);

/* The position of a column that has to be there; `hint` says what to do about its absence. */
int import_source_column(const struct import_source *source, const char *name, const char *hint,
                         int32_t *column, struct err *err);

/* ---- fields of the present row ---- */

/* A whole number from 0 to `max`. */
int import_source_int(const struct import_source *source, int32_t column, int64_t max, int64_t *out,
                      struct err *err);

/* Text without control characters; empty only when `may_be_empty`. Valid until the next row. */
int import_source_text(const struct import_source *source, int32_t column, bool may_be_empty,
                       const char **out, struct err *err);

/* "file:line:column: name: fact" as ERR_INPUT (printf format for the fact); always returns -1. */
int import_source_fail(const struct import_source *source, int32_t column, struct err *err,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
