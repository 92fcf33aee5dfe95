/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json_writer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"

/* A writer into memory. */
struct memory_writer {
    struct json_writer writer;
    char *text;
    size_t size;
};

static struct json_writer *open_memory(struct memory_writer *memory, bool compact)
{
    FILE *out = open_memstream(&memory->text, &memory->size);
    cr_assert_not_null(out);
    json_writer_init(&memory->writer, out, compact);
    return &memory->writer;
}

/* What is written is always sound JSON too. */
static void expect_text(struct memory_writer *memory, const char *expected)
{
    struct err err = {0};
    fclose(memory->writer.out);
    cr_expect_str_eq(memory->text, expected);
    struct json_text text = {.file = "t", .bytes = memory->text, .size = memory->size};
    cr_expect_eq(json_check_syntax(text, &err), 0, "%s", err.text);
    free(memory->text);
}

/* One of everything. */
static void write_sample(struct json_writer *w)
{
    json_object(w, NULL);
    json_string(w, "name", "a \"b\"");
    json_string(w, "none", NULL);
    json_int(w, "big", INT64_MAX);
    json_decimal(w, "share", 2.0 / 3.0, 4);
    json_decimal(w, "undefined", (double)NAN, 4);
    json_bool(w, "yes", true);
    json_bool(w, "no", false);
    json_null(w, "null");
    json_raw(w, "raw", "{\"x\":[1]}");
    json_array(w, "list");
    json_int(w, NULL, 1);
    json_int(w, NULL, -2);
    json_object(w, NULL);
    json_close_object(w);
    json_array(w, NULL);
    json_close_array(w);
    json_close_array(w);
    json_object(w, "inner");
    json_int(w, "one", 1);
    json_close_object(w);
    json_close_object(w);
}

Test(json_writer, the_readable_form_is_indented)
{
    struct memory_writer memory;
    write_sample(open_memory(&memory, false));
    expect_text(&memory, "{\n"
                         "  \"name\": \"a \\\"b\\\"\",\n"
                         "  \"none\": null,\n"
                         "  \"big\": 9223372036854775807,\n"
                         "  \"share\": 0.6667,\n"
                         "  \"undefined\": null,\n"
                         "  \"yes\": true,\n"
                         "  \"no\": false,\n"
                         "  \"null\": null,\n"
                         "  \"raw\": {\"x\":[1]},\n"
                         "  \"list\": [\n"
                         "    1,\n"
                         "    -2,\n"
                         "    {},\n"
                         "    []\n"
                         "  ],\n"
                         "  \"inner\": {\n"
                         "    \"one\": 1\n"
                         "  }\n"
                         "}\n");
}

Test(json_writer, the_compact_form_is_one_line)
{
    struct memory_writer memory;
    write_sample(open_memory(&memory, true));
    expect_text(&memory, "{\"name\":\"a \\\"b\\\"\",\"none\":null,\"big\":9223372036854775807,"
                         "\"share\":0.6667,\"undefined\":null,\"yes\":true,\"no\":false,"
                         "\"null\":null,\"raw\":{\"x\":[1]},\"list\":[1,-2,{},[]],"
                         "\"inner\":{\"one\":1}}\n");
}

Test(json_writer, one_writer_writes_line_after_line)
{
    struct memory_writer memory;
    struct json_writer *w = open_memory(&memory, true);
    for (int i = 0; i < 2; i++) {
        json_object(w, NULL);
        json_int(w, "i", i);
        json_close_object(w);
    }
    fclose(w->out);
    cr_expect_str_eq(memory.text, "{\"i\":0}\n{\"i\":1}\n");
    free(memory.text);
}

Test(json_writer, a_bare_value_is_a_text_of_its_own)
{
    struct memory_writer memory;
    json_string(open_memory(&memory, false), NULL, "a");
    expect_text(&memory, "\"a\"\n");
}

static const struct {
    const char *text;
    const char *written;
} texts[] = {
    {"", "\"\"\n"},
    {"\\ / \"", "\"\\\\ / \\\"\"\n"},
    {"\n\r\t", "\"\\n\\r\\t\"\n"},
    {"\b\f\x01\x1f\x7f", "\"\\u0008\\u000c\\u0001\\u001f\\u007f\"\n"},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
     "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"\n"},
    {"caf\xe9!", "\"caf\xef\xbf\xbd!\"\n"},
    {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"},
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n"},
};

Test(json_writer, texts_are_escaped_and_always_utf_8)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct memory_writer memory;
        json_string(open_memory(&memory, true), NULL, texts[i].text);
        expect_text(&memory, texts[i].written);
    }
}

Test(json_writer, keys_are_escaped_like_texts)
{
    struct memory_writer memory;
    struct json_writer *w = open_memory(&memory, true);
    json_object(w, NULL);
    json_int(w, "a\"\n\xff", 1);
    json_close_object(w);
    expect_text(&memory, "{\"a\\\"\\n\xef\xbf\xbd\":1}\n");
}

static const struct {
    double value;
    int digits;
    const char *written;
} decimals[] = {
    {0.5, 0, "0\n"},
    {1.5, 0, "2\n"},
    {-0.001, 2, "0.00\n"},
    {-0.0, 1, "0.0\n"},
    {1e21, 1, "1000000000000000000000.0\n"},
    {0.1, 17, "0.10000000000000001\n"},
    {(double)INFINITY, 2, "null\n"},
    {-(double)INFINITY, 2, "null\n"},
};

Test(json_writer, decimals_have_fixed_digits_or_are_null)
{
    for (size_t i = 0; i < ARRAY_LEN(decimals); i++) {
        struct memory_writer memory;
        json_decimal(open_memory(&memory, true), NULL, decimals[i].value, decimals[i].digits);
        expect_text(&memory, decimals[i].written);
    }
}

/* Law: all texts come back through our reader as they were. */
Test(json_writer, all_characters_come_back)
{
    for (int c = 1; c < 128; c++) {
        struct err err = {0};
        struct memory_writer memory;
        char text[] = {'<', (char)c, '>', '\0'};
        json_string(open_memory(&memory, true), NULL, text);
        fclose(memory.writer.out);
        struct json_text written = {.file = "t", .bytes = memory.text, .size = memory.size};
        cJSON *tree = json_parse(written, &err);
        cr_expect_str_eq(cJSON_GetStringValue(tree), text, "%d", c);
        cJSON_Delete(tree);
        free(memory.text);
    }
}

Test(json_writer, nesting_goes_to_its_limit)
{
    struct memory_writer memory;
    struct json_writer *w = open_memory(&memory, true);
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX; i++)
        json_array(w, NULL);
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX; i++)
        json_close_array(w);
    expect_text(&memory, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
}

Test(json_writer, nesting_beyond_the_limit_is_our_mistake, .signal = SIGABRT)
{
    struct memory_writer memory;
    struct json_writer *w = open_memory(&memory, true);
    for (int i = 0; i <= JSON_WRITER_DEPTH_MAX; i++)
        json_array(w, NULL);
}

Test(json_writer, a_value_without_key_in_an_object_is_our_mistake, .signal = SIGABRT)
{
    struct memory_writer memory;
    struct json_writer *w = open_memory(&memory, true);
    json_object(w, NULL);
    json_int(w, NULL, 1);
}

Test(json_writer, a_key_in_an_array_is_our_mistake, .signal = SIGABRT)
{
    struct memory_writer memory;
    struct json_writer *w = open_memory(&memory, true);
    json_array(w, NULL);
    json_int(w, "key", 1);
}

Test(json_writer, closing_the_wrong_bracket_is_our_mistake, .signal = SIGABRT)
{
    struct memory_writer memory;
    struct json_writer *w = open_memory(&memory, true);
    json_array(w, NULL);
    json_close_object(w);
}
