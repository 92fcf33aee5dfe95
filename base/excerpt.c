/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/excerpt.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
    COLUMNS_BEFORE_MAX = 60, /* of the line before the place */
    COLUMNS_MAX = 100,       /* of the line in all */
};

/* One character of the line as it is shown. */
struct glyph {
    char text[12];
    size_t length;   /* bytes of text */
    size_t columns;  /* width when shown */
    size_t consumed; /* bytes of the line */
};

static struct glyph escaped_glyph(char letter, unsigned value, size_t consumed)
{
    struct glyph glyph = {.consumed = consumed};
    snprintf(glyph.text, sizeof glyph.text, letter == 'u' ? "\\u%04x" : "\\x%02x", value);
    glyph.length = strlen(glyph.text);
    glyph.columns = glyph.length;
    return glyph;
}

/* The character at bytes[0..size), size > 0. */
static struct glyph glyph_of(const char *bytes, size_t size, bool is_place)
{
    struct glyph glyph = {.length = 1, .columns = 1, .consumed = 1};
    uint32_t code_point = 0;
    size_t length = utf8_decode(bytes, size, &code_point);
    if (length == 0)
        return escaped_glyph('x', (unsigned char)bytes[0], 1);
    if (code_point == '\t' && !is_place) {
        glyph.text[0] = ' ';
        return glyph;
    }
    if (!utf8_is_harmless(code_point))
        return escaped_glyph(code_point < 0x80 ? 'x' : 'u', code_point, length);
    memcpy(glyph.text, bytes, length);
    glyph.length = length;
    glyph.consumed = length;
    return glyph;
}

static size_t columns_between(const char *bytes, size_t from, size_t to)
{
    size_t columns = 0;
    while (from < to) {
        struct glyph glyph = glyph_of(bytes + from, to - from, false);
        columns += glyph.columns;
        from += glyph.consumed;
    }
    return columns;
}

static size_t line_start(const char *bytes, size_t offset)
{
    while (offset > 0 && bytes[offset - 1] != '\n')
        offset--;
    return offset;
}

/* The end of the line, without its line feed and the carriage return before that, but never before
 * the place itself. */
static size_t line_end(const char *bytes, size_t size, size_t offset)
{
    size_t end = offset;
    while (end < size && bytes[end] != '\n')
        end++;
    if (end > offset && bytes[end - 1] == '\r')
        end--;
    return end;
}

struct text_place text_place_of(const char *bytes, size_t size, size_t offset)
{
    assert(offset <= size);
    struct text_place place = {.line = 1, .column = 1};
    size_t start = line_start(bytes, offset);
    for (size_t i = 0; i < start; i++)
        place.line += bytes[i] == '\n';
    uint32_t code_point = 0;
    while (start < offset) {
        size_t length = utf8_decode(bytes + start, size - start, &code_point);
        start += length == 0 ? 1 : length;
        place.column++;
    }
    return place;
}

/* Appends to out, which is large enough for all that excerpt_print puts there. */
static void append(char out[EXCERPT_SIZE], size_t *used, const char *text, size_t length)
{
    assert(*used + length < EXCERPT_SIZE);
    memcpy(out + *used, text, length);
    *used += length;
    out[*used] = '\0';
}

const char *excerpt_print(const char *bytes, size_t size, size_t offset, char out[EXCERPT_SIZE])
{
    assert(offset <= size);
    size_t from = line_start(bytes, offset);
    size_t end = line_end(bytes, size, offset);
    size_t used = 0;
    size_t before = columns_between(bytes, from, offset);
    if (before > COLUMNS_BEFORE_MAX) {
        append(out, &used, "...", 3);
        while (before > COLUMNS_BEFORE_MAX) {
            struct glyph skipped = glyph_of(bytes + from, offset - from, false);
            before -= skipped.columns;
            from += skipped.consumed;
        }
        before += 3;
    }
    size_t columns = used;
    while (from < end && columns < COLUMNS_MAX) {
        struct glyph glyph = glyph_of(bytes + from, end - from, from == offset);
        append(out, &used, glyph.text, glyph.length);
        columns += glyph.columns;
        from += glyph.consumed;
    }
    if (from < end)
        append(out, &used, "...", 3);
    append(out, &used, "\n", 1);
    for (size_t i = 0; i < before; i++)
        append(out, &used, " ", 1);
    append(out, &used, "^", 1);
    return out;
}
