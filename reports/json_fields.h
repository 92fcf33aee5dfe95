/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_JSON_FIELDS_H
#define STOWAGE_REPORTS_JSON_FIELDS_H

#include "base/int128.h"
#include "base/json_writer.h"

/* Values of summary.json that base/json_writer.h has no own call for. Numbers have the same digits
 * as in the tables. */

void json_int128(struct json_writer *w, const char *key, int128 value);
void json_percent(struct json_writer *w, const char *key, double share); /* NaN: null */
void json_ratio_percent(struct json_writer *w, const char *key, int128 part, int128 whole);
void json_permille(struct json_writer *w, const char *key, int32_t permille); /* -1: null */
void json_mean(struct json_writer *w, const char *key, int128 area, int64_t time_us);
void json_seconds(struct json_writer *w, const char *key, int128 time_us);
void json_hours(struct json_writer *w, const char *key, int128 time_us);
void json_usd(struct json_writer *w, const char *key, int128 micro_usd);

#endif
