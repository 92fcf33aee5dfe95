/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/units.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "base/text.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int bad_input(struct err *err, const char *text, const char *what_and_allowed)
{
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(err, ERR_INPUT, "%s: %s", text_quote(text, quoted), what_and_allowed);
}

static int too_large(struct err *err, const char *text, const char *allowed)
{
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(err, ERR_LIMIT, "%s: is too large: give at most %s", text_quote(text, quoted),
                   allowed);
}

/* ---- Decimal numbers of any length ---- */

/* Digits with at most one point, as they stand in a text. */
struct decimal {
    const char *text;
    int64_t digit_count;
    int64_t point; /* digits before the point, which may be the implied one at the end */
};

/* Reads a decimal at the start of text; returns its end, or NULL when there is no digit. */
static const char *read_decimal(const char *text, struct decimal *out)
{
    struct decimal decimal = {.text = text};
    bool has_point = false;
    const char *c = text;
    for (; is_digit(*c) || (*c == '.' && !has_point); c++) {
        if (*c == '.') {
            has_point = true;
            decimal.point = decimal.digit_count;
        } else {
            decimal.digit_count++;
        }
    }
    if (!has_point)
        decimal.point = decimal.digit_count;
    *out = decimal;
    return decimal.digit_count > 0 ? c : NULL;
}

/* The digit with this index, 0 for the first one written; 0 outside of what is written. */
static int digit_at(const struct decimal *decimal, int64_t index)
{
    if (index < 0 || index >= decimal->digit_count)
        return 0;
    int64_t place = index < decimal->point ? index : index + 1;
    return decimal->text[place] - '0';
}

/* A decimal times a factor: the whole part, and what else there is. */
struct product {
    int128 whole;
    bool has_rest;     /* a fraction follows the whole part */
    bool is_too_large; /* beyond 10^19 times the factor; the rest of the answer is then void */
};

/* decimal * 10^shift * factor, exactly, for a factor of at most 2^60. The shift moves the point;
 * the digits before it make an integer, those behind it are multiplied as on paper, from the last
 * to the first, each step giving one digit of the rest and a carry. Example: 1.75 * 2 with the
 * carry in brackets: 5 * 2 = 0 [1]; 7 * 2 + 1 = 5 [1]; 1 * 2 + 1 = 3, and the rest is .50. */
static struct product multiply(const struct decimal *decimal, int64_t shift, int64_t factor)
{
    enum { WHOLE_DIGITS_MAX = 19 };
    struct product product = {0};
    int64_t first = 0;
    while (first < decimal->digit_count && digit_at(decimal, first) == 0)
        first++;
    if (first == decimal->digit_count)
        return product;
    int64_t point = decimal->point + shift;
    if (point - first > WHOLE_DIGITS_MAX)
        return (struct product){.is_too_large = true};
    for (int64_t i = first; i < point; i++)
        product.whole = product.whole * 10 + digit_at(decimal, i);
    product.whole *= factor;
    int128 carry = 0;
    /* In front of the first digit there are only zeros, which take the carry down to nothing. */
    for (int64_t i = decimal->digit_count - 1; i >= point && (i >= first || carry > 0); i--) {
        int128 step = (int128)digit_at(decimal, i) * factor + carry;
        product.has_rest = product.has_rest || step % 10 != 0;
        carry = step / 10;
    }
    product.whole += carry;
    return product;
}

/* ---- Kubernetes quantities ---- */

struct quantity_suffix {
    const char *text;
    int64_t exponent_of_10;
    int64_t factor;
};

static const struct quantity_suffix quantity_suffixes[] = {
    {"", 0, 1},
    {"n", -9, 1},
    {"u", -6, 1},
    {"m", -3, 1},
    {"k", 3, 1},
    {"M", 6, 1},
    {"G", 9, 1},
    {"T", 12, 1},
    {"P", 15, 1},
    {"E", 18, 1},
    {"Ki", 0, INT64_C(1) << 10},
    {"Mi", 0, INT64_C(1) << 20},
    {"Gi", 0, INT64_C(1) << 30},
    {"Ti", 0, INT64_C(1) << 40},
    {"Pi", 0, INT64_C(1) << 50},
    {"Ei", 0, INT64_C(1) << 60},
};

/* A decimal exponent such as "e3" or "E-12" up to the end of the text. */
static bool read_exponent(const char *text, int64_t *out)
{
    /* Far beyond any text that could balance it, far below any overflow. */
    const int64_t exponent_max = INT64_C(1) << 60;
    if (*text != 'e' && *text != 'E')
        return false;
    text++;
    bool is_negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return false;
    int64_t exponent = 0;
    for (; is_digit(*text); text++)
        exponent = exponent < exponent_max / 10 ? exponent * 10 + (*text - '0') : exponent_max;
    if (*text != '\0')
        return false;
    *out = is_negative ? -exponent : exponent;
    return true;
}

static bool read_suffix(const char *text, struct quantity_suffix *out)
{
    for (size_t i = 0; i < ARRAY_LEN(quantity_suffixes); i++) {
        if (strcmp(text, quantity_suffixes[i].text) == 0) {
            *out = quantity_suffixes[i];
            return true;
        }
    }
    int64_t exponent;
    if (!read_exponent(text, &exponent))
        return false;
    *out = (struct quantity_suffix){.exponent_of_10 = exponent, .factor = 1};
    return true;
}

struct quantity_kind {
    int64_t exponent_of_10; /* of the unit of the result */
    int64_t limit;
    const char *limit_text;
    const char *bad_text;
};

static const struct quantity_kind cpu_kind = {
    .exponent_of_10 = 3,
    .limit = CPU_MILLI_MAX,
    .limit_text = "1000000 cores",
    .bad_text = "is not a number of cores: give one such as 2, 1.5 or 500m",
};

static const struct quantity_kind mem_kind = {
    .exponent_of_10 = 0,
    .limit = MEM_BYTES_MAX,
    .limit_text = "1Pi",
    .bad_text = "is not a number of bytes: give one such as 16Gi, 512M or 1e9",
};

static int parse_quantity(const struct quantity_kind *kind, const char *text, bool may_be_negative,
                          int64_t *out, struct err *err)
{
    bool is_negative = *text == '-';
    bool has_sign = is_negative || *text == '+';
    struct decimal decimal;
    struct quantity_suffix suffix;
    const char *end = read_decimal(text + (has_sign ? 1 : 0), &decimal);
    if (!end || !read_suffix(end, &suffix))
        return bad_input(err, text, kind->bad_text);
    struct product product =
        multiply(&decimal, suffix.exponent_of_10 + kind->exponent_of_10, suffix.factor);
    int128 value = product.whole + (product.has_rest ? 1 : 0);
    if (is_negative && !may_be_negative && (product.is_too_large || value != 0))
        return bad_input(err, text, "is negative: give 0 or more");
    if (product.is_too_large || value > kind->limit)
        return too_large(err, text, kind->limit_text);
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

int parse_cpu_milli(const char *text, bool may_be_negative, int64_t *out, struct err *err)
{
    return parse_quantity(&cpu_kind, text, may_be_negative, out, err);
}

int parse_mem_bytes(const char *text, bool may_be_negative, int64_t *out, struct err *err)
{
    return parse_quantity(&mem_kind, text, may_be_negative, out, err);
}

/* ---- Durations ---- */

struct duration_unit {
    const char *text;
    int64_t us;
};

/* Largest first. */
static const struct duration_unit duration_units[] = {
    {"d", INT64_C(86400) * US_PER_S},
    {"h", INT64_C(3600) * US_PER_S},
    {"m", INT64_C(60) * US_PER_S},
    {"s", US_PER_S},
    {"ms", US_PER_MS},
    {"us", 1},
};

enum { DURATION_SECOND = 3 };

static const char duration_form[] =
    "is not a duration: give seconds as a number, or one such as 90s, 15m, 24h, 7d, 250ms or 1h30m";

/* The index of the unit that the letters at text spell, -1 when they spell none. */
static int read_duration_unit(const char *text, size_t length)
{
    for (size_t i = 0; i < ARRAY_LEN(duration_units); i++) {
        const char *unit = duration_units[i].text;
        if (strlen(unit) == length && memcmp(text, unit, length) == 0)
            return (int)i;
    }
    return -1;
}

int parse_duration_us(const char *text, int64_t *out, struct err *err)
{
    int128 total = 0;
    int last_unit = -1;
    const char *at = text;
    do {
        struct decimal decimal;
        const char *letters = read_decimal(at, &decimal);
        if (!letters)
            return bad_input(err, text, duration_form);
        size_t length = strspn(letters, "dhmsu");
        bool is_bare = at == text && *letters == '\0';
        int unit = is_bare ? DURATION_SECOND : read_duration_unit(letters, length);
        if (unit <= last_unit)
            return bad_input(err, text, duration_form);
        struct product product = multiply(&decimal, 0, duration_units[unit].us);
        if (product.has_rest)
            return bad_input(err, text, "is finer than a microsecond: give whole microseconds");
        if (product.is_too_large || product.whole > TIME_US_MAX)
            return too_large(err, text, "36600d");
        total += product.whole;
        last_unit = unit;
        at = letters + length;
    } while (*at != '\0');
    if (total > TIME_US_MAX)
        return too_large(err, text, "36600d");
    *out = (int64_t)total;
    return 0;
}

/* The magnitude as a sum of the units in the set, each taken as often as it goes; the set's highest
 * bit stands for the largest unit. Returns the length, 0 when the set leaves a rest or has a unit
 * without use. */
static int print_in_units(uint64_t magnitude, unsigned set, char out[UNITS_TEXT_SIZE])
{
    int length = 0;
    for (size_t i = 0; i < ARRAY_LEN(duration_units); i++) {
        if ((set >> (ARRAY_LEN(duration_units) - 1 - i) & 1) == 0)
            continue;
        uint64_t unit_us = (uint64_t)duration_units[i].us;
        uint64_t count = magnitude / unit_us;
        magnitude %= unit_us;
        if (count == 0)
            return 0;
        length += snprintf(out + length, (size_t)(UNITS_TEXT_SIZE - length), "%" PRIu64 "%s", count,
                           duration_units[i].text);
    }
    return magnitude == 0 ? length : 0;
}

/* At least a second and not whole: days, hours and minutes as there are, and seconds with as many
 * decimals as it takes. */
static void print_with_decimals(uint64_t magnitude, char out[UNITS_TEXT_SIZE])
{
    int length = 0;
    for (size_t i = 0; i < DURATION_SECOND; i++) {
        uint64_t unit_us = (uint64_t)duration_units[i].us;
        if (magnitude >= unit_us)
            length += snprintf(out + length, (size_t)(UNITS_TEXT_SIZE - length), "%" PRIu64 "%s",
                               magnitude / unit_us, duration_units[i].text);
        magnitude %= unit_us;
    }
    int decimals = 6;
    uint64_t fraction = magnitude % US_PER_S;
    for (; fraction % 10 == 0; fraction /= 10)
        decimals--;
    snprintf(out + length, (size_t)(UNITS_TEXT_SIZE - length), "%" PRIu64 ".%0*" PRIu64 "s",
             magnitude / US_PER_S, decimals, fraction);
}

static void print_whole(uint64_t magnitude, char out[UNITS_TEXT_SIZE])
{
    int best_length = UNITS_TEXT_SIZE;
    for (unsigned set = (1U << ARRAY_LEN(duration_units)) - 1; set > 0; set--) {
        char text[UNITS_TEXT_SIZE];
        int length = print_in_units(magnitude, set, text);
        if (length == 0 || length >= best_length)
            continue;
        best_length = length;
        memcpy(out, text, (size_t)length + 1);
    }
}

const char *print_duration(int64_t us, char out[UNITS_TEXT_SIZE])
{
    uint64_t magnitude = us < 0 ? -(uint64_t)us : (uint64_t)us;
    char text[UNITS_TEXT_SIZE] = "0s";
    if (magnitude > US_PER_S && magnitude % US_PER_S != 0)
        print_with_decimals(magnitude, text);
    else if (magnitude > 0)
        print_whole(magnitude, text);
    snprintf(out, UNITS_TEXT_SIZE, "%s%s", us < 0 ? "-" : "", text);
    return out;
}

/* ---- Instants ---- */

static const int64_t us_per_day = INT64_C(86400) * US_PER_S;

/* Dates are counted in days since 0000-03-01 of the Gregorian calendar, in cycles of 400 years,
 * with years that start in March so that the leap day comes last (H. Hinnant, "chrono-compatible
 * low-level date algorithms"). Check value: 1970-01-01 is day 719468. */
enum { DAYS_PER_CYCLE = 146097, UNIX_DAY = 719468 };

struct date {
    int64_t year;
    int64_t month, day; /* from 1 */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    return a % b + (a % b < 0 ? b : 0);
}

static int64_t day_of_date(struct date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t month = (date.month + 9) % 12; /* 0 is March */
    int64_t cycle = floor_div(year, 400);
    int64_t cycle_year = floor_mod(year, 400);
    int64_t year_day = (153 * month + 2) / 5 + date.day - 1;
    int64_t leap_days = cycle_year / 4 - cycle_year / 100;
    return cycle * DAYS_PER_CYCLE + cycle_year * 365 + leap_days + year_day;
}

static struct date date_of_day(int64_t day)
{
    int64_t cycle = floor_div(day, DAYS_PER_CYCLE);
    int64_t cycle_day = floor_mod(day, DAYS_PER_CYCLE);
    /* Take the leap days out: one each 4 years, but not each 100, but again at the very end. */
    int64_t leap_days = cycle_day / 1460 - cycle_day / 36524 + cycle_day / (DAYS_PER_CYCLE - 1);
    int64_t cycle_year = (cycle_day - leap_days) / 365;
    int64_t year_day = cycle_day - (365 * cycle_year + cycle_year / 4 - cycle_year / 100);
    int64_t month = (5 * year_day + 2) / 153; /* 0 is March */
    struct date date = {
        .year = cycle * 400 + cycle_year + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = year_day - (153 * month + 2) / 5 + 1,
    };
    return date;
}

static bool is_date(struct date date)
{
    static const int64_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    bool is_leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    int64_t leap_day = date.month == 2 && is_leap ? 1 : 0;
    return date.day <= month_days[date.month - 1] + leap_day;
}

/* An instant as it is written. */
struct instant {
    struct date date;
    int64_t hour, minute, second, fraction_us;
    int64_t offset_minutes; /* east of UTC */
};

static bool read_digits(const char **at, int count, int64_t *out)
{
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        if (!is_digit(**at))
            return false;
        value = value * 10 + (**at - '0');
        (*at)++;
    }
    *out = value;
    return true;
}

/* One of the characters of the set. */
static bool read_one(const char **at, const char *set)
{
    if (**at == '\0' || !strchr(set, **at))
        return false;
    (*at)++;
    return true;
}

/* Nothing, or a point and one to nine digits, of which six count. */
static bool read_fraction(const char **at, int64_t *out_us)
{
    *out_us = 0;
    if (!read_one(at, "."))
        return true;
    int digits = 0;
    for (; is_digit(**at); (*at)++, digits++) {
        if (digits < 6)
            *out_us = *out_us * 10 + (**at - '0');
    }
    for (int i = digits; i < 6; i++)
        *out_us *= 10;
    return digits >= 1 && digits <= 9;
}

static bool read_offset(const char **at, int64_t *out_minutes)
{
    *out_minutes = 0;
    if (read_one(at, "Zz"))
        return true;
    int64_t sign = **at == '-' ? -1 : 1;
    int64_t hours, minutes;
    if (!read_one(at, "+-") || !read_digits(at, 2, &hours) || !read_one(at, ":") ||
        !read_digits(at, 2, &minutes))
        return false;
    *out_minutes = sign * (hours * 60 + minutes);
    return hours <= 23 && minutes <= 59;
}

static bool read_instant(const char *text, struct instant *out)
{
    const char *at = text;
    return read_digits(&at, 4, &out->date.year) && read_one(&at, "-") &&
           read_digits(&at, 2, &out->date.month) && read_one(&at, "-") &&
           read_digits(&at, 2, &out->date.day) && read_one(&at, "Tt") &&
           read_digits(&at, 2, &out->hour) && read_one(&at, ":") &&
           read_digits(&at, 2, &out->minute) && read_one(&at, ":") &&
           read_digits(&at, 2, &out->second) && read_fraction(&at, &out->fraction_us) &&
           read_offset(&at, &out->offset_minutes) && *at == '\0';
}

/* The start of the instant's second; second 60 counts as 59. */
static int64_t second_start_us(const struct instant *instant)
{
    int64_t second = instant->second == 60 ? 59 : instant->second;
    int64_t minutes = instant->hour * 60 + instant->minute - instant->offset_minutes;
    int64_t days = day_of_date(instant->date) - UNIX_DAY;
    return days * us_per_day + (minutes * 60 + second) * US_PER_S;
}

static int year_out_of_range(struct err *err, const char *text, int64_t year)
{
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(err, ERR_LIMIT,
                   "%s: is in the year %" PRId64 " of UTC: give a year from 0000 to 9999",
                   text_quote(text, quoted), year);
}

int parse_instant_us(const char *text, int64_t *out, struct err *err)
{
    struct instant instant = {0};
    if (!read_instant(text, &instant))
        return bad_input(err, text,
                         "is not an RFC 3339 instant: give one such as 2026-01-05T00:00:00Z");
    if (!is_date(instant.date))
        return bad_input(err, text, "is a date that does not exist");
    if (instant.hour > 23 || instant.minute > 59 || instant.second > 60)
        return bad_input(err, text, "is a time of day that does not exist");
    int64_t start_us = second_start_us(&instant);
    int64_t day = floor_div(start_us, us_per_day);
    bool is_leap_second = instant.second == 60;
    if (is_leap_second && floor_mod(start_us, us_per_day) != us_per_day - US_PER_S)
        return bad_input(err, text, "is a leap second that does not end a day in UTC");
    int64_t year = date_of_day(day + UNIX_DAY).year;
    if (year < 0 || year > 9999)
        return year_out_of_range(err, text, year);
    *out = start_us + (is_leap_second ? US_PER_S - 1 : instant.fraction_us);
    return 0;
}

/* Writes value >= 0 with leading zeros in at least so many digits, then the character behind it;
 * returns the new end. */
static char *put_number(char *out, int64_t value, int digits, char behind)
{
    int64_t scale = 1;
    for (int i = 1; i < digits || value / scale >= 10; i++)
        scale *= 10;
    for (; scale > 0; scale /= 10)
        *out++ = "0123456789"[value / scale % 10];
    *out++ = behind;
    return out;
}

const char *print_instant(int64_t unix_us, char out[UNITS_TEXT_SIZE])
{
    int64_t day = floor_div(unix_us, us_per_day);
    int64_t us = floor_mod(unix_us, us_per_day);
    int64_t seconds = us / US_PER_S;
    struct date date = date_of_day(day + UNIX_DAY);
    char *end = out;
    if (date.year < 0 || date.year > 9999)
        *end++ = date.year < 0 ? '-' : '+';
    end = put_number(end, date.year < 0 ? -date.year : date.year, 4, '-');
    end = put_number(end, date.month, 2, '-');
    end = put_number(end, date.day, 2, 'T');
    end = put_number(end, seconds / 3600, 2, ':');
    end = put_number(end, seconds / 60 % 60, 2, ':');
    end = put_number(end, seconds % 60, 2, us % US_PER_S == 0 ? 'Z' : '.');
    if (us % US_PER_S != 0)
        end = put_number(end, us % US_PER_S, 6, 'Z');
    *end = '\0';
    return out;
}

/* ---- Other numbers ---- */

int parse_price_micro(const char *text, int64_t *out, struct err *err)
{
    struct decimal decimal;
    const char *end = read_decimal(text, &decimal);
    if (!end || *end != '\0')
        return bad_input(err, text, "is not a price: give millicents a second such as 42 or 0.5");
    struct product product = multiply(&decimal, 6, 1);
    if (product.has_rest)
        return bad_input(err, text, "is a price with more than 6 decimals");
    if (product.is_too_large || product.whole > PRICE_MICRO_MAX)
        return too_large(err, text, "1000000000 millicents a second");
    *out = (int64_t)product.whole;
    return 0;
}

static int integer_out_of_range(struct err *err, const char *text)
{
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(err, ERR_LIMIT,
                   "%s: is out of range: give a whole number from %" PRId64 " to %" PRId64,
                   text_quote(text, quoted), INT64_MIN, INT64_MAX);
}

int parse_int64(const char *text, int64_t *out, struct err *err)
{
    bool is_negative = *text == '-';
    const char *at = text + (is_negative ? 1 : 0);
    size_t length = strspn(at, "0123456789");
    if (length == 0 || at[length] != '\0')
        return bad_input(err, text, "is not a whole number");
    struct decimal decimal = {.text = at, .digit_count = (int64_t)length, .point = (int64_t)length};
    struct product product = multiply(&decimal, 0, 1);
    int128 value = is_negative ? -product.whole : product.whole;
    if (product.is_too_large || value < INT64_MIN || value > INT64_MAX)
        return integer_out_of_range(err, text);
    *out = (int64_t)value;
    return 0;
}

const char *print_cpu(int64_t cpu_milli, char out[UNITS_TEXT_SIZE])
{
    uint64_t milli = cpu_milli < 0 ? -(uint64_t)cpu_milli : (uint64_t)cpu_milli;
    const char *sign = cpu_milli < 0 ? "-" : "";
    if (milli > 0 && milli < 1000) {
        snprintf(out, UNITS_TEXT_SIZE, "%s%" PRIu64 "m", sign, milli);
        return out;
    }
    char decimals[5] = "";
    if (milli % 1000 != 0)
        snprintf(decimals, sizeof decimals, ".%03u", (unsigned)(milli % 1000));
    size_t length = strlen(decimals);
    while (length > 0 && decimals[length - 1] == '0')
        decimals[--length] = '\0';
    snprintf(out, UNITS_TEXT_SIZE, "%s%" PRIu64 "%s", sign, milli / 1000, decimals);
    return out;
}

const char *print_mem(int64_t mem_bytes, char out[UNITS_TEXT_SIZE])
{
    int64_t value = mem_bytes;
    size_t unit = 0;
    static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    while (value != 0 && value % 1024 == 0 && unit + 1 < ARRAY_LEN(units)) {
        value /= 1024;
        unit++;
    }
    snprintf(out, UNITS_TEXT_SIZE, "%" PRId64 "%s", value, units[unit]);
    return out;
}

bool checked_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

bool checked_mul(int64_t a, int64_t b, int64_t *out)
{
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}
