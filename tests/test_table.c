/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/csv_reader.h"

static const struct column columns[] = {
    {"name", "text", "The name."},
    {"count", "count", "How many."},
    {"wait_s", "s", "How long."},
};

/* A table written into memory. */
struct memory_table {
    struct table table;
    char *text;
    size_t size;
};

static void open_memory(struct memory_table *memory, int32_t column_count)
{
    FILE *out = open_memstream(&memory->text, &memory->size);
    cr_assert_not_null(out);
    table_init(&memory->table, out, columns, column_count);
}

static void expect_text(struct memory_table *memory, const char *expected)
{
    fclose(memory->table.out);
    cr_expect_str_eq(memory->text, expected);
    free(memory->text);
}

Test(table, the_header_names_the_columns)
{
    struct memory_table memory;
    open_memory(&memory, 3);
    expect_text(&memory, "name,count,wait_s\n");
}

Test(table, rows_hold_one_value_a_column)
{
    struct memory_table memory;
    open_memory(&memory, 3);
    table_text(&memory.table, "r1");
    table_int(&memory.table, INT64_MIN);
    table_seconds(&memory.table, 1500000);
    table_end_row(&memory.table);
    table_text(&memory.table, NULL);
    table_empty(&memory.table);
    table_decimal(&memory.table, 0.125, 2);
    table_end_row(&memory.table);
    expect_text(&memory, "name,count,wait_s\n"
                         "r1,-9223372036854775808,1.500000\n"
                         ",,0.12\n");
}

static const struct {
    const char *text;
    const char *written;
} texts[] = {
    {"plain", "plain"},   {" blanks ", " blanks "},
    {"a,b", "\"a,b\""},   {"say \"hi\"", "\"say \"\"hi\"\"\""},
    {"\"", "\"\"\"\""},   {"two\nlines", "\"two\nlines\""},
    {"a\rb", "\"a\rb\""}, {"caf\xc3\xa9", "caf\xc3\xa9"},
    {"", "\"\""},         {NULL, "\"\""},
};

Test(table, texts_are_quoted_where_needed)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char expected[64];
        struct memory_table memory;
        open_memory(&memory, 1);
        table_text(&memory.table, texts[i].text);
        table_end_row(&memory.table);
        snprintf(expected, sizeof expected, "name\n%s\n", texts[i].written);
        expect_text(&memory, expected);
    }
}

static const struct {
    double value;
    int digits;
    const char *written;
} decimals[] = {
    {0.0, 0, "0"},
    {-0.0, 3, "0.000"},
    {-0.0004, 3, "0.000"},
    {-0.0006, 3, "-0.001"},
    {-0.4, 0, "0"},
    {1.005, 2, "1.00"},
    {1e15, 1, "1000000000000000.0"},
    {-12.5, 2, "-12.50"},
    {1e22, 0, "10000000000000000000000"},
    {(double)NAN, 2, ""},
    {(double)INFINITY, 2, ""},
    {-(double)INFINITY, 2, ""},
};

Test(table, decimals_have_fixed_digits_and_no_minus_zero)
{
    for (size_t i = 0; i < ARRAY_LEN(decimals); i++) {
        char expected[64];
        struct memory_table memory;
        open_memory(&memory, 2);
        table_decimal(&memory.table, decimals[i].value, decimals[i].digits);
        table_empty(&memory.table);
        table_end_row(&memory.table);
        snprintf(expected, sizeof expected, "name,count\n%s,\n", decimals[i].written);
        expect_text(&memory, expected);
    }
}

Test(table, the_largest_decimal_fits)
{
    struct memory_table memory;
    open_memory(&memory, 1);
    table_decimal(&memory.table, -1.7976931348623157e308, 17);
    table_end_row(&memory.table);
    fclose(memory.table.out);
    cr_expect_eq(memory.size, strlen("name\n-\n") + 309 + 1 + 17);
    free(memory.text);
}

static const struct {
    int64_t us;
    const char *written;
} seconds[] = {
    {0, "0.000000"},
    {1, "0.000001"},
    {-1, "-0.000001"},
    {999999, "0.999999"},
    {1000000, "1.000000"},
    {-1500000, "-1.500000"},
    {INT64_MAX, "9223372036854.775807"},
    {INT64_MIN, "-9223372036854.775808"},
};

Test(table, seconds_are_exact)
{
    for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
        char expected[64];
        struct memory_table memory;
        open_memory(&memory, 1);
        table_seconds(&memory.table, seconds[i].us);
        table_end_row(&memory.table);
        snprintf(expected, sizeof expected, "name\n%s\n", seconds[i].written);
        expect_text(&memory, expected);
    }
}

/* Law: what a table writes, our reader reads; line breaks in texts excepted. */
Test(table, texts_come_back_through_the_reader)
{
    struct err err = {0};
    struct memory_table memory;
    struct csv_reader reader;
    open_memory(&memory, 1);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (texts[i].text == NULL || strpbrk(texts[i].text, "\r\n") == NULL) {
            table_text(&memory.table, texts[i].text);
            table_end_row(&memory.table);
        }
    }
    fclose(memory.table.out);
    FILE *in = fmemopen(memory.text, memory.size, "r");
    cr_assert_eq(csv_reader_init(&reader, in, "t", &err), 0, "%s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (texts[i].text == NULL || strpbrk(texts[i].text, "\r\n") == NULL) {
            cr_assert_eq(csv_reader_next(&reader, &err), 1, "%s", err.text);
            cr_expect_str_eq(reader.fields[0], texts[i].text == NULL ? "" : texts[i].text);
        }
    }
    cr_expect_eq(csv_reader_next(&reader, &err), 0);
    csv_reader_release(&reader);
    fclose(in);
    free(memory.text);
}

Test(table, a_row_too_long_is_our_mistake, .signal = SIGABRT)
{
    struct memory_table memory;
    open_memory(&memory, 1);
    table_int(&memory.table, 1);
    table_int(&memory.table, 2);
}

Test(table, a_row_too_short_is_our_mistake, .signal = SIGABRT)
{
    struct memory_table memory;
    open_memory(&memory, 2);
    table_int(&memory.table, 1);
    table_end_row(&memory.table);
}
