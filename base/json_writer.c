/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "base/utf8.h"

/* ---- text ---- */

/* The escape of an ASCII character, or NULL where it stands for itself. */
static const char *short_escape(uint32_t code_point)
{
    switch (code_point) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

/* One character, `length` bytes of it at text; 0 for a byte that is not UTF-8. */
static void put_character(FILE *out, const char *text, size_t length, uint32_t code_point)
{
    const char *escape = short_escape(code_point);
    if (length == 0)
        fputs("\xef\xbf\xbd", out);
    else if (escape != NULL)
        fputs(escape, out);
    else if (code_point < 0x20 || code_point == 0x7f)
        fprintf(out, "\\u%04x", (unsigned)code_point);
    else
        fwrite(text, 1, length, out);
}

static void put_quoted(FILE *out, const char *text)
{
    size_t left = strlen(text);
    putc('"', out);
    while (left > 0) {
        uint32_t code_point = 0;
        size_t length = utf8_decode(text, left, &code_point);
        put_character(out, text, length, code_point);
        size_t step = length == 0 ? 1 : length;
        text += step;
        left -= step;
    }
    putc('"', out);
}

/* ---- layout ---- */

static void put_new_line(const struct json_writer *w)
{
    if (w->compact)
        return;
    putc('\n', w->out);
    for (int i = 0; i < w->depth; i++)
        fputs("  ", w->out);
}

/* All that comes before a value: comma, line, key. */
static void begin_value(struct json_writer *w, const char *key)
{
    if (w->depth == 0) {
        assert(key == NULL);
        return;
    }
    assert((key != NULL) == w->is_object[w->depth - 1]);
    if (w->has_items[w->depth - 1])
        putc(',', w->out);
    w->has_items[w->depth - 1] = true;
    put_new_line(w);
    if (key == NULL)
        return;
    put_quoted(w->out, key);
    fputs(w->compact ? ":" : ": ", w->out);
}

/* All that comes after one: a whole text ends its line. */
static void end_value(const struct json_writer *w)
{
    if (w->depth == 0)
        putc('\n', w->out);
}

static void open_container(struct json_writer *w, const char *key, bool is_object)
{
    begin_value(w, key);
    assert(w->depth < JSON_WRITER_DEPTH_MAX);
    putc(is_object ? '{' : '[', w->out);
    w->has_items[w->depth] = false;
    w->is_object[w->depth] = is_object;
    w->depth++;
}

static void close_container(struct json_writer *w, bool is_object)
{
    assert(w->depth > 0);
    w->depth--;
    assert(w->is_object[w->depth] == is_object);
    if (w->has_items[w->depth])
        put_new_line(w);
    putc(is_object ? '}' : ']', w->out);
    end_value(w);
}

static void put_plain(struct json_writer *w, const char *key, const char *text)
{
    begin_value(w, key);
    fputs(text, w->out);
    end_value(w);
}

/* ---- the calls ---- */

void json_writer_init(struct json_writer *w, FILE *out, bool compact)
{
    *w = (struct json_writer){.out = out, .compact = compact};
}

void json_object(struct json_writer *w, const char *key)
{
    open_container(w, key, true);
}

void json_array(struct json_writer *w, const char *key)
{
    open_container(w, key, false);
}

void json_close_object(struct json_writer *w)
{
    close_container(w, true);
}

void json_close_array(struct json_writer *w)
{
    close_container(w, false);
}

void json_string(struct json_writer *w, const char *key, const char *text)
{
    if (text == NULL) {
        put_plain(w, key, "null");
        return;
    }
    begin_value(w, key);
    put_quoted(w->out, text);
    end_value(w);
}

void json_int(struct json_writer *w, const char *key, int64_t value)
{
    begin_value(w, key);
    fprintf(w->out, "%" PRId64, value);
    end_value(w);
}

void json_decimal(struct json_writer *w, const char *key, double value, int digits)
{
    char text[DECIMAL_TEXT_SIZE];
    const char *printed = decimal_print(value, digits, text);
    put_plain(w, key, printed == NULL ? "null" : printed);
}

void json_bool(struct json_writer *w, const char *key, bool value)
{
    put_plain(w, key, value ? "true" : "false");
}

void json_null(struct json_writer *w, const char *key)
{
    put_plain(w, key, "null");
}

void json_raw(struct json_writer *w, const char *key, const char *json)
{
    put_plain(w, key, json);
}
