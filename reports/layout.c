/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/layout.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

static size_t character_length(const char *text, size_t left)
{
    uint32_t code_point;
    size_t length = utf8_decode(text, left, &code_point);
    return length == 0 ? 1 : length;
}

void layout_cut(char *text, int columns)
{
    size_t left = strlen(text);
    char *at = text;
    char *cut = text;
    assert(columns >= 3);
    for (int column = 0; left > 0; column++) {
        size_t length = character_length(at, left);
        if (column == columns - 3)
            cut = at;
        if (column == columns) {
            memcpy(cut, "...", sizeof "...");
            return;
        }
        at += length;
        left -= length;
    }
}

static int count_columns(const char *text)
{
    int columns = 0;
    for (size_t left = strlen(text); left > 0; columns++) {
        size_t length = character_length(text, left);
        text += length;
        left -= length;
    }
    return columns;
}

void layout_add_name(struct sentence *line, const char *text, int width)
{
    char clean[SENTENCE_SIZE];
    text_escape(text, clean, sizeof clean);
    layout_cut(clean, width);
    sentence_add(line, "%s%*s", clean, width - count_columns(clean), "");
}
