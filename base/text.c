/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* One code point of UTF-8 text, or one byte that is not part of a valid one. */
struct character {
    size_t size; /* bytes in the text: 1..4 */
    uint32_t code_point;
    bool is_valid;
};

static struct character invalid_byte(void)
{
    return (struct character){.size = 1};
}

/* Reads the character at text, which is not at its end. Overlong forms, surrogates and what lies
 * beyond U+10FFFF are invalid (RFC 3629). The terminating NUL ends a sequence like any wrong byte.
 */
static struct character character_at(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x80)
        return (struct character){.size = 1, .code_point = byte[0], .is_valid = true};
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = byte[0] < 0xc0 ? 0 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    if (size == 0 || byte[0] >= 0xf8)
        return invalid_byte();
    uint32_t code_point = byte[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return invalid_byte();
        code_point = code_point << 6 | (byte[i] & 0x3fU);
    }
    bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point < smallest[size] || is_surrogate || code_point > 0x10ffff)
        return invalid_byte();
    return (struct character){.size = size, .code_point = code_point, .is_valid = true};
}

/* Unicode's Cc: ASCII's control characters, DEL and the C1 set, which some terminals obey. */
static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
}

/* Line separators and the characters that reorder the text around them. */
static bool is_layout(uint32_t code_point)
{
    return (code_point >= 0x2028 && code_point <= 0x202e) ||
           (code_point >= 0x2066 && code_point <= 0x2069);
}

/* The text that stands for one character: itself, \xNN for each of its bytes, or for a quote or a
 * backslash inside quotes the character behind a backslash. */
struct escape {
    size_t size;
    char bytes[16];
};

static struct escape escape_of(const char *text, struct character character, bool in_quotes)
{
    struct escape escape = {0};
    bool is_plain =
        character.is_valid && !is_control(character.code_point) && !is_layout(character.code_point);
    for (size_t i = 0; i < character.size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (!is_plain) {
            const char hex[4] = {'\\', 'x', "0123456789abcdef"[byte >> 4],
                                 "0123456789abcdef"[byte & 15]};
            memcpy(escape.bytes + escape.size, hex, sizeof hex);
            escape.size += sizeof hex;
            continue;
        }
        if (in_quotes && (byte == '"' || byte == '\\'))
            escape.bytes[escape.size++] = '\\';
        escape.bytes[escape.size++] = text[i];
    }
    return escape;
}

static size_t escaped_length(const char *text, bool in_quotes)
{
    size_t length = 0;
    while (*text != '\0') {
        struct character character = character_at(text);
        length += escape_of(text, character, in_quotes).size;
        text += character.size;
    }
    return length;
}

size_t text_escape(const char *text, char *out, size_t out_size)
{
    size_t length = 0;
    size_t written = 0;
    while (*text != '\0') {
        struct character character = character_at(text);
        struct escape escape = escape_of(text, character, false);
        if (length == written && written + escape.size < out_size) {
            memcpy(out + written, escape.bytes, escape.size);
            written += escape.size;
        }
        length += escape.size;
        text += character.size;
    }
    if (out_size > 0)
        out[written] = '\0';
    return length;
}

const char *text_quote(const char *text, char out[TEXT_QUOTE_SIZE])
{
    static const char gap[] = "...";
    const size_t room = TEXT_QUOTE_SIZE - 3; /* without the quotes and the NUL */
    const size_t side = (room - (sizeof gap - 1)) / 2;
    size_t length = escaped_length(text, true);
    size_t head_end = length <= room ? length : side;
    size_t tail_start = length <= room ? length : length - side;
    size_t at = 0; /* in the escaped text */
    size_t written = 0;
    bool has_gap = false;
    out[written++] = '"';
    for (struct character character; *text != '\0'; text += character.size) {
        character = character_at(text);
        struct escape escape = escape_of(text, character, true);
        if (at + escape.size <= head_end || at >= tail_start) {
            memcpy(out + written, escape.bytes, escape.size);
            written += escape.size;
        } else if (!has_gap) {
            memcpy(out + written, gap, sizeof gap - 1);
            written += sizeof gap - 1;
            has_gap = true;
        }
        at += escape.size;
    }
    out[written++] = '"';
    out[written] = '\0';
    return out;
}

/* Where the text stands after so many characters, or at its end. */
static const char *skip_characters(const char *text, int count)
{
    for (; count > 0 && *text != '\0'; count--)
        text += character_at(text).size;
    return text;
}

const char *text_shorten(const char *text, int characters, char *out)
{
    assert(characters >= 5);
    int tail_characters = (characters - 3) / 2;
    const char *limit = skip_characters(text, characters);
    const char *head_end =
        *limit == '\0' ? limit : skip_characters(text, characters - 3 - tail_characters);
    size_t head_size = (size_t)(head_end - text);
    memcpy(out, text, head_size);
    out[head_size] = '\0';
    if (*limit == '\0')
        return out;
    const char *tail = head_end;
    for (const char *ahead = skip_characters(tail, tail_characters); *ahead != '\0';
         ahead = skip_characters(ahead, 1))
        tail = skip_characters(tail, 1);
    memcpy(out + head_size, "...", 3);
    memcpy(out + head_size + 3, tail, strlen(tail) + 1);
    return out;
}

bool text_is_clean(const char *text)
{
    while (*text != '\0') {
        struct character character = character_at(text);
        if (!character.is_valid || is_control(character.code_point))
            return false;
        text += character.size;
    }
    return true;
}

bool text_matches_glob(const char *pattern, const char *text)
{
    /* A mismatch goes back to the last star and lets it take one character more. Earlier stars need
     * no second try: they took the shortest text that let the last star be reached. */
    const char *after_star = NULL;
    const char *star_text = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            after_star = ++pattern;
            star_text = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (after_star) {
            pattern = after_star;
            text = ++star_text;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance in bytes, one row of the usual table at a time. Both lengths are at most
 * TEXT_NEAREST_MAX. */
static size_t edit_distance(const char *from, const char *to)
{
    size_t row[TEXT_NEAREST_MAX + 1];
    size_t to_length = strlen(to);
    for (size_t j = 0; j <= to_length; j++)
        row[j] = j;
    for (size_t i = 1; from[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= to_length; j++) {
            size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = min_size(replaced, min_size(row[j - 1], row[j]) + 1);
        }
    }
    return row[to_length];
}

const char *text_nearest(const char *text, const char *const *candidates, size_t count)
{
    size_t length = strlen(text);
    if (length > TEXT_NEAREST_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t limit = length / 3 + 1; /* the distance must stay below */
    for (size_t i = 0; i < count; i++) {
        if (strlen(candidates[i]) > TEXT_NEAREST_MAX)
            continue;
        size_t distance = edit_distance(text, candidates[i]);
        if (distance < limit) {
            limit = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
