/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/json_fields.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "reports/cost.h"
#include "reports/fields.h"

void json_int128(struct json_writer *w, const char *key, int128 value)
{
    char text[INT128_TEXT_SIZE];
    json_raw(w, key, int128_print(value, text));
}

void json_percent(struct json_writer *w, const char *key, double share)
{
    json_decimal(w, key, share * 100.0, PERCENT_DIGITS);
}

void json_ratio_percent(struct json_writer *w, const char *key, int128 part, int128 whole)
{
    if (whole == 0)
        json_null(w, key);
    else
        json_percent(w, key, int128_ratio(part, whole));
}

void json_permille(struct json_writer *w, const char *key, int32_t permille)
{
    if (permille < 0)
        json_null(w, key);
    else
        json_decimal(w, key, permille / 10.0, 1);
}

void json_mean(struct json_writer *w, const char *key, int128 area, int64_t time_us)
{
    if (time_us == 0)
        json_null(w, key);
    else
        json_decimal(w, key, int128_ratio(area, time_us), MEAN_DIGITS);
}

void json_seconds(struct json_writer *w, const char *key, int128 time_us)
{
    assert(time_us >= 0);
    char whole[INT128_TEXT_SIZE];
    char text[INT128_TEXT_SIZE + 8];
    int128_print(time_us / US_PER_S, whole);
    snprintf(text, sizeof text, "%s.%06" PRId64, whole, (int64_t)(time_us % US_PER_S));
    json_raw(w, key, text);
}

void json_hours(struct json_writer *w, const char *key, int128 time_us)
{
    json_decimal(w, key, int128_ratio(time_us, (int128)US_PER_S * 3600), 6);
}

void json_usd(struct json_writer *w, const char *key, int128 micro_usd)
{
    char text[USD_TEXT_SIZE];
    json_raw(w, key, print_usd(micro_usd, text));
}
