/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_reader.h"
#include "base/table.h"

/* Any bytes are read to their end, over wrong rows too; and a right row that is written by the
 * table writer is read back as it was. */

static FILE *stream_of(const void *bytes, size_t size)
{
    FILE *in = fmemopen((void *)(uintptr_t)bytes, size, "r");
    assert(in != NULL);
    return in;
}

/* The present row as a table of its own. */
static char *write_row(const struct csv_reader *reader, size_t *size)
{
    static const struct column column = {.name = "x", .unit = "text", .meaning = "Any text."};
    struct table table;
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    assert(out != NULL);
    table_init(&table, out, &column, 1);
    for (int32_t i = 0; i < reader->column_count; i++) {
        table_text(&table, reader->fields[i]);
        table_end_row(&table);
    }
    fclose(out);
    return text;
}

static void check_row(const struct csv_reader *reader)
{
    struct err err = {0};
    struct csv_reader again;
    size_t size = 0;
    char *text = write_row(reader, &size);
    FILE *in = stream_of(text, size);
    int result = csv_reader_init(&again, in, "again", &err);
    assert(result == 0);
    for (int32_t i = 0; i < reader->column_count; i++) {
        result = csv_reader_next(&again, &err);
        assert(result == 1);
        assert(strcmp(again.fields[0], reader->fields[i]) == 0);
    }
    csv_reader_release(&again);
    fclose(in);
    free(text);
}

static void check_refused(const struct err *err)
{
    assert(err->kind == ERR_INPUT || err->kind == ERR_LIMIT);
    assert(strncmp(err->text, "t:", 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct csv_reader reader;
    if (size == 0)
        return 0;
    FILE *in = stream_of(data, size);
    int result = csv_reader_init(&reader, in, "t", &err);
    if (result != 0)
        check_refused(&err);
    while (result == 0 && (result = csv_reader_next(&reader, &err)) != 0) {
        if (result == 1)
            check_row(&reader);
        else
            check_refused(&err);
        result = 0;
        err = (struct err){0};
    }
    csv_reader_release(&reader);
    fclose(in);
    return 0;
}
