/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json_syntax.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"

/* A recursive descent over the grammar; JSON_DEPTH_MAX bounds the recursion. A scan_* function
 * begins at the first byte of what it scans and leaves `at` behind the last; on -1 the fault is
 * set. */

struct scanner {
    const char *bytes;
    size_t size;
    size_t at;
    int depth;
    size_t opened_at[JSON_DEPTH_MAX]; /* offsets of the open brackets, outermost first */
    struct json_fault *fault;
};

static int scan_value(struct scanner *s);

/* ---- looking ---- */

static bool is_at_end(const struct scanner *s)
{
    return s->at == s->size;
}

/* The present byte, or NUL at the end. */
static char peek(const struct scanner *s)
{
    return is_at_end(s) ? '\0' : s->bytes[s->at];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scanner *s)
{
    while (!is_at_end(s) && is_space(s->bytes[s->at]))
        s->at++;
}

static bool take(struct scanner *s, char c)
{
    if (is_at_end(s) || s->bytes[s->at] != c)
        return false;
    s->at++;
    return true;
}

/* The letters, digits and underscores at the present place. */
static size_t word_length(const struct scanner *s)
{
    size_t length = 0;
    while (s->at + length < s->size &&
           (is_letter(s->bytes[s->at + length]) || is_digit(s->bytes[s->at + length])))
        length++;
    return length;
}

static bool word_is(const struct scanner *s, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(s->bytes + s->at, word, length) == 0;
}

/* ---- faults ---- */

static int fail(struct scanner *s, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct scanner *s, size_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->fault->what, sizeof s->fault->what, format, args);
    va_end(args);
    s->fault->kind = ERR_INPUT;
    s->fault->at = at;
    s->fault->has_opening = false;
    return -1;
}

/* Turns the fault just set into one of sound JSON that is more than this program holds. */
static int as_limit(struct scanner *s)
{
    s->fault->kind = ERR_LIMIT;
    return -1;
}

/* Adds to the fault just set where the thing that has no end was begun. */
static int with_opening(struct scanner *s, size_t opened_at)
{
    s->fault->has_opening = true;
    s->fault->opened_at = opened_at;
    return -1;
}

/* The text ended between two tokens. The place shown is behind the last token, because the last
 * line is often empty. */
static int fail_at_end(struct scanner *s)
{
    size_t at = s->size;
    while (at > 0 && is_space(s->bytes[at - 1]))
        at--;
    if (at == 0)
        return fail(s, 0, "the text is empty: one JSON value is expected");
    assert(s->depth > 0);
    size_t opened_at = s->opened_at[s->depth - 1];
    fail(s, at, "the text ends in the middle of an %s",
         s->bytes[opened_at] == '{' ? "object" : "array");
    return with_opening(s, opened_at);
}

enum { FOUND_SIZE = 64 };

/* What stands at the present place, for "found ...". */
static const char *found(const struct scanner *s, char out[FOUND_SIZE])
{
    uint32_t code_point = 0;
    size_t left = s->size - s->at;
    size_t length = utf8_decode(s->bytes + s->at, left, &code_point);
    size_t word = word_length(s);
    if (word > 1)
        snprintf(out, FOUND_SIZE, "%.*s%s", word > 24 ? 24 : (int)word, s->bytes + s->at,
                 word > 24 ? "..." : "");
    else if (code_point >= 0x2018 && code_point <= 0x201f)
        snprintf(out, FOUND_SIZE, "a typographic quote (U+%04X)", (unsigned)code_point);
    else if (length == 0)
        snprintf(out, FOUND_SIZE, "the byte 0x%02x, which is not UTF-8",
                 (unsigned)(unsigned char)s->bytes[s->at]);
    else if (!utf8_is_harmless(code_point) || code_point > 0x7e)
        snprintf(out, FOUND_SIZE, "the character U+%04X", (unsigned)code_point);
    else
        snprintf(out, FOUND_SIZE, "%c", (char)code_point);
    return out;
}

/* "WHAT, found X", or the end of the text. */
static int fail_expected(struct scanner *s, const char *what)
{
    char text[FOUND_SIZE];
    if (is_at_end(s))
        return fail_at_end(s);
    if (peek(s) == '/' || peek(s) == '#')
        return fail(s, s->at, "comments are not allowed in JSON");
    return fail(s, s->at, "%s, found %s", what, found(s, text));
}

/* ---- strings ---- */

static int fail_string_cut(struct scanner *s, size_t opened_at)
{
    fail(s, s->size, "the text ends in the middle of a string");
    return with_opening(s, opened_at);
}

/* The value of the four hexadecimal digits at `at`, or -1. */
static int32_t hex4(const struct scanner *s, size_t at)
{
    int32_t value = 0;
    if (s->size - at < 4)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = s->bytes[i];
        if (is_digit(c))
            value = value * 16 + (c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value = value * 16 + (c - 'A' + 10);
        else
            return -1;
    }
    return value;
}

/* At \uXXXX: its value, or -1 with the fault set. */
static int32_t scan_hex_escape(struct scanner *s, size_t opened_at)
{
    int32_t value = hex4(s, s->at + 2);
    size_t end = s->at + 2;
    if (value >= 0) {
        s->at += 6;
        return value;
    }
    while (end < s->size && end < s->at + 6 && s->bytes[end] != '"')
        end++;
    if (end == s->size)
        return fail_string_cut(s, opened_at);
    return fail(s, s->at, "\\u takes four hexadecimal digits, as in \\u00e9");
}

/* Behind the first half of a surrogate pair, which began at `start`. */
static int scan_second_half(struct scanner *s, size_t start, size_t opened_at)
{
    size_t left = s->size - s->at;
    if (left == 0 || (left == 1 && peek(s) == '\\'))
        return fail_string_cut(s, opened_at);
    int32_t second = -1;
    if (left >= 2 && s->bytes[s->at] == '\\' && s->bytes[s->at + 1] == 'u') {
        second = scan_hex_escape(s, opened_at);
        if (second < 0)
            return -1;
    }
    if (second < 0xdc00 || second > 0xdfff)
        return fail(s, start, "%.6s is the first half of a surrogate pair without the second",
                    s->bytes + start);
    return 0;
}

/* A high surrogate takes the low one that follows with it. */
static int scan_unicode_escape(struct scanner *s, size_t opened_at)
{
    size_t start = s->at;
    int32_t value = scan_hex_escape(s, opened_at);
    if (value < 0)
        return -1;
    if (value == 0)
        return fail(s, start, "the character U+0000 is not allowed in a string");
    if (value >= 0xdc00 && value <= 0xdfff)
        return fail(s, start, "%.6s is the second half of a surrogate pair without the first",
                    s->bytes + start);
    if (value >= 0xd800 && value < 0xdc00)
        return scan_second_half(s, start, opened_at);
    return 0;
}

static int scan_escape(struct scanner *s, size_t opened_at)
{
    if (s->size - s->at < 2)
        return fail_string_cut(s, opened_at);
    char c = s->bytes[s->at + 1];
    if (c == 'u')
        return scan_unicode_escape(s, opened_at);
    if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
        return fail(
            s, s->at,
            "an unknown escape in a string: allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
            "\\uXXXX");
    s->at += 2;
    return 0;
}

/* Do the last bytes of the text begin a UTF-8 sequence that is not whole? */
static bool is_cut_sequence(const struct scanner *s)
{
    static const char continuation[] = "\x80\x80\x80";
    char whole[4];
    uint32_t code_point = 0;
    size_t left = s->size - s->at;
    if (left >= sizeof whole)
        return false;
    for (size_t missing = 1; left + missing <= sizeof whole; missing++) {
        memcpy(whole, s->bytes + s->at, left);
        memcpy(whole + left, continuation, missing);
        if (utf8_decode(whole, left + missing, &code_point) == left + missing)
            return true;
    }
    return false;
}

/* At a character of a string that is neither quote nor backslash. */
static int scan_string_character(struct scanner *s, size_t opened_at)
{
    uint32_t code_point = 0;
    size_t length = utf8_decode(s->bytes + s->at, s->size - s->at, &code_point);
    if (length == 0 && is_cut_sequence(s))
        return fail_string_cut(s, opened_at);
    if (length == 0)
        return fail(s, s->at, "the byte 0x%02x in a string is not UTF-8",
                    (unsigned)(unsigned char)s->bytes[s->at]);
    if (code_point == '\n' || code_point == '\r') {
        fail(s, s->at, "the line ends inside a string: the closing quote is missing");
        return with_opening(s, opened_at);
    }
    if (code_point == '\0')
        return fail(s, s->at, "the character U+0000 is not allowed in a string");
    if (code_point == '\t')
        return fail(s, s->at, "a tab in a string: write it as \\t");
    if (code_point < 0x20)
        return fail(s, s->at, "a control character in a string: write it as \\u%04x",
                    (unsigned)code_point);
    s->at += length;
    return 0;
}

static int scan_string(struct scanner *s)
{
    size_t opened_at = s->at;
    s->at++;
    while (!is_at_end(s)) {
        if (take(s, '"'))
            return 0;
        int result =
            peek(s) == '\\' ? scan_escape(s, opened_at) : scan_string_character(s, opened_at);
        if (result != 0)
            return -1;
    }
    return fail_string_cut(s, opened_at);
}

/* ---- numbers ---- */

/* At least one digit. `what` names the part of the number. */
static int scan_digits(struct scanner *s, size_t start, const char *what)
{
    if (is_at_end(s)) {
        fail(s, s->size, "the text ends in the middle of a number");
        return with_opening(s, start);
    }
    if (!is_digit(peek(s)))
        return fail(s, s->at, "%s", what);
    while (is_digit(peek(s)))
        s->at++;
    return 0;
}

/* Refuses by name what a double turns into infinity. */
static int check_number_size(struct scanner *s, size_t start)
{
    char text[JSON_NUMBER_MAX + 1];
    size_t length = s->at - start;
    if (length > JSON_NUMBER_MAX) {
        fail(s, start, "a number of %zu characters: at most %d are allowed", length,
             JSON_NUMBER_MAX);
        return as_limit(s);
    }
    memcpy(text, s->bytes + start, length);
    text[length] = '\0';
    if (isinf(strtod(text, NULL))) {
        fail(s, start, "the number %s is too large: at most about 1.8e308", text);
        return as_limit(s);
    }
    return 0;
}

static int scan_number(struct scanner *s)
{
    size_t start = s->at;
    take(s, '-');
    size_t digits_at = s->at;
    if (scan_digits(s, start, "a digit is expected after the minus sign") != 0)
        return -1;
    if (s->bytes[digits_at] == '0' && s->at > digits_at + 1)
        return fail(s, start, "a number must not begin with a zero");
    if (take(s, '.') && scan_digits(s, start, "a digit is expected after the decimal point") != 0)
        return -1;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        if (scan_digits(s, start, "a digit is expected in the exponent of the number") != 0)
            return -1;
    }
    char next = peek(s);
    if (is_letter(next) || next == '.' || next == '+' || next == '-')
        return fail_expected(s, "the end of the number is expected");
    return check_number_size(s, start);
}

/* ---- words ---- */

/* Words of other languages for which there is a better hint than "a value is expected". */
static const struct {
    const char *word;
    const char *hint;
} foreign_words[] = {
    {"NaN", "NaN is not a JSON number: leave the value out"},
    {"nan", "nan is not a JSON number: leave the value out"},
    {"Infinity", "Infinity is not a JSON number"},
    {"inf", "inf is not a JSON number"},
    {"True", "True is not JSON: write true"},
    {"TRUE", "TRUE is not JSON: write true"},
    {"False", "False is not JSON: write false"},
    {"FALSE", "FALSE is not JSON: write false"},
    {"None", "None is not JSON: write null"},
    {"NULL", "NULL is not JSON: write null"},
    {"undefined", "undefined is not JSON: write null or leave the key out"},
};

static int scan_word(struct scanner *s)
{
    static const char *const words[] = {"true", "false", "null"};
    char text[FOUND_SIZE];
    size_t length = word_length(s);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (word_is(s, length, words[i])) {
            s->at += length;
            return 0;
        }
        if (s->at + length == s->size && length < strlen(words[i]) &&
            memcmp(words[i], s->bytes + s->at, length) == 0)
            return fail(s, s->size, "the text ends in the middle of the word %s", words[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(foreign_words); i++) {
        if (word_is(s, length, foreign_words[i].word))
            return fail(s, s->at, "%s", foreign_words[i].hint);
    }
    return fail(s, s->at, "a value is expected, found %s: texts take double quotes",
                found(s, text));
}

/* ---- arrays and objects ---- */

/* Behind a value inside brackets: takes the comma, which must not be the last thing inside. */
static int scan_comma(struct scanner *s, char closer)
{
    size_t comma_at = s->at;
    if (!take(s, ','))
        return fail_expected(s, closer == '}' ? "a comma or } is expected"
                                              : "a comma or ] is expected");
    skip_space(s);
    if (peek(s) == closer)
        return fail(s, comma_at, "a comma before %c: remove it", closer);
    return 0;
}

static int scan_key(struct scanner *s)
{
    if (peek(s) == '\'')
        return fail(s, s->at, "a key takes double quotes, not single ones");
    if (peek(s) != '"')
        return fail_expected(s, "a key in double quotes is expected");
    return scan_string(s);
}

/* "key": value */
static int scan_member(struct scanner *s)
{
    if (scan_key(s) != 0)
        return -1;
    skip_space(s);
    if (!take(s, ':'))
        return fail_expected(s, "a colon after the key is expected");
    skip_space(s);
    return scan_value(s);
}

/* Behind the opening bracket. */
static int scan_items(struct scanner *s, char closer)
{
    skip_space(s);
    if (take(s, closer))
        return 0;
    for (;;) {
        int result = closer == '}' ? scan_member(s) : scan_value(s);
        if (result != 0)
            return -1;
        skip_space(s);
        if (take(s, closer))
            return 0;
        if (scan_comma(s, closer) != 0)
            return -1;
    }
}

static int scan_bracket(struct scanner *s)
{
    char closer = peek(s) == '{' ? '}' : ']';
    if (s->depth == JSON_DEPTH_MAX) {
        fail(s, s->at, "arrays and objects nested deeper than %d", JSON_DEPTH_MAX);
        return as_limit(s);
    }
    s->opened_at[s->depth] = s->at;
    s->depth++;
    s->at++;
    if (scan_items(s, closer) != 0)
        return -1;
    s->depth--;
    return 0;
}

/* At something that begins no value. */
static int fail_no_value(struct scanner *s)
{
    switch (peek(s)) {
    case '\'':
        return fail(s, s->at, "a text takes double quotes, not single ones");
    case '+':
        return fail(s, s->at, "a number must not begin with a plus sign");
    case '.':
        return fail(s, s->at, "a number must have a digit before the decimal point");
    default:
        return fail_expected(s, "a value is expected");
    }
}

static int scan_value(struct scanner *s)
{
    char c = peek(s);
    if (c == '{' || c == '[')
        return scan_bracket(s);
    if (c == '"')
        return scan_string(s);
    if (c == '-' || is_digit(c))
        return scan_number(s);
    if (is_letter(c))
        return scan_word(s);
    return fail_no_value(s);
}

int json_syntax_check(const char *bytes, size_t size, struct json_fault *fault)
{
    struct scanner scanner = {.bytes = bytes, .size = size, .fault = fault};
    skip_space(&scanner);
    if (scan_value(&scanner) != 0)
        return -1;
    skip_space(&scanner);
    if (!is_at_end(&scanner))
        return fail_expected(&scanner, "the text must end after its one JSON value");
    return 0;
}
