/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_FIELDS_H
#define STOWAGE_REPORTS_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/int128.h"
#include "base/table.h"
#include "sim/sim.h"

/* Values of tables that base/table.h has no own call for. */

enum { PERCENT_DIGITS = 4, MEAN_DIGITS = 3 };

void field_int128(struct table *table, int128 value);
void field_percent(struct table *table, double share); /* 0.5 as 50.0000; NaN: no value */
void field_mean(struct table *table, int128 area, int64_t time_us);       /* time 0: no value */
void field_ratio_percent(struct table *table, int128 part, int128 whole); /* whole 0: no value */
void field_permille(struct table *table, int32_t permille); /* as %, one digit; -1: no value */
void field_instant(struct table *table, int64_t time_us);   /* s; TIME_NEVER: no value */
void field_hours(struct table *table, int128 time_us);      /* h with 6 digits */
void field_seconds_of(struct table *table, int128 time_us); /* s with 6 digits, of any size */
void field_yes_no(struct table *table, bool is_so);
void field_usd(struct table *table, int128 micro_usd);
void field_runner(struct table *table, const struct sim *sim, int32_t runner);
void field_node(struct table *table, const struct sim *sim, int32_t node);

#endif
