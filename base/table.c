/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/table.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "base/units.h"

/* RFC 4180: quotes around the text, quotes in it doubled. */
static void put_quoted(FILE *out, const char *text)
{
    putc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            putc('"', out);
        putc(*c, out);
    }
    putc('"', out);
}

static void put_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL)
        fputs(text, out);
    else
        put_quoted(out, text);
}

static void begin_field(struct table *table)
{
    assert(table->next < table->column_count);
    if (table->next > 0)
        putc(',', table->out);
    table->next++;
}

void table_init(struct table *table, FILE *out, const struct column *columns, int32_t column_count)
{
    assert(column_count > 0);
    *table = (struct table){.out = out, .columns = columns, .column_count = column_count};
    for (int32_t i = 0; i < column_count; i++)
        table_text(table, columns[i].name);
    table_end_row(table);
}

/* In a table of one column a row of no value would be an empty line, which readers skip. */
void table_empty(struct table *table)
{
    begin_field(table);
    if (table->column_count == 1)
        fputs("\"\"", table->out);
}

void table_text(struct table *table, const char *text)
{
    if (text == NULL || *text == '\0') {
        table_empty(table);
        return;
    }
    begin_field(table);
    put_text(table->out, text);
}

void table_int(struct table *table, int64_t value)
{
    begin_field(table);
    fprintf(table->out, "%" PRId64, value);
}

void table_decimal(struct table *table, double value, int digits)
{
    char text[DECIMAL_TEXT_SIZE];
    table_text(table, decimal_print(value, digits, text));
}

void table_seconds(struct table *table, int64_t us)
{
    uint64_t magnitude = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    begin_field(table);
    fprintf(table->out, "%s%" PRIu64 ".%06" PRIu64, us < 0 ? "-" : "", magnitude / US_PER_S,
            magnitude % US_PER_S);
}

void table_end_row(struct table *table)
{
    assert(table->next == table->column_count);
    putc('\n', table->out);
    table->next = 0;
}
