/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/csv_reader.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "tests/failing_alloc.h"
#include "tests/failing_io.h"

/* A stream over bytes that must outlive it. */
static FILE *stream_of(const char *bytes, size_t size)
{
    /* fmemopen takes no empty buffer. */
    FILE *in = size == 0 ? fopen("/dev/null", "r") : fmemopen((char *)bytes, size, "r");
    cr_assert_not_null(in);
    return in;
}

/* All rows after the header as "field|field;field|field;", for comparing; err's text on failure. */
static void read_all(const char *bytes, size_t size, char *out, size_t out_size)
{
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = stream_of(bytes, size);
    FILE *joined = fmemopen(out, out_size, "w");
    cr_assert_not_null(joined);
    int result = csv_reader_init(&reader, in, "t", &err);
    while (result >= 0 && (result = csv_reader_next(&reader, &err)) == 1) {
        for (int32_t i = 0; i < reader.column_count; i++)
            fprintf(joined, "%s%s", i == 0 ? "" : "|", reader.fields[i]);
        putc(';', joined);
    }
    if (result < 0)
        fprintf(joined, "%s", err.text);
    fclose(joined);
    fclose(in);
    csv_reader_release(&reader);
}

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *name;
    const char *bytes;
    size_t size;
    const char *rows;
} cases[] = {
    /* sound */
    {"plain", TEXT("a,b\n1,2\n3,4\n"), "1|2;3|4;"},
    {"no line end at the end", TEXT("a,b\n1,2"), "1|2;"},
    {"carriage returns", TEXT("a,b\r\n1,2\r\n"), "1|2;"},
    {"mixed line ends", TEXT("a,b\r\n1,2\n3,4\r\n"), "1|2;3|4;"},
    {"carriage return at the very end", TEXT("a\n1\r"), "1;"},
    {"header only", TEXT("a,b\n"), ""},
    {"header only, no line end", TEXT("a,b"), ""},
    {"empty lines", TEXT("\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n"), "1|2;3|4;"},
    {"empty fields", TEXT("a,b,c\n,,\n1,,\n,,3\n"), "||;1||;||3;"},
    {"quoted", TEXT("a,b\n\"1\",\"2\"\n"), "1|2;"},
    {"quoted header", TEXT("\"a\",\"b\"\n1,2\n"), "1|2;"},
    {"quoted empty", TEXT("a,b\n\"\",\"\"\n"), "|;"},
    {"quoted empty alone on its line", TEXT("a\n\"\"\n"), ";"},
    {"quoted commas", TEXT("a,b\n\"1,5\",\",\"\n"), "1,5|,;"},
    {"doubled quotes", TEXT("a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n"), "say \"hi\"|\";"},
    {"blanks are kept", TEXT("a,b\n 1 , 2\n"), " 1 | 2;"},
    {"byte order mark",
     TEXT("\xef\xbb\xbf"
          "a,b\n1,2\n"),
     "1|2;"},
    {"byte order mark before a quote", TEXT("\xef\xbb\xbf\"a\",b\n1,2\n"), "1|2;"},
    {"UTF-8", TEXT("a\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n"),
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;"},
    {"other controls are the caller's matter", TEXT("a,b\n\t,\x01\n"), "\t|\x01;"},
    /* wrong */
    {"empty", TEXT(""), "t:1:1: the file is empty: a line of column names is expected"},
    {"line ends only", TEXT("\n\n"),
     "t:1:1: the file is empty: a line of column names is expected"},
    {"byte order mark only", TEXT("\xef\xbb\xbf"),
     "t:1:1: the file is empty: a line of column names is expected"},
    {"too few fields", TEXT("a,b\n1,2\n3\n"),
     "1|2;t:3:1: number of fields: 1, but the header names 2"},
    {"too many fields", TEXT("a,b\n1,2,3\n"), "t:2:1: number of fields: 3, but the header names 2"},
    {"a comma too much at the end", TEXT("a,b\n1,2,\n"),
     "t:2:1: number of fields: 3, but the header names 2"},
    {"column without a name", TEXT("a,,c\n"), "t:1:3: a column without a name"},
    {"comma at the end of the header", TEXT("a,b,\n"), "t:1:5: a column without a name"},
    {"quoted empty name", TEXT("a,\"\"\n"), "t:1:3: a column without a name"},
    {"repeated name", TEXT("a,b,a\n"), "t:1:5: a column name for the second time"},
    {"repeated name, quoted", TEXT("\xc3\xa9,\"\xc3\xa9\"\n"),
     "t:1:3: a column name for the second time"},
    {"quote inside", TEXT("a,b\n1,2\"3\n"),
     "t:2:4: a quote inside a field: put the whole field in quotes and double this one"},
    {"blank before the quote", TEXT("a,b\n1, \"2\"\n"),
     "t:2:4: a quote inside a field: put the whole field in quotes and double this one"},
    {"text behind the quote", TEXT("a,b\n\"1\"x,2\n"),
     "t:2:4: text behind the closing quote: a comma or the end of the line is expected"},
    {"blank behind the quote", TEXT("a,b\n\"1\" ,2\n"),
     "t:2:4: text behind the closing quote: a comma or the end of the line is expected"},
    {"quote not closed", TEXT("a,b\n1,\"2\n"),
     "t:2:3: the quoted field does not end on its line: the closing quote is missing, or the field "
     "holds a line break, which is not allowed"},
    {"line break in quotes", TEXT("a,b\n\"1\n2\",3\n"),
     "t:2:1: the quoted field does not end on its line: the closing quote is missing, or the field "
     "holds a line break, which is not allowed"},
    {"doubled quote at the end", TEXT("a\n\"1\"\""),
     "t:2:1: the quoted field does not end on its line: the closing quote is missing, or the field "
     "holds a line break, which is not allowed"},
    {"lone carriage return", TEXT("a,b\n1\r,2\n"),
     "t:2:2: a carriage return inside the line: lines end with LF or CRLF"},
    {"old Macintosh line ends", TEXT("a,b\r1,2\r"),
     "t:1:4: a carriage return inside the line: lines end with LF or CRLF"},
    {"NUL", TEXT("a,b\n1,2\0\n"), "t:2:4: a NUL byte: this is not a text file"},
    {"NUL in quotes", TEXT("a\n\"\0\"\n"), "t:2:2: a NUL byte: this is not a text file"},
    {"Latin-1", TEXT("a,b\ncaf\xe9,2\n"), "t:2:4: a byte that is not UTF-8"},
    {"Latin-1 in quotes", TEXT("a,b\n1,\"\xe9\"\n"), "t:2:4: a byte that is not UTF-8"},
    {"cut UTF-8 at the end", TEXT("a\n\xe2\x82"), "t:2:1: a byte that is not UTF-8"},
    {"cut UTF-8 before a comma", TEXT("a,b\n\xe2\x82,1\n"), "t:2:1: a byte that is not UTF-8"},
    {"UTF-16",
     TEXT("\xff\xfe"
          "a\0"),
     "t:1:1: a byte that is not UTF-8"},
    {"place counted in characters", TEXT("a,b\n\"\xe2\x82\xac\"\"\",\"x\n"),
     "t:2:7: the quoted field does not end on its line: the closing quote is missing, or the field "
     "holds a line break, which is not allowed"},
};

Test(csv_reader, rows_and_errors_are_as_written)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[512] = "";
        read_all(cases[i].bytes, cases[i].size, out, sizeof out);
        cr_expect_str_eq(out, cases[i].rows, "%s", cases[i].name);
    }
}

Test(csv_reader, columns_are_found_by_name)
{
    static const char text[] = "a,\"b c\",\xc3\xa9\n";
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = stream_of(TEXT(text));
    cr_assert_eq(csv_reader_init(&reader, in, "t", &err), 0, "%s", err.text);
    cr_expect_eq(reader.column_count, 3);
    cr_expect_eq(csv_reader_find(&reader, "a"), 0);
    cr_expect_eq(csv_reader_find(&reader, "b c"), 1);
    cr_expect_eq(csv_reader_find(&reader, "\xc3\xa9"), 2);
    cr_expect_eq(csv_reader_find(&reader, "A"), -1);
    cr_expect_eq(csv_reader_find(&reader, ""), -1);
    csv_reader_release(&reader);
    fclose(in);
}

Test(csv_reader, names_stay_when_rows_pass)
{
    static const char text[] = "first,second\n1111111111,2\n3,4\n";
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = stream_of(TEXT(text));
    cr_assert_eq(csv_reader_init(&reader, in, "t", &err), 0);
    while (csv_reader_next(&reader, &err) == 1)
        cr_expect_eq(csv_reader_find(&reader, "second"), 1);
    cr_expect_eq(reader.line_number, 4, "the line behind the last");
    csv_reader_release(&reader);
    fclose(in);
}

Test(csv_reader, a_field_is_named_by_its_place)
{
    static const char text[] = "a,b,c\n\n\xe2\x82\xac\xe2\x82\xac,\"x\"\"y\",z\n";
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = stream_of(TEXT(text));
    cr_assert_eq(csv_reader_init(&reader, in, "big.csv", &err), 0);
    cr_assert_eq(csv_reader_next(&reader, &err), 1);
    err_set(&err, ERR_LIMIT, "too much");
    cr_expect_eq(csv_reader_fail(&reader, 2, &err), -1);
    cr_expect_str_eq(err.text, "big.csv:3:11: too much");
    cr_expect_eq(err.kind, ERR_LIMIT);
    csv_reader_release(&reader);
    fclose(in);
}

Test(csv_reader, reading_goes_on_behind_a_wrong_row)
{
    static const char text[] = "a,b\n1\n\"\n3,4\n";
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = stream_of(TEXT(text));
    cr_assert_eq(csv_reader_init(&reader, in, "t", &err), 0);
    cr_expect_eq(csv_reader_next(&reader, &err), -1);
    cr_expect_eq(csv_reader_next(&reader, &err), -1);
    cr_expect_eq(csv_reader_next(&reader, &err), 1);
    cr_expect_str_eq(reader.fields[1], "4");
    cr_expect_eq(csv_reader_next(&reader, &err), 0);
    csv_reader_release(&reader);
    fclose(in);
}

/* ---- limits ---- */

/* "a\n" and one field of `size` bytes, quoted if asked. */
static char *long_field(size_t size, bool is_quoted, size_t *length)
{
    char *text = malloc(size + 8);
    cr_assert_not_null(text);
    strcpy(text, is_quoted ? "a\n\"" : "a\n");
    *length = strlen(text);
    memset(text + *length, 'x', size);
    *length += size;
    if (is_quoted)
        text[(*length)++] = '"';
    return text;
}

Test(csv_reader, a_field_is_read_to_its_limit_only)
{
    for (size_t i = 0; i < 4; i++) {
        struct err err = {0};
        struct csv_reader reader;
        bool is_beyond = i % 2 == 1;
        size_t length = 0;
        char *text = long_field(CSV_FIELD_MAX + (is_beyond ? 1 : 0), i >= 2, &length);
        FILE *in = stream_of(text, length);
        cr_assert_eq(csv_reader_init(&reader, in, "t", &err), 0);
        cr_expect_eq(csv_reader_next(&reader, &err), is_beyond ? -1 : 1);
        cr_expect_eq(err.kind, is_beyond ? ERR_LIMIT : ERR_NONE);
        cr_expect_str_eq(err.text, is_beyond ? "t:2:1: a field of more than 65536 bytes" : "");
        csv_reader_release(&reader);
        fclose(in);
        free(text);
    }
}

Test(csv_reader, columns_are_read_to_their_limit_only)
{
    for (int32_t count = CSV_COLUMNS_MAX; count <= CSV_COLUMNS_MAX + 2; count++) {
        struct err err = {0};
        struct csv_reader reader;
        char text[4096] = "";
        for (int32_t i = 0; i < count; i++)
            sprintf(text + strlen(text), "%sc%d", i == 0 ? "" : ",", i);
        FILE *in = stream_of(text, strlen(text));
        int result = csv_reader_init(&reader, in, "t", &err);
        cr_expect_eq(result, count > CSV_COLUMNS_MAX ? -1 : 0);
        cr_expect_eq(err.kind, count > CSV_COLUMNS_MAX ? ERR_LIMIT : ERR_NONE);
        csv_reader_release(&reader);
        fclose(in);
    }
}

/* A stream of one endless line must not fill the memory. */
Test(csv_reader, an_endless_line_is_refused)
{
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = fopen("/dev/zero", "r");
    cr_assert_not_null(in);
    cr_expect_eq(csv_reader_init(&reader, in, "t", &err), -1);
    cr_expect_eq(err.kind, ERR_LIMIT);
    cr_expect_str_eq(err.text, "t:1:1: a line of more than 33555200 bytes");
    cr_expect_null(reader.line);
    fclose(in);
}

/* The writer is a child process; what is kept of a long stream is one line. */
Test(csv_reader, a_long_stream_is_read_in_little_memory)
{
    enum { ROWS = 1000000 };
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = popen("awk 'BEGIN { print \"id,name\"; for (i = 0; i < 1000000; i++) "
                     "print i \",\\\"runner \" i \"\\\"\" }'",
                     "r");
    cr_assert_not_null(in);
    cr_assert_eq(csv_reader_init(&reader, in, "t", &err), 0);
    int64_t rows = 0;
    int result;
    while ((result = csv_reader_next(&reader, &err)) == 1) {
        cr_assert_eq(strtoll(reader.fields[0], NULL, 10), rows);
        rows++;
    }
    cr_expect_eq(result, 0, "%s", err.text);
    cr_expect_eq(rows, ROWS);
    cr_expect_leq(reader.line_capacity, 256);
    csv_reader_release(&reader);
    pclose(in);
}

Test(csv_reader, a_folder_is_wrong_input)
{
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = fopen("/tmp", "r");
    cr_assert_not_null(in);
    cr_expect_eq(csv_reader_init(&reader, in, "t", &err), -1);
    cr_expect_eq(err.kind, ERR_INPUT);
    cr_expect_str_eq(err.text, "t: Is a directory");
    cr_expect_null(reader.line);
    fclose(in);
}

Test(csv_reader, a_failing_stream_is_an_error_of_the_system)
{
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = fopen("/proc/self/mem", "r"); /* nothing is mapped at 0 */
    cr_assert_not_null(in);
    cr_expect_eq(csv_reader_init(&reader, in, "t", &err), -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_str_eq(err.text, "t: Input/output error");
    cr_expect_null(reader.line);
    fclose(in);
}

/* ---- any bytes ---- */

/* Reads to the end, over wrong rows too, and touches all fields. */
static void read_through(const char *bytes, size_t size)
{
    struct err err = {0};
    struct csv_reader reader;
    FILE *in = stream_of(bytes, size);
    if (csv_reader_init(&reader, in, "t", &err) == 0) {
        int result;
        int64_t line = reader.line_number;
        while ((result = csv_reader_next(&reader, &err)) != 0) {
            cr_assert_gt(reader.line_number, line);
            line = reader.line_number;
            for (int32_t i = 0; result == 1 && i < reader.column_count; i++)
                cr_assert_leq(strlen(reader.fields[i]), size);
        }
    }
    csv_reader_release(&reader);
    fclose(in);
}

Test(csv_reader, random_bytes_never_upset_the_reader)
{
    static const char alphabet[] = ",,,\"\"\n\n\rab\xc3\xa9\xe2\x82\xac\xff";
    struct rng rng = rng_stream(1, "csv fuzz", 0);
    for (int round = 0; round < 20000; round++) {
        char bytes[64];
        size_t size = rng_below(&rng, sizeof bytes + 1);
        bool is_any = round % 4 == 0;
        for (size_t i = 0; i < size; i++)
            bytes[i] =
                is_any ? (char)rng_below(&rng, 256) : alphabet[rng_below(&rng, sizeof alphabet)];
        read_through(bytes, size);
    }
}

/* Law: what is written by the rules of RFC 4180 is read back as it was. */
Test(csv_reader, quoted_texts_come_back)
{
    static const char alphabet[] = "a,\" ;\xc3\xa9";
    struct rng rng = rng_stream(2, "csv round trip", 0);
    for (int round = 0; round < 5000; round++) {
        char field[16] = "";
        char text[64] = "a,b\n\"";
        size_t length = rng_below(&rng, 8);
        for (size_t i = 0; i < length; i++) {
            char c = alphabet[rng_below(&rng, 5)];
            strncat(field, &c, 1);
            strncat(text, &c, 1);
            if (c == '"')
                strcat(text, "\"");
        }
        strcat(text, "\",end");
        char expected[32];
        char out[512] = "";
        snprintf(expected, sizeof expected, "%s|end;", field);
        read_all(text, strlen(text), out, sizeof out);
        cr_assert_str_eq(out, expected);
    }
}

/* ---- memory ---- */

/* Lets the n-th allocation fail: of ours, or of those that the C library makes for us (strdup). */
static int read_armed(FILE *in, int64_t n, bool is_library, bool *has_failed, struct err *err)
{
    struct csv_reader reader;
    if (is_library)
        failing_io_arm(n, ENOMEM);
    else
        failing_alloc_arm(n);
    int result = csv_reader_init(&reader, in, "t", err);
    while (result >= 0 && (result = csv_reader_next(&reader, err)) == 1)
        ;
    *has_failed = is_library ? failing_io_disarm() : failing_alloc_disarm();
    csv_reader_release(&reader);
    return result;
}

Test(csv_reader, running_out_of_memory_is_a_clean_error)
{
    size_t length = 0;
    char *text = long_field(5000, true, &length);
    for (int64_t run = 0; run < 2; run++) {
        bool has_failed = true;
        for (int64_t n = 1; has_failed; n++) {
            struct err err = {0};
            FILE *in = stream_of(text, length);
            int result = read_armed(in, n, run == 1, &has_failed, &err);
            fclose(in);
            cr_assert_eq(result, has_failed ? -1 : 0);
            cr_assert_eq(err.kind, has_failed ? ERR_SYSTEM : ERR_NONE);
            cr_assert(has_failed || n > (run == 1 ? 1 : 8), "line, lists and names allocate");
        }
    }
    free(text);
}
