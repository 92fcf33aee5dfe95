/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fold.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

static int characters_of(const char *text, size_t size)
{
    int count = 0;
    uint32_t code_point;
    for (size_t at = 0; at < size; count++) {
        size_t length = utf8_decode(text + at, size - at, &code_point);
        at += length > 0 ? length : 1;
    }
    return count;
}

static size_t spaces_before(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size && text[at] == ' ')
        at++;
    return at;
}

/* The length of the first word with the spaces before it; "12 %" is one word. */
static size_t word_end(const char *text, size_t size)
{
    size_t at = spaces_before(text, size);
    while (at < size && (text[at] != ' ' || (at + 1 < size && text[at + 1] == '%')))
        at++;
    return at;
}

/* The spaces before the first word are the line's own indentation, those at its end are dropped. */
static void print_line(const char *line, size_t size, const struct fold *fold, FILE *out)
{
    int column = 0;
    while (size > 0 && line[size - 1] == ' ')
        size--;
    for (size_t at = 0, end; at < size; at = end) {
        end = at + word_end(line + at, size - at);
        if (at > 0 && column + characters_of(line + at, end - at) > fold->width) {
            at += spaces_before(line + at, end - at);
            column = fprintf(out, "\n%*s", fold->indent, "") - 1;
        }
        fwrite(line + at, 1, end - at, out);
        column += characters_of(line + at, end - at);
    }
}

void fold_print(const char *text, size_t size, const struct fold *fold, FILE *out)
{
    assert(fold->indent >= 0);
    assert(fold->indent < fold->width);
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end != NULL ? (size_t)(end - text) : size;
        print_line(text, length, fold, out);
        if (end != NULL)
            fputc('\n', out);
        size -= length + (end != NULL);
        text += length + (end != NULL);
    }
}
