/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/phrase.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/decimal.h"
#include "base/units.h"

const char *phrase_number(double value, int digits, char out[PHRASE_SIZE])
{
    char text[DECIMAL_TEXT_SIZE];
    if (decimal_print(value, digits, text) == NULL) {
        snprintf(out, PHRASE_SIZE, "-");
        return out;
    }
    size_t length = strlen(text);
    while (digits > 0 && text[length - 1] == '0')
        length--;
    if (text[length - 1] == '.')
        length--;
    snprintf(out, PHRASE_SIZE, "%.*s", (int)length, text);
    return out;
}

const char *phrase_time(int128 us, char out[PHRASE_SIZE])
{
    static const struct {
        const char *name;
        int64_t us, below_us; /* used for times below that */
    } units[] = {
        {"us", 1, 1000},
        {"ms", 1000, 1000000},
        {"s", 1000000, INT64_C(120) * 1000000},
        {"min", INT64_C(60) * 1000000, INT64_C(7200) * 1000000},
        {"h", INT64_C(3600) * 1000000, INT64_C(48) * 3600 * 1000000},
        {"d", INT64_C(86400) * 1000000, INT64_MAX},
    };
    char number[PHRASE_SIZE];
    size_t unit = us == 0 ? 2 : 0;
    while (us >= units[unit].below_us && unit + 1 < ARRAY_LEN(units))
        unit++;
    snprintf(out, PHRASE_SIZE, "%.48s %s",
             phrase_number(int128_ratio(us, units[unit].us), 1, number), units[unit].name);
    return out;
}

const char *phrase_instant(int64_t us, char out[PHRASE_SIZE])
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {{"d", INT64_C(86400) * US_PER_S},
                 {"h", INT64_C(3600) * US_PER_S},
                 {"m", INT64_C(60) * US_PER_S},
                 {"s", US_PER_S},
                 {"us", 1}};
    size_t length = 0;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (us >= units[i].us)
            length += (size_t)snprintf(out + length, PHRASE_SIZE - length, "%s%" PRId64 "%s",
                                       length == 0 ? "" : " ", us / units[i].us, units[i].name);
        us %= units[i].us;
    }
    if (length == 0)
        snprintf(out, PHRASE_SIZE, "the start");
    return out;
}

const char *phrase_percent(double share, char out[PHRASE_SIZE])
{
    char text[DECIMAL_TEXT_SIZE];
    if (decimal_print(share * 100.0, 1, text) == NULL)
        snprintf(out, PHRASE_SIZE, "-");
    else if (share > 0.0 && share < 0.0005)
        snprintf(out, PHRASE_SIZE, "< 0.1 %%");
    else if (share < 1.0 && share >= 0.9995)
        snprintf(out, PHRASE_SIZE, "> 99.9 %%");
    else
        snprintf(out, PHRASE_SIZE, "%.48s %%", text);
    return out;
}

const char *phrase_count(int64_t count, const char *noun, char out[PHRASE_SIZE])
{
    snprintf(out, PHRASE_SIZE, "%" PRId64 " %s%s", count, noun, plural_end(count));
    return out;
}

const char *phrase_usd(int128 micro_usd, char out[PHRASE_SIZE])
{
    char whole[INT128_TEXT_SIZE];
    int128 cents = (micro_usd + 5000) / 10000;
    int128_print(cents / 100, whole);
    snprintf(out, PHRASE_SIZE, "%s.%02d USD", whole, (int)(cents % 100));
    return out;
}

static const char *phrase_bytes(int128 bytes, char out[PHRASE_SIZE])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    char number[PHRASE_SIZE];
    double value = int128_ratio(bytes, 1);
    size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < ARRAY_LEN(units)) {
        value /= 1024.0;
        unit++;
    }
    snprintf(out, PHRASE_SIZE, "%.48s %s", phrase_number(value, 1, number), units[unit]);
    return out;
}

const char *phrase_amount(enum resource resource, int128 amount, char out[PHRASE_SIZE])
{
    char number[PHRASE_SIZE];
    if (resource == RESOURCE_MEMORY)
        return phrase_bytes(amount, out);
    double value = int128_ratio(amount, resource == RESOURCE_DEVICES ? 1 : 1000);
    const char *noun = resource == RESOURCE_CPU ? "core" : "device";
    bool is_one = amount == (resource == RESOURCE_DEVICES ? 1 : 1000);
    snprintf(out, PHRASE_SIZE, "%.48s %s%s", phrase_number(value, 2, number), noun,
             is_one ? "" : "s");
    return out;
}

void sentence_add(struct sentence *sentence, const char *format, ...)
{
    va_list args;
    size_t room = sizeof sentence->text - sentence->length;
    va_start(args, format);
    int written = vsnprintf(sentence->text + sentence->length, room, format, args);
    va_end(args);
    assert(written >= 0);
    sentence->length += (size_t)written < room ? (size_t)written : room - 1;
}
