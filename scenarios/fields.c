/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/units.h"

/* ---- numbers as text ---- */

/* Every decimal of up to 15 digits survives the way through a double, so 15 digits without their
 * zeros at the end are the shortest text, unless more are needed. */
const char *number_text(double number, char out[NUMBER_TEXT_SIZE])
{
    int digits = 15;
    snprintf(out, NUMBER_TEXT_SIZE, "%.*e", digits - 1, number);
    while (strtod(out, NULL) != number && ++digits <= 17)
        snprintf(out, NUMBER_TEXT_SIZE, "%.*e", digits - 1, number);
    const char *e = strchr(out, 'e');
    long exponent = strtol(e + 1, NULL, 10);
    for (const char *last = e - 1; digits > 1 && *last == '0'; last--)
        digits--;
    if (exponent <= -30 || exponent >= 30) {
        snprintf(out, NUMBER_TEXT_SIZE, "%.*e", digits - 1, number);
        return out;
    }
    int decimals = digits - 1 - (int)exponent;
    snprintf(out, NUMBER_TEXT_SIZE, "%.*f", decimals > 0 ? decimals : 0, number);
    return out;
}

const char *value_number_text(const struct value *value, char out[NUMBER_TEXT_SIZE])
{
    const char *written = value->item->valuestring;
    if (!written)
        return number_text(value->item->valuedouble, out);
    snprintf(out, NUMBER_TEXT_SIZE, "%s", written);
    return out;
}

/* What stands there, as text for a parser: text itself, or the digits of a number (in `buffer`);
 * NULL for other kinds. */
static const char *parsable_text(const struct value *value, char buffer[NUMBER_TEXT_SIZE])
{
    int64_t whole;
    if (!cJSON_IsNumber(value->item))
        return value_text(value);
    if (json_exact_int(value->item, &whole)) {
        snprintf(buffer, NUMBER_TEXT_SIZE, "%" PRId64, whole);
        return buffer;
    }
    return value_number_text(value, buffer);
}

/* ---- text ---- */

bool read_text(const struct value *value, const char **out)
{
    const char *text = value_text(value);
    if (!text) {
        value_wrong_type(value, "text");
        return false;
    }
    *out = text;
    return true;
}

bool read_id(const struct value *value, const char **out)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *text;
    if (!read_text(value, &text))
        return false;
    size_t length = strlen(text);
    if (length > 0 && length <= ID_BYTES_MAX && text_is_clean(text)) {
        *out = text;
        return true;
    }
    if (length == 0)
        value_error(value, "is empty: give 1 to %d bytes of text", ID_BYTES_MAX);
    else if (length > ID_BYTES_MAX)
        value_error(value, "%s has %zu bytes: give 1 to %d", text_quote(text, quoted), length,
                    ID_BYTES_MAX);
    else
        value_error(value, "%s holds control characters: give plain text",
                    text_quote(text, quoted));
    return false;
}

bool get_id(const struct value *object, const char *key, const char **out)
{
    struct value value;
    return value_get(object, key, &value) && read_id(&value, out);
}

bool require_id(const struct value *object, const char *key, const char **out)
{
    struct value value;
    return value_require(object, key, "1 to 256 bytes of text", &value) && read_id(&value, out);
}

bool get_text(const struct value *object, const char *key, const char **out)
{
    struct value value;
    return value_get(object, key, &value) && read_text(&value, out);
}

const char *get_carried_text(const struct value *object, const char *key)
{
    const char *text = "";
    get_text(object, key, &text);
    return reader_keep(object->reader, text);
}

bool get_text_list(const struct value *object, const char *key, struct text_list *out)
{
    struct value array, element;
    if (!array_get(object, key, &array))
        return false;
    int32_t length = array_length(&array);
    if (length == 0)
        return false;
    struct reader *reader = object->reader;
    const char **items = calloc((size_t)length, sizeof *items);
    if (!items) {
        reader_no_memory(reader);
        return false;
    }
    int32_t count = 0;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &element);) {
        const char *text;
        if (read_id(&element, &text))
            items[count++] = reader_keep(reader, text);
    }
    const char *const *kept = count ? intern_list(&reader->texts, items, count) : NULL;
    free(items);
    if (!kept) {
        if (count)
            reader_no_memory(reader);
        return false;
    }
    *out = (struct text_list){kept, count};
    return true;
}

/* ---- integers, booleans, numbers ---- */

/* Numbers from 2^53 on are whole, but not read exactly. */
static void refuse_number(const struct value *value, const char *text, struct int_range range)
{
    const double exact_max = 9007199254740992.0;
    double number = value->item->valuedouble;
    if (fabs(number) < exact_max)
        value_error(value, "%s is not an integer: give one from %" PRId64 " to %" PRId64, text,
                    range.low, range.high);
    else if (number < (double)range.low || number > (double)range.high)
        value_error(value, "%s is out of range: give %" PRId64 " to %" PRId64, text, range.low,
                    range.high);
    else
        value_error(value, "%s is too large for a JSON number to be exact: give it as text", text);
}

bool read_int(const struct value *value, struct int_range range, int64_t *out)
{
    char buffer[NUMBER_TEXT_SIZE];
    char quoted[TEXT_QUOTE_SIZE];
    struct err err;
    int64_t number;
    const char *text = parsable_text(value, buffer);
    if (!text) {
        value_wrong_type(value, "an integer");
        return false;
    }
    bool is_number = text == buffer;
    bool is_integer =
        is_number ? json_exact_int(value->item, &number) : parse_int64(text, &number, &err) == 0;
    if (!is_integer && is_number)
        refuse_number(value, text, range);
    else if (!is_integer)
        value_error(value, "%s is not an integer: give one from %" PRId64 " to %" PRId64,
                    text_quote(text, quoted), range.low, range.high);
    if (!is_integer)
        return false;
    if (number != range.low && range.low == range.high) {
        value_error(value, "is %" PRId64 ": give %" PRId64, number, range.low);
        return false;
    }
    if (number < range.low || number > range.high) {
        value_error(value, "%" PRId64 " is out of range: give %" PRId64 " to %" PRId64, number,
                    range.low, range.high);
        return false;
    }
    *out = number;
    return true;
}

bool get_int(const struct value *object, const char *key, struct int_range range, int64_t *out)
{
    struct value value;
    return value_get(object, key, &value) && read_int(&value, range, out);
}

bool get_int32(const struct value *object, const char *key, struct int_range range, int32_t *out)
{
    int64_t number;
    if (!get_int(object, key, range, &number))
        return false;
    *out = (int32_t)number;
    return true;
}

bool get_bool(const struct value *object, const char *key, bool *out)
{
    struct value value;
    if (!value_get(object, key, &value))
        return false;
    if (!cJSON_IsBool(value.item)) {
        value_wrong_type(&value, "true or false");
        return false;
    }
    *out = cJSON_IsTrue(value.item) != 0;
    return true;
}

bool get_number(const struct value *object, const char *key, double *out)
{
    struct value value;
    if (!value_get(object, key, &value))
        return false;
    if (!cJSON_IsNumber(value.item)) {
        value_wrong_type(&value, "a number");
        return false;
    }
    *out = value.item->valuedouble;
    return true;
}

static bool is_all_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

bool read_enum(const struct value *value, struct words names, int64_t *out)
{
    const char *text = value_text(value);
    if (!text || is_all_digits(text))
        return read_int(value, (struct int_range){0, (int64_t)names.count - 1}, out);
    return read_choice(value, names, out);
}

bool read_choice(const struct value *value, struct words names, int64_t *out)
{
    char hint[WORDS_SIZE];
    char quoted[TEXT_QUOTE_SIZE];
    const char *text = value_text(value);
    if (!text) {
        value_wrong_type(value, words_join(names, hint));
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.items[i], text) == 0) {
            *out = (int64_t)i;
            return true;
        }
    }
    value_error(value, "%s is not known: %s", text_quote(text, quoted),
                words_hint(text, names, hint));
    return false;
}

bool get_enum(const struct value *object, const char *key, struct words names, int64_t *out)
{
    struct value value;
    return value_get(object, key, &value) && read_enum(&value, names, out);
}

bool get_choice(const struct value *object, const char *key, struct words names, int64_t *out)
{
    struct value value;
    return value_get(object, key, &value) && read_choice(&value, names, out);
}

/* ---- quantities ---- */

static bool read_cpu(const struct value *value, bool may_be_negative, int64_t *cpu_milli)
{
    char buffer[NUMBER_TEXT_SIZE];
    struct err err;
    const char *text = parsable_text(value, buffer);
    if (!text)
        value_wrong_type(value, "a number of cores such as \"500m\", \"1.5\" or 4");
    else if (parse_cpu_milli(text, may_be_negative, cpu_milli, &err))
        value_fail(value, &err);
    else
        return true;
    return false;
}

static bool read_mem(const struct value *value, bool may_be_negative, int64_t *mem_bytes)
{
    char buffer[NUMBER_TEXT_SIZE];
    struct err err;
    const char *text = parsable_text(value, buffer);
    if (!text)
        value_wrong_type(value, "a number of bytes such as \"16Gi\"");
    else if (parse_mem_bytes(text, may_be_negative, mem_bytes, &err))
        value_fail(value, &err);
    else
        return true;
    return false;
}

bool get_cpu(const struct value *object, const char *key, bool may_be_negative, int64_t *cpu_milli)
{
    struct value value;
    const char *text;
    if (!value_get(object, key, &value))
        return false;
    text = value_text(&value);
    if (text && *text == '\0') /* how the API says "none" */
        return false;
    return read_cpu(&value, may_be_negative, cpu_milli);
}

bool get_mem(const struct value *object, const char *key, bool may_be_negative, int64_t *mem_bytes)
{
    struct value value;
    const char *text;
    if (!value_get(object, key, &value))
        return false;
    text = value_text(&value);
    if (text && *text == '\0')
        return false;
    return read_mem(&value, may_be_negative, mem_bytes);
}

/* ---- time ---- */

/* Of a number; from 1e18 on its text has an exponent, which is no form of a duration. */
static const double seconds_max = (double)(TIME_US_MAX / US_PER_S);

static const char duration_forms[] = "a duration such as \"90s\", \"1h30m\" or 7.5 (seconds)";

bool read_duration(const struct value *value, int64_t *us)
{
    char buffer[NUMBER_TEXT_SIZE];
    struct err err;
    const char *text = parsable_text(value, buffer);
    if (!text)
        value_wrong_type(value, duration_forms);
    else if (cJSON_IsNumber(value->item) && value->item->valuedouble > seconds_max)
        value_error(value, "\"%s\": is too large: give at most 36600d", text);
    else if (parse_duration_us(text, us, &err))
        value_fail(value, &err);
    else
        return true;
    return false;
}

bool get_duration(const struct value *object, const char *key, int64_t *us)
{
    struct value value;
    return value_get(object, key, &value) && read_duration(&value, us);
}

/* Of the two forms only dates have a colon, or a minus or T behind the first digits. */
static bool looks_like_date(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && (text[digits] == '-' || text[digits] == 'T' || strchr(text, ':') != NULL);
}

static bool read_date(const struct value *value, const char *text, int64_t *us)
{
    struct err err;
    int64_t unix_us;
    const struct reader *reader = value->reader;
    char quoted[TEXT_QUOTE_SIZE];
    if (parse_instant_us(text, &unix_us, &err)) {
        value_fail(value, &err);
        return false;
    }
    if (reader->start_is_wrong)
        return false;
    if (!reader->has_start) {
        value_error(value,
                    "%s is a date, and the scenario has no start: give start, or an offset "
                    "such as \"3h\"",
                    text_quote(text, quoted));
        return false;
    }
    if (unix_us < reader->start_unix_us) {
        value_error(value, "%s is before the start: give a later instant",
                    text_quote(text, quoted));
        return false;
    }
    if (unix_us - reader->start_unix_us > TIME_US_MAX) {
        value_error(value, "%s is too late: give at most 36600d from the start",
                    text_quote(text, quoted));
        return false;
    }
    *us = unix_us - reader->start_unix_us;
    return true;
}

bool read_instant(const struct value *value, int64_t *us)
{
    const char *text = value_text(value);
    if (text && looks_like_date(text))
        return read_date(value, text, us);
    return read_duration(value, us);
}

bool get_instant(const struct value *object, const char *key, int64_t *us)
{
    struct value value;
    return value_get(object, key, &value) && read_instant(&value, us);
}

const char *get_timestamp(const struct value *object, const char *key, int64_t *unix_us)
{
    struct value value;
    struct err err;
    const char *text;
    int64_t instant;
    if (!value_get(object, key, &value) || !read_text(&value, &text))
        return "";
    if (parse_instant_us(text, &instant, &err)) {
        value_fail(&value, &err);
        return "";
    }
    if (unix_us)
        *unix_us = instant;
    return reader_keep(object->reader, text);
}
